"""Files of Unix compress come back as they were; damaged ones are refused or stay within the limit."""

import hashlib

import numpy as np
import pytest

from digitrec.data.public.lzw import unpack_z
from support.public_files import make_unipen, pack_z

TEXT = make_unipen("train").encode() * 3
NOISE = np.random.default_rng(3).integers(0, 256, 30_000, np.uint8).tobytes()  # the table grows through all widths


@pytest.mark.parametrize(
    "data", [b"", b"a", b"aaaaaaaaaaaaaaaa", TEXT, NOISE], ids=["empty", "a", "as", "text", "noise"]
)
@pytest.mark.parametrize(("max_width", "clear_at"), [(16, None), (12, None), (9, None), (16, 300), (12, 3000)])
def test_what_was_packed_comes_back(data, max_width, clear_at):
    assert unpack_z(pack_z(data, max_width, clear_at), len(data)) == data


@pytest.mark.parametrize(
    ("data", "max_width", "sha256"),
    [
        (TEXT, 10, "c895683cda809f547f9566e4370c4faa769b89a80c024263085d458621ce5ef1"),
        (TEXT, 16, "e81d78eccbf4c06c1f708294a94eecb7f6a9fd18a4824506efa69d678c3cef40"),
        (NOISE, 10, "ef76584714ab737e4be8dbe357cdff16cba4c9e23ef7d5560a253b8139c56939"),
        (NOISE, 16, "dbe4af5aec84f059ac80b3dc3b205b195224785adab46cb2f669f683cacf662f"),
    ],
)
def test_the_packed_bytes_are_those_of_the_real_program(data, max_width, sha256):
    """Of ncompress 4.2.4.6, `compress -b`: so what is unpacked here is what that program writes."""
    packed = pack_z(data, max_width)
    assert hashlib.sha256(packed).hexdigest() == sha256 and unpack_z(packed, len(data)) == data


@pytest.mark.parametrize("data", [b"", b"\x1f\x9d", b"\x1f\x8b\x90abc", b"\x1f\x9d\x88abc", b"\x1f\x9d\x91abc"])
def test_another_file_is_refused(data):
    with pytest.raises(ValueError, match="not a file of the program compress"):
        unpack_z(data, 100)


def test_more_than_the_limit_is_refused():
    with pytest.raises(ValueError, match="more than 0 MB"):
        unpack_z(pack_z(b"a" * 1000), 999)


def test_damage_is_refused_or_stays_within_the_limit():
    packed, rng, refused = pack_z(TEXT), np.random.default_rng(0), 0
    for _ in range(40):
        damaged = bytearray(packed)
        for place in rng.integers(3, len(packed), 4):
            damaged[place] = rng.integers(256)
        try:
            assert len(unpack_z(bytes(damaged), 100_000)) <= 100_000
        except ValueError:
            refused += 1
    assert refused > 10
