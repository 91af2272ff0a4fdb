"""Files in the forms that the homes of public data sets have, made of random images."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import struct
import zipfile
from collections.abc import Iterable

import numpy as np
import pytest

from digitrec.data.catalogue import DATASETS, Description
from support.homes import LoopbackHome, Reply

COUNTS = {"train": 200, "test": 12}


def idx(array: np.ndarray, kind: int = 0x08) -> bytes:
    """An IDX file; the values are big-endian."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, kind, array.ndim, *array.shape)
    return header + array.tobytes()


def make_images(name: str, part: str) -> np.ndarray:
    """Random images (n, 28, 28) of a part of a data set, other ones for each."""
    return np.random.default_rng(list(f"{name} {part}".encode())).integers(
        0, 256, (COUNTS[part], 28, 28), np.uint8
    )


def make_labels(name: str, part: str) -> np.ndarray:
    """Labels (n,) that go around the classes."""
    return np.arange(COUNTS[part]) % len(DATASETS[name].class_names)


def make_idx_files(name: str) -> dict[str, bytes]:
    """The four gzipped files of KMNIST and Fashion-MNIST."""
    files = {}
    for part, prefix in (("train", "train"), ("test", "t10k")):
        files[f"{prefix}-images-idx3-ubyte.gz"] = gzip.compress(idx(make_images(name, part)))
        files[f"{prefix}-labels-idx1-ubyte.gz"] = gzip.compress(idx(make_labels(name, part).astype(np.uint8)))
    return files


def make_emnist(names: Iterable[str]) -> dict[str, bytes]:
    """EMNIST's one ZIP: rows and columns are swapped; what is of no data set in `names` is no gzip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("gzip/", b"")
        for name in (each for each in DATASETS if each.startswith("emnist-")):
            for part in COUNTS:
                first = 1 if name == "emnist-letters" else 0
                labels = idx((make_labels(name, part) + first).astype(np.uint8))
                images = idx(make_images(name, part).transpose(0, 2, 1))
                pack = gzip.compress if name in names else lambda data: b"damaged" + data[:9]
                archive.writestr(f"gzip/{name}-{part}-images-idx3-ubyte.gz", pack(images))
                archive.writestr(f"gzip/{name}-{part}-labels-idx1-ubyte.gz", pack(labels))
    return {"gzip.zip": buffer.getvalue()}


def make_qmnist() -> dict[str, bytes]:
    """QMNIST's four files; the writer of an image is 7 more than its number."""
    files = {}
    for part in COUNTS:
        about = np.zeros((COUNTS[part], 8), ">i4")
        about[:, 0], about[:, 2] = make_labels("qmnist", part), np.arange(COUNTS[part]) + 7
        files[f"qmnist-{part}-images-idx3-ubyte.gz"] = gzip.compress(idx(make_images("qmnist", part)))
        files[f"qmnist-{part}-labels-idx2-int.gz"] = gzip.compress(idx(about, 0x0C))
    return files


def make_usps() -> dict[str, bytes]:
    """LIBSVM's two files: in each image a vertical bar, and a pixel that is left out because it is 0."""
    files = {}
    for part, name in (("train", "usps.bz2"), ("test", "usps.t.bz2")):
        lines = []
        for label in make_labels("usps", part):
            pixels = np.full((16, 16), -1.0)
            pixels[2:14, 4:8] = 1
            pixels[8, 5] = 0
            pairs = (f"{i + 1}:{value:g}" for i, value in enumerate(pixels.ravel()) if value)
            lines.append(f"{label + 1} {' '.join(pairs)}")
        files[name] = bz2.compress(("\n".join(lines) + "\n").encode())
    return files


UNIPEN_START = '.INCLUDE dene.doc\n.VERSION 1.0\n.HIERARCHY DIGIT\n.LEXICON "0" "1"\n\n'
STROKES = {
    1: "\n.PEN_DOWN\n 100 300\n 100 100\n.PEN_UP\n.DT 100",
    7: "\n.PEN_DOWN\n 50 300\n 150 300\n 80 100\n.PEN_UP",
}


