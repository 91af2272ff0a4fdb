"""Opens a user's file: tells what kind it is by its content, and whether it can be imported."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digitrec.data.catalogue import DatasetError
from digitrec.data.importing import hdf5, parquet, texts
from digitrec.data.importing.arrays import (
    MAX_FILE_BYTES,
    MAX_IMAGES,
    ZIP_SIGNATURES,
    Archive,
    Member,
    is_idx,
    read_idx,
    read_member,
    read_npz,
)
from digitrec.data.importing.grids import Grid, GridSource, is_picture
from digitrec.data.importing.labels import read_labels
from digitrec.data.importing.pictures import is_picture_name, list_files, part_of
from digitrec.data.importing.sources import ArraySource, PictureSource, Source, TableSource, no_pictures
from digitrec.data.importing.tables import Table, open_table

_TABLE_ENDINGS = (".csv", ".tsv", ".tra", ".tes")
_ARFF = "an ARFF file with the pixels of an image in each line"
_PARTS = ("train", "validation", "test")
_TYPES = (
    "a ZIP of pictures with one folder per class or with a table of labels, an .npz, a ZIP of IDX files, a "
    "Parquet, ARFF or HDF5 file, a CSV with the pixels and a label in each line, or one picture with a grid of "
    "digits"
)


def open_file(data: bytes, *, label_column: int | None = None, grid: Grid | None = None) -> Source:
    """Open a file of any kind.

    Args:
        data: its content.
        label_column: of a CSV, from 0; None: it is found.
        grid: how one picture with many digits is cut; None: it is guessed.

    Raises:
        LabelColumnError: the column of the labels of a CSV cannot be told.
        DatasetError: the type is unknown, or it is damaged or too large, or has no usable image.
    """
    if len(data) > MAX_FILE_BYTES:
        raise DatasetError(
            f"the file is {len(data) / 1e6:.0f} MB: expected at most {MAX_FILE_BYTES / 1e6:.0f} MB. Divide it."
        )
    if is_picture(data):
        return GridSource(data, grid)
    if data[:4] not in ZIP_SIGNATURES:
        return _open_single(data, label_column)
    archive = Archive(data)
    members = archive.members()
    if parquets := [member for member in members if member.name.casefold().endswith(".parquet")]:
        return _open_zipped_parquets(archive, parquets)
    if any(member.name.casefold().endswith(".npy") for member in members):
        return ArraySource("an .npz", read_npz(archive))
    if any(map(is_idx, members)):
        return ArraySource("a ZIP of IDX files", read_idx(archive))
    tables = [member for member in members if member.name.casefold().endswith(_TABLE_ENDINGS)]
    if tables and not any(map(is_picture_name, members)):
        return _open_zipped_tables(archive, tables, label_column)
    return _open_pictures(archive)


def _open_single(data: bytes, label_column: int | None) -> Source:
    """A file that is no ZIP."""
    if data[:4] == parquet.MAGIC:
        return _open_parquets({"all": parquet.open_parquet(data)}, "a Parquet file with a picture in each row")
    if data[:8] == hdf5.MAGIC:
        return ArraySource("an HDF5 file", hdf5.read_hdf5(data))
    if texts.is_semeion(data):
        return ArraySource("a text with 16 x 16 pixels in each line, as Semeion has it", texts.read_semeion(data))
    if texts.is_arff(data):
        return TableSource({"all": open_table(texts.arff_to_csv(data), label_column)}, kind=_ARFF)
    if b"\0" in data[:2000] or not any(separator in data[:2000] for separator in b",;\t"):
        raise DatasetError(f"the type of this file is unknown: expected {_TYPES}.")
    return TableSource({"all": open_table(data, label_column)})


def _open_parquets(parts: dict[str, parquet.Pictures], kind: str) -> Source:
    """Parquet files, one for each part."""
    archive, first = parquet.ParquetArchive(parts), next(iter(parts.values()))
    source = PictureSource(archive, archive.files(), f"in the column {first.label_column!r}", ())
    source.kind, source.order = kind, first.class_names
    return source


def _open_zipped_parquets(archive: Archive, members: Sequence[Member]) -> Source:
    """The Parquet files of a ZIP, at most one for each part, which its name says."""
    parts: dict[str, parquet.Pictures] = {}
    for member in members:
        part = "all" if len(members) == 1 else part_of(re.split(r"[/._-]", member.name))
        if part in parts or (part == "all" and len(members) > 1):
            raise DatasetError(
                f"the ZIP has {len(members)} Parquet files, such as {member.name[-40:]!r}: expected one for each "
                "of train, validation and test, with this in its name. Import one of them."
            )
        parts[part] = parquet.open_parquet(read_member(archive, member, MAX_FILE_BYTES))
    return _open_parquets(parts, "a ZIP of Parquet files with a picture in each row")


def _open_zipped_tables(archive: Archive, members: Sequence[Member], label_column: int | None) -> Source:
    """The only CSV of a ZIP, or one for each part. One without labels, as competitions have it, is left out."""
    chosen = _choose_tables(members)
    tables: dict[str, Table] = {}
    for part, member in chosen.items():
        try:
            first = next(iter(tables.values()), None)
            data = read_member(archive, member, MAX_FILE_BYTES)
            table = open_table(data, first.label if first else label_column)
            if first and len(table.columns) != len(first.columns):
                raise DatasetError("it has another number of columns.")
            tables[part] = table
        except DatasetError:
            if not tables:  # the first one is for training
                raise
    read = [member for part, member in chosen.items() if part in tables]
    others = ", ".join(repr(member.name[-40:]) for member in members if member not in read)
    return TableSource(tables, (f"CSV files that are left out: {others[:300]}.",) if others else ())


def _choose_tables(members: Sequence[Member]) -> dict[str, Member]:
    """The table of each part, the one for training first; "all", if there is only one.

    Raises:
        DatasetError: it is not clear which one is for training.
    """
    if len(members) == 1:
        return {"all": members[0]}
    by_part: dict[str, list[Member]] = {}
    for member in members:
        by_part.setdefault(_part_of_table(member), []).append(member)
    chosen = {part: by_part[part][0] for part in _PARTS if len(by_part.get(part, ())) == 1}
    if "train" not in chosen:
        names = ", ".join(repr(member.name[-40:]) for member in members[:5])
        raise DatasetError(
            f"the ZIP has {len(members)} CSV files ({names}): expected one with train in its name. Unpack it, and "
            "import one of them."
        )
    return chosen


def _part_of_table(member: Member) -> str:
    """The part that the name of a table says: UCI writes .tra and .tes."""
    name = member.name.casefold().rpartition("/")[2]
    ends = {"tra": "train", "tes": "test"}
    return part_of(ends.get(word, word) for word in reversed(re.split(r"[._ -]", name)))


def _open_pictures(archive: Archive) -> Source:
    """Pictures that a table names with their class, else pictures in a folder for each class."""
    members = archive.members()
    if len(members) > MAX_IMAGES:
        raise DatasetError(f"the ZIP has {len(members):,} files: expected at most {MAX_IMAGES:,}. Divide it.")
    labelled = read_labels(archive, members)
    if labelled.files:
        return PictureSource(archive, labelled.files, f"in {labelled.tables}", labelled.left_out)
    files, left_out = list_files([m for m in members if m not in labelled.used])
    if not files:
        first = (*left_out, *labelled.left_out)[:1]
        raise no_pictures(f" The first file: {first[0]}." if first else "")
    return PictureSource(archive, files, "the names of the folders", [*left_out, *labelled.left_out])
