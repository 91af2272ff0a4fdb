"""ROC and precision-recall curves on the Evaluate page: the classes one chooses, near the corner that matters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from digitrec.charts import metrics
from digitrec.metrics import curves as ranking
from digitrec.metrics.curves import ClassCurves, Curve
from digitrec.report.formatting import format_area

MANY_CLASSES = 12  # above which only the weakest curves are shown until a person chooses
_MAX_WEAKEST = 6
_PLAIN = {"displayModeBar": False}


def curves_view(rankings: Sequence[ClassCurves], class_names: Sequence[str]) -> None:
    """ROC or precision-recall curves of chosen classes, and the areas of all."""
    with st.container(horizontal=True, gap="medium"):
        kind = _choice("Curve", ("ROC", "Precision-recall"), "numbers-curve")
        part = _choice("Show", ("the corner", "all of it"), "numbers-corner")
    chosen = st.pills(
        "Classes (none chosen: all)" if len(class_names) <= MANY_CLASSES else "Classes (none chosen: the weakest)",
        range(len(class_names)),
        format_func=lambda index: class_names[index],
        selection_mode="multi",
        key=f"numbers-curve-classes {' '.join(class_names)}",
        persist_state="session",
        wrap=True,
    )
    roc = kind == "ROC"
    curves = [one.roc if roc else one.precision_recall for one in rankings]
    shown = _choose_curves(curves, chosen)
    if not shown:
        st.info("None of these classes has both images of its own and others to tell it from: no curve.")
        return
    st.markdown(_describe_areas(curves, class_names, roc=roc))
    corner = ranking.roc_corner if roc else ranking.precision_recall_corner
    side = corner([curves[index] for index in shown]) if part == "the corner" else 1.0
    figure = metrics.roc_figure if roc else metrics.precision_recall_figure
    by_name = {class_names[index]: ranking.thin_curve(curves[index]) for index in shown}
    st.plotly_chart(
        figure(by_name, side),
        key="numbers-curves",
        config=_PLAIN,
        alt=f"{kind} curves; their areas are listed below",
    )
    _areas_table(rankings, class_names)


def _choose_curves(curves: Sequence[Curve], chosen: Sequence[int]) -> list[int]:
    """Which curves are drawn: those chosen, else all, of many classes the weakest."""
    known = [index for index in range(len(curves)) if len(curves[index].x)]
    if chosen:
        return [index for index in known if index in chosen]
    return known if len(curves) <= MANY_CLASSES else sorted(known, key=lambda i: curves[i].area)[:_MAX_WEAKEST]


def _describe_areas(curves: Sequence[Curve], class_names: Sequence[str], *, roc: bool) -> str:
    areas = {name: curve.area for name, curve in zip(class_names, curves, strict=True) if len(curve.x)}
    least = min(areas, key=areas.get)
    mean = format_area(float(np.mean(list(areas.values()))))
    ends = f"Mean over the classes {mean}; least for **{least}**, {format_area(areas[least])}."
    if roc:
        return (
            "The area under a ROC curve is the chance that a random image of the class gets a higher probability "
            f"for it than a random image of another: 1 is perfect, 0.5 is guessing. {ends}"
        )
    return (
        "The area under a precision-recall curve (average precision) is the mean precision over all recalls: 1 is "
        f"perfect, guessing gives the class's share of the images. {ends}"
    )


def _areas_table(rankings: Sequence[ClassCurves], class_names: Sequence[str]) -> None:
    rows = [
        {
            "Class": name,
            "ROC area (AUC)": format_area(one.roc.area),
            "Average precision": format_area(one.precision_recall.area),
            "Guessing gives": format_area(one.share),
        }
        for name, one in zip(class_names, rankings, strict=True)
    ]
    with st.expander("The areas of all classes"):
        st.dataframe(
            rows,
            hide_index=True,
            height="content",
            alt="Areas under both curves of each class",
            key="numbers-areas",
        )


def _choice(label: str, options: Sequence[str], key: str) -> str:
    return st.segmented_control(
        label, options, default=options[0], required=True, key=key, persist_state="session"
    )
