"""Checks the pages of a Parquet file before they are unpacked: how large they become, and how they are coded.

Arrow allocates what a page's header states. So the headers are read first: Thrift's compact protocol
(https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md), the fields of `PageHeader` in
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
"""

from __future__ import annotations

from typing import NamedTuple

from digitrec.data.catalogue import DatasetError

MAX_PAGE_BYTES = 64_000_000  # of a page once unpacked; writers make pages of 1 MB, larger only for large values
MAX_DICTIONARY_BYTES = 8_000_000  # a value of a dictionary may be repeated in each row
_MAX_HEADER_BYTES = 1_000_000
_MAX_DEPTH = 8
_DATA_PAGE, _DICTIONARY_PAGE, _DATA_PAGE_V2 = 0, 2, 3
_SAFE_ENCODINGS = {0, 2, 3, 4, 8}  # plain, dictionary, runs and bits: others make values out of earlier ones
_HEADER_OF = {
    _DATA_PAGE: (5, 2),
    _DICTIONARY_PAGE: (7, 2),
    _DATA_PAGE_V2: (8, 4),
}  # field, and that of the encoding

Fields = dict[int, "int | Fields | None"]


class _Page(NamedTuple):
    kind: int
    packed: int  # bytes
    unpacked: int  # bytes
    encoding: int


def count_unpacked_bytes(data: bytes, start: int, length: int) -> int:
    """The bytes that the pages of a column chunk become once unpacked.

    Args:
        data: the file.
        start: the place of the first page.
        length: of all pages.

    Raises:
        DatasetError: a page is damaged, becomes too large, or is coded in a way that may become too large.
    """
    if not 0 <= start <= start + length <= len(data):
        raise _damaged("its pages lie outside of the file")
    place, end, total = start, start + length, 0
    while place < end:
        place, page = _read_page(data, place, end)
        limit = MAX_DICTIONARY_BYTES if page.kind == _DICTIONARY_PAGE else MAX_PAGE_BYTES
        if page.unpacked > limit:
            raise DatasetError(
                f"a page of the Parquet file has {page.unpacked / 1e6:,.0f} MB once unpacked: expected at most "
                f"{limit / 1e6:,.0f} MB. Write it again with smaller pages."
            )
        if page.kind in _HEADER_OF and page.encoding not in _SAFE_ENCODINGS:
            raise DatasetError(
                "the Parquet file has a delta encoding: expected plain values or a dictionary. Write it again "
                "with the writer's own settings."
            )
        place, total = place + page.packed, total + page.unpacked
    return total


def _read_page(data: bytes, place: int, end: int) -> tuple[int, _Page]:
    """The header of a page, and the place behind it."""
    try:
        reader = _Reader(data[place : min(end, place + _MAX_HEADER_BYTES)])
        fields = reader.read_struct()
        kind, unpacked, packed = (_number(fields, i) for i in (1, 2, 3))
        inner, encoding_field = _HEADER_OF.get(kind, (0, 0))
        about = fields.get(inner)
        encoding = _number(about, encoding_field) if isinstance(about, dict) else -1
    except (IndexError, ValueError, RecursionError) as error:
        raise _damaged("the header of a page cannot be read") from error
    if min(unpacked, packed) < 0 or place + reader.place + packed > end:
        raise _damaged("a page ends behind its column")
    return place + reader.place, _Page(kind, packed, unpacked, encoding)


def _number(fields: Fields, field: int) -> int:
    value = fields.get(field)
    if not isinstance(value, int):
        raise ValueError(f"field {field} is missing")
    return value


def _damaged(reason: str) -> DatasetError:
    return DatasetError(f"the Parquet file is damaged: {reason}. Create or send it again.")


class _Reader:
    """Reads values in Thrift's compact protocol; of texts and lists only their length."""

    def __init__(self, data: bytes) -> None:
        self._data, self.place = data, 0

    def read_struct(self, depth: int = 0) -> Fields:
        """The numbers and structs of a struct, by the number of the field."""
        if depth > _MAX_DEPTH:
            raise ValueError("it is nested too deeply")
        fields: Fields = {}
        number = 0
        while (first := self._read_byte()) != 0:
            delta, kind = first >> 4, first & 15
            number = number + delta if delta else self._read_zigzag()
            fields[number] = self._read_value(kind, depth)
        return fields

    def _read_value(self, kind: int, depth: int) -> int | Fields | None:
        if kind in (1, 2):  # true and false are in the type
            return 2 - kind
        if kind in (4, 5, 6):
            return self._read_zigzag()
        if kind == 12:
            return self.read_struct(depth + 1)
        if kind in (9, 10):
            self._skip_list(depth)
        elif kind in (3, 7, 8):
            self._skip({3: 1, 7: 8}.get(kind) or self._read_varint())
        else:
            raise ValueError(f"type {kind} is not in a page header")
        return None

    def _skip_list(self, depth: int) -> None:
        first = self._read_byte()
        count = first >> 4 if first >> 4 < 15 else self._read_varint()
        if count > len(self._data):
            raise ValueError("a list is too long")
        for _ in range(count):
            self._read_value(first & 15, depth + 1)

    def _skip(self, count: int) -> None:
        self.place += count
        if self.place > len(self._data):
            raise IndexError("it ends too early")

    def _read_byte(self) -> int:
        self.place += 1
        return self._data[self.place - 1]

    def _read_varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._read_byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise ValueError("a number is too long")

    def _read_zigzag(self) -> int:
        value = self._read_varint()
        return value >> 1 ^ -(value & 1)
