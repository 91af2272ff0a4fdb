"""One's own classes: their names, the samples of each, and the canvas that adds to them."""

from __future__ import annotations

import re

import streamlit as st

from digitrec.data import DatasetError, drawn_samples
from digitrec.data.drawn_samples import MAX_CLASSES, MIN_CLASSES, Samples
from digitrec.reporting import format_count
from digitrec.runs import teaching
from digitrec.ui.components import gallery
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.components.popover import close, popover
from digitrec.ui.teach import paper, training, trial

NAME = teaching.CLASSES  # of the collection
MAX_SHOWN = 60  # samples of a class, the newest
_CHOSEN, _PROBLEM, _NAMES, _FIRST = "teach-class", "teach-problem", "teach-names", "teach-first-names"
_EDIT = "teach-edit"  # the popover with the names
_SHOWN = "teach-class-shown"  # in the session: index and name of the class that the page shows


def view() -> None:
    """The whole section: classes, samples, training, and the canvas to try it on."""
    try:
        samples = drawn_samples.load(NAME)
    except DatasetError as error:
        st.error(escape_markdown(str(error)), icon=":material/warning:")
        _start_over_button()
        return
    if not samples.class_names:
        _ask_for_classes()
        return
    st.fragment(_draw_samples)()
    st.header("Train", anchor=False)
    training.view(NAME, teaching.start_classes)
    trial.view(NAME)


def _ask_for_classes() -> None:
    """The first step: the names of the classes."""
    with st.container(border=True):
        st.text_area(
            "Names of your classes",
            key=_FIRST,
            placeholder="cat, dog, house",
            help=f"{MIN_CLASSES} to {MAX_CLASSES} names, separated by commas or lines: letters, digits or words "
            "of any script.",
        )
        st.button("Create the classes", key="teach-create", type="primary", on_click=_create)
        _show_problem()
    st.caption("You then draw samples of each class, train a network on them within a minute, and try it here.")


def _create() -> None:
    names = _parse(st.session_state.get(_FIRST, ""))
    if len(names) < MIN_CLASSES:
        st.session_state[_PROBLEM] = f"Expected {MIN_CLASSES} to {MAX_CLASSES} names, found {len(names)}."
        return
    _set_classes(names)


def _parse(text: str) -> tuple[str, ...]:
    return tuple(name for part in re.split(r"[,;\n]", text) if (name := part.strip()))


def _set_classes(names: tuple[str, ...]) -> None:
    try:
        drawn_samples.set_classes(NAME, names)
        close(_EDIT)
    except DatasetError as error:
        text = str(error)
        st.session_state[_PROBLEM] = text[:1].upper() + text[1:]


def _show_problem() -> None:
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(escape_markdown(problem), icon=":material/warning:")


def _draw_samples() -> None:
    """The canvas, the classes with their counts, and the samples of the chosen one."""
    names = drawn_samples.load(NAME).class_names
    if not names:
        st.rerun()  # the whole page: here or in another page everything was deleted
    _follow_class(names)
    with st.container(key="teach-stage"):
        left, right = st.container(key="teach-left"), st.container(key="teach-right")
    with right:
        places = st.container(), st.container()
    label = st.session_state.get(_CHOSEN, 0)
    label = label if label is not None and label < len(names) else None
    with left:  # first: what it stores is counted beside it
        st.markdown("Choose a class." if label is None else f"Draw **{escape_markdown(names[label])}**")
        paper.sample_canvas(NAME, label, "" if label is None else names[label])
    samples = drawn_samples.load(NAME)
    training.forget_problem(samples.counts)
    with places[0]:
        _choose_class(samples)
        _edit_classes(samples)
        _show_problem()
    if label is not None:
        with places[1]:
            _show_samples(samples, label)


