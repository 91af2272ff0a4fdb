"""What is odd in a data set: labels that are likely wrong, near-duplicates, outliers; and the search for them.

A worker process searches, see `runs.measurements`. Its folder is in the cache and named by the content of the data
set: other images or labels are another search.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from digitrec.curation import neighbours
from digitrec.curation.label_issues import find_label_issues
from digitrec.data import Dataset, hash_split
from digitrec.metrics import Proba
from digitrec.runs import WorkFolder, measurements

LABEL, DUPLICATE, OUTLIER = "label", "duplicate", "outlier"
KINDS = (LABEL, DUPLICATE, OUTLIER)
SPLITS = ("train", "test")
MAX_FINDINGS = 1000  # of each kind; of label issues, in each split
_NEIGHBOUR_SHARE = 0.2  # of the search: the rest trains networks
_VERSION = 1  # of the findings: another one is searched for anew
_contents: WeakKeyDictionary[Dataset, str] = WeakKeyDictionary()
_lock = threading.Lock()  # of `_contents`

Report = Callable[[int, int], None]  # gets how many steps are done, of how many
Predict = Callable[[Dataset, Report], tuple[Proba, Proba]]  # out of sample, for the training and the test images


class Finding(NamedTuple):
    """An image that is odd.

    Attributes:
        kind: one of `KINDS`.
        split: "train" or "test".
        place: in that split, from 0.
        score: of a label, the probability of the given one; of a near-duplicate, the distance; of an outlier, how
            many times the usual distance.
        suggested: of a label, the class that the network answers instead.
        share: the probability of that class.
        other: split and place of the image that it nearly equals, or that is nearest to an outlier.
    """

    kind: str
    split: str
    place: int
    score: float
    suggested: int | None = None
    share: float | None = None
    other: tuple[str, int] | None = None

    @property
    def is_leak(self) -> bool:
        """Whether the image nearly equals one of the other split."""
        return self.kind == DUPLICATE and self.other is not None and self.other[0] != self.split


class Findings(NamedTuple):
    """The result of a search.

    Attributes:
        found: of each kind the oddest first; of near-duplicates those across the splits.
        estimates: how many labels of a split are wrong, estimated; empty without networks.
    """

    found: tuple[Finding, ...]
    estimates: Mapping[str, int]

    def select(self, kind: str, split: str | None = None) -> list[Finding]:
        """Those of a kind, of one split or of both."""
        return [each for each in self.found if each.kind == kind and split in (None, each.split)]

    def to_dict(self) -> dict[str, Any]:
        """As plain values, ready for JSON."""
        return {"found": [list(each) for each in self.found], "estimates": dict(self.estimates)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Findings | None:
        """What `to_dict` gave; None if it is something else."""
        try:
            found = [
                Finding._make([*each[:-1], tuple(each[-1]) if each[-1] else None]) for each in values["found"]
            ]
            return cls(tuple(found), {str(split): int(n) for split, n in values["estimates"].items()})
        except (KeyError, TypeError, ValueError, IndexError, AttributeError):
            return None


@dataclass(frozen=True)
class OddSearch:
    """The search for what is odd in a data set, in a process of its own."""

    dataset: str
    content: str  # from `hash_content`

    @property
    def folder(self) -> WorkFolder:
        """Where the process reports."""
        return WorkFolder(measurements.cached_home(measurements.ODD_IMAGES) / f"{_VERSION}-{self.content[:24]}")

    @property
    def needs_run(self) -> bool:
        """No run is needed."""
        return False

    @property
    def title(self) -> str:
        """What is measured, for a message."""
        return f"what is odd in {self.dataset!r}"

    def arguments(self, images: int) -> list[str]:
        """The command line of the search; it is always of all images."""
        del images
        return ["odd", self.dataset]


def make_search(dataset: Dataset) -> OddSearch:
    """The search in a data set as it is now."""
    return OddSearch(dataset.name, hash_content(dataset))


def hash_content(dataset: Dataset) -> str:
    """SHA-256 of all images, labels and class names, computed once."""
    with _lock:
        known = _contents.get(dataset)
    if known is None:
        parts = [hash_split(split, dataset.class_names) for split in (dataset.train, dataset.test)]
        known = hashlib.sha256("".join(parts).encode()).hexdigest()
        with _lock:
            _contents[dataset] = known
    return known


def load_findings(dataset: Dataset) -> Findings | None:
    """What a search has found in a data set as it is now; None where none has ended."""
    state = measurements.progress(make_search(dataset))
    return Findings.from_dict(state.result) if state is not None and state.result is not None else None


def find_odd(dataset: Dataset, predict: Predict | None, report: Report) -> Findings:
    """Find what is odd in a data set.

    Args:
        dataset: the data set.
        predict: makes the probabilities of all images out of sample, see `training.cross_validation`; None: labels
            are not judged.
        report: gets how many steps are done, of how many.
    """
    share = _NEIGHBOUR_SHARE if predict else 1.0

    def pass_on(first: float, last: float) -> Callable[[float], None]:
        return lambda done: report(round(1000 * (first + (last - first) * done)), 1000)

    points = neighbours.project(dataset)
    labels = np.concatenate([dataset.train.labels, dataset.test.labels])
    near = neighbours.find_near_duplicates(dataset, points, pass_on(0, share / 2), most=MAX_FINDINGS)
    far = neighbours.find_outliers(points, labels, pass_on(share / 2, share), most=MAX_FINDINGS)
    n_train = len(dataset.train.labels)

    def place(row: int) -> tuple[str, int]:
        return ("train", row) if row < n_train else ("test", row - n_train)

    found, estimates = list[Finding](), {}
    if predict is not None:
        learning = pass_on(share, 1)
        probabilities = predict(dataset, lambda done, of: learning(done / of))
        for split, given, proba in zip(
            ("train", "test"), (dataset.train, dataset.test), probabilities, strict=True
        ):
            issues, count = _judge_labels(split, given.labels, proba)
            found += issues
            if len(given.labels):
                estimates[split] = count
    found += [
        Finding(DUPLICATE, *place(row), round(score, 4), other=place(other))
        for row, other, score in zip(*(column.tolist() for column in near), strict=True)
    ]
    found += [
        Finding(OUTLIER, *place(row), round(score, 4), other=place(other))
        for row, score, other in zip(*(column.tolist() for column in far), strict=True)
    ]
    return Findings(tuple(found), estimates)


def _judge_labels(split: str, labels: np.ndarray, proba: Proba) -> tuple[Sequence[Finding], int]:
    issues = find_label_issues(labels, proba, most=MAX_FINDINGS)
    rows = zip(*(column.tolist() for column in issues[:-1]), strict=True)
    found = [
        Finding(LABEL, split, row, round(given, 4), suggested, round(share, 4))
        for row, suggested, share, given in rows
    ]
    return found, issues.estimate
