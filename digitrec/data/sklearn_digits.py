"""The data set that is always available: the 1,797 digits of 8 x 8 pixels in scikit-learn, as images."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitrec.data.catalogue import DatasetError
from digitrec.imaging import to_mnist

_SKLEARN = importlib.util.find_spec("sklearn")
# The file of scikit-learn's load_digits; importing scikit-learn would take seconds.
CSV_PATH = Path((_SKLEARN and _SKLEARN.origin) or "sklearn").parent / "datasets" / "data" / "digits.csv.gz"
_MARGIN, _FACTOR = 2, 5  # pixels of paper around a digit, and the enlargement


def read() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All digits, enlarged by splines and normalised like MNIST.

    Returns:
        Images, uint8 (1797, 28, 28), and labels, int64 (1797,).

    Raises:
        DatasetError: the file of scikit-learn is missing or damaged.
    """
    try:
        table = np.loadtxt(CSV_PATH, delimiter=",", dtype=np.uint8)  # (1797, 65): 64 values, a label
    except (OSError, EOFError, ValueError) as error:
        raise DatasetError(f"{CSV_PATH} cannot be read: {error}. Install scikit-learn again.") from error
    enlarge = _enlarging_matrix()
    inks = (_to_ink(enlarge @ digit.reshape(8, 8) @ enlarge.T) for digit in table[:, :64])
    return np.stack([to_mnist(ink) for ink in inks]), table[:, 64].astype(np.int64)


def _enlarging_matrix() -> NDArray[np.float64]:
    """The matrix (60, 8) that enlarges 8 pixels along a cubic spline, margins included."""
    from scipy import ndimage  # 0.1 s to import

    # A spline is linear in its values, so enlarging the unit vectors gives the matrix that enlarges any.
    units = np.pad(np.eye(8), ((_MARGIN, _MARGIN), (0, 0)))  # (12, 8)
    matrix: NDArray[np.float64] = ndimage.zoom(units, (_FACTOR, 1), order=3, mode="grid-constant", grid_mode=True)
    return matrix


def _to_ink(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Values from 0 to 16, blurred by the enlargement, as ink: (60, 60) -> (60, 60)."""
    # Below 30% becomes paper and above 80% full ink: the result has the mean brightness of MNIST, 0.13.
    return (np.clip((values / 16 - 0.3) / 0.5, 0, 1) * 255).astype(np.uint8)
