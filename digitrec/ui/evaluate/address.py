"""What a person selected in an evaluation, in the session and in the address.

The session keeps it over a page switch. The address repeats it, so that the browser's back and forward buttons and
links lead to it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import streamlit as st

from digitrec.data import loading
from digitrec.evaluation import scoring
from digitrec.runs import Run, store
from digitrec.ui import state

OVERVIEW = "Overview"
# Keys of the session.
_SELECTION, _LAST_ADDRESS = "evaluate-looking", "evaluate-address"
_LAST_MODEL = "evaluate-model-before"
_LAST_IMAGES, _LAST_VIEW = "evaluate-of", "evaluate-shown"


class ImageSelection(NamedTuple):
    """The selected images; None for no choice."""

    true: int | None = None  # a true class
    answer: int | None = None  # an answered class
    slice: str | None = None  # a group of images, "thickness-0"
    image: int | None = None  # position in its split of the image whose card is open


_PARAMETERS = ("model", "data", "part", "show", *ImageSelection._fields)


def get_selection() -> ImageSelection:
    """The current selection."""
    selection: ImageSelection = st.session_state.get(_SELECTION, ImageSelection())
    return selection


def select(**changes: Any) -> None:
    """Change the selection, in a callback or before it is shown; the card closes unless `image` is given."""
    st.session_state[_SELECTION] = get_selection()._replace(**{"image": None} | changes)


def open_section(section: str, **changes: Any) -> None:
    """Change the selection and open another section."""
    select(**changes)
    st.session_state[state.EVALUATE_SECTION] = section
    st.session_state[_LAST_IMAGES] = None


def read_address(sections: Collection[str]) -> None:
    """Select what the address says, if the browser went back, forward or to a link; call it before the pickers.

    Args:
        sections: the names of all sections but the overview.
    """
    st.session_state.setdefault(state.EVALUATE_SECTION, OVERVIEW)
    st.session_state.setdefault(state.EVALUATE_SPLIT, scoring.SPLITS[0])
    address = {name: text for name, text in st.query_params.to_dict().items() if name in _PARAMETERS}
    last = st.session_state.get(_LAST_ADDRESS, {})
    has_arrived = st.session_state.get(state.LAST_PAGE) != st.session_state.get(state.PAGE)
    if has_arrived and not address and st.session_state.get(state.EVALUATE_MODEL) == last.get("model"):
        return  # by the navigation: the last selection is shown again
    if address == last:
        return
    show = address.get("show")
    st.session_state[state.EVALUATE_SECTION] = show if show in sections else OVERVIEW
    st.session_state[_SELECTION] = _parse_address(address)
    st.session_state[_LAST_IMAGES] = st.session_state[_LAST_MODEL] = None
    _set_pickers(address)


def write_address(run: Run, dataset: str, split: str, section: str) -> bool:
    """Write the selection into the address, and close a card of other images; call it after the pickers.

    Returns:
        Whether the page shows the same section or card as before.
    """
    images = (dataset, split, section, run.name if split != "test" else None)
    if st.session_state.get(_LAST_IMAGES) not in (None, images):
        select()
    st.session_state[_LAST_IMAGES] = images
    if st.session_state.get(_LAST_MODEL) not in (None, run.name):  # its cells are others
        select(true=None, answer=None, image=get_selection().image)
    st.session_state[_LAST_MODEL] = run.name
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
    """Set the pickers to what the address names, where that exists."""
    model, data, part = (address.get(name) for name in ("model", "data", "part"))
    if model in {run.name for run in store.list_runs() if run.has_model}:
        st.session_state[state.EVALUATE_MODEL] = model
        if data and loading.is_available(data):
            st.session_state[state.evaluate_dataset(model)] = data
    if part in scoring.SPLITS:
        st.session_state[state.EVALUATE_SPLIT] = part
