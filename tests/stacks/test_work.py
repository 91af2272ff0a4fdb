"""Reading a stack: each page once, bad ones named, stopped and gone on with, also after a kill."""

import hashlib
import io
import json
import os
import signal
import time

import numpy as np
import pytest
from PIL import Image

from digitrec.forms import Template, corrections, page_size, templates
from digitrec.imaging import PictureError
from digitrec.runs import processes
from digitrec.stacks import StackError, Way, create, load_table, log, work
from support.made_forms import fill, pen_glyph
from support.made_pages import grid_page, photo, png

GRID = png(photo(grid_page(["4 ", "05"])))


def texts(stack):
    return {page.name: "".join(field.text or "." for field in page.fields) or page.problem for page in stack.pages}


def test_each_page_is_read_and_what_went_wrong_is_named(draw):
    stack = create([("a.png", GRID), ("b.png", b"x"), ("c.png", GRID + b"\0")], draw, Way("grid"))
    key = corrections.PageKey(stack.uploads[0].sha256, 2, 2)
    corrections.change(key, {(0, 0): "9"})
    work.read_stack(stack)
    read = texts(stack)
    assert (read["a.png"], read["c.png"]) == ("4.05", "4.05") and "not a picture" in read["b.png"]
    assert work.find_progress(stack)[:3] == ("done", 3, 3)
    assert log.standing(stack)[0, "1, 1"][:3] == ("digit", "9", "before")
    assert stack.image(0).shape == stack.pages[0].size[::-1]
    size = (stack.path / "pages.jsonl").stat().st_size
    work.read_stack(stack)  # nothing is left to read
    assert (stack.path / "pages.jsonl").stat().st_size == size


def test_the_same_file_counts_once(draw):
    stack = create([("a.png", GRID), ("b.png", GRID), ("c.png", b"x"), ("d.png", GRID)], draw, Way("grid"))
    work.read_stack(stack)
    read = texts(stack)
    assert read["a.png"] == "4.05"
    for name in ("b.png", "d.png"):
        assert read[name] == "it is the same file as a.png, so its fields would count twice."
    assert sum(len(page.fields) for page in stack.pages) == 4


def test_numbers_are_fields_by_their_place(draw):
    from digitrec.ui.read.example import example_picture

    stack = create([("a.png", example_picture())], draw, Way("numbers"))
    work.read_stack(stack)
    assert [(field.name, field.kind, field.text) for field in stack.pages[0].fields] == [
        ("1", "number", "4072"),
        ("2", "number", "19.5"),
    ]


def test_it_ends_when_asked_and_goes_on(draw, monkeypatch):
    stack = create([(f"{at}.png", GRID + bytes([at])) for at in range(3)], draw, Way("grid", (2, 2)))
    real = work._read_page

    def pause_after(stack, number, *rest):
        real(stack, number, *rest)
        work.pause(stack)

    monkeypatch.setattr(work, "_read_page", pause_after)
    for done in (1, 2):
        stack.work.ask(wish=None)
        work.read_stack(stack)
        assert work.find_progress(stack)[:3] == ("paused", done, 3)
    work.stop(stack)
    assert work.find_progress(stack).state == "stopped"
    stack.work.ask(wish=None)
    assert work.find_progress(stack).state == "interrupted"


def test_a_page_that_ends_the_process_again_and_again_is_left_out(draw, monkeypatch):
    stack = create([("a.png", GRID)], draw, Way("grid"))

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(work, "read_page", die)
    for _ in range(work.MAX_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            work.read_stack(stack)
    work.read_stack(stack)
    assert "ended the program 3 times" in stack.pages[0].problem


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (PictureError("it is a PDF."), "it is a PDF."),
        (MemoryError(), "not enough memory"),
        (OSError(5, "Input/output error"), "cannot be opened: Input/output error."),
        (IndexError("list index"), "cannot be read: IndexError: list index"),
    ],
)
def test_whatever_a_page_does_the_others_are_read(draw, monkeypatch, error, says):
    stack = create([("a.png", GRID), ("b.png", GRID + b"\0")], draw, Way("grid"))
    real, calls = work.read_page, []

    def fail_once(*args):
        calls.append(args)
        if len(calls) == 1:
            raise error
        return real(*args)

    monkeypatch.setattr(work, "read_page", fail_once)
    work.read_stack(stack)
    assert says in stack.pages[0].problem and stack.pages[1].fields


@pytest.mark.parametrize(
    ("about", "says"), [({"run": "gone"}, "not there any more"), ({"model": "0" * 64}, "has changed since")]
)
def test_another_model_reads_nothing(draw, about, says):
    stack = create([("a.png", GRID)], draw, Way("grid"))
    path = stack.path / "about.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | about))
    with pytest.raises(StackError, match=says):
        work.read_stack(type(stack)(stack.path))


def wait_for(test):
    deadline = time.monotonic() + 180  # for a hang on a busy machine
    while not test() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert test()


@pytest.mark.slow
def test_a_killed_process_loses_nothing_and_the_next_visit_goes_on(draw):
    stack = create([(f"{at}.png", GRID + bytes([at])) for at in range(8)], draw, Way("grid"))
    work.start(stack)
    work.start(stack)  # a second click
    wait_for(lambda: len(stack.pages) >= 2)
    os.kill(stack.work.worker.pid, signal.SIGKILL)
    wait_for(lambda: not processes.is_live(stack.work))
    assert work.find_progress(stack).state == "interrupted"
    work.go_on()
    wait_for(lambda: work.find_progress(stack).state == "done")
    assert sorted(page.number for page in stack.pages) == list(range(8))
    assert not [page for page in stack.pages if page.problem]


def test_pages_of_a_form_in_one_file_are_read_by_its_template_and_its_rules_hold(draw):
    rule = {"check": "list", "values": "4, 5"}
    fields = templates.make_grid("{row}-{column}", (0.1, 0.1, 0.9, 0.4), 2, 3, gap=0.25)
    fields[4] = fields[4]._replace(rules=(rule,))
    form = Template("Marks", *page_size("A4"), tuple(fields))
    rng = np.random.default_rng(0)
    pages = [Image.fromarray(fill(form, values, pen_glyph, rng)) for values in ({"1-1": "4", "2-2": "7"}, {})]
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=[pages[1], Image.new("L", pages[0].size, 250)])
    way = Way("template", None, json.loads(templates.to_json(form)))
    stack = create([("scan.tif", buffer.getvalue())], draw, way)
    work.read_stack(stack)
    assert texts(stack) | {"scan.tif, page 3": ""} == {
        "scan.tif, page 1": "4...7.",
        "scan.tif, page 2": "......",
        "scan.tif, page 3": "",
    }
    assert "four black squares" in stack.pages[2].problem
    assert [broken.says for _, broken in load_table(stack).broken] == ["7 is not in the list."]


def test_corners_that_a_person_moved_are_taken(draw):
    picture = photo(grid_page(["4 ", "05"]))
    gray = np.pad(picture, 40, constant_values=200)
    corners = np.array([(160, 60), (700, 110), (660, 560), (110, 480)], float) + 40
    upload = png(gray)
    moved = {(hashlib.sha256(upload).hexdigest(), 0): (corners / gray.shape[::-1]).tolist()}
    stack = create([("a.png", upload)], draw, Way("grid", (2, 2)), corners=moved)
    assert stack.id != create([("a.png", upload)], draw, Way("grid", (2, 2))).id
    work.read_stack(stack)
    assert np.abs(np.array(stack.pages[0].corners) - corners).max() < 0.1
    assert texts(stack)["a.png"] == "4.05"
