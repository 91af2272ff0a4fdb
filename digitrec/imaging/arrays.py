"""Names for the arrays that travel through the program: what they hold and their shapes.

The shapes are a contract, not checked by the type checker: NumPy's types know element types only.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]  # (28, 28), 0 = paper, 255 = ink
Images: TypeAlias = NDArray[np.uint8]  # (n, 28, 28)
Ink: TypeAlias = NDArray[np.uint8]  # (height, width) of any size, 0 = paper, 255 = ink
Gray: TypeAlias = NDArray[np.uint8]  # (height, width), a photo as it came, 0 = black
Labels: TypeAlias = NDArray[np.int64]  # (n,), indices into the data set's class names
Proba: TypeAlias = NDArray[np.float32]  # (n, c) or (c,), each row sums to 1
Mask: TypeAlias = NDArray[np.bool_]  # of any shape: where there is ink, or what is selected
Floats: TypeAlias = NDArray[np.floating[Any]]  # of any shape and precision
