"""An evaluation as tables: one source for the page, the report, the CSV files and the command line."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.data import loading, splits
from digitrec.evaluation import CorrectedLabels, Cut, Evaluation, Score, label_errors, queries
from digitrec.evaluation import slices as slicing
from digitrec.metrics import (
    ClassCurves,
    ClassEstimates,
    ReliabilityDiagram,
    class_curves,
    classification,
    proportion,
    reliability_diagram,
)
from digitrec.reporting import formatting
from digitrec.reporting.evaluation_texts import CORRUPTION_TEXTS, QUALITY_TEXTS
from digitrec.reporting.formatting import LOSSES, MEANINGS
from digitrec.reporting.tables import Area, Cell, Loss, Probability, Share, Table, estimate_cells
from digitrec.robustness import (
    CORRUPTIONS,
    EPSILONS,
    SEVERITIES,
    Attack,
    AttackError,
    RobustnessScores,
    fast_gradient,
)
from digitrec.robustness import scores as robustness_scores
from digitrec.runs import Run

UNCALIBRATED = "as trained"
_EPOCH_COLUMNS = {
    "loss": "Training loss",
    "accuracy": "Training accuracy",
    "val_loss": "Validation loss",
    "val_accuracy": "Validation accuracy",
}


class LazyTable(NamedTuple):
    """A table that can be made: `name` names its file."""

    name: str
    title: str
    make: Callable[[], Table]


def list_tables(score: Score) -> list[LazyTable]:
    """All tables there are of an evaluation, each made when it is needed."""
    run = score.run
    found: dict[str, tuple[str, Callable[[], Table]]] = {
        "numbers": ("All numbers", lambda: numbers(score)),
        "classes": ("Each class", lambda: classes(score)),
        "confusion": ("Confusion matrix", lambda: confusion(score)),
        "curves": ("Areas under the curves", lambda: areas(score)),
        "calibration": ("Calibration", lambda: calibration(diagrams(score))),
        "slices": ("Groups of images", lambda: image_slices(score, cuts(score))),
        "mistakes": ("Misread images", lambda: mistakes(score)),
        "answers": ("All answers", lambda: answers(score)),
        "epochs": ("Training", lambda: epochs(run)),
        "settings": ("Settings", lambda: settings(run)),
    }
    if (better := label_corrections(score)) is not None:
        found["labels"] = ("Corrected labels", lambda: better)
    if (scores := load_robustness(score)) is not None:
        found["robustness"] = ("Corruptions", lambda: corruptions(scores))
    if (attack := load_attack(score)) is not None:
        found["attack"] = ("Attack", lambda: attack_steps(attack))
    return [LazyTable(name, *one) for name, one in found.items()]


def numbers(score: Score) -> Table:
    """Every number over all classes with its interval and its meaning.

    Raises:
        MetricsError: labels and probabilities make no sense.
    """
    rows: list[tuple[Cell, ...]] = []
    for name, found in classification.summarize(score.split.labels, score.proba).items():
        unit = Loss if name in LOSSES else Share
        meaning = formatting.explain_number(name, score.proba.shape[1])
        rows.append((MEANINGS[name].title, *estimate_cells(found, unit), meaning))
    columns = ("Number", "Value", "95% interval", "Meaning")
    return Table("numbers", "All classes together", columns, rows)


def classes(score: Score, estimates: Sequence[ClassEstimates] | None = None) -> Table:
    """Precision, recall and F1 of each class with their intervals; `estimates` if they are measured already."""
    measured = estimates or classification.estimate_per_class(score.evaluation.confusion)
    rows: list[tuple[Cell, ...]] = [
        (name, one.support, *estimate_cells(one.precision), *estimate_cells(one.recall), *estimate_cells(one.f1))
        for name, one in zip(score.run.class_names, measured, strict=True)
    ]
    columns = [title for name in ("Precision", "Recall", "F1") for title in (name, f"{name}, 95% interval")]
    return Table("classes", "Each class", ("Class", "Images", *columns), rows)


def areas(score: Score, curves: Sequence[ClassCurves] | None = None) -> Table:
    """The areas under each class's ROC and precision-recall curve; `curves` if they are measured already."""
    measured = curves or class_curves(score.split.labels, score.proba)
    rows: list[tuple[Cell, ...]] = [
        (name, Area(one.roc.area), Area(one.precision_recall.area), Area(one.share))
        for name, one in zip(score.run.class_names, measured, strict=True)
    ]
    columns = ("Class", "ROC area (AUC)", "Average precision", "Average precision by guessing")
    return Table("curves", "Areas under the curves of all classes", columns, rows)


