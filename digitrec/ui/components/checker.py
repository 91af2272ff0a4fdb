"""A view in which readings are checked by the keyboard: one after the other, or many side by side."""

from __future__ import annotations

import functools
import html
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import streamlit as st

from digitrec.forms import Kind

_HTML = '<div class="checker" role="group" aria-label="Check the readings"></div>'
_MAX_TEXT = 60  # letters of a number that a person types
_MAX_ROWS = 1000  # that one message of the browser may hold
MARKED = "marked"


class Item(NamedTuple):
    """A field that is shown.

    Attributes:
        id: the number that the view tells.
        src: its picture, as a data URI.
        inset: how far its box lies inside of the picture: left, top, right and bottom, in percent.
        title: where it is.
        kind: what was read: a kind of field.
        text: of it.
        confidence: in words.
        why: what is doubtful.
        cause: why it is shown: see `stacks.log.Cause`.
        text_kind: the kind that it has where it holds a text: "digit", "number" or "tick".
        mends: other texts that are offered.
        said: what a person said before, kind and text.
    """

    id: int
    src: str
    inset: tuple[float, float, float, float]
    title: str
    kind: str
    text: str
    confidence: str
    why: str
    cause: str
    text_kind: str
    mends: tuple[str, ...] = ()
    said: tuple[str, str] | None = None


class Answer(NamedTuple):
    """What a person does: says what stands in a field, confirms all that are shown, or takes back the last.

    Attributes:
        what: "say", "page" or "undo".
        ids: of the fields.
        kind: of what stands there, or `MARKED`.
        text: of it.
    """

    what: Literal["say", "page", "undo"]
    ids: tuple[int, ...] = ()
    kind: str = ""
    text: str = ""


def checker(
    key: str,
    name: str,
    items: Sequence[Item],
    on_answer: Callable[[Answer], int | None],
    *,
    classes: Sequence[str],
    mode: Literal["queue", "side"] = "queue",
    label: str = "",
    nothing: str = "Nothing to check.",
    locked: bool = False,
) -> None:
    """Show fields to check; each answer is handed on in a callback, once and in order.

    Args:
        key: names the view.
        name: of what is checked: with another name, the browser begins anew.
        items: the fields, in order; the view shows those that are answered until they are left out.
        on_answer: stores an answer; it may return the id of the field to go to.
        classes: what a digit may be.
        mode: one after the other, or side by side.
        label: of those side by side, for a screen reader.
        nothing: what is said where there are none.
        locked: whether nothing can be answered.
    """
    seen: dict[str, Any] = st.session_state.setdefault(
        f"{key}-seen", {"name": name, "seen": 0, "focus": (0, None)}
    )
    if seen["name"] != name:
        seen.update(name=name, seen=0, focus=(0, None))
    data = {
        "name": name,
        "mode": mode,
        "items": [
            {
                "id": item.id,
                "src": item.src,
                "inset": item.inset,
                "title": item.title,
                "kind": item.kind,
                "text": item.text,
                "confidence": item.confidence,
                "why": item.why,
                "cause": item.cause,
                "textKind": item.text_kind,
                "many": item.text_kind == "number",
                "mends": item.mends,
                "said": item.said and {"kind": item.said[0], "text": item.said[1]},
            }
            for item in items
        ],
        "classes": list(classes),
        "letters": any(not each.isdecimal() for each in classes),
        "seen": seen["seen"],
        "focusNumber": seen["focus"][0],
        "focus": seen["focus"][1],
        "label": html.escape(label),
        "nothing": nothing,
        "locked": locked,
    }
    if problem := st.session_state.pop(f"{key}-problem", None):
        st.error(f"The answers cannot be stored: {problem}. Make room on the disk, then answer once more.")
    _component()(key=key, data=data, on_sent_change=functools.partial(_receive, key, name, on_answer))


def _receive(key: str, name: str, on_answer: Callable[[Answer], int | None]) -> None:
    """Hand on the answers that were not seen before."""
    sent = st.session_state[key].get("sent")
    seen = st.session_state[f"{key}-seen"]
    if not isinstance(sent, dict) or sent.get("name") != name or seen["name"] != name:
        return
    rows = sent.get("rows")
    for row in rows[:_MAX_ROWS] if isinstance(rows, list) else ():
        number = row.get("number") if isinstance(row, dict) else None
        if not isinstance(number, int) or number <= seen["seen"]:
            continue
        answer = parse(row)
        try:
            focus = on_answer(answer) if answer is not None else None
        except OSError as error:  # the browser keeps the answer, and sends it again with the next one
            st.session_state[f"{key}-problem"] = str(error.strerror or error)
            return
        seen["seen"] = number
        if focus is not None:
            seen["focus"] = seen["focus"][0] + 1, focus


def parse(row: dict[str, Any]) -> Answer | None:
    """The answer in a row that a browser sent; None where it is none."""
    match row:
        case {"undo": True}:
            return Answer("undo")
        case {"ids": list(ids), "page": True} if all(type(each) is int for each in ids):
            return Answer("page", tuple(ids))
        case {"ids": [int(id)], "kind": str(kind), "text": str(text)}:
            if kind in (*get_args(Kind), MARKED) and len(text) <= _MAX_TEXT:
                has_text = kind in ("digit", "number", "tick")
                return Answer("say", (id,), kind, text) if bool(text) == has_text else None
    return None


@functools.cache
def _component() -> Any:
    folder = Path(__file__).parent
    script, focus, look = (folder / name for name in ("checker.js", "focus.js", "checker.css"))
    js = focus.read_text() + script.read_text()
    return st.components.v2.component("digitrec_checker", html=_HTML, css=look.read_text(), js=js)
