"""The Numbers section of the Evaluate page: every number with its interval and what it means."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from digitrec.charts import metrics
from digitrec.evaluation import label_errors
from digitrec.evaluation.label_errors import CorrectedLabels
from digitrec.evaluation.scoring import Score
from digitrec.metrics import classification, curves
from digitrec.metrics.classification import ClassEstimates, MetricsError, confusion_matrix
from digitrec.metrics.curves import ClassCurves
from digitrec.metrics.intervals import Estimate
from digitrec.report import formatting
from digitrec.report.formatting import MEANINGS, explain_number, format_interval, format_share, format_value
from digitrec.runs.store import Run
from digitrec.ui.components import digits
from digitrec.ui.evaluate import curves as ui_curves

MIN_IMAGES = 100  # images below which no interval says much
_PLAIN = {"displayModeBar": False}


class Measured(NamedTuple):
    """All numbers of this section."""

    summary: dict[str, Estimate]
    classes: list[ClassEstimates]
    rankings: list[ClassCurves]


def view(run: Run, dataset: str, split: str, score: Score) -> None:
    """The numbers of all classes together, of each class, and the curves."""
    try:
        measured = _measure(score.split.labels, score.proba)
    except MetricsError as error:
        st.warning(f"There are no numbers: {error}", icon=":material/warning:")
        return
    st.subheader("All classes together", anchor=False)
    numbers_view(measured.summary, len(run.class_names), len(score.proba))
    better = label_errors.correct_labels(dataset, split, score.split.labels)
    if better is not None:
        st.subheader("With the wrong labels put right", anchor=False)
        corrected_view(score, better, run.class_names)
    st.subheader("Each class", anchor=False)
    classes_view(measured.classes, run.class_names)
    st.subheader("Each class against all others", anchor=False)
    st.fragment(ui_curves.curves_view)(measured.rankings, run.class_names)


def numbers_view(summary: dict[str, Estimate], classes: int, images: int) -> None:
    """Every number with its 95% interval and a sentence."""
    entries = "".join(
        f"<div><dt>{html.escape(MEANINGS[name].title)}</dt>"
        f"<dd><b>{html.escape(format_value(name, estimate.value))}</b> "
        f"<span>95% interval {html.escape(format_interval(name, estimate))}</span></dd>"
        f"<dd>{html.escape(explain_number(name, classes))}</dd></div>"
        for name, estimate in summary.items()
    )
    st.html(f'<dl class="digit-numbers">{entries}</dl>')
    st.caption(
        f"Over {images:,} images. Intervals of accuracy and top-2 accuracy are Wilson's, the others come of "
        "1,000 bootstrap draws: how far the number would have moved with other images of the same kind."
    )
    if images < MIN_IMAGES:
        st.info(f"With only {_count_images(images)} these numbers say little: take at least {MIN_IMAGES}.")
    elif summary["accuracy"].value in (0, 1):
        st.info(
            "The answers are all alike, right or wrong, so no draw differs from another and the bootstrap's "
            "intervals shrink to a point. Go by the accuracy's interval."
        )


def corrected_view(score: Score, better: CorrectedLabels, class_names: Sequence[str]) -> None:
    """The accuracy on the labels as given and as people agreed on, and the images in question."""
    answers, given, clear = score.proba.argmax(1), score.split.labels, better.clear
    on_given = answers == given
    on_better = (answers == better.labels)[clear]
    changed = np.flatnonzero((better.labels != given) | ~clear)
    for column, title, right in zip(
        st.columns(2),
        ("On the labels as given", "On the labels people agreed on"),
        (on_given, on_better),
        strict=True,
    ):
        estimate = classification.proportion(int(right.sum()), len(right))
        column.metric(title, format_share(estimate.value))
        column.caption(
            f"{int((~right).sum()):,} of {len(right):,} images misread; 95% interval "
            f"{format_interval('accuracy', estimate)}"
        )
    agreed, unclear = int((better.labels != given).sum()), int((~clear).sum())
    st.markdown(
        f"People looked at suspect labels of MNIST's test set, five at each ({label_errors.SOURCE}): they agreed "
        f"that {agreed} are wrong, which are corrected here; on {unclear} they agreed on no label, and those are "
        f"left out. {int((~on_given[changed]).sum())} of the {int((~on_given).sum()):,} mistakes fall on these "
        f"{agreed + unclear}. The number on the given labels stays the one to compare with what others report."
    )
    with st.expander(f"The {len(changed)} images"):
        digits.digit_gallery(
            score.split.images[changed], [_correction_caption(i, score, better, class_names) for i in changed]
        )


def classes_view(classes: Sequence[ClassEstimates], class_names: Sequence[str]) -> None:
    """Precision, recall and F1 of each class with intervals: the weakest in words, a figure, a table."""
    for words in _describe_classes(classes, class_names):
        st.markdown(words)
    st.plotly_chart(
        metrics.class_intervals_figure(classes, class_names),
        key="numbers-classes",
        config=_PLAIN,
        alt="Precision, recall and F1 of each class with their intervals; the table below has the numbers",
    )
    rows = [
        {"Class": name, "Images": one.support}
        | {
            title: text
            for label, estimate in (("Precision", one.precision), ("Recall", one.recall), ("F1", one.f1))
            for title, text in (
                (label, None if np.isnan(estimate.value) else 100 * estimate.value),
                (f"{label}, 95% interval", format_interval("accuracy", estimate)),
            )
        }
        for name, one in zip(class_names, classes, strict=True)
    ]
    shares = {name: st.column_config.NumberColumn(format="%.2f %%") for name in ("Precision", "Recall", "F1")}
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        placeholder=formatting.UNKNOWN,
        column_config=shares | {"Images": st.column_config.NumberColumn(format="localized")},
        alt="Precision, recall and F1 of each class with their 95% intervals, and the number of images",
        key="numbers-class-table",
    )
    st.caption("Intervals of precision and recall are Wilson's, those of F1 the bootstrap's.")


@st.cache_data(max_entries=8, show_spinner="Measuring ...")
def _measure(labels: np.ndarray, proba: np.ndarray) -> Measured:
    summary = classification.summarize(labels, proba)
    classes = classification.estimate_per_class(confusion_matrix(labels, proba.argmax(1), proba.shape[1]))
    return Measured(summary, classes, curves.class_curves(labels, proba))


def _correction_caption(index: int, score: Score, better: CorrectedLabels, class_names: Sequence[str]) -> str:
    answer, given = int(score.proba[index].argmax()), int(score.split.labels[index])
    agreed = f"agreed {class_names[better.labels[index]]}" if better.clear[index] else "unclear"
    words = (f"⚠ given {class_names[given]},", f"{agreed};", f"read {class_names[answer]}")
    return " ".join(word.replace(" ", "\u00a0") for word in words)  # a line breaks between them alone


def _describe_classes(classes: Sequence[ClassEstimates], class_names: Sequence[str]) -> list[str]:
    words = []
    known = [i for i, one in enumerate(classes) if one.support]
    absent = [name for name, one in zip(class_names, classes, strict=True) if not one.support]
    silent = [class_names[i] for i in known if np.isnan(classes[i].precision.value)]
    if len(known) > 1:
        weakest = min(known, key=lambda i: classes[i].recall.value)
        recall = classes[weakest].recall
        words.append(
            f"Weakest is **{class_names[weakest]}**: {format_share(recall.value)} of its images are found "
            f"({format_interval('accuracy', recall)})."
        )
    if absent:
        words.append(
            f"There is no image of {formatting.join_names(absent)}: recall is unknown there, and the means "
            "leave it out."
        )
    if silent:
        words.append(f"{formatting.join_names(silent)}: never answered, so precision is unknown there.")
    return words


def _count_images(n: int) -> str:
    return "1 image" if n == 1 else f"{n:,} images"
