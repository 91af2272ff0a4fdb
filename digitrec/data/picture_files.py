"""Picture files in folders, in ZIP files and by globs: listed first, then read one at a time.

The files come from a user and may be hostile. A ZIP has the limits of an imported one:
`importing.arrays.Archive`.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from digitrec.data.catalogue import DatasetError
from digitrec.data.importing.arrays import MAX_FILE_BYTES, ZIP_SIGNATURES, Archive, Member, MemberError, is_junk
from digitrec.data.importing.pictures import is_other_name
from digitrec.imaging import MAX_BYTES, PICTURE_KINDS, Gray, PictureError, Source, count_pages, read_page


class PictureFile(NamedTuple):
    """A file that should be a picture.

    Attributes:
        name: for people: its path, or the path of its ZIP and its path in there.
        path: of the file, or of its ZIP.
        member: its number among the files of the ZIP.
        problem: why there is nothing to read, such as a folder without pictures.
        page: of the file, from 0.
    """

    name: str
    path: Path
    member: int | None = None
    problem: str | None = None
    page: int = 0


class PictureList(NamedTuple):
    """The files of some places, in order, and the names of those that are texts or tables and so left out."""

    files: list[PictureFile]
    others: list[str]


def list_pictures(places: Sequence[str]) -> PictureList:
    """List the picture files of places. Nothing but the directories of ZIP files is read.

    Args:
        places: files, ZIP files, folders (with all folders in them, sorted by path), or globs, sorted by path, in
            which `**` stands for any folders.
    """
    found = PictureList([], [])
    for place in places:
        _list_place(place, found)
    return found


def list_pages(found: PictureList) -> PictureList:
    """The same list with one entry for each page of files with several, such as PDF and TIFF.

    Args:
        found: by `list_pictures`.
    """
    reader, pages = PictureReader(), []
    for file in found.files:
        try:
            count = 1 if file.problem is not None or not _may_have_pages(file) else count_pages(reader.open(file))
        except (PictureError, OSError):  # the reason follows when it is read
            count = 1
        names = [file.name] if count == 1 else [f"{file.name}, page {page + 1}" for page in range(count)]
        pages += [file._replace(name=name, page=page) for page, name in enumerate(names)]
    return PictureList(pages, found.others)


class PictureReader:
    """Reads listed files. One ZIP at a time, and one file of it, are held in memory."""

    def __init__(self) -> None:
        self._held: tuple[tuple[Path, int | None], bytes] | None = None  # a file of the ZIP
        self._path: Path | None = None  # of the ZIP
        self._archive: Archive | None = None
        self._members: list[Member] = []
        self._refusal: str | None = None  # why nothing more is read of the ZIP

    def read(self, file: PictureFile) -> bytes:
        """The content of a file.

        Raises:
            PictureError: there is none, it is too large, or its ZIP is damaged or too large.
            OSError: it cannot be read.
        """
        if file.problem is not None:
            raise PictureError(file.problem)
        return _read_file(file.path) if file.member is None else self._read_member(file.path, file.member)

    def read_page(self, file: PictureFile) -> Gray:
        """The page of a file, as `imaging.read_page` gives it: uint8 (height, width).

        Raises:
            PictureError: it cannot be read: the message says why.
            OSError: the file cannot be opened.
        """
        return read_page(self.open(file), file.page)

    def open(self, file: PictureFile) -> Source:
        """Where a file is, or its content if it is in a ZIP.

        Raises:
            PictureError: there is none, or its ZIP is damaged or too large.
            OSError: its ZIP cannot be read.
        """
        if file.problem is not None:
            raise PictureError(file.problem)
        if file.member is None:
            return file.path if file.path.is_file() else _read_file(file.path)
        if self._held is None or self._held[0] != (file.path, file.member):
            self._held = None  # not two at once
            self._held = (file.path, file.member), self._read_member(file.path, file.member)
        return self._held[1]

    def _read_member(self, path: Path, number: int) -> bytes:
        try:
            if self._path != path:
                self._path, self._archive, self._refusal = path, None, None  # not two archives at once
                self._archive = _open_archive(path)
                self._members = self._archive.members()
            if self._refusal is None and self._archive is not None and number < len(self._members):
                return self._archive.read(self._members[number], MAX_BYTES)
        except MemberError as error:
            raise PictureError(f"{error}.") from error
        except DatasetError as error:
            self._refusal = str(error)
            raise PictureError(self._refusal) from error
        raise PictureError(self._refusal or "the ZIP has changed meanwhile: read it again.")


def _list_place(place: str, found: PictureList) -> None:
    path = Path(place)
    if path.is_dir():
        _list_folder(path, found)
    elif path.exists():
        _list_file(path, found, is_zip=_is_zip_name(path) or _begins_as_zip(path))
    elif glob.has_magic(place):
        _list_glob(place, found)
    else:
        problem = "there is no such file or folder: check the path."
        found.files.append(PictureFile(printable(place), path, problem=problem))


def _list_glob(pattern: str, found: PictureList) -> None:
    # Path.glob would need the folder and the pattern apart.
    matches = sorted(map(Path, glob.glob(pattern, recursive=True)))  # noqa: PTH207
    matches = [match for match in matches if not is_junk(match.name)]
    if "**" in pattern:  # the pattern goes into the folders itself
        matches = [match for match in matches if not match.is_dir()]
    if not matches:
        problem = "no file has a name like this: check the pattern."
        found.files.append(PictureFile(printable(pattern), Path(pattern), problem=problem))
    for match in matches:
        if match.is_dir():
            _list_folder(match, found)
        elif is_other_name(match.name):
            found.others.append(printable(str(match)))
        else:
            _list_file(match, found, is_zip=_is_zip_name(match))


def _list_folder(folder: Path, found: PictureList) -> None:
    before = len(found.files)
    for path in sorted(_walk(folder, found)):
        if is_other_name(path.name):
            found.others.append(printable(str(path)))
        else:
            _list_file(path, found, is_zip=_is_zip_name(path))
    if len(found.files) == before:
        problem = f"the folder holds no picture: expected {PICTURE_KINDS} files, or a ZIP of them."
        found.files.append(PictureFile(printable(str(folder)), folder, problem=problem))


def _walk(folder: Path, found: PictureList) -> Iterator[Path]:
    """The regular files in a folder and in its folders; links to folders are not followed: they may go round."""

    def record(error: OSError) -> None:
        problem = f"the folder cannot be read: {error.strerror}."
        found.files.append(PictureFile(printable(str(error.filename)), Path(error.filename), problem=problem))

    for above, folders, names in os.walk(folder, onerror=record):
        folders[:] = [name for name in folders if not is_junk(name)]
        yield from (path for name in names if not is_junk(name) and (path := Path(above, name)).is_file())


def _list_file(path: Path, found: PictureList, *, is_zip: bool) -> None:
    if not is_zip:
        found.files.append(PictureFile(printable(str(path)), path))
        return
    try:
        members = _open_archive(path).members()
        if not members:
            raise DatasetError(f"the ZIP holds no picture: expected {PICTURE_KINDS} files.")
    except (DatasetError, OSError) as error:
        reason = f"it cannot be read: {error.strerror}." if isinstance(error, OSError) else str(error)
        found.files.append(PictureFile(printable(str(path)), path, problem=reason))
        return
    for i in sorted(range(len(members)), key=lambda i: members[i].name):
        name = printable(f"{path}/{members[i].name}")
        if is_other_name(members[i].name):
            found.others.append(name)
        else:
            found.files.append(PictureFile(name, path, i))


def _open_archive(path: Path) -> Archive:
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise DatasetError(
            f"the ZIP is {size / 1e6:.0f} MB: expected at most {MAX_FILE_BYTES / 1e6:.0f} MB. Unpack or divide it."
        )
    return Archive(path.read_bytes())


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise PictureError(f"the file is larger than {MAX_BYTES / 1e6:.0f} MB: make it smaller.")
    return data


def _may_have_pages(file: PictureFile) -> bool:
    """Whether the name of a file in a ZIP, or the content of another, is that of a file with pages."""
    if file.member is not None:
        return file.name.casefold().endswith((".pdf", ".tif", ".tiff"))
    return file.path.is_file()


def _is_zip_name(path: Path) -> bool:
    return path.suffix.casefold() == ".zip"


def _begins_as_zip(path: Path) -> bool:
    if not path.is_file():  # a pipe would be empty afterwards
        return False
    try:
        with path.open("rb") as file:
            return file.read(4) in ZIP_SIGNATURES
    except OSError:
        return False  # the reason follows when it is read


def printable(name: str) -> str:
    """A name that can be printed: in a ZIP it may hold what controls a terminal, on a disk it may be no UTF-8."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in name)
