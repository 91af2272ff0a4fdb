"""The arrays that travel through the program, by the names of their contract; see docs/how-it-is-built.md."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]  # (28, 28), 0 = paper, 255 = ink
Images = NDArray[np.uint8]  # (n, 28, 28)
Ink = NDArray[np.uint8]  # (height, width), 0 = paper, 255 = ink: a drawing or a cleaned photo
Gray = NDArray[np.uint8]  # (height, width), a photo as it came, 0 = black
Labels = NDArray[np.int64]  # (n,), indices into class_names
Proba = NDArray[np.float32]  # (n, c) or (c,), rows sum to 1
Mask = NDArray[np.bool_]  # any shape
Floats = NDArray[np.floating[Any]]  # any shape and precision
