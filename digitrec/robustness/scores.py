"""How well a network reads corrupted images: each corruption at each severity, measured and kept with the run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from digitrec.evaluation.record import Evaluation
from digitrec.evaluation.scoring import Score
from digitrec.inference.classifier import Classifier
from digitrec.metrics.intervals import Z_95, Estimate
from digitrec.robustness import corruptions
from digitrec.robustness.corruptions import CORRUPTIONS, SEVERITIES
from digitrec.runs.run import Run

DEFAULT_IMAGES_PER_CELL = (
    1000  # images a cell, where not all are wanted: a cell's interval is then at most 3.1 points to each side
)
MAX_FAILURES = 60  # misread images remembered of each cell
_TEXT_FIELDS = ("model_sha256", "data_sha256", "created")


class RobustnessScoresError(ValueError):
    """Kept numbers make no sense: the message says which."""


class Failure(NamedTuple):
    """A misread corrupted image."""

    place: int  # in the subset that was measured
    answer: int  # the class answered
    confidence: float  # the answer's probability


@dataclass(frozen=True, eq=False, kw_only=True)
class RobustnessScores:
    """What is kept of a network's answers to a split's corrupted images. Two are compared by their `to_dict`."""

    n: int  # images a cell
    clean: int  # of these, read right as they are
    right: np.ndarray  # int64 (15, 5), read right in each cell: corruptions by severities
    at_paper: Estimate  # over the 15 corruptions, each at the paper's severity
    overall: Estimate  # over all 75 cells
    failures: tuple[tuple[Failure, ...], ...]  # of each cell, surest first, at most `FAILURES`
    model_sha256: str
    data_sha256: str  # of the split, see `splits.hash_split`
    version: int = corruptions.CORRUPTIONS_VERSION
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def fits(self, evaluation: Evaluation) -> bool:
        """Whether they are of the network and the images of an evaluation, and of the corruptions as they are."""
        same = (self.model_sha256, self.data_sha256) == (evaluation.model_sha256, evaluation.data_sha256)
        return same and self.version == corruptions.CORRUPTIONS_VERSION

    def cell(self, name: str, severity: int) -> tuple[int, tuple[Failure, ...]]:
        """How many images a cell's network read right, and its failures."""
        row, column = list(CORRUPTIONS).index(name), severity - 1
        return int(self.right[row, column]), self.failures[row * len(SEVERITIES) + column]

    def worst(self, k: int = 3) -> list[tuple[str, float]]:
        """The k corruptions read worst at the paper's severities, worst first: name and share read right."""
        shares = {name: self.cell(name, found.paper)[0] / self.n for name, found in CORRUPTIONS.items()}
        return sorted(shares.items(), key=lambda item: item[1])[:k]

    def lines(self) -> list[str]:
        """A table in plain text; a star marks the paper's severity."""
        said = [f"{self.n:,} images, {self.clean / self.n:.2%} read right"]
        said.append(f"{'severity':>14}" + "".join(f"{severity:7} " for severity in SEVERITIES))
        for (name, found), row in zip(CORRUPTIONS.items(), self.right / self.n, strict=True):
            cells = (f"{share:7.1%}{'*' if i == found.paper else ' '}" for i, share in enumerate(row, start=1))
            said.append(f"{name:>14}" + "".join(cells))
        for what, (mean, low, high) in (("the 15 at MNIST-C's (*)", self.at_paper), ("all 75", self.overall)):
            said.append(f"mean of {what}: {mean:.2%} (95% interval {low:.2%} to {high:.2%})")
        return said

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {name: getattr(self, name) for name in (*_TEXT_FIELDS, "n", "clean", "version")} | {
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
        try:
            found = cls(
                **{name: str(values[name]) for name in _TEXT_FIELDS},
                **{name: int(values[name]) for name in ("n", "clean", "version")},
                right=np.array(values["right"], np.int64),
                at_paper=Estimate(*map(float, values["at_paper"])),
                overall=Estimate(*map(float, values["overall"])),
                failures=tuple(
                    tuple(Failure(int(i), int(j), float(p)) for i, j, p in cell) for cell in values["failures"]
                ),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise RobustnessScoresError(f"the kept robustness is damaged ({error}): measure it again.") from error
        _check_scores(found)
        return found


def record_name(split: str) -> str:
    """The name under which a run keeps the scores of a split."""
    return f"{split}-robustness"


def load_scores(run: Run, dataset: str, split: str) -> RobustnessScores | None:
    """The scores kept with the run, of whatever network and version; None where there are none to be read."""
    kept = run.load_evaluation(dataset, record_name(split))
    try:
        return None if kept is None else RobustnessScores.from_dict(kept)
    except RobustnessScoresError:  # written by hand or by another version: as good as none, it is measured again
        return None


def measure_robustness(
    run: Run, score: Score, *, n: int = DEFAULT_IMAGES_PER_CELL, progress: Callable[[int, int], None] | None = None
) -> RobustnessScores:
    """Let the run's network read every corruption of n images of a split at every severity.

    Args:
        run: a run with a model.
        score: its answers to the split as it is.
        n: how many images, by chance but the same for every network; of fewer, all.
        progress: is told after each cell how many are done, of how many.

    Raises:
        ClassifierError: the model cannot be read.
    """
    chosen = corruptions.sample_indices(len(score.split.labels), n)
    images, labels = score.split.images[chosen], score.split.labels[chosen]
    classifier = Classifier.load(run.tflite_path)
    is_right, failures = [], []
    cells = list(corruptions.corruptions_and_severities())
    for done, (name, severity) in enumerate(cells, start=1):
        proba = classifier.predict_proba(corruptions.corrupt(images, name, severity=severity))
        is_right.append(proba.argmax(1) == labels)
        failures.append(_find_failures(proba, labels))
        if progress is not None:
            progress(done, len(cells))
    answers = np.array(is_right).reshape(len(CORRUPTIONS), len(SEVERITIES), -1)  # (15, 5, n)
    paper = [found.paper - 1 for found in CORRUPTIONS.values()]
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


def _find_failures(proba: np.ndarray, labels: np.ndarray) -> tuple[Failure, ...]:
    wrong = np.flatnonzero(proba.argmax(1) != labels)
    surest = wrong[np.argsort(-proba[wrong].max(1, initial=0), kind="stable")][:MAX_FAILURES]
    return tuple(Failure(int(i), int(proba[i].argmax()), round(float(proba[i].max()), 4)) for i in surest)


def _mean_estimate(is_right: np.ndarray) -> Estimate:
    """The mean of bool (cells, n) with its interval.

    The cells share their images, so it is the images that are drawn: the interval is that of the mean, over the
    images, of each one's share of cells read right (normal approximation).
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
            f"the kept robustness has no counts {shape} of 0 to {scores.n}: measure again."
        )
    places = [failure.place for cell in scores.failures for failure in cell]
    if len(scores.failures) != math.prod(shape) or not all(0 <= place < scores.n for place in places):
        raise RobustnessScoresError("the kept robustness has failures out of range: measure it again.")
    if not all(0 <= value <= 1 for value in (*scores.at_paper, *scores.overall)):
        raise RobustnessScoresError("the kept robustness has means outside 0 to 1: measure it again.")
