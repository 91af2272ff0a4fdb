"""Made-up images of no class, beside which a run learns what its classes look like.

Most of them are drawn: signs, scribbles, things. They are the same for every run. As many as nearly all runs need
are shipped, as drawing them takes seconds; more are kept in the cache folder. The others are made of the images of
the run's data set.
"""

from __future__ import annotations

import contextlib
import functools
import io
import itertools
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy import ndimage

from digitrec.data import loading
from digitrec.files import replace
from digitrec.imaging import Floats, Image, Images, Ink, InkError, pen_drawing, to_mnist

SIDE = pen_drawing.SIDE
_DRAWN_SHARE = 0.7
_VERSION = 2  # increase it with each change of what is drawn, and run `scripts/draw_outliers`
SHIPPED = Path(__file__).with_name("outliers.npz")
_MOST_TRIES = 5  # for an outlier: an image may be blank
_BRUSH_WIDTHS = (7, 32)  # of the brush, in pixels of the canvas


def load_outliers(images: Images, n: int, *, seed: int = 0) -> Images:
    """Images of no class, uint8 (n, 28, 28): made-up signs, scribbles, lines, noise, pairs and halves of images.

    Those that are drawn are shipped, or come from the cache folder where they were drawn before; a full disk is no
    error.

    Args:
        images: uint8 (m, 28, 28), at least one, of the data set.
        n: how many.
        seed: of the random numbers, by which the images are chosen and put together.
    """
    made = make_from_images(images, n - round(_DRAWN_SHARE * n), seed=seed)
    return np.concatenate([_load_drawn(n - len(made)), made])


def draw_outliers(n: int) -> Images:
    """Drawn images of no class, uint8 (n, 28, 28): the same at each call, so that fewer are a part of more."""
    return _make(_DRAWN, n, np.random.default_rng(28))


def make_from_images(images: Images, n: int, *, seed: int = 0) -> Images:
    """Images of no class, uint8 (n, 28, 28): pairs, halves, turned, mirrored and overlaid images.

    Args:
        images: uint8 (m, 28, 28), at least one, of the data set.
        n: how many; of images that are nearly all blank, fewer come out.
        seed: of the random numbers.
    """
    rng = np.random.default_rng((seed, 28))
    return _make([functools.partial(draw, images) for draw in _FROM_IMAGES], n, rng)


def _make(draws: Sequence[Callable[[np.random.Generator], Ink]], n: int, rng: np.random.Generator) -> Images:
    made: list[Image] = []
    for draw in itertools.islice(itertools.cycle(draws), _MOST_TRIES * n):
        if len(made) == n:
            break
        with contextlib.suppress(InkError):  # half of an image may hold nothing
            made.append(to_mnist(draw(rng)))
    return np.stack(made) if made else np.empty((0, 28, 28), np.uint8)


def load_shipped() -> Images:
    """The first 2,100 that `draw_outliers` draws: uint8 (2100, 28, 28)."""
    with np.load(SHIPPED, allow_pickle=False) as arrays:
        return np.asarray(arrays["images"])


def _load_drawn(n: int) -> Images:
    if n <= len(shipped := load_shipped()):
        return shipped[:n]
    path = loading.cache_folder() / "outliers" / f"{_VERSION}-{n}.npz"
    drawn = _read(path, n)
    if drawn is None:
        drawn = draw_outliers(n)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            replace(path, pack(drawn))
    return drawn


def pack(drawn: Images) -> bytes:
    """The bytes of a file that holds outliers."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, images=drawn)
    return buffer.getvalue()


def _read(path: Path, n: int) -> Images | None:
    """The stored outliers, or None if there are none or they are damaged."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            drawn = arrays["images"]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    return drawn if drawn.shape == (n, 28, 28) and drawn.dtype == np.uint8 else None


def _draw(made: list[Floats], rng: np.random.Generator) -> Ink:
    bent = pen_drawing.distort(made, rng, strength=rng.uniform(0.3, 1.5))
    return pen_drawing.render(
        pen_drawing.place(bent, size=rng.uniform(110, 240)), width=rng.uniform(*_BRUSH_WIDTHS)
    )


