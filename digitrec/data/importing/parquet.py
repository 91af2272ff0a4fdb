"""Reads pictures with labels from Parquet files, as Hugging Face has data sets of images.

A column has the pictures: a struct with the file's `bytes` (and its `path`), or the bytes themselves. Another one
has the labels: texts, or numbers whose names are in the schema's metadata, `huggingface`, as JSON (`info`,
`features`, `names` of the ClassLabel; https://huggingface.co/docs/datasets/about_dataset_features). The file may
be hostile: its pages are checked before Arrow unpacks them, and few rows are read at a time.
"""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from digitrec.data.catalogue import DatasetError
from digitrec.data.importing.arrays import MAX_IMAGES, MAX_UNPACKED_BYTES, Member, MemberError
from digitrec.data.importing.columns import LABEL_TITLES
from digitrec.data.importing.parquet_pages import count_unpacked_bytes
from digitrec.data.importing.pictures import PictureFile
from digitrec.data.user_datasets import normalise_name

MAGIC = b"PAR1"  # at the beginning and at the end
_BATCH_ROWS = 16  # read together: each may repeat the largest value of a dictionary
_LABEL_ROWS = 4096
_MAX_ROW_GROUPS = 10_000
_MAX_TEXT_BYTES = 10_000_000  # of one text in the footer, such as the schema's metadata
_DAMAGE_ERRORS = (ValueError, KeyError, IndexError, TypeError, OverflowError, MemoryError, RecursionError)
_IMAGE_TITLES = ("image", "img", "picture", "photo", "bytes")


class Pictures(NamedTuple):
    """A Parquet file whose columns are told apart."""

    data: bytes
    image_leaf: str  # path of the column with the bytes, with dots
    labels: list[str]  # (n,)
    class_names: tuple[str, ...] | None
    label_column: str


class ParquetArchive:
    """The pictures of Parquet files, one file for each part, read like those of a ZIP: fastest in their order."""

    def __init__(self, parts: Mapping[str, Pictures]) -> None:
        self._parts, self._left = parts, MAX_UNPACKED_BYTES
        self._cursors: dict[str, tuple[int, Iterator[bytes | None]]] = {}  # the next row, and the rows from it on

    def files(self) -> list[PictureFile]:
        """The pictures with their labels."""
        return [
            PictureFile(Member(f"{part}, row {row + 1:,}", _info(pictures), row), label, part)
            for part, pictures in self._parts.items()
            for row, label in enumerate(pictures.labels)
        ]

    def read(self, member: Member, limit: int) -> bytes:
        """The bytes of a picture, if they are at most `limit`.

        Raises:
            MemberError: there are none, or more.
            DatasetError: the file is damaged, or has too many bytes in all.
        """
        part = member.name.partition(",")[0]
        row, rows = self._cursors.get(part, (0, iter(())))
        if part not in self._cursors or member.row < row:
            row, rows = 0, _iterate_pictures(self._parts[part])
        for _ in range(row, member.row):
            next(rows, None)
        data = next(rows, None)
        self._cursors[part] = member.row + 1, rows
        if data is None:
            raise MemberError("it has no picture")
        if len(data) > limit:
            raise MemberError(f"it has more than {limit / 1e6:.0f} MB")
        self._left -= len(data)
        if self._left < 0:
            raise DatasetError(
                f"the Parquet file has more than {MAX_UNPACKED_BYTES / 1e9:.0f} GB of pictures: divide it."
            )
        return data


def open_parquet(data: bytes) -> Pictures:
    """Tell the columns of a Parquet file apart, and read its labels.

    Raises:
        DatasetError: it is damaged, too large, or has no pictures with labels.
    """
    with _telling_damage():
        return _open_columns(data, _open(data))


def _open_columns(data: bytes, file: Any) -> Pictures:
    if not 1 <= file.metadata.num_rows <= MAX_IMAGES or file.num_row_groups > _MAX_ROW_GROUPS:
        raise DatasetError(
            f"the Parquet file has {file.metadata.num_rows:,} rows in {file.num_row_groups:,} groups: expected 1 "
            f"to {MAX_IMAGES:,} images."
        )
    schema = file.schema_arrow
    image_column, image_leaf = _find_image(schema)
    label_column = _find_label(schema, image_column)
    _check_pages(data, file, {image_leaf, label_column})
    names = _read_class_names(schema, label_column)
    labels = [_name(value, names) for value in _read_labels(file, label_column)]
    return Pictures(data, image_leaf, labels, names, label_column)


def _open(data: bytes) -> Any:
    import pyarrow  # 0.2 s to import, and needed only for such a file
    import pyarrow.parquet

    return pyarrow.parquet.ParquetFile(
        pyarrow.BufferReader(data),
        pre_buffer=False,
        thrift_string_size_limit=_MAX_TEXT_BYTES,
        thrift_container_size_limit=1_000_000,
    )


