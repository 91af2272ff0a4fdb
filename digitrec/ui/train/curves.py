"""The latest numbers of a training and its curves, as a person wants to see them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import streamlit as st

from digitrec.charts.curve_points import (
    BATCHES,
    EPOCHS,
    MAX_EARLIER,
    SECONDS,
    find_last,
    place_of,
    thin_out,
)
from digitrec.evaluation import comparison
from digitrec.runs import History, Run, store
from digitrec.ui.train import steering

if TYPE_CHECKING:
    from digitrec.charts.live_curves import CurveView

AXES = (EPOCHS, BATCHES, SECONDS)
_AXIS, _LINEAR, _SMOOTH, _EARLIER = "curves-axis", "curves-linear", "curves-smooth", "curves-earlier"
HELP = "Shift and the mouse wheel zoom into a curve, Shift and dragging move it, a double click goes back."


def show_curves(run: Run, history: History, *, key: str) -> None:
    """The latest numbers of a training, and its curves; nothing before the first batch."""
    if not (history.batches or history.epochs):
        return
    from digitrec.charts.live_curves import ZOOM, live_curves  # Altair and pandas take 0.3 s

    _show_numbers(history)
    view, has_earlier = _choose_view(key)
    earlier = {each.name: each.history() for each in _find_earlier(run)} if has_earlier else {}
    for column, metric in zip(st.columns(2), ("loss", "accuracy"), strict=True):
        with column:
            chart = live_curves(history, metric, steering.list_marks(history), view=view, earlier=earlier)
            words = f"{metric.capitalize()} over the {view.axis.lower()}"
            # A selection that nobody listens to would end with the next rows: Streamlit 1.67 empties it.
            st.altair_chart(chart, key=f"{key} {metric}", alt=words, on_select=_let_zoom, selection_mode=ZOOM)
    if earlier:
        st.caption("Grey: earlier runs with the same validation images. Point at a curve to see its name.")
    elif has_earlier:
        st.caption("There is no earlier run with the same validation images.")
    _show_rate(history, view.axis, key)


def _let_zoom() -> None:
    """Nothing: the browser has zoomed."""


def _show_numbers(history: History) -> None:
    batch = history.batches[-1] if history.batches else None
    epoch = history.epochs[-1] if history.epochs else None
    numbers = {
        "Training loss": (batch.loss if batch else None, ".4f"),
        "Training accuracy": (batch.accuracy if batch else None, ".2%"),
        "Validation loss": (epoch.val_loss if epoch else None, ".4f"),
        "Validation accuracy": (epoch.val_accuracy if epoch else None, ".2%"),
    }
    with st.container(horizontal=True, gap="medium"):
        for label, (value, spec) in numbers.items():
            st.metric(label, "–" if value is None else format(value, spec), width="content")


def _choose_view(key: str) -> tuple[CurveView, bool]:
    """How a person wants to see the curves, and whether with earlier runs behind."""
    from digitrec.charts.live_curves import CurveView

    st.session_state.setdefault(_AXIS, AXES[0])
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key=f"{key}-curves-view"):
        axis = st.segmented_control(
            "Axis", AXES, key=_AXIS, required=True, persist_state="session", label_visibility="collapsed"
        )
        smooth = st.toggle("Smooth", key=_SMOOTH, persist_state="session", help="A moving mean over the batches.")
        linear = st.toggle("Linear loss", key=_LINEAR, persist_state="session")
        earlier = st.toggle("Earlier runs", key=_EARLIER, persist_state="session")
        st.caption(HELP)
    return CurveView(axis or AXES[0], not linear, smooth), earlier


@functools.lru_cache(maxsize=20)  # of all sessions: the curves are drawn anew every second
def _find_earlier(run: Run) -> tuple[Run, ...]:
    """The newest runs before this one that have ended and have the same validation images."""
    runs = [each for each in store.list_runs() if each.created < run.created]
    older = (each for each in runs if comparison.compare_by(each) == comparison.compare_by(run))
    ended = (each for each in older if each.history().epochs and each != run)
    return tuple(each for each, _ in zip(ended, range(MAX_EARLIER), strict=False))


def _show_rate(history: History, axis: str, key: str) -> None:
    from digitrec.charts.live_curves import rate_curve

    rated = [batch for batch in thin_out(history.batches) if batch.learning_rate is not None]
    if rated:
        places = [place_of(history, axis, batch) for batch in rated]
        rates = [batch.learning_rate or 0.0 for batch in rated]
        rate = rate_curve(places, rates, last=max(find_last(history, axis), places[-1]), axis=axis)
        st.altair_chart(rate, key=f"{key} rate", alt=f"Learning rate over the {axis.lower()}")
