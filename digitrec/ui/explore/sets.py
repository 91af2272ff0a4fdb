"""What a person can do on the Explore page with data sets of their own: look, take along, copy, remove."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable

import streamlit as st

from digitrec.data import loading, user_datasets, user_drawings
from digitrec.data.catalogue import Description
from digitrec.data.loading import DatasetError
from digitrec.runs import store
from digitrec.ui.components import downloads
from digitrec.ui.components.digits import plain
from digitrec.ui.components.downloads import File
from digitrec.ui.explore import import_panel, own

_ASKED = "sets-asked"


def manage(name: str) -> None:
    """What can be done with the data set of this name, where a person made it; and what went wrong with others."""
    for damaged, problem in loading.damaged().items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(f"Left out: {plain(problem)}", icon=":material/warning:")
            _button(f"Remove {damaged}", "delete", _ask, damaged)
    if words := st.session_state.pop(import_panel.SAID, None):
        st.info(words, icon=":material/info:")
    try:
        known = loading.described(name)
    except DatasetError:
        known = None
    if known and known.kept:
        _actions(known)
    if (asked := st.session_state.pop(_ASKED, None)) is not None:
        _removal(asked)


def learners(name: str) -> list[str]:
    """Names of the runs that learnt from a data set."""
    return [run.name for run in store.list_runs() if run.config.dataset == name]


def _actions(known: Description) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="sets-actions"):
        if known.kept.is_own:
            _button("Remove the last one", "undo", _drop_last, known)
            _mending(known)
            downloads.offer([_all_of(known)], width="content")
            import_panel.copy_panel(known)
        _button("Remove all ..." if known.kept.is_own else "Remove ...", "delete", _ask, known.name)


def _mending(known: Description) -> None:
    with contextlib.suppress(DatasetError):  # what is wrong is said where the data set is shown
        own.mend_panel(known)


def _all_of(known: Description) -> File:
    look = {
        "icon": ":material/download:",
        "help": "A ZIP of pictures, one folder for each class: it can be imported here.",
    }
    name = f"{known.name} drawings.zip"
    return File("Download all", name, "application/zip", functools.partial(_zip, known), "sets-download", look)


def _button(label: str, icon: str, act: Callable[..., None], *arguments: object) -> None:
    key = f"sets-{label}"
    st.button(label, key=key, icon=f":material/{icon}:", on_click=act, args=arguments)


@st.dialog("Remove this data set?")
def _removal(name: str) -> None:
    title = loading.title(name)
    try:
        kept = loading.described(name).kept
    except DatasetError:
        kept = None
    n = f" with its {kept.train + kept.test:,} images" if kept else ""
    st.markdown(f"**{plain(title)}** goes{n}. There is no way back.")
    if found := learners(name):
        more = " and others" if len(found) > 3 else ""
        st.markdown(
            f"{plain(', '.join(found[:3]))}{more} learnt from it: what they learnt stays, but they can be "
            "evaluated on these images no longer."
        )
    with st.container(horizontal=True):
        yes = st.button("Remove it", key="sets-yes", type="primary", on_click=_remove, args=(name, title))
        no = st.button("Keep it", key="sets-no")
    if yes or no:
        st.rerun()


def _ask(name: str) -> None:
    st.session_state[_ASKED] = name


def _remove(name: str, title: str) -> None:
    try:
        user_datasets.remove(loading.cache_folder(), name)
        import_panel.say(f"{plain(title)} was removed.")
    except DatasetError as error:
        import_panel.say(plain(str(error)))


def _drop_last(known: Description) -> None:
    try:
        user_drawings.drop_last(known.class_names)
    except DatasetError as error:
        import_panel.say(plain(str(error)))


def _zip(known: Description) -> bytes:
    return user_drawings.as_zip(loading.load(known.name).test, known.class_names)
