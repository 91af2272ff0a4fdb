"""A form that brings in a network that was trained elsewhere, or a bundle of another digitrec."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from digitrec.data import loading
from digitrec.evaluation import shared_work
from digitrec.exchange import (
    ForeignFileError,
    import_bundle,
    import_network,
    load_origin,
    screening,
)
from digitrec.reporting import describe_origin, tabulate_trials, warn_of_origin
from digitrec.runs import Run, RunError, store
from digitrec.ui import state
from digitrec.ui.components.digits import escape_markdown

_TYPES = ["keras", "h5", "tflite", "onnx", "zip"]
_ROUND, _ASKED, _SAID, _NEXT = "bring-round", "bring-asked", "bring-said", "bring-next"
_HELP = """A network from elsewhere becomes a run: **.keras**, **.h5**, **.tflite** or **.onnx**. It takes one
image of 28 x 28 or 784 numbers, and gives a number for each class. It is tried on validation images, white on
black and black on white, at four scales, and the best way is chosen. That takes one or two minutes.

A **.zip** is a bundle of another digitrec."""


def choose_brought_in() -> None:
    """Choose the run that was just brought in; call it before the picker of the runs."""
    if name := st.session_state.pop(_NEXT, None):
        st.session_state[state.MODELS_MODEL] = name


def bring_in_form() -> None:
    """Let a person upload a file, and make a run of it; the next run of the page says what came of it."""
    if said := st.session_state.pop(_SAID, None):
        st.success(escape_markdown(said), icon=":material/check:")
    key = f"bring {st.session_state.setdefault(_ROUND, 0)}"
    # Another round is another panel, so that it closes when a run was made.
    with st.expander("Bring in a network", icon=":material/upload_file:", key=f"{key} panel"):
        st.markdown(_HELP)
        megabytes = screening.MAX_FILE_BYTES // 1_000_000
        file = st.file_uploader("File", type=_TYPES, max_upload_size=megabytes, key=f"{key} file")
        is_bundle = file is not None and file.name.lower().endswith(".zip")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input("Name of the new run", key=f"{key} name", max_chars=64, placeholder=_suggest_name(file))
            if not is_bundle:
                names = [each.name for each in loading.list_datasets() if loading.is_available(each)]
                st.selectbox(
                    "Its classes are those of",
                    names,
                    index=names.index("mnist") if "mnist" in names else 0,
                    format_func=loading.title,
                    key=f"{key} dataset",
                )
            st.button(
                "Bring in",
                key=f"{key} go",
                type="primary",
                disabled=file is None,
                on_click=partial(st.session_state.__setitem__, _ASKED, True),
            )
        if st.session_state.pop(_ASKED, False) and file is not None:
            _bring_in(key, file, is_bundle=is_bundle)


def _bring_in(key: str, file: UploadedFile, *, is_bundle: bool) -> None:
    name = st.session_state[f"{key} name"].strip() or _suggest_name(file)
    dataset = None if is_bundle else st.session_state[f"{key} dataset"]
    place = st.empty()
    place.progress(0.0, text="Checking the file in a process of its own ...")
    try:
        run = shared_work.run_shared(
            ("bring in", key, name, file.file_id),
            lambda progress: _make_run(file, name, dataset),
        )
    except (ForeignFileError, RunError) as error:
        place.error(escape_markdown(f"Nothing was brought in: {error}"), icon=":material/warning:")
        return
    st.session_state[_ROUND] += 1  # new widgets: the file and the name are used
    st.session_state[_NEXT] = run.name
    lines = describe_origin(run)
    st.session_state[_SAID] = " ".join(f"{line.removesuffix('.')}." for line in (f"{run.name} is here", *lines))
    st.rerun()


def _make_run(file: UploadedFile, name: str, dataset: str | None) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload"
        path.write_bytes(file.getvalue())
        if dataset is None:
            import_bundle(path, name)
            return store.open_run(name)
        return import_network(path, file=file.name, name=name, dataset=dataset)


def _suggest_name(file: UploadedFile | None) -> str:
    """A name that the file's own gives."""
    if file is None:
        return ""
    stem = Path(file.name).stem
    letters = "".join(each if each.isascii() and (each.isalnum() or each in " ._-") else " " for each in stem)
    return letters.strip(" ._-")[:60] or "brought in"


def show_origin(run: Run) -> None:
    """Where a network that was trained elsewhere comes from, and the ways that were tried; nothing for others."""
    origin = load_origin(run)
    if origin is None:
        return
    if warning := warn_of_origin(origin, len(run.class_names)):
        st.warning(escape_markdown(warning), icon=":material/warning:")
    with st.expander(escape_markdown(f"Trained elsewhere: {origin.file}"), icon=":material/upload_file:"):
        lines = [line for line in describe_origin(run) if line != warning]
        st.markdown("\n".join(f"- {escape_markdown(line)}" for line in lines))
        st.table(tabulate_trials(origin), border="horizontal", hide_index=True, alt="The ways that were tried")
