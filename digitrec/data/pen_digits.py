"""Pen digits as images: each is drawn several times, with random distortion, brush width and size.

The strokes come from the ZIP of the public data set `pendigits`, its training part, or from a stroke file with the
same digits, one JSON object a line. Both have the path of the pen, but not the thickness of its line, nor the size
on our canvas. So each digit is distorted a little, drawn by the renderer of the canvas, and normalised by
`to_mnist`, like a user's drawing.
The result depends only on the file and the constants below. It is stored in the cache folder.
"""

from __future__ import annotations

import hashlib
import io
import math
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.data import digit_forms, public
from digitrec.data.catalogue import DATASETS, DatasetError, Progress
from digitrec.files import replace
from digitrec.imaging import Images, Labels, pen_drawing, to_mnist

STROKE_FILE = Path("penstrokes") / "pendigits-train.ndjson.gz"  # below a data folder
HOME = "pendigits"  # the public data set whose ZIP has the strokes
SHA256 = "6d8021b62db279125ebe5aadaba4b5fefdd8287d0fc48a98cf5c95323fd35e22"
FOLDS = 5  # parts of the writers, of which one is held out
VARIANTS = 8  # drawings of each digit
THICK_VARIANTS = 2  # of them are small with a thick brush, so that loops close and flags fill
DIGIT_SIZES = (80, 240)  # longer side of a digit on the canvas of 280 pixels
THICK_SIZES = (80, 140)  # the same with a thick brush
BRUSH_WIDTHS = (6, 40)  # limits of the brush width, pixels; users can choose 8 to 40
RELATIVE_WIDTHS = (0.03, 0.36)  # brush width by longer side: from a hair to a brush of 32 on a digit of 90 pixels
THICK_RELATIVE_WIDTHS = (0.2, 0.4)
DISTORTION_STRENGTHS = (0.3, 1.6)  # for `strokes.distort`
FORM_VARIANTS = 4  # drawings of each rare form
_VERSION = 2  # increase it with each change of the drawings: cached ones are then drawn again
_FORMS_VERSION = 2  # the same for the rare forms
_PROGRESS_EVERY = 500  # drawings


class Drawings(NamedTuple):
    """Drawings of digits as read-only arrays. The variants of a digit are neighbours."""

    images: Images  # (n, 28, 28)
    labels: Labels  # (n,)
    writers: NDArray[np.int64]  # (n,), the number of the writer
    digits: NDArray[np.int64]  # (n,), the number of the digit in the file; equal for its variants

    def select(self, mask: NDArray[np.bool_]) -> Drawings:
        """Some of the drawings; mask is bool (n,)."""
        return Drawings(self.images[mask], self.labels[mask], self.writers[mask], self.digits[mask])


def load(path: Path, cache: Path, progress: Progress | None = None) -> Drawings:
    """The drawings of the strokes in a file, from the cache folder; drawn first if needed: a minute or two.

    Args:
        path: the stroke file, or UCI's ZIP.
        cache: the cache folder.
        progress: receives the step and its fraction, 0 to 1.

    Raises:
        DatasetError: the file is missing, altered or unreadable, or the drawings cannot be stored.
    """
    _verify(path)
    cached = cache / "pen" / f"drawings-{_VERSION}-{_expected_sha256(path)[:12]}.npz"
    return _load_or_draw(cached, lambda: draw(read(path), progress=progress))


def load_forms(path: Path, cache: Path, progress: Progress | None = None) -> Drawings:
    """Drawings of rare forms, edited from the digits in a file or made beside them: as `load`."""
    _verify(path)
    cached = cache / "pen" / f"forms-{_VERSION}.{_FORMS_VERSION}-{_expected_sha256(path)[:12]}.npz"

    def draw_forms() -> Drawings:
        return draw(list(digit_forms.make(read(path))), variants=FORM_VARIANTS, progress=progress)

    return _load_or_draw(cached, draw_forms)


def read(path: Path) -> list[pen_drawing.PenDigit]:
    """The 7,494 digits of the training part, in their order.

    Args:
        path: the stroke file, or UCI's ZIP.

    Raises:
        DatasetError: the ZIP cannot be read.
    """
    if not is_archive(path):
        return list(pen_drawing.read(path))
    try:
        return public.read_pen_digits(path, "tra")
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise DatasetError(
            f"the pen digits cannot be read from {path}: {error}. Delete it and download it again."
        ) from error


