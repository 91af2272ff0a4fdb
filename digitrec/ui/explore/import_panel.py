"""Images that a person brings to the Explore page: a file becomes a data set, as does a copy of kept drawings."""

from __future__ import annotations

import functools
from collections.abc import Callable

import streamlit as st

from digitrec.data import import_file, loading, user_datasets
from digitrec.data.catalogue import DatasetError, Description
from digitrec.data.import_arrays import MAX_FILE_BYTES, MAX_IMAGES
from digitrec.data.import_file import ImportResult
from digitrec.ui import state
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.pickers import progress_bar

MESSAGE_KEY = "sets-said"  # what the page says when it is shown next
MAX_LISTED = 8  # images left out that are named
PANEL_WIDTH = 720  # pixels, where there is room
_ROUND_KEY, _REQUEST_KEY = "import-round", "import-asked"
_HELP = f"""A file of at most {MAX_FILE_BYTES / 1e6:.0f} MB and {MAX_IMAGES:,} images; it stays on this machine:

- a **ZIP of pictures** with one folder for each class, these in folders `train` and `test` if you like
- an **.npz** with `x` and `y`, or `x_train`, `y_train`, `x_test` and `y_test`
- a **ZIP of IDX files**, as MNIST comes
- a **CSV** with the label first and then the pixels, 784 of them for 28 × 28

Images of 28 × 28 are taken as they are, turned over where ink is dark; others are cleaned as pictures on Draw."""


def import_form() -> None:
    """Let a person make a data set of a file; what came of it is said when the page is shown next."""
    key = f"import {st.session_state.setdefault(_ROUND_KEY, 0)}"
    with st.expander("Import a data set", icon=":material/upload_file:", width=PANEL_WIDTH):
        st.markdown(_HELP)
        file = st.file_uploader(
            "The file",
            type=list(import_file.FILE_TYPES),
            max_upload_size=MAX_FILE_BYTES // 1_000_000,
            key=f"{key} file",
        )
        suggested = import_file.suggest_name(file.name) if file else ""
        st.text_input("Name of the data set", key=f"{key} name", placeholder=suggested, max_chars=40)
        st.checkbox(
            "Only for testing",
            key=f"{key} test",
            help="No training learns from it. Else a fifth is set aside for the test, unless the file says which.",
        )
        ask = functools.partial(st.session_state.__setitem__, _REQUEST_KEY, True)
        st.button("Import", key=f"{key} go", type="primary", disabled=file is None, on_click=ask)
        if st.session_state.pop(_REQUEST_KEY, False) and file is not None:
            name = st.session_state[f"{key} name"].strip() or suggested
            only_test = st.session_state[f"{key} test"]
            _add_or_explain(lambda: _import_file(name, file.getvalue(), file.name, only_test))


def copy_form(known: Description) -> None:
    """Let a person make a data set to train on of the drawings kept so far."""
    key = f"copy {st.session_state.setdefault(_ROUND_KEY, 0)}"
    with st.popover("Copy to train on", icon=":material/content_copy:"):
        st.markdown(
            "Kept drawings are for testing alone, because their number grows. A copy does not grow: four fifths "
            f"of it are to learn from. It takes {import_file.MIN_SPLIT_IMAGES} drawings or more."
        )
        st.text_input("Name of the copy", key=f"{key} name", placeholder="my drawings", max_chars=40)
        ask = functools.partial(st.session_state.__setitem__, _REQUEST_KEY, "copy")
        st.button(
            "Copy", key=f"{key} go", disabled=known.user_made.test < import_file.MIN_SPLIT_IMAGES, on_click=ask
        )
        if st.session_state.get(_REQUEST_KEY) == "copy":
            del st.session_state[_REQUEST_KEY]
            name = st.session_state[f"{key} name"].strip() or "my drawings"
            _add_or_explain(lambda: _copy_drawings(name, known))


def set_message(words: str) -> None:
    """Have the page say so when it is shown next."""
    st.session_state[MESSAGE_KEY] = words


def _add_or_explain(make: Callable[[], ImportResult]) -> None:
    """Make a data set; begin the page anew with it, or say why there is none."""
    try:
        made = make()
    except DatasetError as error:
        st.error(f"Nothing was imported: {escape_markdown(str(error))}", icon=":material/warning:")
        return
    st.session_state[_ROUND_KEY] += 1  # the file and the name have served
    st.session_state[state.next_choice(state.EXPLORE_DATASET)] = made.description.name
    set_message(_describe_result(made))
    st.rerun()


def _import_file(name: str, data: bytes, file_name: str, only_test: bool) -> ImportResult:
    user_datasets.check_name(loading.cache_folder(), name)  # before the work
    with progress_bar() as report:
        found = import_file.read(data, report)
    return import_file.add_dataset(name, found, origin=file_name, only_test=only_test)


def _copy_drawings(name: str, known: Description) -> ImportResult:
    drawings = loading.load(known.name).test
    found = import_file.FileContent({"all": drawings}, known.class_names)
    return import_file.add_dataset(name, found, origin=f"{len(drawings.labels):,} drawings kept on Draw")


def _describe_result(made: ImportResult) -> str:
    """What was made of the file, and what was left out."""
    kept, names = made.description.user_made, made.description.class_names
    said = (
        f"**{escape_markdown(made.description.title)}** is here: {kept.train:,} training and {kept.test:,} "
        f"test images of "
        f"{len(names)} classes. {escape_markdown(' '.join(made.notes))}"
    )
    if not made.left_out:
        return said
    lines = "".join(f"\n- {escape_markdown(line)}" for line in made.left_out[:MAX_LISTED])
    more = f"\n- and {len(made.left_out) - MAX_LISTED:,} more" if len(made.left_out) > MAX_LISTED else ""
    return f"{said}\n\n{len(made.left_out):,} left out:\n{lines}{more}"
