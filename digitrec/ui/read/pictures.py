"""The pictures that a person gives to the Read page, each read once in a session."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias, TypeVar

import streamlit as st

from digitrec.forms import NumberReader, PictureReading, can_read_numbers, read_pictures
from digitrec.inference import Classifier, ReadError
from digitrec.runs import Run, store
from digitrec.ui import pickers
from digitrec.ui.read import example

FILE_TYPES = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "heic", "heif", "pdf", "zip"]
UPLOAD, EXAMPLE = "read-upload", "read-example"  # keys of the uploader, and of whether the example is shown
MAX_STORED = 24  # readings in a session: each holds its picture in grey
MAX_UPLOAD_BYTES = 500_000_000  # of one file
_ROUND = "read-upload-round"  # in the session: counts the uploads that became a stack
Answer: TypeAlias = PictureReading | ReadError
Loads: TypeAlias = Iterable[Callable[[], bytes]]
T = TypeVar("T")


class NamedPicture(NamedTuple):
    """A picture file."""

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        """Of its bytes."""
        return hashlib.sha256(self.data).hexdigest()


def list_readers() -> list[Run]:
    """The runs whose network can read numbers."""
    return [run for run in store.list_runs() if run.has_model and can_read_numbers(run)]


def picture_input(*, has_example: bool) -> list[NamedPicture]:
    """Let a person upload pictures, or take the example if there is one; the pictures that there are."""
    files = st.file_uploader(
        "Pictures, PDF files, or a ZIP of them: upload them or drop them here",
        type=FILE_TYPES,
        accept_multiple_files=True,
        max_upload_size=MAX_UPLOAD_BYTES // 1_000_000,
        key=f"{UPLOAD} {st.session_state.get(_ROUND, 0)}",
        on_change=functools.partial(_show_example, False),
    )
    pictures = [NamedPicture(file.name, file.getvalue()) for file in files or []]
    if pictures or not has_example:
        return pictures
    st.button("Try an example", on_click=_show_example, args=(True,), icon=":material/draw:", key="read-try")
    return [NamedPicture(example.NAME, example.example_picture())] if st.session_state.get(EXAMPLE) else []


def read_numbers(pictures: list[NamedPicture], run: Run) -> list[Answer]:
    """The numbers in each picture, or why it cannot be read; with a bar while they are read.

    Raises:
        ClassifierError: the run's network cannot be loaded.
    """
    return read_all(pictures, run, "numbers", lambda model, loads: read_pictures(loads, NumberReader(model, run)))


def read_all(
    pictures: list[NamedPicture], run: Run, task: str, read: Callable[[Classifier, Loads], Iterator[T | ReadError]]
) -> list[T | ReadError]:
    """What each picture says, read once in a session.

    Args:
        pictures: to be read.
        run: whose network reads.
        task: what is read; the same pictures are read anew for another.
        read: gives an answer for each of the pictures that are loaded.

    Raises:
        ClassifierError: the run's network cannot be loaded.
    """
    model = pickers.load_classifier(run)
    stored: dict[tuple[str, ...], Any] = st.session_state.setdefault("read-stored", {})
    keys: list[tuple[str, ...]] = [(run.name, model.sha256, task, picture.sha256) for picture in pictures]
    new = {key: picture for key, picture in zip(keys, pictures, strict=True) if key not in stored}
    if new:
        loads = [functools.partial(bytes, picture.data) for picture in new.values()]
        with pickers.progress_bar() as report:
            for done, (key, answer) in enumerate(zip(new, read(model, loads), strict=True), 1):
                stored[key] = answer
                report(f"Reading {len(new):,} pictures", done / len(new))
    answers = [stored[key] for key in keys]
    for key in list(stored)[: max(0, len(stored) - MAX_STORED)]:  # the oldest go
        del stored[key]
    return answers


def forget_upload() -> None:
    """Forget the files that were uploaded: they are on the disk now."""
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.session_state[EXAMPLE] = False


def _show_example(shown: bool) -> None:
    st.session_state[EXAMPLE] = shown
