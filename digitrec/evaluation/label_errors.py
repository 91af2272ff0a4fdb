"""Test images of MNIST whose given label people found wrong, and what an honest count makes of them.

Northcutt, Athalye and Mueller (2021, "Pervasive Label Errors in Test Sets Destabilize Machine Learning
Benchmarks", NeurIPS, arXiv 2103.14749) let five people each look at suspect labels. For 10 of MNIST's 10,000 test
images they agreed on another label, on 5 they did not agree on any.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

import numpy as np

SOURCE = "Northcutt et al. 2021"
DATASETS = ("mnist", "mnist+pen")  # the test images of both are MNIST's, in its order


class Correction(NamedTuple):
    """A label that people agreed to be another."""

    given: int
    agreed: int


class CorrectedLabels(NamedTuple):
    """A split as people see it."""

    labels: np.ndarray  # int64 (n,), the agreed label where the given one is wrong
    clear: np.ndarray  # bool (n,), False where people agreed on no label


# By the image's place in the test set.
CORRECTIONS = MappingProxyType(
    {
        947: Correction(8, 9),
        1621: Correction(0, 6),
        1901: Correction(9, 4),
        2462: Correction(2, 0),
        2597: Correction(5, 3),
        3558: Correction(5, 0),
        5937: Correction(5, 3),
        6651: Correction(0, 6),
        6783: Correction(1, 6),
        9729: Correction(5, 6),
    }
)
DISPUTED = frozenset({2130, 2654, 3520, 8527, 9679})


def find_label_error(dataset: str, split: str, index: int) -> str | None:
    """What is known of the label of the image at this place in a data set's split; None where nothing is.

    Args:
        dataset: the data set's name.
        split: "train", "validation" or "test".
        index: place in that split, from 0.
    """
    if dataset not in DATASETS or split != "test":
        return None
    if index in CORRECTIONS:
        given, agreed = CORRECTIONS[index]
        return f"labelled {given}, but people agreed on {agreed} ({SOURCE})"
    if index in DISPUTED:
        return f"people agreed on no label ({SOURCE})"
    return None


def correct_labels(dataset: str, split: str, labels: np.ndarray) -> CorrectedLabels | None:
    """The labels int64 (n,) of a split with what people agreed on; None where no label is known to be wrong.

    A split whose labels are not those that were judged, another edition of MNIST, is left as it is: None.
    """
    if dataset not in DATASETS or split != "test" or len(labels) <= max(*CORRECTIONS, *DISPUTED):
        return None
    if any(labels[index] != correction.given for index, correction in CORRECTIONS.items()):
        return None
    better, clear = labels.copy(), np.ones(len(labels), bool)
    better[list(CORRECTIONS)] = [correction.agreed for correction in CORRECTIONS.values()]
    clear[list(DISPUTED)] = False
    return CorrectedLabels(better, clear)
