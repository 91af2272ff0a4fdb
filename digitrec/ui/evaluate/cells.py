"""Accuracy over corruptions and severities on the screen: cells to choose, and the images that fail in one."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from digitrec.charts import robustness
from digitrec.evaluation.scoring import Score
from digitrec.imaging.pictures import data_uri
from digitrec.metrics.classification import wilson_interval
from digitrec.robustness import corruptions
from digitrec.robustness.corruptions import CORRUPTIONS, SEVERITIES
from digitrec.robustness.scores import RobustnessScores
from digitrec.runs.store import Run
from digitrec.ui.evaluate import failures

Measured = Mapping[Run, tuple[Score, RobustnessScores]]
CELL = "robustness-cell"  # the chosen (run's name, corruption, severity)


@st.fragment
def view(measured: Measured, shown: Sequence[bool]) -> None:
    """The cells of each network, and the images that fail in the one that is chosen.

    A fragment, so that a choice does not draw the page anew: where that is done, an open table closes.

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
    key = f"robustness-figure {run.path}"
    sample = score.split.images[corruptions.sample_indices(len(score.split.labels), scores.n)[:1]]
    figure = robustness.robustness_figure(
        scores.right / scores.n,
        _hover_texts(scores),
        titles=[found.title for found in CORRUPTIONS.values()],
        paper=[found.paper for found in CORRUPTIONS.values()],
        samples=_sample_uris(sample.tobytes()),
    )
    st.plotly_chart(
        figure,
        key=key,
        on_select=lambda: _choose_point(run, key),
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"{run.name}: share read right of each corruption at each severity; the table below has the numbers",
    )
    with st.expander("As a table"):
        _table(run, scores)


def _hover_texts(scores: RobustnessScores) -> list[list[str]]:
    """What is said of each cell when it is pointed at."""
    return [
        [
            f"{found.title}, severity {severity}<br>{_describe_cell(scores, name, severity)}".replace(": ", "<br>")
            for severity in SEVERITIES
        ]
        for name, found in CORRUPTIONS.items()
    ]


def _describe_cell(scores: RobustnessScores, name: str, severity: int) -> str:
    right, _ = scores.cell(name, severity)
    low, high = wilson_interval(right, scores.n)
    strength = CORRUPTIONS[name].words(severity)
    return (
        f"{strength[0].upper()}{strength[1:]}: {right:,} of {scores.n:,} read right, {right / scores.n:.1%} "
        f"(95% interval {low:.1%} to {high:.1%})."
    )


@functools.lru_cache(maxsize=16)
def _sample_uris(image: bytes) -> list[list[str]]:
    """The addresses of an image under each corruption at each severity."""
    images = np.frombuffer(image, np.uint8).reshape(1, 28, 28)
    return [
        [data_uri(corruptions.corrupt(images, name, severity=severity)[0]) for severity in SEVERITIES]
        for name in CORRUPTIONS
    ]


def _table(run: Run, scores: RobustnessScores) -> None:
    rows = [
        {"Corruption": found.title, "MNIST-C has": found.paper}
        | {str(severity): 100 * float(share) for severity, share in zip(SEVERITIES, row, strict=True)}
        for found, row in zip(CORRUPTIONS.values(), scores.right / scores.n, strict=True)
    ]
    key = f"robustness-table {run.path}"
    st.caption("Choose a cell with the mouse or the arrow keys to see the images that fail there.")
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        key=key,
        on_select=lambda: _choose_cell(run, key),
        selection_mode="single-cell",
        column_config={str(i): st.column_config.NumberColumn(format="%.1f %%") for i in SEVERITIES},
        alt="Share of the images read right, of each corruption at each severity",
    )


def _choose_point(run: Run, key: str) -> None:
    points = st.session_state[key]["selection"]["points"]
    if points:
        row, column = divmod(points[0]["point_index"], len(SEVERITIES))
        st.session_state[CELL] = run.name, list(CORRUPTIONS)[row], column + 1


def _choose_cell(run: Run, key: str) -> None:
    cells = st.session_state[key]["selection"]["cells"]
    if cells and str(cells[0][1]).isdigit():
        st.session_state[CELL] = run.name, list(CORRUPTIONS)[cells[0][0]], int(cells[0][1])


def _chosen_cell(measured: Measured) -> None:
    """The images that fail in the chosen cell."""
    name, corruption, severity = st.session_state.get(CELL, (None, None, None))
    run = next((each for each in measured if each.name == name), None)
    if run is None:
        st.caption("Click a cell, or choose one in the table, to see the images that fail there.")
        return
    st.subheader(f"{CORRUPTIONS[corruption].title}, severity {severity}: what {run.name} misreads", anchor=False)
    score, scores = measured[run]
    st.caption(_describe_cell(scores, corruption, severity))
    failures.view(run, score, scores, (corruption, severity))
