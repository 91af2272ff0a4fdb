"""What a network has gained by learning a person's handwriting: before and after, on images that it never learnt.

These are the drawings that were held back, and the validation images of MNIST that the built-in network held out:
they show whether anything was forgotten. No test image of MNIST is read, so nothing is chosen on one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from digitrec.data import Split, evaluation_dataset, loading, splits
from digitrec.files import read_json, replace
from digitrec.imaging import DRAWING_SIDE, Mask, fit_to_square
from digitrec.inference import Classifier, judge_all, layout_reasons, load_reference
from digitrec.metrics import Estimate, PairedCounts, count_paired, proportion
from digitrec.runs import Run, RunError, open_run

FILE = "handwriting.json"  # in the run's folder
CHANCE = 0.05  # a p-value below it: the difference is hardly chance


@dataclass(frozen=True)
class Reading:
    """How a network reads some images: its counts."""

    n: int
    right: int
    sure_right: int | None = None  # None: nobody asked how sure it is
    sure_wrong: int | None = None

    @property
    def not_sure(self) -> int | None:
        """How many answers are not sure, right or not."""
        if self.sure_right is None or self.sure_wrong is None:
            return None
        return self.n - self.sure_right - self.sure_wrong

    @property
    def accuracy(self) -> Estimate:
        """The share of right answers with its 95% interval."""
        return proportion(self.right, self.n)


@dataclass(frozen=True)
class Gain:
    """The same images read before and after.

    Attributes:
        p_value: the chance of such a difference, or a larger one, between equally good networks; McNemar's test.
    """

    before: Reading
    after: Reading
    p_value: float

    @property
    def differs(self) -> bool:
        """Whether the difference is hardly chance."""
        return self.p_value < CHANCE


@dataclass(frozen=True)
class Handwriting:
    """What was gained on one's own digits, and what was lost of MNIST's."""

    start: str  # name of the run that the training built on
    own: Gain
    mnist: Gain


def load(run: Run) -> Handwriting | None:
    """The numbers that were measured of a run's present network; None where there are none."""
    values = read_json(run.path / FILE) or {}
    try:
        if values.pop("model_sha256") != _sha256(run):
            return None
        gains = {
            name: Gain(Reading(**each["before"]), Reading(**each["after"]), float(each["p_value"]))
            for name, each in values.items()
            if name != "start"
        }
        return Handwriting(start=str(values["start"]), **gains)
    except (KeyError, TypeError, ValueError, OSError):
        return None


def measure(run: Run) -> Handwriting:
    """Read the held-back drawings and MNIST's validation images with a run and with the one that it started from.

    The numbers are stored with the run, if its folder can be written.

    Raises:
        RunError: the run that it started from is not there any more.
        ClassifierError: a model cannot be read.
        DatasetError: a data set cannot be loaded.
    """
    if not run.config.start_names:
        raise RunError(f"the run {run.name!r} started from no other: there is nothing to compare it with.")
    start = open_run(run.config.start_names[0])
    held_back = loading.load(run.config.dataset).test
    config = start.config
    mnist = loading.load(evaluation_dataset(config.dataset))
    held_out = splits.select_part(mnist, "validation", share=config.validation_share, seed=config.seed)
    own, of_mnist = _compare(start, run, held_back, _judge), _compare(start, run, held_out, _count)
    found = Handwriting(start.name, own, of_mnist)
    values: dict[str, Any] = {**dataclasses.asdict(found), "model_sha256": _sha256(run)}
    if run.path.is_dir():
        replace(run.path / FILE, json.dumps(values, indent=1).encode())
    return found


def _compare(start: Run, run: Run, images: Split, read: Callable[[Run, Split], tuple[Reading, Mask]]) -> Gain:
    (before, first_right), (after, second_right) = (read(each, images) for each in (start, run))
    paired: PairedCounts = count_paired(first_right, second_right)
    return Gain(before, after, paired.p_value)


def _count(run: Run, images: Split) -> tuple[Reading, Mask]:
    """How many answers are right, and which ones: bool (n,)."""
    right = Classifier.load(run.tflite_path).predict_proba(images.images).argmax(1) == images.labels
    return Reading(len(right), int(right.sum())), right


def _judge(run: Run, images: Split) -> tuple[Reading, Mask]:
    """The counts of a run's verdicts, and which of its answers are right: bool (n,)."""
    model = Classifier.load(run.tflite_path)
    # As on Draw, where an image would be enlarged to the paper.
    layouts = [layout_reasons(image, fit_to_square(image, DRAWING_SIDE)) for image in images.images]
    verdicts = judge_all(images.images, layouts, model, run, reference=load_reference(run, model))
    right = np.array([verdict.ranking[0] for verdict in verdicts]) == images.labels
    sure = np.array([verdict.sure for verdict in verdicts])
    return Reading(len(right), int(right.sum()), int((right & sure).sum()), int((~right & sure).sum())), right


def _sha256(run: Run) -> str:
    return hashlib.sha256(Path(run.tflite_path).read_bytes()).hexdigest()
