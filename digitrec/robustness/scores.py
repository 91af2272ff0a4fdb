"""The accuracy on corrupted images: each corruption at each severity, measured and stored with the run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from digitrec.evaluation import Evaluation, Score
from digitrec.imaging import Labels, Proba
from digitrec.inference import Classifier
from digitrec.metrics import Z_95, Counts, Estimate, Mask
from digitrec.robustness import corruptions, stored
from digitrec.robustness.corruptions import CORRUPTIONS, SEVERITIES
from digitrec.runs import Run

DEFAULT_IMAGES_PER_CELL = 1000  # a 95% interval then reaches at most 3.1 points to each side
MAX_FAILURES = 60  # misread images stored for each cell


class RobustnessScoresError(ValueError):
    """Stored scores are damaged: the message says which value is wrong."""


class Failure(NamedTuple):
    """A misread corrupted image."""

    place: int  # in the subset that was measured
    answer: int  # the class answered
    confidence: float  # the answer's calibrated probability at the time; older files have the network's own


@dataclass(frozen=True, eq=False, kw_only=True)
class RobustnessScores:
    """A network's accuracy on a split's corrupted images. Compare two by their `to_dict`.

    A cell is one corruption at one severity.
    """

    n: int  # images per cell
    clean: int  # right answers without corruption
    right: Counts  # (15, 5), right answers in each cell: corruptions by severities
    at_paper: Estimate  # over the 15 corruptions, each at the paper's severity
    overall: Estimate  # over all 75 cells
    failures: tuple[tuple[Failure, ...], ...]  # of each cell, the most confident first, at most `MAX_FAILURES`
    model_sha256: str
    data_sha256: str  # of the split, see `splits.hash_split`
    version: int = corruptions.CORRUPTIONS_VERSION
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def belongs_to(self, evaluation: Evaluation) -> bool:
        """Whether the scores are of an evaluation's network and images, and of the present corruptions."""
        same = (self.model_sha256, self.data_sha256) == (evaluation.model_sha256, evaluation.data_sha256)
        return same and self.version == corruptions.CORRUPTIONS_VERSION

    def cell(self, name: str, severity: int) -> tuple[int, tuple[Failure, ...]]:
        """The right answers in a cell, and its failures."""
        row, column = list(CORRUPTIONS).index(name), severity - 1
        return int(self.right[row, column]), self.failures[row * len(SEVERITIES) + column]

    def worst(self, k: int = 3) -> list[tuple[str, float]]:
        """The k corruptions with the lowest accuracy at the paper's severities, lowest first: name, accuracy."""
        shares = {name: self.cell(name, corruption.paper)[0] / self.n for name, corruption in CORRUPTIONS.items()}
        return sorted(shares.items(), key=lambda item: item[1])[:k]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {name: getattr(self, name) for name in (*stored.ORIGIN_FIELDS, "n", "clean", "version")} | {
            "right": self.right.tolist(),
            "at_paper": list(self.at_paper),
            "overall": list(self.overall),
            "failures": [[list(failure) for failure in cell] for cell in self.failures],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RobustnessScores:
        """The scores that `to_dict` gave.

        Raises:
            RobustnessScoresError: a value is missing or not what `to_dict` writes.
        """
        with stored.parsing("robustness", "measure it again", RobustnessScoresError):
            parsed = cls(
                **stored.parse_origin(values),
                n=int(values["n"]),
                clean=int(values["clean"]),
                version=int(values["version"]),
                right=np.array(values["right"], np.int64),
                at_paper=Estimate(*map(float, values["at_paper"])),
                overall=Estimate(*map(float, values["overall"])),
                failures=tuple(
                    tuple(Failure(int(i), int(j), float(p)) for i, j, p in cell) for cell in values["failures"]
                ),
            )
        _check_scores(parsed)
        return parsed


def record_name(split: str) -> str:
    """The name under which a run stores the scores of a split."""
    return f"{split}-robustness"


def load_scores(run: Run, dataset: str, split: str) -> RobustnessScores | None:
    """The stored scores, of any network and version; None where there are none, or damaged ones."""
    values = run.load_evaluation(dataset, record_name(split))
    try:
        return None if values is None else RobustnessScores.from_dict(values)
    except RobustnessScoresError:  # of another version, or edited by hand: measure again
        return None


def measure_robustness(
    run: Run, score: Score, *, n: int = DEFAULT_IMAGES_PER_CELL, progress: Callable[[int, int], None] | None = None
) -> RobustnessScores:
    """The accuracy of a run's network on n images of a split, under every corruption at every severity.

    Args:
        run: a run with a model.
        score: its answers on the split without corruption.
        n: how many images, random but the same for every network; all if there are fewer.
        progress: is called after each cell with the cells done and the cells in all.

    Raises:
        ClassifierError: the model cannot be read.
    """
    chosen = corruptions.sample_indices(len(score.split.labels), n)
    images, labels = score.split.images[chosen], score.split.labels[chosen]
    classifier = Classifier.load(run.tflite_path)
    is_right: list[Mask] = []
    failures = []
    cells = list(corruptions.corruptions_and_severities())
    for done, (name, severity) in enumerate(cells, start=1):
        proba = classifier.predict_proba(corruptions.corrupt(images, name, severity=severity))
        is_right.append(proba.argmax(1) == labels)
        failures.append(_find_failures(score.calibrate(proba), labels))
        if progress is not None:
            progress(done, len(cells))
    answers = np.array(is_right).reshape(len(CORRUPTIONS), len(SEVERITIES), -1)  # (15, 5, n)
    paper = [corruption.paper - 1 for corruption in CORRUPTIONS.values()]
    return RobustnessScores(
        n=len(labels),
        clean=int((score.proba[chosen].argmax(1) == labels).sum()),
        right=answers.sum(2),
        at_paper=_mean_estimate(answers[np.arange(len(CORRUPTIONS)), paper]),
        overall=_mean_estimate(answers.reshape(len(cells), -1)),
        failures=tuple(failures),
        model_sha256=str(score.evaluation.model_sha256),
        data_sha256=str(score.evaluation.data_sha256),
    )


def _find_failures(proba: Proba, labels: Labels) -> tuple[Failure, ...]:
    """The most confident wrong answers; proba is calibrated."""
    wrong = np.flatnonzero(proba.argmax(1) != labels)
    order = np.argsort(-proba[wrong].max(1, initial=0), kind="stable")
    return tuple(
        Failure(int(i), int(proba[i].argmax()), round(float(proba[i].max()), 4))
        for i in wrong[order][:MAX_FAILURES]
    )


def _mean_estimate(is_right: Mask) -> Estimate:
    """The mean of bool (cells, n) with its interval.

    The cells share their images, so the images are the sample: the interval is of the mean over the images of each
    one's share of right cells (normal approximation).
    """
    shares = is_right.mean(0)  # (n,)
    value = float(shares.mean())
    half = Z_95 * float(shares.std(ddof=1)) / math.sqrt(len(shares)) if len(shares) > 1 else 1.0
    return Estimate(value, max(0.0, value - half), min(1.0, value + half))


def _check_scores(scores: RobustnessScores) -> None:
    shape = (len(CORRUPTIONS), len(SEVERITIES))
    counts = np.append(scores.right, scores.clean)
    if scores.right.shape != shape or scores.n < 1 or (counts < 0).any() or (counts > scores.n).any():
        raise RobustnessScoresError(
            f"the stored robustness has no counts {shape} of 0 to {scores.n}: measure it again."
        )
    places = [failure.place for cell in scores.failures for failure in cell]
    if len(scores.failures) != math.prod(shape) or not all(0 <= place < scores.n for place in places):
        raise RobustnessScoresError("the stored robustness has failures out of range: measure it again.")
    if not all(0 <= value <= 1 for value in (*scores.at_paper, *scores.overall)):
        raise RobustnessScoresError("the stored robustness has means outside 0 to 1: measure it again.")