def confusion(score: Score) -> Table:
    """How many images of each class got each answer."""
    names = score.run.class_names
    rows: list[tuple[Cell, ...]] = [
        (name, *map(int, row)) for name, row in zip(names, score.evaluation.confusion, strict=True)
    ]
    return Table("confusion", "Confusion matrix", ("True class \\ answer", *names), rows)


def find_corrections(score: Score) -> CorrectedLabels | None:
    """The labels that people corrected; None where no label is known to be wrong."""
    return label_errors.correct_labels(score.dataset.name, score.split_name, score.split.labels)


def label_corrections(score: Score) -> Table | None:
    """The accuracy on the given and on the corrected labels; None where no label is known to be wrong."""
    better = find_corrections(score)
    if better is None:
        return None
    correct_answers = score.proba.argmax(1) == better.labels
    ways = {"given": score.is_right, "corrected, without the disputed ones": correct_answers[better.clear]}
    rows: list[tuple[Cell, ...]] = [
        (name, n := len(right), n - (k := int(right.sum())), *estimate_cells(proportion(k, n)))
        for name, right in ways.items()
    ]
    columns = ("Labels", "Images", "Misread", "Accuracy", "95% interval")
    return Table("labels", "With corrected labels", columns, rows)


def diagrams(score: Score) -> dict[str, ReliabilityDiagram]:
    """The reliability of the probabilities as trained and, where there is a temperature, calibrated; by name."""
    found = {UNCALIBRATED: score.proba}
    if score.temperature is not None:
        found[f"calibrated (temperature {score.temperature:.2f})"] = score.calibrated
    return {name: reliability_diagram(proba, score.split.labels) for name, proba in found.items()}


def calibration(found: Mapping[str, ReliabilityDiagram]) -> Table:
    """The gap between confidence and accuracy."""
    rows: list[tuple[Cell, ...]] = [
        (name, *estimate_cells(one.error), *estimate_cells(one.by_chance), Loss(one.log_loss))
        for name, one in found.items()
    ]
    columns = (
        "Probabilities",
        "Calibration error",
        "95% interval",
        "If calibrated",
        "If calibrated, 95% interval",
        "Log loss",
    )
    return Table("calibration", "Calibration", columns, rows)


def cuts(score: Score) -> dict[str, Cut]:
    """The images grouped by each property that is known of them."""
    return slicing.cut_by_measures(score.split.images) | writer_cut(score)


def writer_cut(score: Score) -> dict[str, Cut]:
    """The images grouped by writer; nothing where the writers are unknown."""
    dataset, config = loading.load(score.dataset.name), score.run.config
    writers = splits.select_writers(dataset, score.split_name, share=config.validation_share, seed=config.seed)
    return slicing.cut_by_writer(writers)


def image_slices(score: Score, cuts: Mapping[str, Cut]) -> Table:
    """The accuracy on each group of images."""
    rows: list[tuple[Cell, ...]] = [
        (
            QUALITY_TEXTS[quality].title,
            part.name,
            part.n,
            part.n - part.right,
            *estimate_cells(part.accuracy),
            "few images" if part.n < slicing.MIN_SLICE_IMAGES else "",
        )
        for quality, cut in cuts.items()
        for part in slicing.measure_slices(score.is_right, cut)
    ]
    columns = ("Property", "Group", "Images", "Misread", "Accuracy", "95% interval", "Caution")
    return Table("slices", "Groups of images", columns, rows)


def surest_mistakes(score: Score) -> NDArray[np.int64]:
    """Indices int64 (m,) of the misread images, the most confident mistakes first."""
    labels, proba = score.split.labels, score.calibrated
    found = queries.find_answers(labels, proba, queries.AnswerQuery())
    return queries.sort_answers(found, labels, proba, by=queries.CONFIDENCE)


