"""200 files that are no good pictures: no pictures at all, cut off, damaged, lying about their size, or huge."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

KINDS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def png(
    width: int, height: int, *chunks: bytes, pixels: bytes = bytes(1000), depth: int = 8, colour: int = 0
) -> bytes:
    """A PNG file that claims this size, whatever it holds."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = [chunk(b"IHDR", header), *chunks, chunk(b"IDAT", zlib.compress(pixels)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def bmp(width: int, height: int, *, bits: int = 24, compression: int = 0, colours: int = 0) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, 0, 0, 0, colours, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 300, 0, 0, 54) + header + bytes(300)


def digit() -> Image.Image:
    """A good picture: a bar on paper, with some noise so that no format makes it tiny."""
    gray = np.random.default_rng(0).integers(200, 230, (90, 70), np.uint8)
    gray[15:75, 30:40] = 40
    return Image.fromarray(gray).convert("RGB")


def no_pictures() -> list[bytes]:
    other = [saved(digit(), kind) for kind in ("TIFF", "PPM", "ICO", "PDF", "TGA", "PCX", "SGI", "DDS")]
    texts = [b"", b"\0", b"hello", b"<svg/>", b"<html></html>", b"%PDF-1.7", b"PK\3\4", b"\x7fELF", b"MZ", b"{}"]
    starts = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"RIFF\0\0\0\0WEBP"]
    return other + texts + starts + [start + bytes(5000) for start in starts] + [bytes(11_000_000)]


def cut_off() -> list[bytes]:
    whole = [saved(digit(), kind) for kind in KINDS]
    return [data[: int(share * len(data))] for data in whole for share in (0.05, 0.2, 0.4, 0.6, 0.8, 0.95)]


def damaged(count: int) -> list[bytes]:
    rng, files = np.random.default_rng(3), []
    for number in range(count):
        data = bytearray(saved(digit(), KINDS[number % len(KINDS)]))
        for place in rng.integers(0, rng.choice([60, len(data)]), rng.integers(1, 30)):
            data[place] = rng.integers(0, 256)
        files.append(bytes(data))
    return files


def lying() -> list[bytes]:
    """Sizes that are not there, or none, and depths, palettes and chunks that cannot be."""
    sides = [
        (5000, 5000),
        (20_000, 20_000),
        (2**31 - 1, 2**31 - 1),
        (2**31 - 1, 1),
        (0, 10),
        (10, 0),
        (4000, 4999),
    ]
    pngs = [png(*size) for size in sides] + [
        png(9, 9, depth=depth, colour=colour) for depth, colour in ((3, 0), (8, 5))
    ]
    text = zlib.compress(bytes(80_000_000))
    pngs += [png(9, 9, chunk(name, b"a\0\0" + text)) for name in (b"zTXt", b"iCCP")]
    pngs += [
        png(9, 9, chunk(b"IHDR", bytes(13))),
        png(9, 9, pixels=b""),
        png(9, 9, chunk(b"PLTE", bytes(7)), colour=3),
    ]
    bmps = [bmp(*size) for size in ((0, 0), (-5, 5), (60_000, 60_000), (2**31 - 1, -(2**31)), (5000, 5000))]
    bmps += [bmp(9, 9, bits=bits) for bits in (0, 7, 64)] + [bmp(9, 9, bits=8, compression=1, colours=2**31 - 1)]
    gif, webp = bytearray(saved(digit(), "GIF")), bytearray(saved(digit(), "WEBP", lossless=True))
    gif[6:10] = b"\xff\xff\xff\xff"
    at = webp.index(b"VP8L") + 9
    webp[at : at + 4] = b"\xff\xff\xff\x0f"
    return [*pngs, *bmps, bytes(gif), bytes(webp)]


def huge() -> list[bytes]:
    """As large as is allowed, in every kind of pixel; and little in a large file."""
    size = (5000, 4000)
    kinds = [
        ("1", "PNG"),
        ("P", "PNG"),
        ("LA", "PNG"),
        ("RGBA", "PNG"),
        ("RGB", "JPEG"),
        ("CMYK", "JPEG"),
        ("P", "GIF"),
    ]
    files = [saved(Image.new(mode, size), kind) for mode, kind in kinds]
    files += [saved(Image.new("L", side), "PNG") for side in ((20_000_000, 1), (1, 20_000_000), (65_000, 300))]
    files.append(saved(Image.fromarray(np.zeros(size[::-1], np.uint16)), "PNG"))
    frames = [Image.new("P", (600, 600), shade) for shade in range(60)]
    files.append(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    noise = np.random.default_rng(1).integers(0, 256, (2500, 2500), np.uint8)
    return [*files, saved(Image.fromarray(noise), "PNG")]


def hostile() -> list[bytes]:
    """All 200."""
    known = [*no_pictures(), *cut_off(), *lying(), *huge()]
    return [*known, *damaged(200 - len(known))]
