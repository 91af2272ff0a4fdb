"""Picture files: bytes -> gray. What comes in is not trusted; what goes out is upright, on white, 8 bits."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image, UnidentifiedImageError

from digitrec.imaging.arrays import Gray

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
_HEIC = "HEIF"
PICTURE_KINDS = "PNG, JPEG, WebP, BMP, GIF, TIFF or HEIC"  # for people
MAX_BYTES = 10_000_000
MAX_PIXELS = 20_000_000
MAX_JPEG_PIXELS = 64_000_000  # a JPEG above MAX_PIXELS is decoded at a quarter of its sides, in as little memory
MAX_HEIC_PIXELS = 25_000_000  # what a phone takes; its decoder cannot decode smaller
_REDUCTION = 4
_START = 16  # bytes that say the kind of a file
_MIN_CONTRAST = 20  # of 255: with less a transparent drawing shows nothing on white

Source: TypeAlias = bytes | Path  # of a file: its content, or where it is

# What Pillow's decoders raise on damaged files, as found by fuzzing them.
_DECODER_ERRORS: tuple[type[Exception], ...] = (
    *(OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, OverflowError),
    *(MemoryError, struct.error, zlib.error),
)

# The kinds that are refused by name, and the way out.
_REFUSED = {
    "PDF": ("a PDF file", "Save the page as PNG, or take a picture of it."),
    "AVIF": ("an AVIF file", "Save it as JPEG or PNG."),
}
# What a file of such a kind begins with, at which byte.
_BEGINNINGS = {(0, b"%PDF"): "PDF", (4, b"ftypavif"): "AVIF", (4, b"ftypavis"): "AVIF"}

_ORIENTATION = 0x0112  # EXIF's tag; its values 2 to 8 and what turns such a picture upright
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PictureError(ValueError):
    """A file is not a picture that can be read: the message says why and what to do."""


def read_gray(data: bytes) -> Gray:
    """The picture in a file's bytes: upright, the first frame of an animation.

    Transparency lies on white, or on black if white would hide the drawing.

    The content decides which kind of file it is, not a name.

    Args:
        data: a PNG, JPEG, WebP, BMP, GIF, TIFF or HEIC file of at most 10 MB and 20 megapixels; HEIC 25. A JPEG
            may have 64; above 20 it is decoded at a quarter of its sides.

    Returns:
        gray: uint8 (height, width), 0 = black.

    Raises:
        PictureError: it is none of these, too large, or damaged.
    """
    if len(data) > MAX_BYTES:
        raise PictureError(f"the file is {len(data) / 1e6:.1f} MB: expected at most {MAX_BYTES / 1e6:.0f} MB.")
    return decode(data, _check_size, MAX_PIXELS)


def decode(source: Source, prepare: Callable[[Image.Image], None], most: int) -> Gray:
    """The picture in a file, upright and on white.

    Args:
        source: the file.
        prepare: refuses a picture before it is decoded, or lets it be decoded smaller.
        most: pixels that a picture may have, for the message.

    Raises:
        PictureError: it is not a picture, too large, or damaged.
        OSError: it cannot be opened.
    """
    start = read_start(source)
    formats: tuple[str, ...] = FORMATS
    if start[4:8] == b"ftyp":
        from pillow_heif import register_heif_opener  # libheif takes a moment: only for its own files

        register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
        formats = (_HEIC,)  # Pillow knows it only now
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=formats) as picture:
            prepare(picture)
            picture.load()
            return _to_gray(picture)
    except UnidentifiedImageError as error:
        kinds = (kind for (at, begins), kind in _BEGINNINGS.items() if start[at : at + len(begins)] == begins)
        raise PictureError(f"the file {explain_refusal(next(kinds, ''))}") from error
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        text = f"the picture is too large: expected at most {most / 1e6:.0f} million. Shrink it."
        raise PictureError(text) from error
    except _DECODER_ERRORS as error:
        raise PictureError(f"the picture is damaged or cut off ({error}): save or send it again.") from error


def read_start(source: Source) -> bytes:
    """The first bytes of a file, which say its kind.

    Raises:
        OSError: it cannot be opened.
    """
    if isinstance(source, bytes):
        return source[:_START]
    with source.open("rb") as file:
        return file.read(_START)


def data_uri(image: np.ndarray) -> str:
    """A picture of uint8 values as a PNG that stands in the page itself."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def explain_refusal(kind: str) -> str:
    """Why a file of this kind, by its content or the ending of its name, is not read: the end of a sentence."""
    what, way_out = _REFUSED.get(kind.upper(), ("not a picture", ""))
    return f"is {what}: expected {PICTURE_KINDS}. {way_out}".rstrip()


def _check_size(picture: Image.Image) -> None:
    """Refuse a picture that is too large, before it is decoded; let a large JPEG be decoded smaller."""
    width, height = picture.size
    most = MAX_HEIC_PIXELS if picture.format == _HEIC else MAX_PIXELS
    if is_reducible(picture) and MAX_PIXELS < width * height <= MAX_JPEG_PIXELS:
        picture.draft("L", (width // _REDUCTION, height // _REDUCTION))
    elif width * height > most:
        raise PictureError(
            f"the picture has {width} x {height} pixels: expected at most {most / 1e6:.0f} million. Shrink it."
        )


def is_reducible(picture: Image.Image) -> bool:
    """Whether a picture can be decoded smaller, in as little memory."""
    # A progressive JPEG is kept whole while it is decoded, whatever its final size.
    return picture.format in ("JPEG", "MPO") and not picture.info.get("progressive")


def _to_gray(picture: Image.Image) -> Gray:
    turn = _UPRIGHT.get(_orientation(picture))
    if picture.mode.startswith("I"):  # 16 bits a pixel, which Pillow would clip at 255
        values = np.asarray(picture)
        picture = Image.fromarray((np.clip(values, 0, 65535) >> 8).astype(np.uint8))
    elif picture.has_transparency_data:
        picture = picture.convert("RGBA")
        # Gray first: a composite of colours would take four times the memory.
        picture = _flatten(picture.convert("L"), picture.getchannel("A"))
    if picture.mode == "CMYK":
        picture = picture.convert("RGB")
    picture = picture.convert("L")
    return np.asarray(picture if turn is None else picture.transpose(turn))


def _flatten(gray: Image.Image, alpha: Image.Image) -> Image.Image:
    """A transparent picture on white; on black if it shows nothing on white, as white ink does not."""
    on_white = Image.composite(gray, Image.new("L", gray.size, 255), alpha)
    if np.ptp(np.asarray(on_white)) >= _MIN_CONTRAST:
        return on_white
    return Image.composite(gray, Image.new("L", gray.size, 0), alpha)


def _orientation(picture: Image.Image) -> int:
    try:
        return picture.getexif().get(_ORIENTATION, 1)
    except _DECODER_ERRORS:
        return 1  # notes beside the picture that cannot be read do not make the picture unreadable
