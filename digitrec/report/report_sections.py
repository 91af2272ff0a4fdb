"""The parts of a run's report as HTML: tables from `evaluation_tables`, figures from the page's own functions."""

from __future__ import annotations

from collections.abc import Sequence

from digitrec.charts import metrics
from digitrec.charts.confusion import confusion_figure
from digitrec.charts.history import history_figure
from digitrec.charts.slices import SliceRow, slices_figure
from digitrec.evaluation import slices as slicing
from digitrec.evaluation.label_errors import SOURCE, find_label_error
from digitrec.evaluation.scoring import Score
from digitrec.evaluation.slices import QUALITIES, find_worst_slice
from digitrec.evaluation.slices import measure_slices as parts_of
from digitrec.metrics import classification
from digitrec.metrics import curves as metric_curves
from digitrec.report import evaluation_tables
from digitrec.report import html as html
from digitrec.report.formatting import format_confidence
from digitrec.report.tables import Probability, format_cell
from digitrec.runs.store import Run

MAX_MISTAKES = 200  # a file of a hopeless network would hold all images
MAX_CURVES = 12  # of more classes the weakest are drawn


def numbers(score: Score) -> str:
    """Every number over all classes, and the accuracy with the labels put right."""
    table = evaluation_tables.numbers(score)
    body = html.cards(
        [(row[0], format_cell(row[1]), f"95% interval {format_cell(row[2])}", row[3]) for row in table.rows]
    )
    better = evaluation_tables.label_corrections(score)
    if better is None:
        return body
    return (
        body
        + html.heading(better.title)
        + html.paragraph(f"Some of these labels are wrong; people looked at them one by one ({SOURCE}).")
        + html.table(better)
    )


def confusion(run: Run, score: Score) -> str:
    """The confusion matrix, counts and shares, and the most frequent mistakes in words."""
    found, names = score.evaluation.confusion, run.class_names
    leading = [
        f"{names[true]} read as {names[answer]} ({images:,})"
        for true, answer, images in classification.top_mistakes(found, 5)
    ]
    words = f"Most often: {', '.join(leading)}." if leading else "Not one image is read wrong."
    figures = [
        html.figure(
            confusion_figure(classification.confusion_cells(found, mode), names),
            f"Confusion matrix, {mode}. {words}",
        )
        for mode in (classification.COUNTS, classification.ROW_SHARES)
    ]
    return html.paragraph(words) + html.pair(*figures) + html.table(evaluation_tables.confusion(score, names))


def classes(run: Run, score: Score) -> str:
    """Precision, recall and F1 of each class."""
    found = classification.estimate_per_class(score.evaluation.confusion)
    figure = metrics.class_intervals_figure(found, run.class_names)
    alt = "Precision, recall and F1 of each class with their 95% intervals; the table below has the numbers"
    return html.figure(figure, alt) + html.table(evaluation_tables.classes(score, run.class_names))


def curves(run: Run, score: Score) -> str:
    """ROC and precision-recall curves near their corners, and all areas."""
    found = metric_curves.class_curves(score.split.labels, score.proba)
    areas = html.table(evaluation_tables.areas(found, run.class_names))
    known = [i for i, one in enumerate(found) if len(one.roc.x) and len(one.precision_recall.x)]
    shown = sorted(sorted(known, key=lambda i: found[i].precision_recall.area)[:MAX_CURVES])
    if not shown:
        return html.paragraph("No class has both images of its own and others to tell it from: no curve.") + areas
    names = [run.class_names[i] for i in shown]
    rocs, recalls = [found[i].roc for i in shown], [found[i].precision_recall for i in shown]
    roc = metrics.roc_figure(
        dict(zip(names, map(metric_curves.thin_curve, rocs), strict=True)), metric_curves.roc_corner(rocs)
    )
    recall = metrics.precision_recall_figure(
        dict(zip(names, map(metric_curves.thin_curve, recalls), strict=True)),
        metric_curves.precision_recall_corner(recalls),
    )
    alt = "of each class, near the corner; the table below has the areas"
    return (
        html.heading("ROC curves, near the corner")
        + html.figure(roc, f"ROC curve {alt}")
        + html.heading("Precision-recall curves, near the corner")
        + html.figure(recall, f"Precision-recall curve {alt}")
        + areas
    )


