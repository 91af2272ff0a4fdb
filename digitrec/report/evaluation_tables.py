"""An evaluation's numbers as tables: one source for the report, the CSV files and the command line."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from digitrec.data import loading, splits
from digitrec.evaluation import queries, slices
from digitrec.evaluation.label_errors import correct_labels
from digitrec.evaluation.scoring import Score
from digitrec.evaluation.slices import QUALITIES, Cut, measure_slices
from digitrec.inference.verdict import fitted_temperature
from digitrec.metrics import classification
from digitrec.metrics.calibration import ReliabilityDiagram, calibrate, reliability_diagram
from digitrec.metrics.classification import Evaluation
from digitrec.metrics.curves import ClassCurves, class_curves
from digitrec.metrics.intervals import Estimate
from digitrec.report import formatting
from digitrec.report.formatting import LOSSES, MEANINGS
from digitrec.report.tables import Area, Loss, Probability, Share, Table, estimate_cells, format_cell
from digitrec.robustness import fast_gradient
from digitrec.robustness import scores as robustness_scores
from digitrec.robustness.corruptions import CORRUPTIONS, SEVERITIES
from digitrec.robustness.fast_gradient import EPSILONS, Attack, AttackError
from digitrec.robustness.scores import RobustnessScores
from digitrec.runs.store import Run


class LazyTable(NamedTuple):
    """A table that can be made: `name` names its file."""

    name: str
    title: str
    make: Callable[[], Table]


def list_tables(run: Run, score: Score) -> list[LazyTable]:
    """All tables there are of an evaluation, each made when it is asked for."""
    names = run.class_names
    found = {
        "numbers": ("All numbers", lambda: numbers(score)),
        "classes": ("Each class", lambda: classes(score, names)),
        "confusion": ("Confusion matrix", lambda: confusion(score, names)),
        "curves": ("Areas under the curves", lambda: areas(class_curves(score.split.labels, score.proba), names)),
        "calibration": ("Calibration", lambda: calibration(diagrams(run, score))),
        "slices": ("Parts of the images", lambda: image_slices(score, cuts(run, score))),
        "mistakes": ("Misread images", lambda: mistakes(score, names)),
        "answers": ("All answers", lambda: answers(score, names)),
        "epochs": ("The training", lambda: epochs(run)),
        "settings": ("Settings", lambda: settings(run)),
    }
    if (better := label_corrections(score)) is not None:
        found["labels"] = ("Corrected labels", lambda: better)
    if (scores := load_robustness(run, score)) is not None:
        found["robustness"] = ("Corruptions", lambda: corruptions(scores))
    if (attack := load_attack(run, score)) is not None:
        found["attack"] = ("Attack", lambda: attack_steps(attack))
    return [LazyTable(name, *one) for name, one in found.items()]


def numbers(score: Score) -> Table:
    """Every number over all classes, with its interval and what it means."""
    rows = []
    for name, found in classification.summarize(score.split.labels, score.proba).items():
        unit = Loss if name in LOSSES else Share
        meaning = formatting.explain_number(name, score.proba.shape[1])
        rows.append((MEANINGS[name].title, *estimate_cells(found, unit), meaning))
    columns = ("Number", "Value", "95% interval", "Meaning")
    return Table("numbers", "All classes together", columns, rows)


def classes(score: Score, class_names: Sequence[str]) -> Table:
    """Precision, recall and F1 of each class with their intervals."""
    found = classification.estimate_per_class(score.evaluation.confusion)
    rows = [
        (name, one.support, *estimate_cells(one.precision), *estimate_cells(one.recall), *estimate_cells(one.f1))
        for name, one in zip(class_names, found, strict=True)
    ]
    parts = [(name, f"{name}, 95% interval") for name in ("Precision", "Recall", "F1")]
    return Table("classes", "Each class", ("Class", "Images", *sum(parts, ())), rows)


def areas(found: Sequence[ClassCurves], class_names: Sequence[str]) -> Table:
    """The areas under each class's ROC and precision-recall curve."""
    rows = [
        (name, Area(one.roc.area), Area(one.precision_recall.area), Area(one.share))
        for name, one in zip(class_names, found, strict=True)
    ]
    columns = ("Class", "ROC area", "Average precision", "Average precision by guessing")
    return Table("curves", "Each class against all others", columns, rows)


def confusion(score: Score, class_names: Sequence[str]) -> Table:
    """How often each class was answered for each."""
    rows = [(name, *map(int, row)) for name, row in zip(class_names, score.evaluation.confusion, strict=True)]
    return Table("confusion", "Confusion matrix", ("True class \\ answer", *class_names), rows)


