"""The drawing canvas, with undo, redo and clear; its drawing survives a page switch.

The component cannot do these itself: its undo forgets what was there when it was shown, its bin goes back to
that, and a page switch takes all. So the drawing is kept here, and the component is told what to show.
"""

from __future__ import annotations

import base64
import functools
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from PIL import Image

from digitrec.imaging import DRAWING_SIDE, Gray, Ink, fit_to_square

SIDE = DRAWING_SIDE  # pixels of the canvas: ten for each of an image's, and it fits a phone
ANSWER = "digit-answer"  # key of the container whose words are said aloud when they change
HINT = "Ctrl+Z undoes, Ctrl+Y redoes, Esc clears, 0 to 9: a sample."  # one line of a phone
MAX_UNDO = 50  # drawings that can be undone
MAX_RECENT = 10  # drawings that can be gone back to
MAX_SHOWN_AGAIN = 3  # times for one drawing: without a limit, page and component could answer each other for ever


class _Drawing(NamedTuple):
    """A drawing: the canvas component's own objects, and a PNG picture."""

    objects: list[dict[str, Any]]
    png: bytes | None
    note: str | None = None  # where it came from, if not from a hand; of blank paper, what could not be put there
    steps: tuple[Gray, ...] = ()  # and the pictures on its way from a file to here
    answer: str | None = None  # what it was read as, in words


_BLANK = _Drawing([], None)


@dataclass
class _Canvas:
    """One session's canvas: the drawing, those before it, and those undone."""

    now: _Drawing = _BLANK
    past: list[_Drawing] = field(default_factory=list)
    future: list[_Drawing] = field(default_factory=list)
    shown: dict[str, Any] = field(default_factory=lambda: {"objects": [], "turn": 0})  # what it is told to show
    heard: dict[str, Any] | None = None  # what it last said
    shown_again: int = 0  # times that it was told to show this drawing again, because it showed another
    kept: list[_Drawing] = field(default_factory=list)  # finished drawings, the latest first
    gone: list[_Drawing] = field(default_factory=list)  # those that `start_over` took away: late echoes of them

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was ever drawn or put here."""
        return not (self.now.objects or self.now.note or self.past or self.future or self.kept)

    def show(self, drawing: _Drawing) -> None:
        """Put a drawing on the canvas; the new turn makes the component redraw even the same objects."""
        self.now, self.shown_again = drawing, 0
        self.shown = {"objects": drawing.objects, "turn": self.shown["turn"] + 1}

    def hear(self, json_data: dict[str, Any] | None, png: bytes | None) -> None:
        """Take a message of the component: a new stroke, or the echo of the drawing it shows."""
        if png is None or json_data is None or json_data == self.heard:
            return
        self.heard = json_data
        heard = _Drawing(json_data["objects"], png)
        if self._is_late(heard):
            if self.shown_again < MAX_SHOWN_AGAIN:
                times = self.shown_again + 1
                self.show(self.now)
                self.shown_again = times
            return
        if len(heard.objects) == len(self.now.objects):
            self.now = self.now._replace(objects=heard.objects, png=heard.png)
        else:
            if not self.now.objects and self.future:  # all was undone, and another drawing begins
                self._keep(self.future[0])
            self._remember()
            self.now, self.shown_again = heard, 0

    def _is_late(self, heard: _Drawing) -> bool:
        """Whether it is the echo of a drawing that was undone, redone or replaced meanwhile.

        The component loads a picture after the strokes that it is told to show next, so it may show the former.
        Nobody can make the paper blank but the page.
        """
        same, now = _list_marks(heard), _list_marks(self.now)
        others = (*self.past, *self.future, *self.gone)
        return same != now and (not same or any(same == _list_marks(each) for each in others))

    def draw(self, drawing: _Drawing) -> None:
        """Replace the drawing; the old one is stored, and undo restores it."""
        self._keep(self.now)
        self._remember()
        self.show(drawing)

    def start_over(self) -> None:
        """Blank paper, and nothing to undo: the drawing is done with."""
        self.gone = [*self.gone, *self.past, self.now][-MAX_UNDO:]
        self.past, self.future = [], []
        self.show(_BLANK)

    def undo(self) -> None:
        """Restore the drawing before."""
        if self.past:
            self.future.append(self.now)
            self.show(self.past.pop())

    def redo(self) -> None:
        """Restore the drawing that was undone."""
        if self.future:
            self.past.append(self.now)
            self.show(self.future.pop())

    def _keep(self, drawing: _Drawing) -> None:
        ink = _decode_ink(drawing.png) if drawing.objects else None
        if ink is not None:
            others = [
                each
                for each in self.kept
                if (other := _decode_ink(each.png)) is None or not np.array_equal(other, ink)
            ]
            self.kept = [drawing, *others][:MAX_RECENT]

    def _remember(self) -> None:
        self.past = [*self.past, self.now][-MAX_UNDO:]
        self.future = []


def _list_marks(drawing: _Drawing) -> list[Any]:
    """What is drawn, without what the component adds to its objects: the picture or the path of each."""
    return [each.get("src") or each.get("path") or each for each in drawing.objects]


def digit_canvas(key: str, hint: str = HINT) -> Ink | None:
    """Show the canvas with its undo, redo, clear and brush; return its ink, or None if it is blank.

    Args:
        key: names the canvas; its drawing outlives a page switch under this name.
        hint: a line below it.

    Returns:
        uint8 (280, 280), or None.
    """
    canvas = _get_canvas(key)
    # The canvas below the controls it depends on, in the script; above them, on the page.
    paper = st.container(key=f"{key}-paper", gap=None)
    controls = st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"{key}-controls")
    undo, redo, clear = (controls.container(width="content") for _ in range(3))
    with controls:
        brush = st.slider(
            "Brush width",
            8,
            40,
            20,
            step=2,
            key=f"{key}-brush",
            persist_state="session",
            label_visibility="collapsed",
        )
    with paper:
        _show_paper(key, canvas, brush)
    with undo:
        _button("Undo", lambda: _latest_canvas(key).undo(), key=key, off=not canvas.past)
    with redo:
        _button("Redo", lambda: _latest_canvas(key).redo(), key=key, off=not canvas.future)
    with clear:
        _button("Clear", lambda: _latest_canvas(key).draw(_BLANK), key=key, off=not canvas.now.objects)
    note = canvas.now.note if canvas.now.objects else ""
    with st.container(key=f"{key}-note"), st.container(key=f"{key}-{'text' if note else 'keys'}"):
        st.caption(note or hint)
    return _decode_ink(canvas.now.png) if canvas.now.objects else None


def place(key: str, ink: Ink, note: str, *, steps: tuple[Gray, ...] = ()) -> None:
    """Put ink on a canvas, as if it had been drawn there; undo restores the old drawing.

    Args:
        key: of the canvas.
        ink: uint8 (height, width) of any size, such as an image; it is fitted to the canvas.
        note: where it came from; stands below the canvas until the drawing changes.
        steps: pictures on its way from a file to here; `placed_steps` gives them back as long.

    Raises:
        InkError: there is none; the drawing that was there stays.
    """
    _latest_canvas(key).draw(_placed_drawing(fit_to_square(ink, SIDE), note, steps))  # -> (280, 280)


def _placed_drawing(ink: Ink, note: str | None, steps: tuple[Gray, ...] = ()) -> _Drawing:
    """Ink of the canvas's size as a drawing: one picture instead of strokes."""
    png = _encode_ink(ink)
    source = "data:image/png;base64," + base64.b64encode(png).decode()
    box = {"left": 0, "top": 0, "originX": "left", "originY": "top", "width": SIDE, "height": SIDE}
    return _Drawing([{"type": "Image", "src": source, **box}], png, note, steps)


