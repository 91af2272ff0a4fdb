"""The colours of all figures: Okabe and Ito's (2008, Color Universal Design), which the colour-blind tell apart.

Without its black and its yellow, which vanish on a dark or a light page.
"""

from __future__ import annotations

import numpy as np

BLUE, SKY, PURPLE = "#0072B2", "#56B4E9", "#CC79A7"
ORANGE, VERMILLION, GREEN = "#E69F00", "#D55E00", "#009E73"
GREY = "#8C8C8C"


def to_rgb(colour: str) -> np.ndarray:
    """A colour such as "#0072B2" as red, green and blue from 0 to 255: float64 (3,)."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float64)
