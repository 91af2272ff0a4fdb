"""Choosing the digits that a training answers as it learns: validation images, and one's own drawings."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Literal

import numpy as np
import streamlit as st

from digitrec.data import DatasetError, Split, loading, splits, user_drawings
from digitrec.imaging import InkError, data_uri, to_mnist
from digitrec.runs import Pin, Run, TrainConfig, pins
from digitrec.ui import pickers, state
from digitrec.ui.components import canvas
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.train import pin_links

OFFERED = 12  # images at a time
_ENLARGED = 3  # pixels of a button's picture for each of an image
# In the session:
_ASKED, _SEED, _PROBLEM, _LINKED = "pins-asked", "pins-seed", "pins-problem", "pins-linked"


def pins_button(run: Run | None, *, key: str, width: Literal["content", "stretch"] = "content") -> None:
    """A button that opens the choice of pinned digits.

    Args:
        run: the one that trains, which answers them at once; None: for the next training.
        key: names the button.
        width: of the button.
    """
    count = len(_current(run))
    if st.button(
        f"Pinned digits ({count})" if count else "Pin digits",
        key=key,
        icon=":material/keep:",
        width=width,
        help="Up to ten images: see how the network's answers to them change as it learns.",
    ):
        st.session_state[_ASKED] = run.name if run else ""
        st.rerun()  # the whole page: a dialog of a part that polls would end with the next look at the jobs


def choose_pins(live: Sequence[Run], config: TrainConfig | None) -> None:
    """The dialog, where a person has pressed that button.

    Args:
        live: the runs that train or wait.
        config: of the next training; None where its settings contradict each other.
    """
    asked = st.session_state.pop(_ASKED, None)
    if asked is not None:
        run = next((run for run in live if run.name == asked), None)
        _choose(run, run.config if run else config)


def take_linked(config: TrainConfig | None) -> None:
    """Pin the digits that the address names, once.

    Args:
        config: the settings, by which validation images are found; None where they contradict each other.
    """
    linked = st.query_params.get(pin_links.PINS)
    if linked is None or config is None or linked == st.session_state.get(_LINKED):
        return
    st.session_state[_LINKED] = linked
    st.session_state[state.TRAIN_PINS] = pin_links.read(linked, lambda: _load_validation(config))


def session_pins() -> list[Pin]:
    """The digits that a person has pinned in this session."""
    found: list[Pin] = st.session_state.get(state.TRAIN_PINS, [])
    return found


@st.dialog("Pinned digits", width="large", on_dismiss="rerun")
def _choose(run: Run | None, config: TrainConfig | None) -> None:
    pinned = _current(run)
    names = _class_names(config)
    st.markdown(
        f"{len(pinned)} of {pins.MAX_PINS} pinned. Press one to remove it."
        if pinned
        else "Press an image to pin it. The network answers it after each epoch."
    )
    _buttons("pinned", pinned, functools.partial(_remove, run), names)
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(escape_markdown(problem), icon=":material/warning:")
    validation, own = st.tabs(["Validation images", "My drawings"])
    with validation:
        _offer_validation(run, config, names)
    with own:
        drawings = _list_drawings(names)
        if not drawings:
            st.caption("There are no drawings yet. Draw a digit on Draw: it is offered here.")
        _buttons("own", drawings, functools.partial(_toggle, run), names, taken=pinned)
    if st.button("Done", key="pins-done", type="primary"):
        st.rerun()


def _class_names(config: TrainConfig | None) -> tuple[str, ...]:
    """The classes of a training; none where its data set is unknown here."""
    if config is None:
        return ()
    try:
        return loading.describe(config.dataset).class_names
    except DatasetError:
        return ()


def _offer_validation(run: Run | None, config: TrainConfig | None, names: Sequence[str]) -> None:
    validation = _load_validation(config)
    if validation is None or not len(validation.labels):
        st.caption("There are no validation images. They are a part of the training images: see the settings.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox(
            "Class",
            range(len(names)),
            index=None,
            format_func=lambda i: names[i],
            placeholder="All",
            key="pins-class",
            width=160,
        )
        st.button("Show others", key="pins-others", on_click=_show_others)
    members = np.arange(len(validation.labels)) if label is None else np.flatnonzero(validation.labels == label)
    rng = np.random.default_rng(st.session_state.get(_SEED, 0))
    shown = rng.permutation(members)[:OFFERED]
    offered = [pin_links.from_validation(validation, int(i)) for i in shown]
    _buttons("validation", offered, functools.partial(_toggle, run), names, taken=_current(run))


def _load_validation(config: TrainConfig | None) -> Split | None:
    """The validation images of a training; None where they are not on this machine."""
    try:
        if config is None or not loading.find_folder(config.dataset):
            return None
        dataset = pickers.load_with_progress(config.dataset)
    except DatasetError:
        return None
    return splits.select_part(dataset, "validation", share=config.validation_share, seed=config.seed)


def _list_drawings(names: tuple[str, ...]) -> list[Pin]:
    """What is on Draw's paper, the last drawings there, and those that were saved with their class."""
    found = []
    for ink in canvas.list_inks(state.CANVAS):
        try:
            found.append(Pin(to_mnist(ink), "own drawing"))
        except InkError:
            continue
    try:
        saved = user_drawings.load(names) if names else None
    except DatasetError:
        saved = None
    if saved is not None:
        newest = list(zip(saved.images, saved.labels.tolist(), strict=True))[: -OFFERED - 1 : -1]
        found += [Pin(image, "own drawing", label) for image, label in newest]
    return list({pin.key: pin for pin in reversed(found)}.values())[::-1]