def label_corrections(score: Score) -> Table | None:
    """The accuracy on the labels as given, and as people agreed on; None where no label is known to be wrong."""
    evaluation, given = score.evaluation, score.split.labels
    better = correct_labels(evaluation.dataset, evaluation.split, given)
    if better is None:
        return None
    answer = score.proba.argmax(1)
    ways = {
        "as given": answer == given,
        "as people agreed on, the unclear left out": (answer == better.labels)[better.clear],
    }
    rows = [
        (
            name,
            len(right),
            int((~right).sum()),
            *estimate_cells(classification.proportion(int(right.sum()), len(right))),
        )
        for name, right in ways.items()
    ]
    columns = ("Labels", "Images", "Misread", "Accuracy", "95% interval")
    return Table("labels", "With the wrong labels put right", columns, rows)


def probabilities(run: Run, score: Score) -> dict[str, np.ndarray]:
    """The probabilities as they are and, where the network has a temperature, with it: float32 (n, c), by name."""
    found = {"as trained": score.proba}
    temperature = fitted_temperature(run, score.evaluation.model_sha256)
    if temperature is not None:
        found[f"with temperature {temperature:.2f}"] = calibrate(score.proba, temperature)
    return found


def diagrams(run: Run, score: Score) -> dict[str, ReliabilityDiagram]:
    """The reliability of each of the `probabilities`."""
    found = probabilities(run, score)
    return {name: reliability_diagram(proba, score.split.labels) for name, proba in found.items()}


def calibration(found: Mapping[str, ReliabilityDiagram]) -> Table:
    """How far confidence and accuracy lie apart."""
    rows = [
        (name, *estimate_cells(one.error), *estimate_cells(one.by_chance), Loss(one.log_loss))
        for name, one in found.items()
    ]
    columns = ("Probabilities", "Calibration error", "95% interval", "By chance", "By chance, 95%", "Log loss")
    return Table("calibration", "As sure as right", columns, rows)


def cuts(run: Run, score: Score) -> dict[str, Cut]:
    """The images parted by each quality that is known of them."""
    share, seed = run.config.validation_share, run.config.seed
    dataset = loading.load(score.evaluation.dataset)
    writers = splits.select_writers(dataset, score.evaluation.split, share=share, seed=seed)
    return slices.cut_by_measures(score.split.images) | slices.cut_by_writer(writers)


def image_slices(score: Score, parted: Mapping[str, Cut]) -> Table:
    """The accuracy on each part of the images."""
    right = score.proba.argmax(1) == score.split.labels
    rows = [
        (
            QUALITIES[quality].title,
            part.name,
            part.n,
            part.right,
            *estimate_cells(Estimate(part.accuracy, part.low, part.high)),
        )
        for quality, cut in parted.items()
        for part in measure_slices(right, cut)
    ]
    columns = ("Parted by", "Part", "Images", "Right", "Accuracy", "95% interval")
    return Table("slices", "Parts of the images", columns, rows)


def surest_mistakes(score: Score) -> np.ndarray:
    """Indices int64 (m,) of the images read wrong, the surest mistakes first."""
    labels, proba = score.split.labels, score.proba
    return queries.sort_answers(
        queries.find_answers(labels, proba, queries.AnswerQuery()), labels, proba, by=queries.CONFIDENCE
    )


def mistakes(score: Score, class_names: Sequence[str]) -> Table:
    """The images read wrong, the surest mistakes first."""
    rows = []
    for index in surest_mistakes(score):
        proba, true = score.proba[index], score.split.labels[index]
        answer = proba.argmax()
        sure = Probability(proba[answer]), Probability(proba[true])
        rows.append((int(index), class_names[true], class_names[answer], *sure))
    columns = ("Image", "True class", "Answer", "Probability of the answer", "Probability of the true class")
    return Table("mistakes", "Misread images", columns, rows)


def answers(score: Score, class_names: Sequence[str]) -> Table:
    """Every image with its label, the answer, and the probability of each class."""
    rows = [
        (i, class_names[label], class_names[proba.argmax()], *map(Probability, proba.tolist()))
        for i, (label, proba) in enumerate(zip(score.split.labels, score.proba, strict=True))
    ]
    columns = ("Image", "True class", "Answer", *(f"Probability of {name}" for name in class_names))
    return Table("answers", "All answers", columns, rows)


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
    clean = classification.proportion(scores.clean, scores.n)
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
