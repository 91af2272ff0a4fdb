"""The classes of pictures: from a CSV or JSON beside them; and class names that mean digits.

A CSV has a column with file names and one with labels. A JSON is as FiftyOne writes it (`classes` and `labels`),
maps file names to labels, or lists objects with a file name and a label.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from digitrec.data.catalogue import DatasetError
from digitrec.data.importing.arrays import Archive, Member, MemberError
from digitrec.data.importing.columns import LABEL_TITLES
from digitrec.data.importing.pictures import PictureFile, describe_left_out, is_picture_name, part_of
from digitrec.data.user_datasets import is_class_name, normalise_name

_MAX_BYTES = 10_000_000  # of a table: 100,000 lines of 100 characters
_TABLE_ENDINGS = (".csv", ".tsv", ".json")
_PART_TITLES = ("split", "subset", "set", "part", "fold")
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_KINDS = r"(?:class|digit|label|number)"
_DIGIT_NAME = re.compile(
    rf"(?:{_KINDS}[ _.-]*)?"
    rf"(?:0?(?P<digit>[0-9])(?:[ _.-]+(?P<after>{'|'.join(_WORDS)}))?|(?P<word>{'|'.join(_WORDS)}))"
)
_SAMPLES = re.compile(r"(.*\S)[ _-]samples", re.IGNORECASE)  # Teachable Machine's folders: "Class 1-samples"


class Labelled(NamedTuple):
    """Pictures whose class a table says."""

    files: list[PictureFile]
    tables: str  # names of the tables that were used, for a sentence
    used: set[Member]  # the tables themselves
    left_out: list[str]  # pictures and tables, each with its reason


class _Row(NamedTuple):
    """One picture in a table."""

    file: str
    label: str
    part: str


def read_labels(archive: Archive, members: Sequence[Member]) -> Labelled:
    """Find the tables in an archive that name its pictures, and each picture's class.

    Raises:
        DatasetError: a table names pictures, but not which column has their classes.
    """
    pictures = [member for member in members if is_picture_name(member)]
    found: dict[int, PictureFile] = {}
    names, used, left_out = [], set(), []
    places = _Places(pictures)
    for member in members:
        if not member.name.casefold().endswith(_TABLE_ENDINGS):
            continue
        try:
            rows = _read_rows(archive, member, places)
        except MemberError as error:
            left_out.append(describe_left_out(member, error))
            used.add(member)
            continue
        names.append(member.name)
        used.add(member)
        left_out += _match(rows, member, places, found)
    if found:
        left_out += [
            describe_left_out(picture, f"{names[0][-40:]!r} has no label for it")
            for i, picture in enumerate(pictures)
            if i not in found
        ]
        others = [member for member in members if member not in used and not is_picture_name(member)]
        left_out += [describe_left_out(member, "the file is not a picture") for member in others]
    tables = ", ".join(repr(name[-40:]) for name in names[:3])
    return Labelled([found[i] for i in sorted(found)], tables, used, left_out)


def read_class_names(names: Iterable[str]) -> dict[str, str]:
    """What each class name of a file means: digits if all of them name digits, else the names themselves.

    "class_3", "Digit 3", "three", "3 - three" and "03" are 3. The ending "-samples" has no meaning.
    """
    plain = {name: match[1] if (match := _SAMPLES.fullmatch(name)) else name for name in names}
    digits = {name: _read_digit(each) for name, each in plain.items()}
    return {name: digit for name, digit in digits.items() if digit} if all(digits.values()) else plain


def _read_digit(name: str) -> str | None:
    match = _DIGIT_NAME.fullmatch(name.casefold())
    if match is None:
        return None
    words = [_WORDS.index(match[group]) for group in ("after", "word") if match[group]]
    numbers = {*words, *([int(match["digit"])] if match["digit"] else [])}
    return str(numbers.pop()) if len(numbers) == 1 else None


class _Places:
    """Finds pictures by the names that tables have for them."""

    def __init__(self, pictures: Sequence[Member]) -> None:
        self.pictures = pictures
        self._by_path = {_normalise(picture.name): i for i, picture in enumerate(pictures)}
        self._by_end: dict[str, int | None] = {}  # file names, with and without ending; None: not unique
        for path, i in self._by_path.items():
            name = path.rpartition("/")[2]
            for end in {name, name.rpartition(".")[0], path.rpartition(".")[0]}:
                self._by_end[end] = i if self._by_end.setdefault(end, i) == i else None

    def find(self, name: str, folder: str) -> int | None:
        """The number of the picture with this name; names are relative to the folder, or to its folder data."""
        name = _normalise(name)
        for path in (folder + name, f"{folder}data/{name}", name):
            if path in self._by_path:
                return self._by_path[path]
        for path in (folder + name, f"{folder}data/{name}", name, name.rpartition("/")[2]):
            if (found := self._by_end.get(path)) is not None:
                return found
        return None


def _normalise(path: str) -> str:
    return re.sub(r"^(\.?/)+", "", path.strip().replace("\\", "/")).casefold()


def _folder(member: Member) -> str:
    folder = _normalise(member.name).rpartition("/")[0]
    return f"{folder}/" if folder else ""


def _match(rows: list[_Row], table: Member, places: _Places, found: dict[int, PictureFile]) -> list[str]:
    """Add the pictures that the rows name to `found`; and list what is left out."""
    folder, left_out, missing = _folder(table), [], 0
    for row in rows:
        i = places.find(row.file, folder)
        if i is None:
            missing += 1
            continue
        picture, name = places.pictures[i], normalise_name(row.label)
        *above, _ = _normalise(picture.name).split("/")
        stem = re.split(r"[/._-]", _normalise(table.name))
        part = part_of([row.part, *reversed(above), *reversed(stem)])
        if is_class_name(name):
            found.setdefault(i, PictureFile(picture, name, part))
        else:
            left_out.append(describe_left_out(picture, f"its label {name[:40]!r} is not a valid class name"))
            found.pop(i, None)
    if missing:
        left_out.append(
            describe_left_out(table, f"the ZIP lacks {missing:,} of the {len(rows):,} pictures it names")
        )
    return left_out


def _read_rows(archive: Archive, member: Member, places: _Places) -> list[_Row]:
    """The rows of a table that names pictures of the archive.

    Raises:
        MemberError: it cannot be read, or names no picture.
        DatasetError: which column has the labels cannot be told.
    """
    text = archive.read(member, _MAX_BYTES).decode("utf-8-sig", errors="replace")
    is_json = member.name.casefold().endswith(".json")
    rows = _read_json(text) if is_json else _read_csv(text, member, places)
    folder = _folder(member)
    if not any(places.find(row.file, folder) is not None for row in rows):
        raise MemberError("it names no picture of the ZIP")
    return rows


def _read_csv(text: str, member: Member, places: _Places) -> list[_Row]:
    first = text.partition("\n")[0]
    separator = max(",", ";", "\t", key=first.count)
    try:
        table = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if any(row)]
    except csv.Error as error:
        raise MemberError(f"it is not a CSV: {error}") from error
    width, folder = max(map(len, table), default=0), _folder(member)
    sample = [row + [""] * (width - len(row)) for row in table[1:51] or table]
    hits = [sum(places.find(row[i], folder) is not None for row in sample if row[i]) for i in range(width)]
    if not any(hits):
        raise MemberError("it names no picture of the ZIP")
    file = hits.index(max(hits))
    has_header = places.find(table[0][file] if len(table[0]) > file else "", folder) is None
    titles = [title.strip().casefold() for title in table[0]] if has_header else []
    label = _find_label(titles, width, file, member)
    part = next((i for i, title in enumerate(titles) if title in _PART_TITLES and i not in (file, label)), None)
    rows = [row for row in table[has_header:] if len(row) > max(file, label)]
    return [_Row(row[file], row[label], row[part] if part is not None and len(row) > part else "") for row in rows]


def _find_label(titles: Sequence[str], width: int, file: int, member: Member) -> int:
    others = [i for i in range(width) if i != file]
    named = [i for i in others if i < len(titles) and titles[i] in LABEL_TITLES]
    chosen = named if len(named) == 1 else others
    if len(chosen) != 1:
        raise DatasetError(
            f"it is not clear which column of {member.name[-40:]!r} has the labels: expected one titled "
            f"{', '.join(LABEL_TITLES[::2])}, or one column beside the file names."
        )
    return chosen[0]


def _read_json(text: str) -> list[_Row]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MemberError("it is not a JSON") from error
    if isinstance(content, dict) and isinstance(content.get("labels"), dict):  # FiftyOne
        classes = content.get("classes")
        names = [str(each) for each in classes] if isinstance(classes, list) else []
        return [_Row(file, _label_text(label, names), "") for file, label in content["labels"].items()]
    if isinstance(content, dict):
        return [_Row(file, _label_text(label, []), "") for file, label in content.items()]
    if isinstance(content, list):
        return [row for each in content if isinstance(each, dict) and (row := _object_row(each))]
    raise MemberError("it has no list of labels")


def _object_row(content: Mapping[str, Any]) -> _Row | None:
    """The row of an object with a label and one other text, the file name."""
    values = {key.casefold(): value for key, value in content.items()}
    label = next((values[title] for title in LABEL_TITLES if title in values), None)
    part = next((str(values[title]) for title in _PART_TITLES if title in values), "")
    titles = ("file", "file_name", "filename", "filepath", "path", "image", "name")
    file = next((values[title] for title in titles if isinstance(values.get(title), str)), None)
    return None if label is None or file is None else _Row(file, _label_text(label, []), part)


def _label_text(label: object, names: Sequence[str]) -> str:
    """The label of a picture as a text: an index is looked up among the names."""
    if isinstance(label, dict):
        label = label.get("label")
    if isinstance(label, bool) or not isinstance(label, (int, str)):
        return ""
    if isinstance(label, int):
        return names[label] if 0 <= label < len(names) else str(label)[:40] if abs(label) < 10**9 else ""
    return label