def _random_sign(rng: np.random.Generator) -> Ink:
    """A made-up character: straight lines, bows and corners between the points of a grid of 3 x 4."""
    made = []
    for _stroke in range(rng.integers(1, 5)):
        points = _random_grid_points(rng, int(rng.integers(2, 5)))
        made.append(_smooth(points) if rng.random() < 0.45 else _densify(points))
    return _draw(made, rng)


def _symmetric_sign(rng: np.random.Generator) -> Ink:
    """A made-up sign beside its own mirror image, as many letters and many things are."""
    made, axis = [], int(rng.random() < 0.25)
    for _stroke in range(rng.integers(1, 4)):
        points = _random_grid_points(rng, int(rng.integers(2, 5)))
        line = _smooth(points) if rng.random() < 0.5 else _densify(points)
        mirrored = line.copy()
        mirrored[:, axis] = (6 if axis else 4) - mirrored[:, axis]
        made += [line, mirrored]
    return _draw(made, rng)


def _closed_outline(rng: np.random.Generator) -> Ink:
    """An outline with something inside or on it: a face, a thing."""
    angle = np.linspace(0, 2 * np.pi, 24)
    corners = int(rng.integers(3, 9))
    round_ = rng.random() < 0.6
    at = angle if round_ else np.linspace(0, 2 * np.pi, corners + 1) + rng.uniform(0, 6)
    outline = np.stack([2 * np.cos(at), rng.uniform(1.2, 2.4) * np.sin(at)], 1).astype(np.float32)
    made = [outline + rng.normal(0, 0.08, outline.shape).astype(np.float32) if round_ else _densify(outline)]
    for _stroke in range(rng.integers(1, 6)):
        start = rng.uniform(-1.6, 1.6, 2)
        along = start + rng.normal(0, rng.choice([0.05, 0.8, 2.0]), (int(rng.integers(2, 5)), 2))
        made.append(_smooth(np.vstack([start, along]).astype(np.float32)))
    return _draw(made, rng)


def _barred_outline(rng: np.random.Generator) -> Ink:
    """A round outline with a level or an upright bar through it: a theta, a phi."""
    angle = np.linspace(0, 2 * np.pi, 24)
    wide, tall = rng.uniform(1.2, 2.2), rng.uniform(1.6, 2.4)
    outline = np.stack([wide * np.cos(angle), tall * np.sin(angle)], 1)
    reach = rng.uniform(0.75, 1.3) * (np.array([wide, 0]) if rng.random() < 0.6 else np.array([0, tall]))
    bar = np.linspace(-reach, reach, 9) + rng.normal(0, 0.08, 2)
    return _draw([outline.astype(np.float32), bar.astype(np.float32)], rng)


def _random_scribble(rng: np.random.Generator) -> Ink:
    return _draw([_smooth(rng.uniform(0, 4, (int(rng.integers(5, 24)), 2)).astype(np.float32))], rng)


def _random_wave(rng: np.random.Generator) -> Ink:
    """A line that goes to and fro, or round and round, while it moves on or widens."""
    turns = rng.uniform(2, 9)
    at = np.linspace(0, 2 * np.pi * turns, int(20 * turns))
    kind = rng.integers(3)
    if kind == 0:
        points = np.stack([at, 8 * rng.uniform(0.2, 3) * np.arcsin(np.sin(at))], 1)
    elif kind == 1:
        points = np.stack([at * np.cos(at), rng.uniform(0.6, 1) * at * np.sin(at)], 1)
    else:
        points = np.stack([2 * np.cos(at) + rng.uniform(0.2, 0.9) * at, rng.uniform(1, 3) * np.sin(at)], 1)
    return _draw([points[:, :: int(rng.choice([-1, 1]))].astype(np.float32)], rng)


def _random_dots_or_line(rng: np.random.Generator) -> Ink:
    """A dot, some dots, or a line that lies rather than stands."""
    if rng.random() < 0.5:
        angle = rng.uniform(-0.75, 0.75)
        along = np.linspace(-1, 1, 9)[:, None] * [np.cos(angle), np.sin(angle)]
        return _draw([(along + rng.normal(0, 0.03, along.shape)).astype(np.float32)], rng)
    count = int(rng.choice([1, 2, 3, 8]))
    dots = [rng.uniform(40, 240, (1, 2)).astype(np.float32) for _dot in range(count)]
    return pen_drawing.render(dots, width=rng.uniform(*_BRUSH_WIDTHS))


