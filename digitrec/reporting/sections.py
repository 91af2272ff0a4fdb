"""The sections of an evaluation, each made once as blocks: the page and the HTML report show the same ones.

A function computes or loads what its section tells, draws the figures and writes the texts. What a person clicks,
drags or chooses stays with the page, which passes the choice on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from digitrec.charts import metrics as charts
from digitrec.charts.confusion import confusion_figure
from digitrec.charts.history import history_figure
from digitrec.charts.slices import SliceRow, slices_figure
from digitrec.evaluation import SOURCE, CorrectedLabels, Cut, Evaluation, Score, WorstSlice, label_errors
from digitrec.evaluation import slices as slicing
from digitrec.metrics import ClassCurves, ClassEstimates, Curve, classification
from digitrec.metrics import curves as metrics
from digitrec.reporting import evaluation_tables, evaluation_texts, formatting
from digitrec.reporting.blocks import (
    Block,
    Figure,
    Gallery,
    Heading,
    Number,
    Numbers,
    Pair,
    Strong,
    TableBlock,
    Text,
    body,
    caption,
    note,
)
from digitrec.reporting.evaluation_texts import QUALITY_TEXTS
from digitrec.reporting.formatting import (
    format_area,
    format_count,
    format_interval,
    format_probability,
    format_share,
)
from digitrec.reporting.tables import format_cell
from digitrec.runs import Run

MIN_IMAGES = 100  # with fewer images no interval says much
MAX_MISTAKES = 200  # in a report: that of a poor network would hold all images
MAX_CURVES = 12  # drawn together; of more classes the weakest
MAX_NAMED_MISTAKES = 5

CONFUSION_TITLE = "Confusion matrix: what is mistaken for what"
CURVES_TITLE = "Each class against all others"
CURVE_KINDS = ("ROC", "Precision-recall")


def accuracy_text(evaluation: Evaluation) -> Text:
    """The accuracy as counts, with its interval."""
    _, low, high = evaluation.accuracy
    return body(
        f"{evaluation.right:,} of {evaluation.n:,} answers are right. With 95% confidence, the accuracy on images "
        "of this kind is ",
        Strong(f"between {format_share(low)} and {format_share(high)}"),
        " (Wilson interval).",
    )


def numbers(score: Score) -> list[Block]:
    """Every number over all classes with its 95% interval and its meaning.

    Raises:
        MetricsError: labels and probabilities make no sense.
    """
    table = evaluation_tables.numbers(score)
    entries = tuple(
        Number(str(title), format_cell(value), format_cell(interval), str(meaning))
        for title, value, interval, meaning in table.rows
    )
    images = len(score.proba)
    blocks: list[Block] = [
        Heading(table.title),
        Numbers(entries),
        caption(
            f"{count_images(images)}. Accuracy and top-2 accuracy have Wilson intervals, the other numbers "
            "bootstrap intervals (1,000 draws). An interval shows how far the number would move with other images "
            "of the same kind."
        ),
    ]
    if images < MIN_IMAGES:
        blocks.append(
            note(f"With only {count_images(images)} these numbers say little: use at least {MIN_IMAGES}.")
        )
    elif score.evaluation.accuracy.value in (0, 1):
        blocks.append(
            note(
                f"All answers are {'right' if score.evaluation.right else 'wrong'}, so the bootstrap intervals "
                "shrink to a point. Use the interval of the accuracy."
            )
        )
    return blocks


def corrected_labels(score: Score) -> list[Block]:
    """The accuracy on the given and on the corrected labels; nothing where no label is known to be wrong."""
    table = evaluation_tables.label_corrections(score)
    better = evaluation_tables.find_corrections(score)
    if table is None or better is None:
        return []
    titles = ("Accuracy on the given labels", "Accuracy on the corrected labels")
    entries = tuple(
        Number(title, format_cell(accuracy), format_cell(interval), f"{wrong:,} of {n:,} images misread.")
        for title, (_, n, wrong, accuracy, interval) in zip(titles, table.rows, strict=True)
    )
    given, answers = score.split.labels, score.proba.argmax(1)
    agreed, disputed = int((better.labels != given).sum()), int((~better.clear).sum())
    changed = np.flatnonzero((better.labels != given) | ~better.clear)
    mistakes, of_these = int((answers != given).sum()), int((answers != given)[changed].sum())
    captions = tuple(_correction_caption(score, better, int(i)) for i in changed)
    return [
        Heading(table.title),
        Numbers(entries, "columns"),
        body(
            f"Five people checked each suspect label of MNIST's test set ({SOURCE}). They agreed that {agreed} "
            f"are wrong: these are corrected here. They did not agree on {disputed}: these are left out. "
            f"{of_these} of the {mistakes:,} mistakes are on these {agreed + disputed} images. Compare the "
            "accuracy on the given labels with published results."
        ),
        Gallery(f"The {len(changed)} images", score.split.images[changed], captions, is_folded=True),
    ]


def classes(score: Score) -> list[Block]:
    """Precision, recall and F1 of each class with their intervals, and the weakest class."""
    names = score.run.class_names
    found = classification.estimate_per_class(score.evaluation.confusion)
    table = evaluation_tables.classes(score, found)
    return [
        Heading(table.title),
        *_describe_classes(found, names),
        class_figure(found, names),
        TableBlock(table),
        caption("Precision and recall have Wilson intervals, F1 a bootstrap interval."),
    ]


def class_figure(estimates: Sequence[ClassEstimates], class_names: Sequence[str]) -> Figure:
    """Precision, recall and F1 of each class as a figure."""
    alt = "Precision, recall and F1 of each class with their 95% intervals; the table has the numbers"
    return Figure("classes", charts.class_intervals_figure(estimates, class_names), alt)


def curves(
    score: Score, *, kinds: Sequence[str] = CURVE_KINDS, chosen: Sequence[int] = (), is_zoomed: bool = True
) -> list[Block]:
    """ROC and precision-recall curves of the chosen classes, and the areas of all.

    Args:
        score: the answers.
        kinds: which of `CURVE_KINDS`.
        chosen: the classes; none for all, or for the `MAX_CURVES` weakest of more.
        is_zoomed: whether the curves are drawn near the corner that matters.
    """
    found = metrics.class_curves(score.split.labels, score.proba)
    blocks: list[Block] = []
    for kind in kinds:
        if len(kinds) > 1:
            blocks.append(Heading(f"{kind} curves{', near the corner' if is_zoomed else ''}", 3))
        blocks += _curve_blocks(found, score.run.class_names, kind=kind, chosen=chosen, is_zoomed=is_zoomed)
    return [*blocks, TableBlock(evaluation_tables.areas(score, found), is_folded=True)]


def confusion(score: Score) -> list[Block]:
    """The confusion matrix as counts and as shares, and the most frequent mistakes."""
    matrix, names = score.evaluation.confusion, score.run.class_names
    words = describe_mistakes(score.evaluation, names)
    left, right = (
        Figure(
            f"confusion {mode}",
            confusion_figure(classification.confusion_cells(matrix, mode), names),
            f"Confusion matrix, {mode}. {words}",
        )
        for mode in (classification.COUNTS, classification.ROW_SHARES)
    )
    table = evaluation_tables.confusion(score)
    return [Heading(CONFUSION_TITLE), body(words), Pair(left, right), TableBlock(table, is_folded=True)]


def describe_mistakes(evaluation: Evaluation, class_names: Sequence[str]) -> str:
    """The most frequent mistakes in one sentence."""
    found = classification.top_mistakes(evaluation.confusion, MAX_NAMED_MISTAKES)
    if not found:
        return "There are no mistakes."
    pairs = (f"{class_names[true]} read as {class_names[answer]} ({n:,})" for true, answer, n in found)
    return f"Most frequent: {', '.join(pairs)}."


def slices(
    score: Score, cuts: Mapping[str, Cut] | None = None, worst: WorstSlice | None = None, chosen: str | None = None
) -> list[Block]:
    """The accuracy on groups of images that are alike, and the worst group.

    Args:
        score: the answers.
        cuts: the groups, where they are measured already.
        worst: of these, the worst.
        chosen: the group that is outlined, "thickness-0".
    """
    if cuts is None:
        cuts = evaluation_tables.cuts(score)
        worst = slicing.find_worst_slice(score.is_right, cuts)
    groups = []
    for quality, cut in cuts.items():
        parts = enumerate(slicing.measure_slices(score.is_right, cut))
        bad = worst.code if worst is not None and worst.quality == quality else None
        rows = [
            SliceRow(part.name, part, is_worst=code == bad, is_chosen=f"{quality}-{code}" == chosen)
            for code, part in parts
            if part.n
        ]
        groups.append((QUALITY_TEXTS[quality].title, rows))
    alt = "Accuracy on each group with its 95% interval; the table has the numbers"
    return [
        Heading("Accuracy on groups of images"),
        body(evaluation_texts.describe_worst_slice(worst)),
        Figure("slices", slices_figure(groups, score.evaluation.accuracy.value), alt),
        caption(
            f"Bars are 95% Wilson intervals. A group of fewer than {slicing.MIN_SLICE_IMAGES} images is shown, "
            "but never named the worst."
        ),
        TableBlock(evaluation_tables.image_slices(score, cuts), is_folded=True),
    ]


def mistakes(score: Score) -> list[Block]:
    """The misread images, the most confident mistakes first."""
    title, n = Heading("Misread images"), len(score.proba)
    wrong = evaluation_tables.surest_mistakes(score)
    if not len(wrong):
        return [title, body("There are no mistakes.")]
    shown = wrong[:MAX_MISTAKES]
    more = f" The first {len(shown)} are shown." if len(shown) < len(wrong) else ""
    captions = tuple(f"#{index} {answer_caption(score, int(index))}" for index in shown)
    remarks = (label_remark(score, int(index)) for index in shown)
    captions = tuple(
        f"{text}; {remark}" if remark else text for text, remark in zip(captions, remarks, strict=True)
    )
    return [
        title,
        body(
            f"{len(wrong):,} of {count_images(n)} are misread, the most confident mistakes first.{more} # is the "
            "position of the image, counted from 0."
        ),
        Gallery("Misread images", score.split.images[shown], captions),
    ]


def answer_caption(score: Score, index: int) -> str:
    """The answer to an image, its calibrated confidence, and the label: "✗ read 5 (91.0%), is 4"."""
    proba = score.calibrated[index]
    answer = int(proba.argmax())
    return describe_answer(score, index, answer=answer, confidence=float(proba[answer]))


def describe_answer(score: Score, index: int, *, answer: int, confidence: float) -> str:
    """Any answer to an image, its confidence, and the label."""
    names, true = score.run.class_names, int(score.split.labels[index])
    text = f"{names[answer]} ({format_probability(confidence)})"
    return f"✓ right: {text}" if answer == true else f"✗ read {text}, is\u00a0{names[true]}"


def label_remark(score: Score, index: int) -> str | None:
    """What people found about an image's label; None where nothing is known against it."""
    error = label_errors.find_label_error(score.dataset.name, score.split_name, index)
    return None if error is None else evaluation_texts.describe_label_error(error)


