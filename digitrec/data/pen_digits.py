"""Digits that people drew with a pen, as images: each drawn several times over, as it might have been drawn here.

A stroke file holds what the pen did, not how thick it was or how large the hand would write on our canvas. So each
digit is bent a little, drawn by the canvas's own renderer at a brush width and size by chance, and brought to an
image by `to_mnist`, as the Draw page does. What comes out depends on the file and the numbers below alone, and is
kept in the cache folder.
"""

from __future__ import annotations

import hashlib
import io
import math
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from digitrec.data.catalogue import DatasetError
from digitrec.files import replace
from digitrec.imaging import strokes
from digitrec.imaging.preprocessing import to_mnist

STROKE_FILE = Path("penstrokes") / "pendigits-train.ndjson.gz"  # below a data folder
SHA256 = "6d8021b62db279125ebe5aadaba4b5fefdd8287d0fc48a98cf5c95323fd35e22"
FOLDS = 5  # writers are left out by fifths
VARIANTS = 8  # drawings made of each digit
THICK_VARIANTS = 2  # of them are small, by a thick brush: loops close and flags fill, so there is more to learn
DIGIT_SIZES = (80, 240)  # the digit's longer side on the canvas of 280 pixels
THICK_SIZES = (80, 140)
BRUSH_WIDTHS = (6, 40)  # of the brush, pixels; the page offers 8 to 40
RELATIVE_WIDTHS = (0.03, 0.36)  # of the digit's longer side: from a hair to a brush of 32 on a digit of 90 pixels
THICK_RELATIVE_WIDTHS = (0.2, 0.4)
DISTORTION_STRENGTHS = (0.3, 1.6)  # of `strokes.distort`
_VERSION = 2  # goes up with each change that makes other drawings: the kept ones are then made anew
_REPORT_EVERY = 500  # drawings between two reports of progress

Progress = Callable[[str, float], None]


class Drawings(NamedTuple):
    """Drawn digits as read-only arrays, the variants of one digit beside each other."""

    images: np.ndarray  # uint8 (n, 28, 28)
    labels: np.ndarray  # int64 (n,)
    writers: np.ndarray  # int64 (n,): whose hand
    digits: np.ndarray  # int64 (n,): which digit of the file; its variants share the number


def load(path: Path, cache: Path, progress: Progress | None = None) -> Drawings:
    """The drawings of a stroke file: as kept in the cache folder, or made now (a minute or two) and kept.

    Args:
        path: the stroke file.
        cache: the cache folder.
        progress: is told what is done and the fraction of it, 0 to 1.

    Raises:
        DatasetError: the file is damaged or altered, or cannot be read.
    """
    _verify(path)
    kept = cache / "pen" / f"drawings-{_VERSION}-{SHA256[:12]}.npz"
    found = _read_cache(kept)
    if found is None:
        found = draw(list(strokes.read(path)), progress=progress)
        _write_cache(kept, found)
    for array in found:
        array.flags.writeable = False
    return found


def draw(
    digits: Sequence[strokes.PenDigit], *, variants: int = VARIANTS, progress: Progress | None = None
) -> Drawings:
    """Draw each digit so many times; the same digits give the same drawings."""
    n = len(digits) * variants
    images = np.empty((n, 28, 28), np.uint8)
    for i in range(n):
        variant = i % variants
        rng = np.random.default_rng((i // variants, variant))
        thick = variant % VARIANTS >= VARIANTS - THICK_VARIANTS
        images[i] = to_mnist(_draw_digit(digits[i // variants].strokes, rng, thick=thick))
        if progress and i % _REPORT_EVERY == 0:
            progress("Drawing the pen digits", i / n)
    about = np.array([(digit.label, digit.writer) for digit in digits], np.int64).reshape(-1, 2)
    labels, writers = np.repeat(about, variants, axis=0).T.copy()
    return Drawings(images, labels, writers, np.repeat(np.arange(len(digits)), variants))


def mask_left_out(writers: np.ndarray, fold: int) -> np.ndarray:
    """Which of these drawings, bool (n,), are by the writers that a fold, from 1 to `FOLDS`, leaves out."""
    return np.isin(writers, np.unique(writers)[fold - 1 :: FOLDS])


def _draw_digit(found: strokes.Strokes, rng: np.random.Generator, *, thick: bool) -> np.ndarray:
    """The strokes bent by chance and drawn at a chance size and width: ink uint8 (280, 280)."""
    bent = strokes.distort(found, rng, strength=rng.uniform(*DISTORTION_STRENGTHS))
    size = rng.uniform(*(THICK_SIZES if thick else DIGIT_SIZES))
    width = size * math.exp(rng.uniform(*np.log(THICK_RELATIVE_WIDTHS if thick else RELATIVE_WIDTHS)))
    centre = tuple(strokes.SIDE / 2 + rng.uniform(-1, 1, 2))  # a fraction of a pixel changes the edges' greys
    return strokes.render(
        strokes.place(bent, size=size, centre=centre), width=min(max(width, BRUSH_WIDTHS[0]), BRUSH_WIDTHS[1])
    )


def _verify(path: Path) -> None:
    if not path.is_file():
        raise DatasetError(f"the pen digits are not on this machine: put {path.name} into {path.parent}.")
    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}.") from error
    if sha256 != SHA256:
        raise DatasetError(
            f"{path} was altered or is another file (its SHA-256 is {sha256}, expected {SHA256}). Replace it."
        )


def _read_cache(path: Path) -> Drawings | None:
    """What was kept, or None where there is nothing whole."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = Drawings(*(arrays[name] for name in Drawings._fields))
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    n = len(found.images)
    return found if found.images.shape == (n, 28, 28) and all(len(array) == n for array in found) else None


def _write_cache(path: Path, found: Drawings) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **found._asdict())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, buffer.getvalue())
    except OSError as error:
        raise DatasetError(
            f"the drawings cannot be kept in {path.parent}: {error.strerror or error}. Make room, or name another "
            "folder in DIGITREC_CACHE."
        ) from error
