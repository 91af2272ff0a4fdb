"""Feature maps and filters as pictures and in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digitrec.charts import style
from digitrec.imaging import Floats
from digitrec.ui.components.evidence import describe_place

FULL_BRIGHTNESS_QUANTILE = 0.99  # share of a layer's activations that are below full brightness


def map_picture(values: Floats, full: float, *, signed: bool) -> NDArray[np.uint8]:
    """Activations or weights as a picture, uint8 (h, w, 3): nothing is black.

    Args:
        values: float (h, w).
        full: the size at which a value has its full colour.
        signed: whether there may be values below zero: they are orange, then, and those above it blue; else white.
    """
    above = style.to_rgb(style.SKY) if signed else np.full(3, 255.0)
    colours = np.where(values[..., None] < 0, style.to_rgb(style.ORANGE), above)  # (h, w, 3)
    return np.rint(colours * np.clip(np.abs(values) / (full or 1), 0, 1)[..., None]).astype(np.uint8)


def describe_strongest(values: Floats) -> str:
    """In which ninth of a map (h, w) its strongest activation is, in words."""
    row, column = np.unravel_index(np.abs(values).argmax(), values.shape)
    height, width = values.shape
    return describe_place((int(3 * row // height), int(3 * column // width)))


def full_brightness(maps: Floats) -> float:
    """The activation that has full brightness: only the layer's few largest are above it."""
    sizes = np.abs(maps)
    return float(np.quantile(sizes, FULL_BRIGHTNESS_QUANTILE)) or float(sizes.max())
