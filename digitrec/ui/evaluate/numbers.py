"""The Numbers section of Evaluate: every number with its interval, each class, and curves to choose from."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from digitrec.evaluation import Score
from digitrec.metrics import MetricsError
from digitrec.reporting import Heading, sections
from digitrec.ui.evaluate import blocks

ZOOMED, WHOLE = "zoomed in", "whole"


def view(score: Score) -> None:
    """The numbers of all classes together, of each class, and the curves."""
    try:
        for make in (sections.numbers, sections.corrected_labels, sections.classes):
            blocks.render(blocks.cached(make, score))
    except MetricsError as error:
        st.warning(f"These numbers cannot be computed: {error}", icon=":material/warning:")
        return
    blocks.render([Heading(sections.CURVES_TITLE)])
    st.fragment(_curves)(score)


def _curves(score: Score) -> None:
    """ROC or precision-recall curves of chosen classes, and the areas of all."""
    names = score.run.class_names
    with st.container(horizontal=True, gap="medium"):
        kind = _choice("Curve", sections.CURVE_KINDS, "numbers-curve")
        scale = _choice("Range", (ZOOMED, WHOLE), "numbers-corner")
    chosen = st.pills(
        f"Classes (none chosen: {'all' if len(names) <= sections.MAX_CURVES else 'the weakest'})",
        range(len(names)),
        format_func=lambda index: names[index],
        selection_mode="multi",
        key=f"numbers-curve-classes {' '.join(names)}",
        persist_state="session",
        wrap=True,
    )
    choices = {"kinds": (kind,), "chosen": tuple(chosen), "is_zoomed": scale == ZOOMED}
    blocks.render(blocks.cached(sections.curves, score, **choices))


def _choice(label: str, options: Sequence[str], key: str) -> str:
    return st.segmented_control(
        label, options, default=options[0], required=True, key=key, persist_state="session"
    )
