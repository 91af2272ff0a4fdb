"""Digits written on ruled and squared paper, as a camera sees them."""

import numpy as np
from PIL import Image
from scipy import ndimage

SIDE = 420  # pixels of a sheet


def written(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An image as a large smooth drawing somewhere on a sheet: shares of ink from 0 to 1, (420, 420)."""
    side = 28 * int(rng.integers(7, 13))
    large = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)) / 255
    top, left = rng.integers(0, SIDE - side, 2)
    return np.pad(large, ((top, SIDE - side - top), (left, SIDE - side - left)))


def rules(rng: np.random.Generator, *, upright: bool, spacing: float, skew: float, thickness: float) -> np.ndarray:
    """Printed lines, shares of ink from 0 to 1, (420, 420)."""
    y, x = np.indices((SIDE, SIDE), dtype=float)
    along, across = (y, x) if upright else (x, y)
    place = (across + np.tan(np.radians(skew)) * (along - SIDE / 2) + rng.uniform(0, spacing)) % spacing
    return np.clip(thickness / 2 + 0.5 - np.abs(place - spacing / 2), 0, 1)


def sheet(image: np.ndarray, kind: str, rng: np.random.Generator) -> np.ndarray:
    """A photo, gray uint8 (420, 420), of an image written on "plain", "ruled" or "squared" paper."""
    ink = written(image, rng)
    skew, thickness, dark = rng.uniform(-3, 3), rng.uniform(1.5, 4), rng.uniform(0.25, 0.8)
    spacing = rng.uniform(45, 90)
    lines = np.zeros_like(ink)
    ways = {"plain": (), "ruled": (False,), "squared": (False, True)}[kind]
    for upright in ways:
        one = rules(rng, upright=upright, spacing=spacing, skew=-skew if upright else skew, thickness=thickness)
        lines = np.maximum(lines, one)
    left = (1 - 0.75 * ink) * (1 - dark * lines)
    light = 1 - rng.uniform(0, 0.5) * np.linspace(0, 1, SIDE)[:: rng.choice([-1, 1])]
    photo = ndimage.gaussian_filter(235 * left * light, 0.7) + rng.normal(0, 4, ink.shape)
    return np.clip(np.rint(photo), 0, 255).astype(np.uint8)
