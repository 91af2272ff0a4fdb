"""Picture files: bytes -> gray. What comes in is not trusted; what goes out is upright, on white, 8 bits."""

from __future__ import annotations

import base64
import io
import struct
import zlib

import numpy as np
from PIL import Image, UnidentifiedImageError

from digitrec.imaging.arrays import Gray

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
MAX_BYTES = 10_000_000
MAX_PIXELS = 20_000_000
_MAX_PIXELS_TEXT = f"{MAX_PIXELS / 1e6:.0f} million"

# What Pillow's decoders raise on damaged files, as found by fuzzing them.
_DECODER_ERRORS: tuple[type[Exception], ...] = (
    *(OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, OverflowError),
    *(MemoryError, struct.error, zlib.error),
)

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
    """The picture in a file's bytes: upright, transparency on white, the first frame of an animation.

    The content decides which kind of file it is, not a name.

    Args:
        data: a PNG, JPEG, WebP, BMP or GIF file of at most 10 MB and 20 megapixels.

    Returns:
        gray: uint8 (height, width), 0 = black.

    Raises:
        PictureError: it is none of these, too large, or damaged.
    """
    if len(data) > MAX_BYTES:
        raise PictureError(f"the file is {len(data) / 1e6:.1f} MB: expected at most {MAX_BYTES / 1e6:.0f} MB.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            _check_size(picture)
            picture.load()
            return _to_gray(picture)
    except UnidentifiedImageError as error:
        raise PictureError("the file is not a picture: expected PNG, JPEG, WebP, BMP or GIF.") from error
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(f"the picture is too large: expected at most {_MAX_PIXELS_TEXT}. Shrink it.") from error
    except _DECODER_ERRORS as error:
        raise PictureError(f"the picture is damaged or cut off ({error}): save or send it again.") from error


def data_uri(image: np.ndarray) -> str:
    """A picture of uint8 values as a PNG that stands in the page itself."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise PictureError(
            f"the picture has {width} x {height} pixels: expected at most {_MAX_PIXELS_TEXT}. Shrink it."
        )


def _to_gray(picture: Image.Image) -> Gray:
    turn = _UPRIGHT.get(_orientation(picture))
    if picture.mode.startswith("I"):  # 16 bits a pixel, which Pillow would clip at 255
        values = np.asarray(picture)
        picture = Image.fromarray((np.clip(values, 0, 65535) >> 8).astype(np.uint8))
    elif picture.has_transparency_data:
        picture = picture.convert("RGBA")
        # Gray first: a composite of colours would take four times the memory.
        picture = Image.composite(picture.convert("L"), Image.new("L", picture.size, 255), picture.getchannel("A"))
    if picture.mode == "CMYK":
        picture = picture.convert("RGB")
    picture = picture.convert("L")
    return np.asarray(picture if turn is None else picture.transpose(turn))


def _orientation(picture: Image.Image) -> int:
    try:
        return picture.getexif().get(_ORIENTATION, 1)
    except _DECODER_ERRORS:
        return 1  # notes beside the picture that cannot be read do not make the picture unreadable
