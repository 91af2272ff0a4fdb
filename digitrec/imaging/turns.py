"""The eight ways to turn square images: by quarters, mirrored, or both."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from digitrec.imaging.arrays import Images

Turn = Literal["none", "left", "half", "right", "mirror", "flip", "transpose", "antitranspose"]
TURNS: tuple[Turn, ...] = get_args(Turn)


def turn_images(images: Images, turn: Turn) -> Images:
    """Turn images.

    Args:
        images: uint8 (n, side, side).
        turn: "left" and "right" are quarter turns, "half" is half a turn, "mirror" swaps left and right, "flip"
            top and bottom, "transpose" rows and columns; "antitranspose" is a transpose and half a turn.

    Returns:
        Images of the same shape.
    """
    mirrored, quarters = {
        "none": (False, 0),
        "left": (False, 1),
        "half": (False, 2),
        "right": (False, 3),
        "mirror": (True, 0),
        "transpose": (True, 1),  # mirrored, then a quarter to the left: (y, x) -> (x, y)
        "flip": (True, 2),
        "antitranspose": (True, 3),
    }[turn]
    seen = images[:, :, ::-1] if mirrored else images
    return np.ascontiguousarray(np.rot90(seen, quarters, (1, 2)))