def _follow_class(names: tuple[str, ...]) -> None:
    """Stay with the class that the page shows, where another page has removed or renamed classes."""
    chosen, shown = st.session_state.get(_CHOSEN, 0), st.session_state.get(_SHOWN)
    if shown is not None and chosen == shown[0] and names[chosen : chosen + 1] != (shown[1],):
        if shown[1] in names:
            chosen = st.session_state[_CHOSEN] = names.index(shown[1])
        else:
            paper.discard(NAME)
            st.session_state[_PROBLEM] = f"The class {shown[1]} is gone, or has another name now. Choose a class."
            chosen = st.session_state[_CHOSEN] = 0
    is_there = chosen is not None and chosen < len(names)
    st.session_state[_SHOWN] = (chosen, names[chosen]) if is_there else None


def _choose_class(samples: Samples) -> None:
    """The classes with their counts, as buttons."""
    if st.session_state.get(_CHOSEN, 0) is None or st.session_state.get(_CHOSEN, 0) >= len(samples.class_names):
        st.session_state[_CHOSEN] = 0
    st.session_state.setdefault(_CHOSEN, 0)
    st.pills(
        "Class",
        range(len(samples.class_names)),
        format_func=lambda i: f"{escape_markdown(samples.class_names[i])} · {samples.counts[i]}",
        key=_CHOSEN,
        required=True,
        on_change=paper.finish,
        args=(NAME,),
        persist_state="session",
        help=f"Draw at least {teaching.MIN_SAMPLES} samples of each class. With {teaching.MIN_VALIDATION_SAMPLES} "
        "or more of each, a fifth is held out, and you see how many of these are read right.",
    )


def _edit_classes(samples: Samples) -> None:
    """Rename, add and remove classes; start over."""
    with st.container(horizontal=True, gap="small"):
        with popover("Edit classes", key=_EDIT, icon=":material/edit:"):
            st.text_area(
                "One name per line",
                "\n".join(samples.class_names),
                key=f"{_NAMES} {samples.class_names}",
                height=200,
                help="Change a line to rename a class, and add lines for more classes.",
            )
            st.button("Save the names", key="teach-rename", on_click=_rename, args=(samples,))
            chosen = st.session_state[_CHOSEN]
            name = samples.class_names[chosen]
            st.button(
                f"Remove {escape_markdown(name)} and its samples ({samples.counts[chosen]})",
                key="teach-remove-class",
                on_click=_remove_class,
                args=(name,),
                disabled=len(samples.class_names) <= MIN_CLASSES,
            )
        with st.popover("Start over", icon=":material/delete:"):
            drawn = format_count(len(samples.labels), "sample")
            st.markdown(f"{drawn} and the classes are deleted. Trained networks stay.")
            _start_over_button()


def _rename(samples: Samples) -> None:
    _set_classes(_parse(st.session_state.get(f"{_NAMES} {samples.class_names}", "")))
    try:
        paper.rename_deleted(NAME, samples.class_names, drawn_samples.load(NAME).class_names)
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)
    st.session_state.pop(_SHOWN, None)  # its name may be another now, by this person's own wish


def _remove_class(name: str) -> None:
    """Remove the class of this name, if it is still there."""
    paper.finish(NAME)
    st.session_state.pop(_SHOWN, None)
    try:
        names = drawn_samples.load(NAME).class_names
        if name in names:
            drawn_samples.remove_class(NAME, names.index(name))
        close(_EDIT)
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)


def _start_over_button() -> None:
    if st.button("Delete all", key="teach-clear", icon=":material/delete:", on_click=_clear):
        st.rerun()  # the whole page: it begins with the names again


def _clear() -> None:
    paper.finish(NAME)
    try:
        drawn_samples.clear(NAME)
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)


def _show_samples(samples: Samples, label: int) -> None:
    """The samples of a class, the newest first; a click deletes one."""
    mine = samples.of_class(label)
    if not len(mine.labels):
        st.caption("No samples yet: draw the first one.")
        return
    newest = list(zip(mine.numbers.tolist(), mine.images, strict=True))[::-1][:MAX_SHOWN]
    name = samples.class_names[label]
    gallery.choice_gallery(
        "teach-samples",
        f"Samples of {name}",
        [
            gallery.Choice(number, image, "", f"Sample {len(newest) - i} of {name}")
            for i, (number, image) in enumerate(newest)
        ],
        lambda number: paper.delete(NAME, number),
        side=52,
        hint="Delete this sample",
    )
    st.caption("A click deletes a sample.")
