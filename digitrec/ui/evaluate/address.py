"""What of an evaluation is looked at, in the session and in the address alike.

The session holds it, so that it outlives a page switch; the address repeats it, so that the browser's back and
forward go through it, and a link leads to it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import streamlit as st

from digitrec.data import loading
from digitrec.evaluation import scoring
from digitrec.runs import store
from digitrec.runs.store import Run
from digitrec.ui import state

OVERVIEW = "Overview"
_SELECTION, _LAST_ADDRESS, _OF, _LAST_VIEW = (
    "evaluate-looking",
    "evaluate-address",
    "evaluate-of",
    "evaluate-shown",
)


class ImageSelection(NamedTuple):
    """What is looked at, and in which images; None for no choice."""

    true: int | None = None  # a true class
    answer: int | None = None  # an answered class
    slice: str | None = None  # a part of the images, "thickness-0"
    image: int | None = None  # place of one image in its split, whose card is open


_PARAMETERS = ("model", "data", "part", "show", *ImageSelection._fields)


def get_selection() -> ImageSelection:
    """What is looked at now."""
    return st.session_state.get(_SELECTION, ImageSelection())


def select(**changes: Any) -> None:
    """Look at something else, from a callback or before the page shows it; closes the card unless it opens one."""
    st.session_state[_SELECTION] = get_selection()._replace(**{"image": None} | changes)


def open_section(section: str, **changes: Any) -> None:
    """Look at something else in another section."""
    select(**changes)
    st.session_state[state.EVALUATE_SECTION] = section
    st.session_state[_OF] = None


def read_address(sections: Collection[str]) -> None:
    """Before the page's pickers: show what the address asks for where the browser went back, forward or to a link.

    Args:
        sections: the names of those there are, besides the overview.
    """
    st.session_state.setdefault(state.EVALUATE_SECTION, OVERVIEW)
    st.session_state.setdefault(state.EVALUATE_SPLIT, scoring.SPLITS[0])
    address = {name: text for name, text in st.query_params.to_dict().items() if name in _PARAMETERS}
    last = st.session_state.get(_LAST_ADDRESS, {})
    came = st.session_state.get(state.LAST_PAGE) != st.session_state.get(state.PAGE)
    if came and not address and st.session_state.get(state.EVALUATE_MODEL) == last.get("model"):
        return  # come by the navigation: what was looked at last is shown again
    if address == last:
        return
    show = address.get("show")
    st.session_state[state.EVALUATE_SECTION] = show if show in sections else OVERVIEW
    st.session_state[_SELECTION] = _parse_address(address)
    st.session_state[_OF] = None
    _set_pickers(address)


def write_address(run: Run, dataset: str, split: str, section: str) -> bool:
    """After the page's pickers: let the address say what is shown; a card of other images is closed.

    Returns:
        Whether the page goes on with what it showed, a section or a card, rather than shows something else.
    """
    of = (dataset, split, section, run.name if split != "test" else None)
    if st.session_state.get(_OF) not in (None, of):
        select()
    st.session_state[_OF] = of
    address = {} if section == OVERVIEW else _make_address(run, dataset, split, section)
    st.session_state[_LAST_ADDRESS] = address
    others = {name: text for name, text in st.query_params.to_dict().items() if name not in _PARAMETERS}
    if st.query_params.to_dict() != others | address:  # each change is a step for the browser's back
        st.query_params.from_dict(others | address)
    shown = (run.name, dataset, split, section, get_selection().image is None)
    before, st.session_state[_LAST_VIEW] = st.session_state.get(_LAST_VIEW), shown
    return shown == before


def _make_address(run: Run, dataset: str, split: str, section: str) -> dict[str, str]:
    chosen = {name: str(value) for name, value in get_selection()._asdict().items() if value is not None}
    return {"model": run.name, "data": dataset, "part": split, "show": section, **chosen}


def _parse_address(address: dict[str, str]) -> ImageSelection:
    numbers = {
        name: int(address[name]) for name in ("true", "answer", "image") if address.get(name, "").isdecimal()
    }
    return ImageSelection(**numbers, slice=address.get("slice"))


def _set_pickers(address: dict[str, str]) -> None:
    """Have the pickers show what the address names, as far as it is there."""
    model, data, part = (address.get(name) for name in ("model", "data", "part"))
    if model in {run.name for run in store.list_runs() if run.has_model}:
        st.session_state[state.EVALUATE_MODEL] = model
        if data and loading.is_available(data):
            st.session_state[state.evaluate_dataset(model)] = data
    if part in scoring.SPLITS:
        st.session_state[state.EVALUATE_SPLIT] = part
