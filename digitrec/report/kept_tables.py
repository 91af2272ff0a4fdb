"""What is kept with a run beside its evaluation, as tables: its training, its robustness, an attack on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from digitrec.evaluation.scoring import Score
from digitrec.metrics import estimates
from digitrec.metrics.classification import Evaluation
from digitrec.metrics.intervals import Estimate
from digitrec.report.tables import Loss, Share, Table, estimate_cells, format_cell
from digitrec.robustness import fast_gradient
from digitrec.robustness import scores as robustness_scores
from digitrec.robustness.corruptions import CORRUPTIONS, SEVERITIES
from digitrec.robustness.fast_gradient import EPSILONS, Attack, AttackError
from digitrec.robustness.scores import RobustnessScores
from digitrec.runs.store import Run

_EPOCH_COLUMNS = {
    "loss": "Training loss",
    "accuracy": "Training accuracy",
    "val_loss": "Validation loss",
    "val_accuracy": "Validation accuracy",
}


def load_robustness(run: Run, score: Score) -> RobustnessScores | None:
    """The robustness kept with the run, if it is of this network and these images."""
    found = robustness_scores.load_scores(run, score.evaluation.dataset, score.evaluation.split)
    return found if found is not None and found.fits(score.evaluation) else None


def load_attack(run: Run, score: Score) -> Attack | None:
    """The attack kept with the run, if it is of this network and these images."""
    evaluation = score.evaluation
    kept = run.load_evaluation(evaluation.dataset, fast_gradient.record_name(evaluation.split))
    return None if kept is None else parse_attack(kept, evaluation)


def parse_attack(values: Mapping[str, Any], evaluation: Evaluation) -> Attack | None:
    """The attack of these values, if they make sense and are of an evaluation's network and images."""
    try:
        found = Attack.from_dict(values)
    except AttackError:  # as good as none
        return None
    return found if found.is_of(evaluation.model_sha256, evaluation.data_sha256) else None


def corruptions(scores: RobustnessScores) -> Table:
    """The share read right of each corruption at each severity."""
    rows = [
        (corruption.title, *map(Share, row), corruption.paper)
        for corruption, row in zip(CORRUPTIONS.values(), scores.right / scores.n, strict=True)
    ]
    columns = ("Corruption", *(f"Severity {severity}" for severity in SEVERITIES), "MNIST-C's severity")
    return Table("robustness", "Read right when corrupted", columns, rows)


def robustness_means(scores: RobustnessScores) -> tuple[str, str]:
    """The share read right uncorrupted, and the mean over the corruptions at the paper's severities, in words."""
    clean = estimates.proportion(scores.clean, scores.n)
    return tuple(
        f"{format_cell(value)} (95% interval {format_cell(interval)})"
        for value, interval in (estimate_cells(clean), estimate_cells(Estimate(*scores.at_paper)))
    )


def attack_steps(found: Attack) -> Table:
    """The share read right at each step of the attack."""
    rows = [
        (epsilon, Share(right / found.n), Share(by_chance / found.n))
        for epsilon, right, by_chance in zip(EPSILONS, found.right, found.right_by_chance, strict=True)
    ]
    columns = ("Step (levels of 255)", "Read right, attacked", "Read right, moved by chance")
    return Table("attack", "Read right under attack", columns, rows)


def epochs(run: Run) -> Table:
    """The training, epoch by epoch."""
    rows = [
        (
            row["epoch"],
            *(
                Share(_nan_if_missing(row[key])) if "acc" in key else Loss(_nan_if_missing(row[key]))
                for key in _EPOCH_COLUMNS
            ),
            row["learning_rate"],
            row["seconds"],
        )
        for row in run.history()
        if row["kind"] == "epoch"
    ]
    return Table("epochs", "The training", ("Epoch", *_EPOCH_COLUMNS.values(), "Learning rate", "Seconds"), rows)


def settings(run: Run) -> Table:
    """The hyperparameters that the run was trained with."""
    rows = [(name.replace("_", " ").capitalize(), value) for name, value in run.config.to_dict().items()]
    return Table("settings", "Settings", ("Setting", "Value"), rows)


def _nan_if_missing(value: float | None) -> float:
    return math.nan if value is None else value