def training(run: Run) -> list[Block]:
    """The learning curves and the epochs of a run, and its settings."""
    blocks: list[Block] = [Heading("Training")]
    epochs = evaluation_tables.epochs(run)
    if epochs.rows:
        alt = "Accuracy and loss after each epoch; the table has the numbers"
        curves = Figure("history", history_figure(run.history().epochs), alt)
        blocks += [curves, TableBlock(epochs, is_folded=True)]
    settings = evaluation_tables.settings(run)
    return [*blocks, Heading(settings.title, 3), TableBlock(settings)]


def count_images(n: int) -> str:
    """So many images, in words."""
    return format_count(n, "image")


def _correction_caption(score: Score, better: CorrectedLabels, index: int) -> str:
    class_names = score.run.class_names
    answer, given = int(score.proba[index].argmax()), int(score.split.labels[index])
    agreed = f"agreed {class_names[better.labels[index]]}" if better.clear[index] else "disputed"
    words = (f"⚠ given {class_names[given]},", f"{agreed};", f"read {class_names[answer]}")
    return " ".join(word.replace(" ", "\u00a0") for word in words)  # a line breaks between them alone


def _describe_classes(estimates: Sequence[ClassEstimates], class_names: Sequence[str]) -> list[Text]:
    present = [i for i, one in enumerate(estimates) if one.support]
    absent = [name for name, one in zip(class_names, estimates, strict=True) if not one.support]
    unused = [class_names[i] for i in present if math.isnan(estimates[i].precision.value)]
    texts = []
    if len(present) > 1:
        weakest = min(present, key=lambda i: estimates[i].recall.value)
        recall = estimates[weakest].recall
        texts.append(
            body(
                "Weakest class: ",
                Strong(class_names[weakest]),
                f", with a recall of {format_share(recall.value)} (95% interval "
                f"{format_interval('recall', recall)}).",
            )
        )
    if absent:
        names = formatting.join_names(absent)
        texts.append(body(f"No images of {names}: their recall is unknown, and the means leave it out."))
    if unused:
        texts.append(body(f"Never answered: {formatting.join_names(unused)}. Their precision is unknown."))
    return texts


