"""Accuracy over corruptions and severities: cells to choose, and the images that are misread in the chosen one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from digitrec.evaluation import Score
from digitrec.reporting import CORRUPTION_TEXTS, evaluation_tables, robustness
from digitrec.robustness import CORRUPTIONS, SEVERITIES, RobustnessScores
from digitrec.runs import Run
from digitrec.ui.evaluate import blocks, failures

Measured = Mapping[Run, tuple[Score, RobustnessScores]]
CELL = "robustness-cell"  # in the session: the chosen (run's name, corruption, severity)


@st.fragment
def view(measured: Measured, shown: Sequence[bool]) -> None:
    """The cells of each network, and the images that are misread in the chosen one.

    A fragment, so that a choice does not draw the whole page again: that would close an open table.

    Args:
        measured: the networks, with what they answered.
        shown: of each column, whether one of these networks stands there.
    """
    places = [column for column, taken in zip(st.columns(len(shown), gap="medium"), shown, strict=True) if taken]
    for place, (run, (score, scores)) in zip(places, measured.items(), strict=True):
        with place:
            _cell_figure(run, score, scores)
    _chosen_cell(measured)


def _cell_figure(run: Run, score: Score, scores: RobustnessScores) -> None:
    """All cells as a figure and as a table; in both, one can be chosen."""
    key, table_key = f"robustness-figure {run.path}", f"robustness-table {run.path}"
    figure = robustness.corruption_figure(score, scores)
    blocks.show_figure(figure, key=key, on_select=lambda: _choose_point(run, key))
    with st.expander("As a table"):
        st.caption("Choose a cell with the mouse or the arrow keys to see its misread images.")
        blocks.show_table(
            evaluation_tables.corruptions(scores),
            key=table_key,
            on_select=lambda: _choose_cell(run, table_key),
            selection_mode="single-cell",
        )


def _choose_point(run: Run, key: str) -> None:
    points = st.session_state[key]["selection"]["points"]
    if points:
        row, column = divmod(points[0]["point_index"], len(SEVERITIES))
        st.session_state[CELL] = run.name, list(CORRUPTIONS)[row], SEVERITIES[column]


def _choose_cell(run: Run, key: str) -> None:
    cells = st.session_state[key]["selection"]["cells"]
    severities = dict(zip(map(evaluation_tables.severity_column, SEVERITIES), SEVERITIES, strict=True))
    if cells and cells[0][1] in severities:
        st.session_state[CELL] = run.name, list(CORRUPTIONS)[cells[0][0]], severities[cells[0][1]]


def _chosen_cell(measured: Measured) -> None:
    name, corruption, severity = st.session_state.get(CELL, (None, "", 0))
    run = next((each for each in measured if each.name == name), None)
    if run is None:
        st.caption("Click a cell, or choose one in the table, to see its misread images.")
        return
    title = CORRUPTION_TEXTS[corruption].title
    st.header(f"{title}, severity {severity}: images that {run.name} misreads", anchor=False)
    score, scores = measured[run]
    st.caption(robustness.describe_cell(scores, corruption, severity))
    failures.view(score, scores, (corruption, severity))
