"""Forms that make a data set: of a file that the user imports, and of a copy of the saved drawings."""

from __future__ import annotations

import functools
from collections.abc import Callable

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from digitrec.data import DatasetError, Description, importing, loading, user_datasets
from digitrec.reporting import format_count
from digitrec.ui import state
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.explore import preview_panel
from digitrec.ui.pickers import progress_bar

MESSAGE_KEY = "sets-said"  # the message for the next time that the page is shown
PANEL_WIDTH = 720  # pixels; less on a narrow screen
_COPY_NAME = "my drawings"
_ROUND_KEY, _REQUEST_KEY, _COPY_KEY = "import-round", "import-asked", "copy-asked"
_MAX_MEGABYTES = importing.MAX_FILE_BYTES // 1_000_000
_HELP = f"""A file of at most {_MAX_MEGABYTES} MB and {importing.MAX_IMAGES:,} images. It stays on this machine.

- a **ZIP of pictures** with one folder per class, or with a CSV or JSON of labels
- an **.npz** with `x` and `y`, or with `x_train`, `y_train`, `x_test` and `y_test`
- a **ZIP of IDX files**, like MNIST
- a **CSV** with the pixels and a label in each line, or an **ARFF** file of OpenML
- a **Parquet** file of Hugging Face, with pictures and labels
- an **HDF5** file such as `usps.h5`, or Semeion's text
- **one picture** with a grid of digits, such as a scanned sheet: it is cut by rows and columns

You see what the file is taken for, and can correct it, before you import it."""


@st.fragment
def import_form() -> None:
    """Let the user import a file as a data set: see it first. The next run of the page shows the result."""
    key = f"import {st.session_state.setdefault(_ROUND_KEY, 0)}"
    # Another round is another panel, so that it closes when an import is done.
    with st.expander("Import a data set", icon=":material/upload_file:", width=PANEL_WIDTH, key=f"{key} panel"):
        st.markdown(_HELP)
        file = st.file_uploader(
            "File",
            type=list(importing.FILE_TYPES),
            max_upload_size=_MAX_MEGABYTES,
            key=f"{key} file",
        )
        only_test = bool(st.session_state.get(f"{key} test"))
        choices = preview_panel.preview_form(key, file, only_test=only_test) if file else None
        suggested = importing.suggest_name(file.name) if file else ""
        st.text_input("Name of the data set", key=f"{key} name", placeholder=suggested, max_chars=40)
        st.checkbox(
            "Only for testing",
            key=f"{key} test",
            help=f"No image is used for training. Otherwise {importing.TEST_SHARE:.0%} of the images become "
            "test images, unless the file says which.",
        )
        request = functools.partial(st.session_state.__setitem__, _REQUEST_KEY, True)
        st.button("Import", key=f"{key} go", type="primary", disabled=choices is None, on_click=request)
        if st.session_state.pop(_REQUEST_KEY, False) and file is not None and choices is not None:
            name = st.session_state[f"{key} name"].strip() or suggested
            _add_or_explain(lambda: _import_file(name, file, choices, only_test))


def copy_form(drawings: Description) -> None:
    """Let the user copy the saved drawings into a data set to train on."""
    key = f"copy {st.session_state.setdefault(_ROUND_KEY, 0)}"
    too_few = drawings.user_made is None or drawings.user_made.test < importing.MIN_SPLIT_IMAGES
    with st.popover("Copy for training", icon=":material/content_copy:"):
        st.markdown(
            "Saved drawings are only for testing, because their number grows. A copy does not grow: "
            f"{1 - importing.TEST_SHARE:.0%} of it becomes training images. It needs at least "
            f"{importing.MIN_SPLIT_IMAGES} drawings."
        )
        st.text_input("Name of the copy", key=f"{key} name", placeholder=_COPY_NAME, max_chars=40)
        request = functools.partial(st.session_state.__setitem__, _COPY_KEY, True)
        st.button("Copy", key=f"{key} go", disabled=too_few, on_click=request)
        if st.session_state.pop(_COPY_KEY, False):
            name = st.session_state[f"{key} name"].strip() or _COPY_NAME
            _add_or_explain(lambda: _copy_drawings(name, drawings))


def set_message(text: str) -> None:
    """Show a message the next time that the page is shown."""
    st.session_state[MESSAGE_KEY] = text


def _add_or_explain(make: Callable[[], importing.ImportResult]) -> None:
    """Make a data set, and run the page again with it; or show why that failed."""
    try:
        made = make()
    except DatasetError as error:
        st.error(f"Nothing was imported: {escape_markdown(str(error))}", icon=":material/warning:")
        return
    preview_panel.forget()
    st.session_state[_ROUND_KEY] += 1  # new widgets: the file and the name are used
    st.session_state[state.next_choice(state.EXPLORE_DATASET)] = made.description.name
    set_message(_describe_result(made))
    st.rerun()


def _import_file(
    name: str, file: UploadedFile, choices: importing.Choices, only_test: bool
) -> importing.ImportResult:
    user_datasets.check_name(loading.cache_folder(), name)  # before the long work
    with progress_bar() as report:
        content = importing.read(file.getvalue(), report, choices)
    return importing.add_dataset(name, content, origin=file.name, only_test=only_test)


def _copy_drawings(name: str, description: Description) -> importing.ImportResult:
    drawings = loading.load(description).test
    content = importing.FileContent({"all": drawings}, description.class_names)
    return importing.add_dataset(name, content, origin=format_count(len(drawings.labels), "saved drawing"))


def _describe_result(made: importing.ImportResult) -> str:
    """The data set and the images that were left out, in Markdown."""
    dataset = loading.load(made.description)
    text = (
        f"Added **{escape_markdown(dataset.title)}**: {len(dataset.train.labels):,} training and "
        f"{len(dataset.test.labels):,} test images of {len(dataset.class_names)} classes. "
        f"{escape_markdown(' '.join(made.notes))}"
    )
    if not made.left_out:
        return text
    return f"{text}\n\n{len(made.left_out):,} left out:\n{preview_panel.list_left_out(made.left_out)}"
