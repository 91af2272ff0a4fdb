"""The drawing that the canvas keeps: every step back and forth, and what the canvas says of itself."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from digitrec.ui.components import canvas as ui_canvas
from digitrec.ui.components.canvas import _BLANK, _Canvas, _decode_ink, _Drawing

CHANCE = np.random.default_rng(0)


def picture(count: int) -> bytes:
    """A PNG as the canvas sends it, another one for every count of strokes."""
    ink = np.zeros((ui_canvas.SIDE, ui_canvas.SIDE, 4), np.uint8)
    ink[..., 3], ink[count, :count, :3] = 255, 255
    buffer = io.BytesIO()
    Image.fromarray(ink).save(buffer, format="PNG")
    return buffer.getvalue()


def stroke(canvas: _Canvas, name: object) -> None:
    """Draw one more stroke, as the canvas tells of it."""
    objects = [*canvas.now.objects, {"type": "Path", "name": name}]
    canvas.hear({"objects": objects}, picture(len(objects)))


def echo(canvas: _Canvas) -> None:
    """Let the canvas say what is on it, once it shows what it was told to."""
    objects = canvas.now.objects
    canvas.hear({"objects": objects}, picture(len(objects)))


def names(canvas: _Canvas) -> list[object]:
    return [each["name"] for each in canvas.now.objects]


@pytest.mark.parametrize("seed", range(20))
def test_any_walk_back_and_forth_agrees_with_a_list_of_drawings(seed):
    chance, canvas, walk, at = np.random.default_rng(seed), _Canvas(), [[]], 0
    for step in range(40):
        match chance.choice(["stroke", "undo", "redo", "clear"]):
            case "stroke":
                stroke(canvas, step)
                walk, at = [*walk[: at + 1], [*walk[at], step]], at + 1
            case "clear":
                canvas.draw(_BLANK)
                walk, at = [*walk[: at + 1], []], at + 1
            case "undo":
                canvas.undo()
                at = max(at - 1, 0)
            case "redo":
                canvas.redo()
                at = min(at + 1, len(walk) - 1)
        if chance.random() < 0.5:
            echo(canvas)
        assert names(canvas) == walk[at]
        assert (bool(canvas.past), bool(canvas.future)) == (at > 0, at < len(walk) - 1)


def test_the_canvas_is_told_anew_even_what_it_was_told_before():
    canvas = _Canvas()
    before = canvas.shown
    stroke(canvas, 1)
    canvas.undo()
    assert canvas.shown["objects"] == before["objects"] == []
    assert canvas.shown != before


def test_hearing_the_same_again_changes_nothing():
    canvas = _Canvas()
    stroke(canvas, 1)
    canvas.undo()
    canvas.hear(canvas.heard, picture(1))  # a rerun before the canvas has answered
    assert canvas.now == _BLANK
    assert len(canvas.future) == 1


@pytest.mark.parametrize("steps", [1, 2])
def test_a_late_echo_of_a_drawing_that_was_undone_meanwhile_changes_nothing(steps):
    canvas = _Canvas()
    for name in "abc":
        stroke(canvas, name)
    canvas.undo()
    echo = {"objects": [*canvas.now.objects], "late": True}
    for _ in range(steps):
        canvas.undo()
    expected = names(canvas)
    canvas.hear(echo, picture(2))
    assert names(canvas) == expected == list("abc")[: 2 - steps]
    assert len(canvas.future) == 1 + steps


def late(canvas: _Canvas, times: int) -> None:
    """Let the canvas tell of a picture that it loaded after it was told to show something else."""
    for left in range(times):
        canvas.hear({"objects": [{"type": "Image", "src": "data:,b", "name": "b", "left": left}]}, picture(50))


def test_after_late_echoes_the_paper_is_told_again_what_to_show_but_not_for_ever():
    canvas = _Canvas()
    canvas.draw(_Drawing([{"type": "Image", "src": "data:,b", "name": "b"}], picture(50)))
    canvas.draw(_BLANK)
    turn = canvas.shown["turn"]
    late(canvas, 1)
    assert (canvas.shown["turn"], canvas.shown["objects"]) == (turn + 1, [])
    late(canvas, 9)
    assert (canvas.shown["turn"], canvas.shown["objects"]) == (turn + ui_canvas.MAX_SHOWN_AGAIN, [])


def test_a_stroke_that_the_paper_loses_after_a_late_echo_is_put_back():
    canvas = _Canvas()
    canvas.draw(_Drawing([{"type": "Image", "src": "data:,b", "name": "b"}], picture(50)))
    canvas.draw(_BLANK)
    late(canvas, 9)
    stroke(canvas, "c")
    canvas.hear({"objects": []}, picture(0))  # what it was told before the stroke came into effect after it
    assert names(canvas) == ["c"]
    assert [each["name"] for each in canvas.shown["objects"]] == ["c"]


def test_the_echo_of_blank_paper_takes_no_drawing_away():
    canvas = _Canvas()
    stroke(canvas, "a")
    canvas.draw(_BLANK)
    canvas.undo()
    canvas.hear({"objects": []}, picture(0))
    assert names(canvas) == ["a"] and len(canvas.future) == 1


def test_a_late_echo_of_a_picture_does_not_take_the_place_of_a_stroke():
    canvas = _Canvas()
    stroke(canvas, "a")
    canvas.draw(_Drawing([{"type": "Image", "src": "data:,b", "name": "b"}], picture(50)))
    stroke(canvas, "c")
    canvas.undo()
    canvas.undo()
    late(canvas, 1)
    assert names(canvas) == ["a"]


def test_a_canvas_that_has_not_spoken_yet_changes_nothing():
    canvas = _Canvas()
    canvas.draw(_Drawing([{"type": "Path", "name": 1}], picture(1), "a note"))
    canvas.hear({"objects": []}, None)
    assert names(canvas) == [1]


def test_the_echo_brings_the_picture_and_keeps_note_and_steps_until_the_next_stroke():
    canvas = _Canvas()
    steps = (CHANCE.integers(0, 256, (5, 7), np.uint8),)
    canvas.draw(_Drawing([{"type": "Image", "name": 1}], b"", "a note", steps))
    echo(canvas)
    assert canvas.now[1:4] == (picture(1), "a note", steps)
    stroke(canvas, 2)
    assert canvas.now[2:] == (None, (), None)


def test_no_more_steps_are_kept_than_can_be_undone():
    canvas = _Canvas()
    for name in range(ui_canvas.MAX_UNDO + 20):
        stroke(canvas, name)
    assert len(canvas.past) == ui_canvas.MAX_UNDO


def test_ink_is_the_first_channel_and_a_blank_picture_has_none():
    ink = _decode_ink(picture(7))
    assert (ink.shape, ink.dtype, ink.sum()) == ((ui_canvas.SIDE, ui_canvas.SIDE), np.uint8, 7 * 255)
    assert _decode_ink(picture(0)) is None


def kept(canvas: _Canvas) -> list[list[object]]:
    return [[each["name"] for each in drawing.objects] for drawing in canvas.kept]


def test_a_drawing_is_kept_once_it_is_cleared_and_not_with_each_stroke():
    canvas = _Canvas()
    for name in "abc":
        stroke(canvas, name)
    assert not canvas.kept
    canvas.draw(_BLANK)
    assert kept(canvas) == [["a", "b", "c"]]
    canvas.draw(_BLANK)  # blank paper is no drawing
    assert kept(canvas) == [["a", "b", "c"]]


def test_a_drawing_that_another_takes_the_place_of_is_kept_with_its_answer():
    canvas = _Canvas()
    stroke(canvas, "a")
    canvas.now = canvas.now._replace(answer="7, 90.0%")
    canvas.draw(_Drawing([{"type": "Image", "name": "sample"}], picture(50)))
    echo(canvas)
    assert kept(canvas) == [["a"]] and canvas.kept[0].answer == "7, 90.0%"
    assert canvas.now.answer is None


def test_a_drawing_that_was_undone_to_blank_paper_is_kept_once_another_begins():
    canvas = _Canvas()
    for name in "ab":
        stroke(canvas, name)
    canvas.undo()
    canvas.undo()
    assert not canvas.kept
    stroke(canvas, "c")
    assert kept(canvas) == [["a", "b"]] and names(canvas) == ["c"]


def test_a_drawing_that_looks_the_same_is_kept_once_and_comes_first():
    canvas = _Canvas()
    for name, count in (("a", 1), ("b", 2), ("c", 1)):
        canvas.draw(_Drawing([{"type": "Path", "name": name}], picture(count)))
    canvas.draw(_BLANK)
    assert kept(canvas) == [["c"], ["b"]]


def test_ten_drawings_are_kept_the_latest_first():
    canvas = _Canvas()
    for name in range(ui_canvas.MAX_RECENT + 5):
        canvas.draw(_Drawing([{"type": "Path", "name": name}], picture(name + 1)))
    canvas.draw(_BLANK)
    assert kept(canvas) == [[name] for name in range(14, 4, -1)]


@pytest.mark.parametrize(("side", "kind"), [(20_000, "PNG"), (ui_canvas.SIDE + 1, "PNG"), (ui_canvas.SIDE, "BMP")])
def test_a_picture_from_the_browser_that_is_none_of_a_canvas_is_not_unpacked(side, kind):
    buffer = io.BytesIO()
    Image.new("1", (side, side), 1).save(buffer, format=kind)
    packed = {"png": base64.b64encode(buffer.getvalue()).decode()}
    assert ui_canvas._unpack_drawing(packed) == _BLANK


def test_after_a_new_start_the_paper_is_blank_for_good_whatever_the_canvas_still_says_of_the_old_drawing():
    canvas = _Canvas()
    stroke(canvas, 1)
    old = canvas.now
    canvas.start_over()
    assert (canvas.now.objects, canvas.past, canvas.future) == ([], [], [])
    canvas.hear({"objects": old.objects, "late": True}, old.png)
    assert canvas.now.objects == []
    stroke(canvas, 2)
    assert names(canvas) == [2]


def test_a_last_stroke_that_comes_with_a_click_is_heard_before_the_click(monkeypatch):
    canvas, key = _Canvas(), "quick"
    stroke(canvas, "a")
    objects = [*canvas.now.objects, {"type": "Path", "name": "b"}]
    said = {"raw": {"objects": objects}, "data": "data:image/png;base64," + base64.b64encode(picture(2)).decode()}
    session = {f"{key}-canvas": canvas, f"{key}-strokes": {"drawing": said}}
    monkeypatch.setattr(ui_canvas.st, "session_state", session)
    np.testing.assert_array_equal(ui_canvas.start_over(key), _decode_ink(picture(2)))
    canvas.hear({"objects": objects}, picture(2))  # what the script reads after the click
    assert not canvas.now.objects
    assert ui_canvas.start_over(key) is None
