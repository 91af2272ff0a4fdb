"""Feature maps and filters as pictures and in words."""

from __future__ import annotations

import numpy as np

from digitrec.imaging import Floats
from digitrec.ui.components.evidence import describe_place

FULL_BRIGHTNESS_QUANTILE = 0.99  # share of a layer's activations that are below full brightness


def describe_strongest(values: Floats) -> str:
    """In which ninth of a map (h, w) its strongest activation is, in words."""
    row, column = np.unravel_index(np.abs(values).argmax(), values.shape)
    height, width = values.shape
    return describe_place((int(3 * row // height), int(3 * column // width)))


def full_brightness(maps: Floats) -> float:
    """The activation that has full brightness: only the layer's few largest are above it."""
    sizes = np.abs(maps)
    return float(np.quantile(sizes, FULL_BRIGHTNESS_QUANTILE)) or float(sizes.max())
