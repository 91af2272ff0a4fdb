"""The data set that is always there: the 1,797 digits of 8 x 8 pixels that ship inside scikit-learn, as images."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

from digitrec.data.catalogue import DatasetError
from digitrec.imaging.preprocessing import to_mnist

# What scikit-learn's own load_digits reads; importing scikit-learn for it would take seconds.
CSV_PATH = Path(importlib.util.find_spec("sklearn").origin).parent / "datasets" / "data" / "digits.csv.gz"
_MARGIN, _FACTOR = 2, 5  # pixels of paper put around a digit, and how far it is enlarged


def read() -> tuple[np.ndarray, np.ndarray]:
    """All digits, enlarged smoothly and brought to MNIST's form.

    Returns:
        Images, uint8 (1797, 28, 28), and labels, int64 (1797,).

    Raises:
        DatasetError: scikit-learn's file is missing or damaged.
    """
    try:
        table = np.loadtxt(CSV_PATH, delimiter=",", dtype=np.uint8)  # (1797, 65): 64 values, a label
    except (OSError, EOFError, ValueError) as error:
        raise DatasetError(f"{CSV_PATH} cannot be read: {error}. Install scikit-learn again.") from error
    enlarge = _enlarging_matrix()
    inks = (_as_ink(enlarge @ digit.reshape(8, 8) @ enlarge.T) for digit in table[:, :64])
    return np.stack([to_mnist(ink) for ink in inks]), table[:, 64].astype(np.int64)


def _enlarging_matrix() -> np.ndarray:
    """What enlarges 8 pixels along a cubic spline: (60, 8), margins included."""
    from scipy import ndimage

    # A spline is linear in its values, so enlarging the unit vectors gives the matrix that enlarges any.
    units = np.pad(np.eye(8), ((_MARGIN, _MARGIN), (0, 0)))  # (12, 8)
    return ndimage.zoom(units, (_FACTOR, 1), order=3, mode="grid-constant", grid_mode=True)


def _as_ink(values: np.ndarray) -> np.ndarray:
    """Values from 0 to 16, blurred by their enlarging, as ink: (60, 60) -> (60, 60)."""
    # Below 30% becomes paper and above 80% full ink: this gives MNIST's mean brightness, 0.13.
    return (np.clip((values / 16 - 0.3) / 0.5, 0, 1) * 255).astype(np.uint8)
