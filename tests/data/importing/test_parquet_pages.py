"""The headers of Parquet pages are read by their specification; damaged and huge ones are refused."""

import pytest

from digitrec.data.catalogue import DatasetError
from digitrec.data.importing.parquet_pages import count_unpacked_bytes


def number(value: int) -> bytes:
    """A whole number in zigzag form, seven bits a byte, the lowest first."""
    value, out = (value << 1) ^ (value >> 63), bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def page(kind: int = 0, unpacked: int = 100, packed: int = 3, encoding: int = 0, more: bytes = b"") -> bytes:
    """A header with a data page's fields, then as many bytes as it says; `more` are fields behind its encoding."""
    inner = b"\x15" + number(7) + b"\x15" + number(encoding) + more + b"\0"
    head = b"\x15" + number(kind) + b"\x15" + number(unpacked) + b"\x15" + number(packed) + b"\x2c" + inner + b"\0"
    return head + bytes(max(packed, 0))


FIELDS = {
    "a text": b"\x18\x03abc",
    "a float": b"\x17" + bytes(8),
    "a byte": b"\x13\x07",
    "true": b"\x11",
    "false": b"\x12",
    "a list": b"\x19\x25" + number(4) + number(300),
    "a long list": b"\x19\xf5\x10" + number(1) * 16,
    "a struct": b"\x1c\x15\x02\x00",
    "a field with its number": b"\x05" + number(40) + number(3),
}


@pytest.mark.parametrize("kind", FIELDS)
def test_all_kinds_of_fields_are_passed_over(kind):
    pages = page(more=FIELDS[kind]) + page(unpacked=50)
    assert count_unpacked_bytes(b"PAR1" + pages, 4, len(pages)) == 150


BAD = {
    "no header": b"",
    "a map": page(more=b"\x1b\x00"),
    "an endless number": b"\x15" + b"\xff" * 20,
    "an endless text": page(more=b"\x18\xff\xff\x03"),
    "an endless list": page(more=b"\x19\xf5\xff\xff\x7f"),
    "structs without end": page(more=b"\x1c" * 20),
    "a negative size": page(unpacked=-1),
    "a page behind its column": page(packed=3)[:-1],
    "no size": b"\x15\x00\x00",
}


@pytest.mark.parametrize("kind", BAD)
def test_a_damaged_header_is_refused(kind):
    with pytest.raises(DatasetError, match="the Parquet file is damaged"):
        count_unpacked_bytes(BAD[kind], 0, max(1, len(BAD[kind])))


@pytest.mark.parametrize(
    ("bad", "words"),
    [(page(unpacked=65_000_000), "has 65 MB once unpacked"), (page(encoding=7), "has a delta encoding")],
)
def test_what_may_become_too_large_is_refused(bad, words):
    with pytest.raises(DatasetError, match=words):
        count_unpacked_bytes(bad, 0, len(bad))
