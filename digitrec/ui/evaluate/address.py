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

OVERVIEW = "Overview"
_LOOKING, _LAST, _OF, _SHOWN = "evaluate-looking", "evaluate-address", "evaluate-of", "evaluate-shown"


class Looking(NamedTuple):
    """What is looked at, and in which images; None for no choice."""

    true: int | None = None  # a true class
    answer: int | None = None  # an answered class
    slice: str | None = None  # a part of the images, "thickness-0"
    image: int | None = None  # place of one image in its split, whose card is open


_NAMES = ("model", "data", "part", "show", *Looking._fields)


def looking() -> Looking:
    """What is looked at now."""
    return st.session_state.get(_LOOKING, Looking())


def look(**changes: Any) -> None:
    """Look at something else, from a callback or before the page shows it; closes the card unless it opens one."""
    st.session_state[_LOOKING] = looking()._replace(**{"image": None} | changes)


def go(section: str, **changes: Any) -> None:
    """Look at something else in another section."""
    look(**changes)
    st.session_state["evaluate-section"] = section
    st.session_state[_OF] = None


def follow(sections: Collection[str]) -> None:
    """Before the page's pickers: show what the address asks for where the browser went back, forward or to a link.

    Args:
        sections: the names of those there are, besides the overview.
    """
    st.session_state.setdefault("evaluate-section", OVERVIEW)
    st.session_state.setdefault("evaluate-split", scoring.SPLITS[0])
    address = {name: text for name, text in st.query_params.to_dict().items() if name in _NAMES}
    last = st.session_state.get(_LAST, {})
    came = st.session_state.get("page-before") != st.session_state.get("page-now")
    if came and not address and st.session_state.get("evaluate-model") == last.get("model"):
        return  # come by the navigation: what was looked at last is shown again
    if address == last:
        return
    show = address.get("show")
    st.session_state["evaluate-section"] = show if show in sections else OVERVIEW
    st.session_state[_LOOKING] = _parsed(address)
    st.session_state[_OF] = None
    _pick(address)


def publish(run: Run, dataset: str, split: str, section: str) -> bool:
    """After the page's pickers: let the address say what is shown; a card of other images is closed.

    Returns:
        Whether the page goes on with what it showed, a section or a card, rather than shows something else.
    """
    of = (dataset, split, section, run.name if split != "test" else None)
    if st.session_state.get(_OF) not in (None, of):
        look()
    st.session_state[_OF] = of
    address = {} if section == OVERVIEW else _address(run, dataset, split, section)
    st.session_state[_LAST] = address
    others = {name: text for name, text in st.query_params.to_dict().items() if name not in _NAMES}
    if st.query_params.to_dict() != others | address:  # each change is a step for the browser's back
        st.query_params.from_dict(others | address)
    shown = (run.name, dataset, split, section, looking().image is None)
    before, st.session_state[_SHOWN] = st.session_state.get(_SHOWN), shown
    return shown == before


def _address(run: Run, dataset: str, split: str, section: str) -> dict[str, str]:
    chosen = {name: str(value) for name, value in looking()._asdict().items() if value is not None}
    return {"model": run.name, "data": dataset, "part": split, "show": section, **chosen}


def _parsed(address: dict[str, str]) -> Looking:
    numbers = {
        name: int(address[name]) for name in ("true", "answer", "image") if address.get(name, "").isdecimal()
    }
    return Looking(**numbers, slice=address.get("slice"))


def _pick(address: dict[str, str]) -> None:
    """Have the pickers show what the address names, as far as it is there."""
    model, data, part = (address.get(name) for name in ("model", "data", "part"))
    if model in {run.name for run in store.list_runs() if run.has_model}:
        st.session_state["evaluate-model"] = model
        if data and loading.is_here(data):
            st.session_state[f"evaluate-dataset {model}"] = data
    if part in scoring.SPLITS:
        st.session_state["evaluate-split"] = part