def mistakes(score: Score) -> Table:
    """The misread images, the most confident mistakes first."""
    names = score.run.class_names
    rows: list[tuple[Cell, ...]] = []
    for index in surest_mistakes(score):
        proba, true = score.calibrated[index], score.split.labels[index]
        answer = proba.argmax()
        confidences = Probability(proba[answer]), Probability(proba[true])
        rows.append((int(index), names[true], names[answer], *confidences))
    columns = ("Image", "True class", "Answer", "Probability of the answer", "Probability of the true class")
    return Table("mistakes", "Misread images", columns, rows)


def answers(score: Score) -> Table:
    """Every image with its label, the answer, and the calibrated probability of each class."""
    names = score.run.class_names
    rows: list[tuple[Cell, ...]] = [
        (i, names[label], names[proba.argmax()], *map(Probability, proba.tolist()))
        for i, (label, proba) in enumerate(zip(score.split.labels, score.calibrated, strict=True))
    ]
    columns = ("Image", "True class", "Answer", *(f"Probability of {name}" for name in names))
    return Table("answers", "All answers", columns, rows)


def load_robustness(score: Score) -> RobustnessScores | None:
    """The robustness stored with the run, if it is of this network and these images."""
    found = robustness_scores.load_scores(score.run, score.dataset.name, score.split_name)
    return found if found is not None and found.belongs_to(score.evaluation) else None


def load_attack(score: Score) -> Attack | None:
    """The attack stored with the run, if it is of this network and these images."""
    stored = score.run.load_evaluation(score.dataset.name, fast_gradient.record_name(score.split_name))
    return None if stored is None else parse_attack(stored, score.evaluation)


def parse_attack(values: Mapping[str, Any], evaluation: Evaluation) -> Attack | None:
    """The attack in these values; None if they are damaged, or of another network or other images."""
    try:
        found = Attack.from_dict(values)
    except AttackError:
        return None
    return found if found.belongs_to(evaluation.model_sha256, evaluation.data_sha256) else None


def corruptions(scores: RobustnessScores) -> Table:
    """The accuracy on each corruption at each severity."""
    rows: list[tuple[Cell, ...]] = [
        (CORRUPTION_TEXTS[name].title, *map(Share, row), corruption.paper)
        for (name, corruption), row in zip(CORRUPTIONS.items(), scores.right / scores.n, strict=True)
    ]
    columns = ("Corruption", *map(severity_column, SEVERITIES), "Severity of MNIST-C")
    return Table("robustness", "Accuracy on corrupted images", columns, rows)


def severity_column(severity: int) -> str:
    """The title of a severity's column."""
    return f"Severity {severity}"


def attack_steps(found: Attack) -> Table:
    """The accuracy at each step of the attack, and at steps in random directions."""
    rows: list[tuple[Cell, ...]] = [
        (
            epsilon,
            *estimate_cells(attacked),
            *estimate_cells(by_chance),
        )
        for epsilon, attacked, by_chance in zip(EPSILONS, found.accuracy, found.accuracy_by_chance, strict=True)
    ]
    names = ("Along the gradient", "Random direction")
    columns = [title for name in names for title in (name, f"{name}, 95% interval")]
    return Table("attack", "Accuracy under attack", ("Step (levels of 255)", *columns), rows)


def epochs(run: Run) -> Table:
    """The training, epoch by epoch."""
    rows: list[tuple[Cell, ...]] = [
        (
            row.epoch,
            *(
                Share(_nan_if_missing(getattr(row, key)))
                if "acc" in key
                else Loss(_nan_if_missing(getattr(row, key)))
                for key in _EPOCH_COLUMNS
            ),
            row.learning_rate,
            row.seconds,
        )
        for row in run.history().epochs
    ]
    return Table("epochs", "Training", ("Epoch", *_EPOCH_COLUMNS.values(), "Learning rate", "Seconds"), rows)


def settings(run: Run) -> Table:
    """The hyperparameters of the run."""
    rows: list[tuple[Cell, ...]] = [
        (formatting.format_setting(name), value) for name, value in run.config.to_dict().items()
    ]
    return Table("settings", "Settings", ("Setting", "Value"), rows)


def _nan_if_missing(value: float | None) -> float:
    return math.nan if value is None else value
