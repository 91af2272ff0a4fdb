"""The pictures that a person gives to the Read page, each read once in a session."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias, TypeVar

import streamlit as st

from digitrec.forms import NumberReader, PictureReading, can_read_numbers, read_pictures
from digitrec.imaging import Gray, PictureError, count_pages, read_page
from digitrec.inference import Classifier, ReadError
from digitrec.reporting import format_count
from digitrec.runs import Run, store
from digitrec.ui import pickers
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.read import example

FILE_TYPES = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "heic", "heif", "pdf", "zip"]
UPLOAD, EXAMPLE = "read-upload", "read-example"  # keys of the uploader, and of whether the example is shown
MAX_STORED, MAX_STORED_BYTES = 24, 200_000_000  # readings in a session, and their pictures
MAX_UPLOAD_BYTES = 500_000_000  # of one file
_ROUND = "read-upload-round"  # in the session: counts the uploads that became a stack
Answer: TypeAlias = PictureReading | ReadError
T = TypeVar("T")


class NamedPicture(NamedTuple):
    """A page of a file.

    Attributes:
        name: of the file, and of the page if it has several.
        data: of the file.
        page: from 0.
    """

    name: str
    data: bytes
    page: int = 0

    @property
    def file(self) -> str:
        """The name of the file alone."""
        return self.name.removesuffix(f", page {self.page + 1}")

    @property
    def sha256_of_file(self) -> str:
        """Of the file's bytes alone."""
        return hashlib.sha256(self.data).hexdigest()

    def load(self) -> Gray:
        """The picture, uint8 (height, width).

        Raises:
            PictureError: it cannot be read.
        """
        return read_page(self.data, self.page)

    @property
    def sha256(self) -> str:
        """Of the file's bytes, and of the number of the page if it is not the first."""
        return hashlib.sha256(self.data + (f" {self.page}".encode() if self.page else b"")).hexdigest()


Read: TypeAlias = Callable[[Classifier, list[NamedPicture]], Iterator[T | ReadError]]


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
    pictures = [page for file in files or [] for page in list_pages(file.name, file.getvalue())]
    if pictures or not has_example:
        return pictures
    st.button("Try an example", on_click=_show_example, args=(True,), icon=":material/draw:", key="read-try")
    return [NamedPicture(example.NAME, example.example_picture())] if st.session_state.get(EXAMPLE) else []


def leave_out_repeats(pictures: list[NamedPicture]) -> list[NamedPicture]:
    """The pictures without those of a file that is there already, as what they say would count twice; say so."""
    first: dict[str, NamedPicture] = {}
    repeats: dict[str, None] = {}  # a set in order: each file is named once, whatever pages it has
    for picture in pictures:
        if (same := first.setdefault(picture.sha256, picture)) is not picture:
            name, other = escape_markdown(picture.file), escape_markdown(same.file)
            text = f"{name} is there more than once." if name == other else f"{name} is the same file as {other}."
            repeats[text] = None
    if repeats:
        st.info(f"{' '.join(repeats)} Each counts once.", icon=":material/content_copy:")
    return list(first.values())


def list_pages(name: str, data: bytes) -> list[NamedPicture]:
    """The pages of a file; one, if it cannot be read."""
    try:
        count = _count_pages(hashlib.sha256(data).hexdigest(), data)
    except PictureError:  # the reason follows when it is read
        count = 1
    names = [name] if count == 1 else [f"{name}, page {page + 1}" for page in range(count)]
    return [NamedPicture(each, data, page) for page, each in enumerate(names)]


def _count_pages(digest: str, data: bytes) -> int:
    """How many pages a file has; counted once in a session."""
    counted: dict[str, int] = st.session_state.setdefault("read-page-counts", {})
    if digest not in counted:
        counted[digest] = count_pages(data)
    return counted[digest]


def read_numbers(pictures: list[NamedPicture], run: Run) -> list[Answer]:
    """The numbers in each picture, or why it cannot be read; with a bar while they are read.

    Raises:
        ClassifierError: the run's network cannot be loaded.
    """

    def read(model: Classifier, pages: list[NamedPicture]) -> Iterator[Answer]:
        return read_pictures([page.load for page in pages], NumberReader(model, run))

    return read_all(pictures, run, "numbers", read)


def read_all(
    pictures: list[NamedPicture], run: Run, task: str | Callable[[NamedPicture], str], read: Read[T]
) -> list[T | ReadError]:
    """What each picture says, read once in a session.

    Args:
        pictures: to be read.
        run: whose network reads.
        task: what is read, of all or of each; the same pictures are read anew for another.
        read: gives an answer for each of some pictures.

    Raises:
        ClassifierError: the run's network cannot be loaded.
    """
    model = pickers.load_classifier(run)
    stored: dict[tuple[str, ...], Any] = st.session_state.setdefault("read-stored", {})
    keys: list[tuple[str, ...]] = [
        (run.name, model.sha256, task if isinstance(task, str) else task(picture), picture.sha256)
        for picture in pictures
    ]
    new = {key: picture for key, picture in zip(keys, pictures, strict=True) if key not in stored}
    if new:
        with pickers.progress_bar() as report:
            for done, (key, answer) in enumerate(zip(new, read(model, list(new.values())), strict=True), 1):
                stored[key] = answer
                report(f"Reading {format_count(len(new), 'picture')}", done / len(new))
    answers = [stored[key] for key in keys]
    _forget_oldest(stored)
    return answers


def forget_upload() -> None:
    """Forget the files that were uploaded: they are on the disk now."""
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.session_state[EXAMPLE] = False


def _forget_oldest(stored: dict[tuple[str, ...], Any]) -> None:
    total = 0
    for number, key in enumerate(reversed(list(stored)), 1):
        total += sum(getattr(getattr(stored[key], name, None), "nbytes", 0) for name in ("gray", "ink", "page"))
        if number > MAX_STORED or total > MAX_STORED_BYTES:
            del stored[key]


def _show_example(shown: bool) -> None:
    st.session_state[EXAMPLE] = shown