def sureness(run: Run, score: Score) -> str:
    """Confidence against accuracy, and what a threshold for silence does."""
    diagrams = evaluation_tables.diagrams(run, score)
    found = {
        name: metric_curves.risk_coverage_curve(score.proba.argmax(1) == score.split.labels, proba.max(1))
        for name, proba in evaluation_tables.probabilities(run, score).items()
    }
    threshold = run.reject or 0.0
    chosen = {name: metric_curves.operating_point(curve, threshold) for name, curve in found.items()}
    words = (
        f"Marked: answers only from {format_confidence(threshold)} sure, the threshold kept with this run."
        if threshold
        else "Marked: everything is answered, for no threshold is kept with this run."
    )
    return (
        html.paragraph(
            "Where confidence and accuracy agree, a point lies on the dotted line; below it the network is too "
            "sure. “By chance” is the error that a perfectly calibrated network would show on as many images."
        )
        + html.figure(metrics.reliability_figure(diagrams), "Reliability diagram; its numbers are below")
        + html.table(evaluation_tables.calibration(diagrams))
        + html.heading("If it may keep silent")
        + html.paragraph(f"The fewer images are answered, the surest first, the more answers are right. {words}")
        + html.figure(metrics.coverage_figure(found, chosen), "Accuracy over the share of images answered")
    )


def slices(run: Run, score: Score) -> str:
    """The accuracy on parts of the images, and the worst part in words."""
    parted, right = evaluation_tables.cuts(run, score), score.proba.argmax(1) == score.split.labels
    bad = find_worst_slice(right, parted)
    groups = [
        (
            QUALITIES[quality].title,
            [
                SliceRow(part.name, part, is_worst=bad is not None and (quality, code) == (bad.quality, bad.code))
                for code, part in enumerate(parts_of(right, cut))
                if part.n
            ],
        )
        for quality, cut in parted.items()
    ]
    figure = slices_figure(groups, score.evaluation.accuracy)
    return (
        html.paragraph(slicing.describe_worst_slice(bad))
        + html.figure(figure, "Accuracy on each part with its 95% interval; the table below has the numbers")
        + html.table(evaluation_tables.image_slices(score, parted))
    )


def mistakes(run: Run, score: Score) -> str:
    """The images read wrong, the surest mistakes first."""
    names, n = run.class_names, len(score.proba)
    wrong = evaluation_tables.surest_mistakes(score)
    if not len(wrong):
        return html.paragraph("Not one image is read wrong.")
    shown = wrong[:MAX_MISTAKES]
    captions = [_caption(score, int(index), names) for index in shown]
    more = f", of which the first {len(shown)} are shown" if len(shown) < len(wrong) else ""
    return html.paragraph(
        f"{len(wrong):,} of {n:,} images, the surest mistakes first{more}. The number is the image's place."
    ) + html.gallery(score.split.images[shown], captions)


def training(run: Run) -> str:
    """The training's curves, its epochs, and its settings."""
    history = run.history()
    settings = html.heading("Settings") + html.table(evaluation_tables.settings(run))
    if not any(row["kind"] == "epoch" for row in history):
        return settings
    figure = history_figure(history)
    return (
        html.figure(figure, "Accuracy and loss after each epoch; the table below has the numbers")
        + html.table(evaluation_tables.epochs(run))
        + settings
    )


def _caption(score: Score, index: int, names: Sequence[str]) -> str:
    proba, evaluation = score.proba[index], score.evaluation
    answer, true = names[proba.argmax()], names[score.split.labels[index]]
    judged = find_label_error(evaluation.dataset, evaluation.split, index)
    told = f"#{index}: read {answer} ({format_cell(Probability(proba.max()))}), is {true}"
    return f"{told}; {judged}" if judged else told