def is_archive(path: Path) -> bool:
    """Whether a file with strokes is UCI's ZIP, and no stroke file."""
    return path.suffix == ".zip"


def _load_or_draw(cached: Path, draw_all: Callable[[], Drawings]) -> Drawings:
    """The drawings in a file of the cache folder, drawn first if there are none; their arrays are read-only."""
    drawings = _read_cache(cached)
    if drawings is None:
        drawings = draw_all()
        _write_cache(cached, drawings)
    for array in drawings:
        array.flags.writeable = False
    return drawings


def draw(
    digits: Sequence[pen_drawing.PenDigit], *, variants: int = VARIANTS, progress: Progress | None = None
) -> Drawings:
    """Draw each digit `variants` times. The same digits give the same drawings."""
    n = len(digits) * variants
    images = np.empty((n, 28, 28), np.uint8)
    for i in range(n):
        variant = i % variants
        rng = np.random.default_rng((i // variants, variant))
        thick = variant % VARIANTS >= VARIANTS - THICK_VARIANTS
        images[i] = to_mnist(_draw_digit(digits[i // variants].strokes, rng, thick=thick))
        if progress and i % _PROGRESS_EVERY == 0:
            progress("Drawing the pen digits", i / n)
    about = np.array([(digit.label, digit.writer) for digit in digits], np.int64).reshape(-1, 2)
    labels, writers = np.repeat(about, variants, axis=0).T.copy()
    return Drawings(images, labels, writers, np.repeat(np.arange(len(digits)), variants))


def mask_left_out(writers: NDArray[np.int64], fold: int | None) -> NDArray[np.bool_]:
    """Which drawings are by writers that a fold, from 1 to `FOLDS`, holds out, none for None: bool (n,)."""
    if fold is None:
        return np.zeros(len(writers), bool)
    return np.isin(writers, np.unique(writers)[fold - 1 :: FOLDS])


def _draw_digit(digit: pen_drawing.Strokes, rng: np.random.Generator, *, thick: bool) -> NDArray[np.uint8]:
    """Distort the strokes and draw them at a random size and width: ink uint8 (280, 280)."""
    bent = pen_drawing.distort(digit, rng, strength=rng.uniform(*DISTORTION_STRENGTHS))
    size = rng.uniform(*(THICK_SIZES if thick else DIGIT_SIZES))
    width = size * math.exp(rng.uniform(*np.log(THICK_RELATIVE_WIDTHS if thick else RELATIVE_WIDTHS)))
    x, y = pen_drawing.SIDE / 2 + rng.uniform(-1, 1, 2)  # a fraction of a pixel changes the grays of the edges
    width = min(max(width, BRUSH_WIDTHS[0]), BRUSH_WIDTHS[1])
    return pen_drawing.render(pen_drawing.place(bent, size=size, centre=(x, y)), width=width)


def _verify(path: Path) -> None:
    if not path.is_file():
        raise DatasetError(f"the pen digits are not on this machine: put {path.name} into {path.parent}.")
    try:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}.") from error
    if sha256 != (expected := _expected_sha256(path)):
        raise DatasetError(
            f"{path} was altered or is another file (its SHA-256 is {sha256}, expected {expected}). Replace it."
        )


def _expected_sha256(path: Path) -> str:
    if not is_archive(path):
        return SHA256
    (file,) = DATASETS[HOME].published
    return (file.checksum or "").removeprefix("sha256:")


def _read_cache(path: Path) -> Drawings | None:
    """The cached drawings, or None if there are none or they are damaged."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            drawings = Drawings(*(arrays[name] for name in Drawings._fields))
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    n = len(drawings.images)
    is_whole = drawings.images.shape == (n, 28, 28) and all(len(array) == n for array in drawings)
    return drawings if is_whole else None


def _write_cache(path: Path, drawings: Drawings) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **drawings._asdict())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, buffer.getvalue())
    except OSError as error:
        raise DatasetError(
            f"the drawings cannot be stored in {path.parent}: {error.strerror or error}. Make room, or set "
            "DIGITREC_CACHE to another folder."
        ) from error
