"""The pictures that a person gives to the Read page, each read once in a session."""

from __future__ import annotations

import functools
import hashlib
from typing import NamedTuple, TypeAlias

import streamlit as st

from digitrec.forms import NumberReader, PictureReading, can_read_numbers, read_pictures
from digitrec.imaging import MAX_BYTES
from digitrec.inference import ReadError
from digitrec.runs import Run, store
from digitrec.ui import pickers
from digitrec.ui.read import example

FILE_TYPES = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "heic", "heif"]
UPLOAD, EXAMPLE = "read-upload", "read-example"  # keys of the uploader, and of whether the example is shown
MAX_STORED = 500  # readings in a session: each holds its picture in grey
Answer: TypeAlias = PictureReading | ReadError


class NamedPicture(NamedTuple):
    """A picture file."""

    name: str
    data: bytes


def list_readers() -> list[Run]:
    """The runs whose network can read numbers."""
    return [run for run in store.list_runs() if run.has_model and can_read_numbers(run)]


def picture_input() -> list[NamedPicture]:
    """Let a person upload pictures, or take the example; the pictures that there are."""
    files = st.file_uploader(
        "Pictures of numbers: upload them or drop them here",
        type=FILE_TYPES,
        accept_multiple_files=True,
        max_upload_size=MAX_BYTES // 1_000_000,
        key=UPLOAD,
        on_change=functools.partial(_show_example, False),
    )
    pictures = [NamedPicture(file.name, file.getvalue()) for file in files or []]
    if pictures:
        return pictures
    st.button("Try an example", on_click=_show_example, args=(True,), icon=":material/draw:", key="read-try")
    return [NamedPicture(example.NAME, example.example_picture())] if st.session_state.get(EXAMPLE) else []


def read_all(pictures: list[NamedPicture], run: Run) -> list[Answer]:
    """What each picture says, or why it cannot be read; with a bar while they are read.

    Raises:
        ClassifierError: the run's network cannot be loaded.
    """
    model = pickers.load_classifier(run)
    stored: dict[tuple[str, str, str], Answer] = st.session_state.setdefault("read-stored", {})
    keys = [(run.name, model.sha256, hashlib.sha256(picture.data).hexdigest()) for picture in pictures]
    new = {key: picture for key, picture in zip(keys, pictures, strict=True) if key not in stored}
    if new:
        reader = NumberReader(model, run)
        loads = [functools.partial(bytes, picture.data) for picture in new.values()]
        with pickers.progress_bar() as report:
            for done, (key, answer) in enumerate(zip(new, read_pictures(loads, reader), strict=True), 1):
                stored[key] = answer
                report(f"Reading {len(new):,} pictures", done / len(new))
    answers = [stored[key] for key in keys]
    for key in list(stored)[: max(0, len(stored) - MAX_STORED)]:  # the oldest go
        del stored[key]
    return answers


def _show_example(shown: bool) -> None:
    st.session_state[EXAMPLE] = shown
