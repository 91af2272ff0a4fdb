"""Two to six runs side by side: curves, what differs, what each costs, which is better, and files of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from digitrec.evaluation import AXES, RunSummary, comparison
from digitrec.reporting import comparison_texts, curve_files
from digitrec.runs import Run
from digitrec.ui.components import downloads
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.components.downloads import File
from digitrec.ui.models import answers, costs

MAX_COMPARED = 6  # columns of a table that can be read
N_SUGGESTED = 4  # so many of the newest comparable runs are chosen at first
AXIS_TITLES = {"epochs": "Epochs", "seconds": "Seconds of training", "images": "Images seen"}
_COMPARED = "models-compared"  # in the session: names of the runs chosen
_COMPARED_FOR = "models-compared-for"  # and what they have in common


def compare_runs(overviews: Sequence[RunSummary], run: Run) -> None:
    """A run and comparable ones, or those that a person chooses."""
    trained = [found.run for found in overviews if found.epochs]
    if not trained:
        st.caption("No run has finished an epoch yet.")
        return
    _suggest(trained, run)
    by_name = {each.name: each for each in trained}
    names = st.multiselect(
        "Runs",
        list(by_name),
        key=_COMPARED,
        persist_state="session",
        max_selections=MAX_COMPARED,
        placeholder=f"Choose two to {MAX_COMPARED} runs",
    )
    chosen = [by_name[name] for name in by_name if name in names]
    if not chosen:
        _offer_others(trained, "Choose one or more runs.")
        return
    is_fair = len({comparison.compare_by(each) for each in chosen}) == 1
    if not is_fair:
        st.caption(
            ":material/warning: These runs have different validation images, so their curves cannot be compared."
        )
    _show_curves(chosen)
    found = [each for each in overviews if each.run in chosen]
    if len(chosen) == 1:
        _offer_others(trained, f"Choose a second run to compare **{escape_markdown(chosen[0].name)}** with.")
    else:
        _show_side_by_side(found, is_fair=is_fair)
    _show_downloads(chosen)


def _show_side_by_side(found: Sequence[RunSummary], *, is_fair: bool) -> None:
    measured = costs.measure(found)
    rows = [{"Setting": title, **values} for title, values in costs.list_numbers(found, measured).items()]
    rows += comparison_texts.list_differences([each.run for each in found])
    st.subheader("What differs", anchor=False)
    st.table(rows, border="horizontal", hide_index=True, alt="Numbers and settings in which the runs differ")
    costs.show_frontier(found, measured, is_fair=is_fair)
    trained = [each.run for each in found if each.run.has_model]
    if len(trained) == 2 == len(found):
        answers.compare_two(*trained)


def _show_curves(chosen: Sequence[Run]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = st.segmented_control(
            "Metric",
            ("accuracy", "loss"),
            format_func=str.capitalize,
            default="accuracy",
            required=True,
            key="models-metric",
            persist_state="session",
        )
        axis = st.segmented_control(
            "Against",
            AXES,
            format_func={"epochs": "Epochs", "seconds": "Time", "images": "Images seen"}.__getitem__,
            default="epochs",
            required=True,
            key="models-axis",
            persist_state="session",
        )
    from digitrec.charts.live_curves import compare_curves  # Altair and pandas take 0.3 s

    histories = {run.name: run.history() for run in chosen}
    at = {run.name: comparison.place_epochs(run, histories[run.name], axis) for run in chosen}
    chart = compare_curves(histories, metric, None if axis == "epochs" else at, AXIS_TITLES[axis])
    alt = f"{metric.capitalize()} of {', '.join(histories)} against {AXIS_TITLES[axis].lower()}"
    st.altair_chart(chart, key=f"compare {axis}", alt=alt)


def _offer_others(trained: Sequence[Run], text: str) -> None:
    """Say what to choose, with the newest runs that can be compared at one click."""
    st.caption(text)
    if pair := _newest_alike(trained)[:2]:
        names = " and ".join(run.name for run in pair)
        st.button(
            escape_markdown(f"Compare {names}"),
            key="compare-newest",
            on_click=_choose,
            args=(pair,),
            icon=":material/compare_arrows:",
            help="The newest two runs with the same validation images.",
        )
    else:
        st.caption("No two runs have the same validation images yet: train another one on the same data set.")


def _choose(runs: Sequence[Run]) -> None:
    st.session_state[_COMPARED] = [run.name for run in runs]


def _suggest(trained: Sequence[Run], run: Run) -> None:
    """Choose the run and the newest comparable ones, unless a person has chosen others for such runs.

    Where nothing is comparable with the run that the page opens with, it shows the newest runs that are.
    """
    names, common = [each.name for each in trained], comparison.compare_by(run)
    is_first_sight = _COMPARED not in st.session_state
    if st.session_state.get(_COMPARED_FOR) != common or is_first_sight:
        alike = [each.name for each in trained if comparison.compare_by(each) == common and each != run]
        first = [run.name] if run.name in names else []
        if is_first_sight and not alike and (others := _newest_alike(trained)):
            first, alike = [], [each.name for each in others]
        st.session_state[_COMPARED] = (first + alike)[:N_SUGGESTED]
    before = st.session_state[_COMPARED]
    if not set(before) <= set(names):
        st.session_state[_COMPARED] = [name for name in before if name in names]  # without deleted runs
    st.session_state[_COMPARED_FOR] = common


def _newest_alike(trained: Sequence[Run]) -> list[Run]:
    """The newest runs with the same validation images, two at least; none where no two have the same."""
    by_age = sorted(trained, key=lambda each: each.created, reverse=True)
    for run in by_age:
        alike = [each for each in by_age if comparison.compare_by(each) == comparison.compare_by(run)]
        if len(alike) > 1:
            return alike
    return []


def _show_downloads(runs: Sequence[Run]) -> None:
    """Buttons that download the curves of these runs as CSV and for TensorBoard."""
    offered = [
        File(
            "Curves as CSV",
            "curves.csv",
            "text/csv",
            partial(curve_files.write_csv, runs),
            "curves-csv",
            {"icon": ":material/download:", "help": "All rows of the histories, one line each."},
        ),
        File(
            "Curves for TensorBoard",
            "tensorboard.zip",
            "application/zip",
            partial(curve_files.zip_event_files, runs),
            "curves-tensorboard",
            {"icon": ":material/download:", "help": "Unpack it, then: `tensorboard --logdir FOLDER`."},
        ),
    ]
    downloads.offer(offered, horizontal=True)