def _curve_blocks(
    found: Sequence[ClassCurves], class_names: Sequence[str], *, kind: str, chosen: Sequence[int], is_zoomed: bool
) -> list[Block]:
    is_roc = kind == CURVE_KINDS[0]
    lines = [one.roc if is_roc else one.precision_recall for one in found]
    shown = _choose_curves(lines, chosen)
    if not shown:
        return [note("None of these classes has images of its own and of others, so there is no curve.")]
    corner = metrics.roc_corner if is_roc else metrics.precision_recall_corner
    side = corner([lines[index] for index in shown]) if is_zoomed else 1.0
    draw = charts.roc_figure if is_roc else charts.precision_recall_figure
    by_name = {class_names[index]: metrics.thin_curve(lines[index]) for index in shown}
    return [
        _describe_areas(lines, class_names, is_roc=is_roc),
        Figure(f"curves {kind}", draw(by_name, side), f"{kind} curves; their areas are in the table"),
    ]


def _choose_curves(curves: Sequence[Curve], chosen: Sequence[int]) -> list[int]:
    """Which curves are drawn: the chosen ones, else all, or the weakest of many."""
    drawable = [index for index, curve in enumerate(curves) if len(curve.x)]
    if chosen:
        return [index for index in drawable if index in chosen]
    return sorted(sorted(drawable, key=lambda i: curves[i].area)[:MAX_CURVES])


def _describe_areas(curves: Sequence[Curve], class_names: Sequence[str], *, is_roc: bool) -> Text:
    areas = {name: curve.area for name, curve in zip(class_names, curves, strict=True) if len(curve.x)}
    least = min(areas, key=lambda name: areas[name])
    meaning = (
        "ROC area: the chance that a random image of the class gets a higher score than a random other image. "
        "1 is perfect, 0.5 is guessing."
        if is_roc
        else "The area under a precision-recall curve is the average precision. 1 is perfect; guessing gives the "
        "class's share of the images."
    )
    mean = format_area(float(np.mean(list(areas.values()))))
    return body(
        f"{meaning} Mean over the classes {mean}; lowest for ", Strong(least), f", {format_area(areas[least])}."
    )
