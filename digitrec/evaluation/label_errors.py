"""MNIST test images whose label people found wrong, and the labels corrected.

Northcutt, Athalye and Mueller (2021, "Pervasive Label Errors in Test Sets Destabilize Machine Learning
Benchmarks", NeurIPS, arXiv 2103.14749) showed each suspect label to five people. They agreed on another label
for 10 of MNIST's 10,000 test images, and on no label for 5.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from digitrec.metrics import Labels, Mask

SOURCE = "Northcutt et al. 2021"
DATASETS = ("mnist", "mnist+pen", "mnist+pen+forms")  # all have MNIST's test images, in MNIST's order


class Correction(NamedTuple):
    """The label in the file, and the one that people agreed on."""

    given: int
    agreed: int


class LabelError(NamedTuple):
    """What people found about a label: a correction, or None where they disagreed."""

    correction: Correction | None


class CorrectedLabels(NamedTuple):
    """The labels of a split as people see them."""

    labels: Labels  # (n,), the agreed label where the given one is wrong
    clear: Mask  # (n,), False where people agreed on no label


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


def find_label_error(dataset: str, split: str, index: int) -> LabelError | None:
    """What people found about the label of an image; None where they did not object.

    Args:
        dataset: the data set's name.
        split: "train", "validation" or "test".
        index: place in that split, from 0.
    """
    if dataset not in DATASETS or split != "test":
        return None
    if index in CORRECTIONS:
        return LabelError(CORRECTIONS[index])
    return LabelError(None) if index in DISPUTED else None


def correct_labels(dataset: str, split: str, labels: Labels) -> CorrectedLabels | None:
    """The labels int64 (n,) of a split, corrected; None where no label is known to be wrong.

    Another edition of MNIST, whose labels are not those that people saw, gives None as well.
    """
    if dataset not in DATASETS or split != "test" or len(labels) <= max(*CORRECTIONS, *DISPUTED):
        return None
    if any(labels[index] != correction.given for index, correction in CORRECTIONS.items()):
        return None
    corrected, clear = labels.copy(), np.ones(len(labels), bool)
    corrected[list(CORRECTIONS)] = [correction.agreed for correction in CORRECTIONS.values()]
    clear[list(DISPUTED)] = False
    return CorrectedLabels(corrected, clear)
