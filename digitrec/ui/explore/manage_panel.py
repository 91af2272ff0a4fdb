"""What a user can do with own data sets on Explore: fix a label, download, copy, remove."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable

import streamlit as st

from digitrec.data import DatasetError, Description, loading, user_datasets, user_drawings
from digitrec.imaging import Image
from digitrec.reporting import format_count
from digitrec.runs import store
from digitrec.ui.components import downloads
from digitrec.ui.components.digits import escape_markdown, figure_html
from digitrec.ui.components.downloads import File
from digitrec.ui.components.popover import close, popover
from digitrec.ui.explore import import_panel

DRAWING_SIZE = 112  # pixels on the screen
MAX_LISTED = 3  # names of runs
_REQUEST_KEY, _ERROR_KEY = "sets-asked", "own-said"
_RENAME = "sets-rename"  # the popover with the names


def manage_dataset(description: Description) -> None:
    """Show damaged data sets, the last message, and the actions for this data set, if a user made it."""
    for damaged, problem in loading.find_damaged().items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(f"Not available: {escape_markdown(problem)}", icon=":material/warning:")
            _button(f"Remove {damaged}", "delete", _request_removal, damaged)
    if text := st.session_state.pop(import_panel.MESSAGE_KEY, None):
        st.info(text, icon=":material/info:")
    if description.user_made:
        _actions(description, is_own=description.user_made.is_own)
    if (requested := st.session_state.pop(_REQUEST_KEY, None)) is not None:
        _confirm_removal(requested)


def list_trained_runs(name: str) -> list[str]:
    """Names of the runs that were trained on a data set."""
    return [run.name for run in store.list_runs() if run.config.dataset == name]


def _actions(description: Description, *, is_own: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="sets-actions"):
        if is_own:
            _button("Remove the last drawing", "undo", _remove_last, description)
            with contextlib.suppress(DatasetError):  # reported where the data set is shown
                _fix_label_form(description)
            downloads.offer([_drawings_file(description)], width="content")
            import_panel.copy_form(description)
        else:
            _rename_form(description)
        _button("Remove all ..." if is_own else "Remove ...", "delete", _request_removal, description.name)


def _fix_label_form(description: Description) -> None:
    """Let the user choose a saved drawing by its number, and change its label or remove it.

    Raises:
        DatasetError: the drawings cannot be read.
    """
    images, labels = loading.load(description).test
    count, names = len(labels), description.class_names
    with st.popover("Fix a label", icon=":material/edit:"):
        # Another number of drawings makes another widget, because the last choice may be out of its range.
        index = st.number_input(
            "Number below the image", 0, count - 1, count - 1, key=f"own-number {description.name} {count}"
        )
        image, name = images[index], names[labels[index]]
        st.html(figure_html(image, f"{name} · #{index}", f"Drawing {index}, a {name}", DRAWING_SIZE))
        label = st.selectbox(
            "Correct label",
            range(len(names)),
            int(labels[index]),
            format_func=lambda each: names[each],
            key=f"own-label {description.name} {count} {index} {labels[index]}",
        )
        with st.container(horizontal=True, gap="small"):
            change = functools.partial(_change_label, image, label, names)
            st.button("Change label", key="own-change", disabled=bool(label == labels[index]), on_click=change)
            remove = functools.partial(_remove_drawing, image, names)
            st.button("Remove drawing", key="own-remove", icon=":material/delete:", on_click=remove)
    if text := st.session_state.pop(_ERROR_KEY, None):
        st.error(text, icon=":material/warning:")


def _rename_form(description: Description) -> None:
    """Let the user give the classes of an imported data set other names."""
    with (
        popover("Rename classes", key=_RENAME, icon=":material/edit:"),
        st.form(f"rename {description.name}", border=False),
    ):
        if runs := list_trained_runs(description.name):
            named = escape_markdown(", ".join(runs[:MAX_LISTED]))
            st.caption(
                f"Networks that were trained on it keep the old names: {named}. "
                "They can no longer be evaluated on it."
            )
        names = [
            st.text_input(name, name, key=f"rename {description.name} {i} {name}", max_chars=24)
            for i, name in enumerate(description.class_names)
        ]
        if st.form_submit_button("Rename", key=f"rename {description.name} go") and names != list(
            description.class_names
        ):
            _rename(description.name, tuple(names))


def _rename(name: str, class_names: tuple[str, ...]) -> None:
    try:
        user_datasets.rename_classes(loading.cache_folder(), name, class_names)
    except DatasetError as error:
        st.error(escape_markdown(str(error)), icon=":material/warning:")
        return
    close(_RENAME)
    import_panel.set_message(f"The classes are now {escape_markdown(', '.join(class_names))}.")
    st.rerun()


def _change_label(image: Image, label: int, names: tuple[str, ...]) -> None:
    try:
        user_drawings.save(image, label, names)
    except DatasetError as error:
        st.session_state[_ERROR_KEY] = escape_markdown(str(error))


def _remove_drawing(image: Image, names: tuple[str, ...]) -> None:
    try:
        user_drawings.remove(image, names)
    except DatasetError as error:
        st.session_state[_ERROR_KEY] = escape_markdown(str(error))


def _drawings_file(description: Description) -> File:
    look = {
        "icon": ":material/download:",
        "help": "A ZIP of pictures, one folder per class. You can import it here.",
    }
    name = f"{description.name} drawings.zip"
    return File(
        "Download all", name, "application/zip", functools.partial(_zip, description), "sets-download", look
    )


def _button(label: str, icon: str, act: Callable[..., None], *arguments: object) -> None:
    key = f"sets-{label}"
    st.button(label, key=key, icon=f":material/{icon}:", on_click=act, args=arguments)


@st.dialog("Remove this data set?")
def _confirm_removal(name: str) -> None:
    title = loading.title(name)
    try:
        made = loading.describe(name).user_made
    except DatasetError:
        made = None
    images = f" and its {format_count(made.train + made.test, 'image')}" if made else ""
    st.markdown(f"**{escape_markdown(title)}**{images} will be deleted. This cannot be undone.")
    if runs := list_trained_runs(name):
        more = " and others" if len(runs) > MAX_LISTED else ""
        st.markdown(
            f"Trained on it: {escape_markdown(', '.join(runs[:MAX_LISTED]))}{more}. These networks stay, but you "
            "can no longer evaluate them on these images."
        )
    with st.container(horizontal=True):
        no = st.button("Cancel", key="sets-no", type="primary")
        yes = st.button("Remove", key="sets-yes", icon=":material/delete:", on_click=_remove, args=(name, title))
    if yes or no:
        st.rerun()


def _request_removal(name: str) -> None:
    st.session_state[_REQUEST_KEY] = name


def _remove(name: str, title: str) -> None:
    try:
        user_datasets.remove(loading.cache_folder(), name)
        import_panel.set_message(f"Removed: {escape_markdown(title)}.")
    except DatasetError as error:
        import_panel.set_message(escape_markdown(str(error)))


def _remove_last(description: Description) -> None:
    try:
        user_drawings.remove_last(description.class_names)
    except DatasetError as error:
        import_panel.set_message(escape_markdown(str(error)))


def _zip(description: Description) -> bytes:
    return user_drawings.to_zip(loading.load(description).test, description.class_names)
