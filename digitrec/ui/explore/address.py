"""What a person selected on Explore, in the session and in the address: images, filter, order, and an open card.

The session keeps it over a page switch. The address repeats it, so that the browser's back and forward buttons and
links lead to it.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import streamlit as st

from digitrec.data import Dataset, loading
from digitrec.evaluation import ImageQuery, image_queries
from digitrec.ui import state

IMAGES, MAP = "Images", "Map"  # the first section, and the other one that opens images
PAGE = "explore-page"  # in the session: the page of the grid
SECTION = "explore-section"
# Keys of the session.
_SELECTION, _LAST_ADDRESS, _LAST_DATASET = "explore-selection", "explore-address", "explore-dataset-before"
_PARAMETERS = ("data", "show", "model", "image", *ImageQuery._fields)
_NUMBERS = ("label", "answer", "writer")


class Selection(NamedTuple):
    """The selected images, the model whose answers are shown, and the image whose card is open."""

    query: ImageQuery = ImageQuery()
    model: str | None = None  # name of a run; None for the default one
    image: tuple[str, int] | None = None  # split and place in it


def get_selection() -> Selection:
    """The current selection."""
    selection: Selection = st.session_state.get(_SELECTION, Selection())
    return selection


def select(**changes: Any) -> None:
    """Change the query, in a callback or before it is shown: the grid begins with its first page.

    A query that stays the same changes nothing: Streamlit calls a callback also when a widget that nobody touched
    has gone from the page.
    """
    now = get_selection()
    query = now.query._replace(**changes)
    if query == now.query:
        return
    st.session_state[_SELECTION] = now._replace(query=query, image=None)
    st.session_state[PAGE] = 1


def choose_model(name: str) -> None:
    """Show the answers of another model."""
    st.session_state[_SELECTION] = get_selection()._replace(model=name)
    st.session_state[PAGE] = 1


def open_image(split: str, index: int) -> None:
    """Open the card of an image."""
    st.session_state[_SELECTION] = get_selection()._replace(image=(split, index))


def close_image() -> None:
    """Go back from the card to the images."""
    st.session_state[_SELECTION] = get_selection()._replace(image=None)


def clear_filter() -> None:
    """Show all images of the chosen split, in the same order."""
    query = get_selection().query
    sort = image_queries.PLACE if query.sort == image_queries.GROUP else query.sort
    now = ImageQuery(split=query.split, sort=sort, descending=query.descending)
    st.session_state[_SELECTION] = get_selection()._replace(query=now, image=None)
    st.session_state[PAGE] = 1


def open_images(**changes: Any) -> None:
    """Show the images of a query, and of nothing else that was chosen before, in the section with the images."""
    st.session_state[_SELECTION] = get_selection()._replace(query=ImageQuery(**changes), image=None)
    st.session_state[PAGE] = 1
    st.session_state[SECTION] = IMAGES


def read_address(sections: Collection[str]) -> None:
    """Select what the address says, if the browser went back, forward or to a link; call it before the picker.

    Args:
        sections: the names of all sections.
    """
    st.session_state.setdefault(SECTION, IMAGES)
    address = {name: text for name, text in st.query_params.to_dict().items() if name in _PARAMETERS}
    has_arrived = st.session_state.get(state.LAST_PAGE) != st.session_state.get(state.PAGE)
    if address == st.session_state.get(_LAST_ADDRESS, {}) or (has_arrived and not address):
        return  # by the navigation, the last selection is shown again
    st.session_state[SECTION] = address["show"] if address.get("show") in sections else IMAGES
    before, now = get_selection(), parse(address)
    st.session_state[_SELECTION] = now
    if before.query != now.query:  # else the browser went back from a card to the same images
        st.session_state[PAGE] = 1
    name = address.get("data", loading.default_name())
    if loading.is_available(name):
        st.session_state[state.next_choice(state.EXPLORE_DATASET)] = name
        st.session_state[_LAST_DATASET] = name


def fit_to(dataset: Dataset) -> None:
    """Drop what another data set left, and what a link names and this data set does not have."""
    if st.session_state.get(_LAST_DATASET, dataset.name) != dataset.name:
        st.session_state[_SELECTION] = Selection(model=get_selection().model)
        st.session_state[PAGE] = 1
    st.session_state[_LAST_DATASET] = dataset.name
    query, image = get_selection().query, get_selection().image
    classes = len(dataset.class_names)
    unknown: dict[str, Any] = {
        name: None for name in ("label", "answer") if (getattr(query, name) or 0) >= classes
    }
    sizes = {"train": len(dataset.train.labels), "test": len(dataset.test.labels)}
    if not sizes.get(query.split, 1):
        unknown["split"] = image_queries.ALL
    if image is not None and image[1] >= sizes[image[0]]:
        image = None
    st.session_state[_SELECTION] = get_selection()._replace(query=query._replace(**unknown), image=image)


def write_address(dataset: Dataset, section: str) -> None:
    """Write the selection into the address; the plain address is the first page of the default data set."""
    address = to_address(get_selection())
    if section != IMAGES:
        kept = ("image", "model") if section == MAP else ()
        address = {"show": section} | {name: address[name] for name in kept if name in address}
    if address or dataset.name != loading.default_name():
        address = {"data": dataset.name} | address
    st.session_state[_LAST_ADDRESS] = address
    others = {name: text for name, text in st.query_params.to_dict().items() if name not in _PARAMETERS}
    if st.query_params.to_dict() != others | address:  # each change is a step for the browser's back
        st.query_params.from_dict(others | address)


def to_address(selection: Selection) -> dict[str, str]:
    """What differs from the first view, as texts."""
    plain = ImageQuery()._asdict()
    query = {name: _to_text(value) for name, value in selection.query._asdict().items() if value != plain[name]}
    model = {} if selection.model is None else {"model": selection.model}
    image = {} if selection.image is None else {"image": f"{selection.image[0]}-{selection.image[1]}"}
    return model | query | image


def parse(address: Mapping[str, str]) -> Selection:
    """The selection in an address; what cannot be understood is left out."""
    found: dict[str, Any] = {}
    for name in _NUMBERS:
        if address.get(name, "").isdecimal():
            found[name] = int(address[name])
    for name in image_queries.RANGES:
        if (limits := _parse_range(address.get(name, ""))) is not None:
            found[name] = limits
    choices = image_queries.CHOICES
    found |= {name: address[name] for name, values in choices.items() if address.get(name) in values}
    query = ImageQuery(**found, descending=address.get("descending") == "yes")
    split, _, index = address.get("image", "").partition("-")
    is_image = split in (image_queries.TRAIN, image_queries.TEST) and index.isdecimal()
    return Selection(query, address.get("model"), (split, int(index)) if is_image else None)


def _parse_range(text: str) -> tuple[float, float] | None:
    low, _, high = text.partition(":")
    with contextlib.suppress(ValueError):
        limits = float(low), float(high)
        return limits if all(map(math.isfinite, limits)) else None
    return None


def _to_text(value: Any) -> str:
    if isinstance(value, tuple):
        return ":".join(f"{limit:g}" for limit in value)
    return "yes" if value is True else str(value)