def start_over(key: str) -> Ink | None:
    """Give a canvas blank paper for another drawing; the old one is not stored, and cannot be undone.

    Returns:
        The ink of the old one, uint8 (280, 280), with a last stroke that no script saw; None if it was blank.
    """
    canvas = _latest_canvas(key)
    last = canvas.now
    canvas.start_over()
    return _decode_ink(last.png) if last.objects else None


def refuse(key: str, reason: Exception | str) -> None:
    """Clear a canvas because what was to be put there cannot be read; undo restores the old drawing.

    Args:
        key: of the canvas.
        reason: `find_problem` gives it back until something is drawn.
    """
    canvas, text = _latest_canvas(key), str(reason)
    undo = " Undo restores your drawing." if canvas.now.objects else ""
    canvas.draw(_BLANK._replace(note=f"{text[:1].upper()}{text[1:]}{undo}"))


def find_problem(key: str) -> str | None:
    """Why a canvas is blank, if the last picture could not be read; it stands where the answer would."""
    now = _get_canvas(key).now
    return None if now.objects else now.note


def dismiss_problem(key: str) -> None:
    """Forget it: the picture that could not be read was removed."""
    canvas = _get_canvas(key)
    if not canvas.now.objects:
        canvas.now = _BLANK


def placed_steps(key: str) -> tuple[Gray, ...]:
    """The steps that `place` got for the drawing on a canvas; none after another stroke."""
    return _get_canvas(key).now.steps


def note_answer(key: str, words: str) -> None:
    """Store the answer for the drawing on a canvas with the drawing."""
    canvas = _get_canvas(key)
    canvas.now = canvas.now._replace(answer=words)


def list_recent(key: str) -> list[tuple[bytes, str | None]]:
    """The last drawings of a canvas, the latest first: ten at most.

    A drawing is stored when it is cleared or replaced, not with each stroke.

    Returns:
        For each its picture, a PNG of white ink on black paper, and its answer in words, if there was one.
    """
    return [(each.png, each.answer) for each in _get_canvas(key).kept if each.png is not None]


def list_inks(key: str) -> list[Ink]:
    """The ink of the drawing on a canvas and of the last ones, the latest first; of blank ones none."""
    canvas = _get_canvas(key)
    inks = [_decode_ink(each.png) for each in (canvas.now, *canvas.kept) if each.objects]
    return [ink for ink in inks if ink is not None]


