"""What a person can do on the Explore page with data sets of their own: look, take along, copy, remove."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable

import streamlit as st

from digitrec.data import loading, user_datasets, user_drawings
from digitrec.data.catalogue import DatasetError, Description
from digitrec.runs import store
from digitrec.ui.components import downloads
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.components.downloads import File
from digitrec.ui.explore import import_panel, own

_REQUEST_KEY = "sets-asked"


def manage_dataset(name: str) -> None:
    """What can be done with the data set of this name, where a person made it; and what went wrong with others."""
    for damaged, problem in loading.find_damaged().items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(f"Left out: {escape_markdown(problem)}", icon=":material/warning:")
            _button(f"Remove {damaged}", "delete", _request_removal, damaged)
    if words := st.session_state.pop(import_panel.MESSAGE_KEY, None):
        st.info(words, icon=":material/info:")
    try:
        known = loading.describe(name)
    except DatasetError:
        known = None
    if known and known.user_made:
        _actions(known)
    if (asked := st.session_state.pop(_REQUEST_KEY, None)) is not None:
        _confirm_removal(asked)


def list_trained_runs(name: str) -> list[str]:
    """Names of the runs that learnt from a data set."""
    return [run.name for run in store.list_runs() if run.config.dataset == name]


def _actions(known: Description) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="sets-actions"):
        if known.user_made.is_own:
            _button("Remove the last one", "undo", _remove_last, known)
            _label_form(known)
            downloads.offer([_drawings_file(known)], width="content")
            import_panel.copy_form(known)
        _button(
            "Remove all ..." if known.user_made.is_own else "Remove ...", "delete", _request_removal, known.name
        )


def _label_form(known: Description) -> None:
    with contextlib.suppress(DatasetError):  # what is wrong is said where the data set is shown
        own.fix_label_form(known)


def _drawings_file(known: Description) -> File:
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
def _confirm_removal(name: str) -> None:
    title = loading.title(name)
    try:
        kept = loading.describe(name).user_made
    except DatasetError:
        kept = None
    n = f" with its {kept.train + kept.test:,} images" if kept else ""
    st.markdown(f"**{escape_markdown(title)}** goes{n}. There is no way back.")
    if found := list_trained_runs(name):
        more = " and others" if len(found) > 3 else ""
        st.markdown(
            f"{escape_markdown(', '.join(found[:3]))}{more} learnt from it: what they learnt stays, but "
            f"they can be "
            "evaluated on these images no longer."
        )
    with st.container(horizontal=True):
        yes = st.button("Remove it", key="sets-yes", type="primary", on_click=_remove, args=(name, title))
        no = st.button("Keep it", key="sets-no")
    if yes or no:
        st.rerun()


def _request_removal(name: str) -> None:
    st.session_state[_REQUEST_KEY] = name


def _remove(name: str, title: str) -> None:
    try:
        user_datasets.remove(loading.cache_folder(), name)
        import_panel.set_message(f"{escape_markdown(title)} was removed.")
    except DatasetError as error:
        import_panel.set_message(escape_markdown(str(error)))


def _remove_last(known: Description) -> None:
    try:
        user_drawings.remove_last(known.class_names)
    except DatasetError as error:
        import_panel.set_message(escape_markdown(str(error)))


def _zip(known: Description) -> bytes:
    return user_drawings.to_zip(loading.load(known.name).test, known.class_names)