def _random_noise(rng: np.random.Generator) -> Ink:
    grain = ndimage.gaussian_filter(rng.random((SIDE, SIDE)), rng.choice([0, 1, 4, 10, 20]))
    share = rng.uniform(0.02, 0.5)
    return np.where(grain > np.quantile(grain, 1 - share), 255, 0).astype(np.uint8)


def _image_pair(images: Images, rng: np.random.Generator) -> Ink:
    """Two or three images side by side, or one below the other, so close that they may touch."""
    chosen = [_crop(images[int(i)]) for i in rng.integers(len(images), size=rng.choice([2, 2, 3]))]
    below = rng.random() < 0.2
    chosen = [image.T if below else image for image in chosen]
    height = max(len(image) for image in chosen)
    row = np.zeros((height, 0), np.uint8)
    for image in chosen:
        top = int(rng.integers(height - len(image) + 1))
        padded = np.zeros((height, image.shape[1]), np.uint8)
        padded[top : top + len(image)] = image
        row = np.hstack([row, np.zeros((height, int(rng.integers(0, 6))), np.uint8), padded])
    return row.T if below else row


def _half_image(images: Images, rng: np.random.Generator) -> Ink:
    image = _crop(images[int(rng.integers(len(images)))])
    if rng.random() < 0.5:
        image = image[::-1] if rng.random() < 0.5 else image
        return image[: len(image) // 2 + 1]
    image = image[:, ::-1] if rng.random() < 0.5 else image
    return image[:, : image.shape[1] // 2 + 1]


def _turned_image(images: Images, rng: np.random.Generator) -> Ink:
    """An image lying on its side."""
    return np.rot90(images[int(rng.integers(len(images)))], int(rng.choice([1, 3])))


def _mirrored_image(images: Images, rng: np.random.Generator) -> Ink:
    image = images[int(rng.integers(len(images)))]
    return image[:, ::-1] if rng.random() < 0.5 else image[::-1]


def _overlaid_images(images: Images, rng: np.random.Generator) -> Ink:
    """An image with another across it."""
    one, other = (images[int(i)] for i in rng.integers(len(images), size=2))
    return np.maximum(one, np.rot90(other, int(rng.integers(4))))


def _crop(image: Image) -> Ink:
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else image


def _random_grid_points(rng: np.random.Generator, count: int) -> Floats:
    points = np.stack([rng.choice([0, 2, 4], count), rng.choice([0, 2, 3, 4, 6], count)], 1)
    return (points + rng.normal(0, 0.25, points.shape)).astype(np.float32)


def _densify(points: Floats) -> Floats:
    """More points along the lines between points, so that the canvas's smoothing leaves the corners."""
    at = np.linspace(0, len(points) - 1, 8 * (len(points) - 1) + 1)
    return np.stack([np.interp(at, np.arange(len(points)), column) for column in points.T], 1).astype(np.float32)


def _smooth(points: Floats) -> Floats:
    """Points on a smooth curve near the points: their corners cut off, thrice (Chaikin 1974)."""
    for _round in range(3):
        early, late = 0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]
        points = np.vstack([points[:1], np.stack([early, late], 1).reshape(-1, 2), points[-1:]])
    return points.astype(np.float32)


_DRAWN: tuple[Callable[[np.random.Generator], Ink], ...] = (
    *(_random_sign, _symmetric_sign, _closed_outline, _random_sign, _random_scribble, _symmetric_sign),
    *(_random_sign, _barred_outline, _random_wave, _random_sign, _random_noise, _random_dots_or_line),
    *(_closed_outline, _random_scribble),
)
_FROM_IMAGES: tuple[Callable[[Images, np.random.Generator], Ink], ...] = (
    *(_image_pair, _half_image, _turned_image, _image_pair, _mirrored_image, _overlaid_images),
)