@contextlib.contextmanager
def _telling_damage() -> Iterator[None]:
    """Say in words what Arrow raises for damaged files."""
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError, *_DAMAGE_ERRORS) as error:
        raise DatasetError(
            f"the Parquet file is damaged ({str(error)[:120]}): create or send it again."
        ) from error


def _find_image(schema: Any) -> tuple[str, str]:
    """The column of the pictures, and the path of their bytes in it."""
    import pyarrow.types as types

    def leaf(field: Any) -> str | None:
        if types.is_binary(field.type) or types.is_large_binary(field.type):
            return str(field.name)
        if types.is_struct(field.type) and field.type.get_field_index("bytes") >= 0:
            inner = field.type.field("bytes").type
            return f"{field.name}.bytes" if types.is_binary(inner) or types.is_large_binary(inner) else None
        return None

    found = {str(field.name): path for field in schema if (path := leaf(field))}
    named = [name for name in found if name.casefold() in _IMAGE_TITLES]
    if len(chosen := named if len(named) == 1 else list(found)) != 1:
        raise DatasetError(
            f"the Parquet file has the columns {_list(schema.names)}: expected one with pictures, a struct of "
            "bytes and path, or the bytes of a picture file."
        )
    return chosen[0], found[chosen[0]]


def _find_label(schema: Any, image_column: str) -> str:
    import pyarrow.types as types

    def is_label(kind: Any) -> bool:
        kind = kind.value_type if types.is_dictionary(kind) else kind  # as pandas writes categories
        return bool(types.is_integer(kind) or types.is_string(kind) or types.is_large_string(kind))

    found = [str(field.name) for field in schema if field.name != image_column and is_label(field.type)]
    named = [name for name in found if name.casefold() in LABEL_TITLES]
    if len(chosen := named if len(named) == 1 else found) != 1:
        raise DatasetError(
            f"it is not clear which column of the Parquet file has the labels, of {_list(schema.names)}: expected "
            f"one with the title {LABEL_TITLES[0]!r}, whole numbers or texts. Rename it."
        )
    return chosen[0]


def _check_pages(data: bytes, file: Any, leaves: set[str]) -> None:
    """Check all pages of these columns.

    Raises:
        DatasetError: they would need too much memory, or are damaged.
    """
    total = 0
    for i in range(file.num_row_groups):
        group = file.metadata.row_group(i)
        for j in range(group.num_columns):
            column = group.column(j)
            if column.path_in_schema not in leaves:
                continue
            starts = [column.data_page_offset]
            if column.has_dictionary_page and column.dictionary_page_offset:
                starts.append(column.dictionary_page_offset)
            total += count_unpacked_bytes(data, min(starts), column.total_compressed_size)
            if total > MAX_UNPACKED_BYTES:
                raise DatasetError(
                    f"the Parquet file has more than {MAX_UNPACKED_BYTES / 1e9:.0f} GB once unpacked: divide it."
                )


def _read_class_names(schema: Any, column: str) -> tuple[str, ...] | None:
    """The names of the numbers in a column, from the metadata that Hugging Face writes; None if there are none."""
    text = (schema.metadata or {}).get(b"huggingface", b"{}")
    try:
        names = json.loads(text)["info"]["features"][column]["names"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    is_list = isinstance(names, list) and 0 < len(names) <= 1000 and all(isinstance(name, str) for name in names)
    return tuple(normalise_name(name) for name in names) if is_list else None


def _read_labels(file: Any, column: str) -> Iterator[Any]:
    for batch in _iterate(file, column, _LABEL_ROWS):
        yield from batch.column(0).to_pylist()


def _iterate_pictures(pictures: Pictures) -> Iterator[bytes | None]:
    """The bytes of the pictures; None where a row has none."""
    column, _, inner = pictures.image_leaf.partition(".")
    del column
    with _telling_damage():
        for batch in _iterate(_open(pictures.data), pictures.image_leaf, _BATCH_ROWS):
            values = batch.column(0).field(0) if inner else batch.column(0)
            for value in values:
                yield value.as_py()


def _iterate(file: Any, column: str, rows: int) -> Iterator[Any]:
    yield from file.iter_batches(rows, columns=[column], use_threads=False)


def _name(value: object, names: Sequence[str] | None) -> str:
    """The class of a label. One that is missing has no valid name, and is refused with the others."""
    if isinstance(value, int) and names and 0 <= value < len(names):
        return names[value]
    if isinstance(value, int):
        return str(value)
    return normalise_name(str(value)) if value is not None else "missing"


def _info(pictures: Pictures) -> zipfile.ZipInfo:
    """What is known of each picture: about how many bytes it has."""
    info = zipfile.ZipInfo("picture")
    info.file_size = len(pictures.data) // max(1, len(pictures.labels))
    return info


def _list(names: Sequence[str]) -> str:
    return ", ".join(repr(name[:40]) for name in names[:8]) or "none"