def make_unipen(part: str, count: int | None = None) -> str:
    """Pen digits, 1 and 7 by turns, the 7 with a bar as a second stroke; y grows upwards. A writer draws four."""
    texts = [UNIPEN_START]
    for i in range(COUNTS[part] if count is None else count):
        label = (1, 7)[i % 2]
        bar = "\n.PEN_DOWN\n  60   200\n  140   200\n.PEN_UP\n.DT 92" if label == 7 else ""
        place = f"{2 * i}-{2 * i + 1}" if bar else str(2 * i)
        texts.append(
            f'.SEGMENT DIGIT {place} ? "{label}"\n.COMMENT {label} {i // 4 + 1} {i}{STROKES[label]}{bar}\n\n'
        )
    return "".join(texts)


def make_pendigits(count: int | None = None) -> dict[str, bytes]:
    """UCI's ZIP with both parts packed by `compress`, each of so many digits."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for part, ending in (("train", "tra"), ("test", "tes")):
            archive.writestr(f"pendigits-orig.{ending}.Z", pack_z(make_unipen(part, count).encode()))
        archive.writestr("pendigits.tra", "1,2,3")
    return {"pendigits.zip": buffer.getvalue()}


def pack_z(data: bytes, max_width: int = 16, clear_at: int | None = None) -> bytes:
    """The bytes in the form of Unix `compress`; the table is emptied once it has `clear_at` entries."""
    table = {bytes((i,)): i for i in range(256)}
    codes: list[tuple[int, int]] = []  # code and width
    width, size, last, phrase = 9, 257, False, b""

    def emit(code: int) -> None:
        nonlocal width, size, last
        if size >= 1 << width and width < max_width:
            width += 1
        codes.append((code, width))
        size += last and size < 1 << max_width  # as the unpacker's table grows, one code later than this one's
        last = True

    for i in range(len(data)):
        symbol = data[i : i + 1]
        if phrase + symbol in table:
            phrase += symbol
            continue
        emit(table[phrase])
        if len(table) + 1 < 1 << max_width:
            table[phrase + symbol] = len(table) + 1  # 256 is no entry of this table
        phrase = symbol
        if clear_at and len(table) >= clear_at:
            emit(256)
            table = {bytes((i,)): i for i in range(256)}
            width, size, last = 9, 257, False
    if phrase:
        emit(table[phrase])
    return b"\x1f\x9d" + bytes((max_width | 128,)) + _pack_codes(codes)


def _pack_codes(codes: list[tuple[int, int]]) -> bytes:
    """Codes of varying width, least significant bits first; a group of eight is filled where it changes."""
    out, bits, place, in_group = bytearray(), 0, 0, 0
    for i, (code, width) in enumerate(codes):
        if i and (width != codes[i - 1][1] or codes[i - 1][0] == 256):
            place += -in_group % 8 * codes[i - 1][1]
            in_group = 0
        bits |= code << place
        place, in_group = place + width, in_group + 1
        if place > 4096:
            whole = place // 8
            out += (bits & (1 << 8 * whole) - 1).to_bytes(whole, "little")
            bits, place = bits >> 8 * whole, place - 8 * whole
    out += bits.to_bytes(-(-place // 8), "little")
    return bytes(out)


def publish(
    monkeypatch: pytest.MonkeyPatch,
    home: LoopbackHome,
    name: str,
    files: dict[str, bytes],
    *,
    tag: str = '"first"',
    is_checked: bool = True,
) -> Description:
    """Let these files be the published ones of a data set at this home, with their checksums or without any."""
    home.pages |= {f"/{file}": Reply(body, tag=tag) for file, body in files.items()}
    published = tuple(
        file._replace(
            urls=(home.url + file.name,),
            checksum=f"sha256:{hashlib.sha256(files[file.name]).hexdigest()}" if is_checked else None,
        )
        for file in DATASETS[name].published
    )
    known = DATASETS[name]._replace(published=published)
    monkeypatch.setitem(DATASETS, name, known)
    return known