def _buttons(
    kind: str,
    offered: Sequence[Pin],
    act: functools.partial[None],
    names: Sequence[str],
    *,
    taken: Sequence[Pin] = (),
) -> None:
    """The images as buttons."""
    has_room, keys = kind == "pinned" or len(taken) < pins.MAX_PINS, {pin.key for pin in taken}
    with st.container(horizontal=True, gap="small", key=f"pin-{kind}"):
        for pin in offered:
            label = "" if pin.label is None or pin.label >= len(names) else names[pin.label]
            alt = f"{pin.source}{f', class {label}' if label else ''}"
            picture = data_uri(pin.image.repeat(_ENLARGED, 0).repeat(_ENLARGED, 1))
            st.button(
                f"![{escape_markdown(alt)}]({picture}) {escape_markdown(label)}",
                key=f"pin-{kind}-{pin.key}",
                on_click=act,
                args=(pin, pin.key in keys),
                disabled=not has_room and pin.key not in keys,
                type="primary" if pin.key in keys else "secondary",
            )


def _current(run: Run | None) -> list[Pin]:
    """The pinned digits of a run, or of the next training."""
    return session_pins() if run is None else list(pins.load(run))


def _add(run: Run | None, pin: Pin) -> None:
    present = [each for each in _current(run) if each.key != pin.key]
    _save(run, [*present, pin][: pins.MAX_PINS])


def _toggle(run: Run | None, pin: Pin, is_pinned: bool) -> None:
    """Pin an image, or remove it: as it was when the page was drawn, so that a second click changes nothing."""
    (_remove if is_pinned else _add)(run, pin)


def _remove(run: Run | None, pin: Pin, _: bool = True) -> None:
    _save(run, [each for each in _current(run) if each.key != pin.key])


def _save(run: Run | None, pinned: list[Pin]) -> None:
    """Keep the pinned digits for this session's trainings, and pin them to the one that runs."""
    st.session_state[state.TRAIN_PINS] = pinned
    if pin_links.PINS in st.query_params:  # they are others now
        del st.query_params[pin_links.PINS]
    if run is None:
        return
    try:
        pins.save(run, pinned)
    except OSError as error:
        st.session_state[_PROBLEM] = f"Not pinned: the run's folder cannot be written ({error.strerror})."


def _show_others() -> None:
    st.session_state[_SEED] = st.session_state.get(_SEED, 0) + 1