def restore_recent(key: str, index: int) -> None:
    """Put one of the last drawings on a canvas again; undo restores the old drawing."""
    canvas = _latest_canvas(key)
    if index < len(canvas.kept):  # another click may have been quicker
        canvas.draw(canvas.kept[index])


def is_untouched(key: str) -> bool:
    """Whether nothing was ever drawn or put on a canvas."""
    return _get_canvas(key).is_untouched


def pack_drawings(key: str) -> list[dict[str, str | None]] | None:
    """The drawing on a canvas and the last ones, for the browser to keep; None if nothing was ever drawn.

    Returns:
        For each its picture, a PNG in base64, its note and its answer; the first is the one on the paper, with an
        empty picture if it is blank.
    """
    canvas = _get_canvas(key)
    if canvas.is_untouched:
        return None
    return [
        {"png": _pack_png(each.png) if each.objects else "", "note": each.note, "answer": each.answer}
        for each in (canvas.now, *canvas.kept)
    ]


def unpack_drawings(key: str, packed: Any) -> None:
    """Restore what `pack_drawings` gave, on a canvas where nothing was drawn since; ignore anything else."""
    canvas = _get_canvas(key)
    if not canvas.is_untouched or not isinstance(packed, list):
        return
    now, *kept = [_unpack_drawing(each) for each in packed[: MAX_RECENT + 1]] or [_BLANK]
    canvas.kept = [drawing for drawing in kept if drawing.objects]
    canvas.show(now)


def _unpack_drawing(packed: Any) -> _Drawing:
    """A drawing; blank if there is none, or if it is no picture of a canvas."""
    fields = packed if isinstance(packed, dict) else {}
    note, answer = (value if isinstance(value := fields.get(name), str) else None for name in ("note", "answer"))
    try:
        png = base64.b64decode(str(fields.get("png")), validate=True)
        with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
            ink = _decode_ink(png) if picture.size == (SIDE, SIDE) else None  # its size is known before its pixels
    except (ValueError, OSError, Image.DecompressionBombError):  # PIL's UnidentifiedImageError is an OSError
        return _BLANK
    if ink is None:
        return _BLANK
    return _placed_drawing(ink, note)._replace(answer=answer)


@functools.lru_cache(maxsize=200)  # of all sessions: they are packed anew after each stroke
def _pack_png(png: bytes | None) -> str:
    """The ink of a picture alone, a PNG in base64: a quarter of what the canvas sends."""
    ink = _decode_ink(png)
    return "" if ink is None else base64.b64encode(_encode_ink(ink)).decode()


def _encode_ink(ink: Ink) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(ink).save(buffer, format="PNG")
    return buffer.getvalue()


def _get_canvas(key: str) -> _Canvas:
    return st.session_state.setdefault(f"{key}-canvas", _Canvas())


def _latest_canvas(key: str) -> _Canvas:
    """A canvas with its last stroke: a quick click comes with it, and is answered before the script reads it."""
    canvas = _get_canvas(key)
    said = (st.session_state.get(f"{key}-strokes") or {}).get("drawing")
    if said and said["data"]:
        canvas.hear(said["raw"], base64.b64decode(said["data"].partition(";base64,")[2]))
    return canvas


def mount(key: str, container: str, mend: dict[str, Any], **options: Any) -> Any:
    """Show the component, and mend what it lacks; its result.

    Args:
        key: of the component.
        container: key of the container that it is in.
        mend: what `canvas.js` takes, but for the container.
        options: of the component.
    """
    from streamlit_drawable_canvas import st_canvas  # raises where no Streamlit is running

    found = st_canvas(key=key, **options)
    _canvas_script()(data={"container": container, **mend}, key=f"{container}-mend")
    return found


def _show_paper(key: str, canvas: _Canvas, brush: int) -> None:
    if f"{key}-strokes" not in st.session_state:  # shown for the first time, or again after a page switch
        canvas.show(canvas.now)
    turn = canvas.shown["turn"]
    found = mount(
        f"{key}-strokes",
        f"{key}-paper",
        {"label": "Paper to draw a digit on, with the mouse or a finger", "answer": ANSWER},
        stroke_width=brush,
        stroke_color="#FFFFFF",
        background_color="#000000",
        height=SIDE,
        width=SIDE,
        initial_drawing=canvas.shown,
        return_image_data=True,
    )
    canvas.hear(found.json_data, found.image_bytes)
    if canvas.shown["turn"] != turn:
        st.rerun()


def _button(label: str, act: Any, *, key: str, off: bool) -> None:
    st.button(label, on_click=act, key=f"{key}-{label}", disabled=off)


@functools.cache
def _canvas_script() -> Any:
    script = "".join(Path(__file__).with_name(name).read_text() for name in ("focus.js", "canvas.js"))
    return st.components.v2.component("digitrec_canvas_mend", js=script)


def _decode_ink(png: bytes | None) -> Ink | None:
    """The picture's first channel, white strokes on black paper, as ink; None if it is blank."""
    if png is None:
        return None
    ink = np.asarray(Image.open(io.BytesIO(png)).getchannel(0))
    return ink if ink.any() else None
