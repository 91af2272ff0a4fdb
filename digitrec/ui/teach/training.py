"""A training on drawn samples, in place: the button that starts it, its progress, and how it ended."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

import streamlit as st

from digitrec.data import DatasetError, drawn_samples
from digitrec.data.drawn_samples import Samples
from digitrec.metrics import proportion
from digitrec.reporting import format_duration, format_share
from digitrec.runs import ClusterError, ConfigError, Run, RunError, Status, jobs, places, teaching
from digitrec.ui import pickers, state
from digitrec.ui.components import clusters
from digitrec.ui.components.digits import escape_markdown

BUSY = 0.5  # seconds between two polls of a training
MAX_DOUBLE_CLICK_SECONDS = 1.5
_START, _PROBLEM, _CLICKED = "teach-start", "teach-train-problem", "teach-clicked"
# In the session: whether a problem stands below the button, and of how many samples of each class it was said.
_SHOWN, _COUNTS = "teach-train-problem-shown", "teach-train-counts"

Starter = Callable[[Samples, Run], Run]


def view(name: str, start: Starter, *, label: str = "Train", ready: bool = True) -> Run | None:
    """Let a person train on a collection, and show the training that runs, or how the last one ended.

    Args:
        name: of the collection, and of its runs.
        start: starts a training on samples, on top of a run.
        label: of the button.
        ready: whether there are samples enough.

    Returns:
        The newest run, if it has ended with a network.
    """
    is_possible = clusters.is_trainable()
    if not is_possible and places.dashboard_cluster() is None:
        return None
    newest = next(iter(teaching.find_runs(name)), None)
    is_live = newest is not None and jobs.is_live(newest)
    _start_controls(name, start, label, is_off=is_live or not (is_possible and ready))
    problem = st.session_state.pop(_PROBLEM, None)
    st.session_state[_SHOWN] = problem is not None
    if problem:
        st.error(escape_markdown(problem), icon=":material/warning:")
    if newest is None:
        jobs.prepare_worker()
    elif is_live:
        st.fragment(functools.partial(_show_progress, newest), run_every=BUSY)()
    else:
        jobs.prepare_worker()
        _show_end(newest)
        return newest if newest.has_model else None
    return None


def forget_problem(counts: list[int]) -> None:
    """Show the page anew where it says why a training could not be started, and the samples are others now.

    Args:
        counts: samples of each class.
    """
    before, st.session_state[_COUNTS] = st.session_state.get(_COUNTS), counts
    if counts != before and st.session_state.pop(_SHOWN, False):
        st.rerun()


def _start_controls(name: str, start: Starter, label: str, *, is_off: bool) -> None:
    """The button that starts a training, and the network that it builds on."""
    starts = {run.name: run for run in teaching.list_starts()}
    if not starts:
        st.info("There is no built-in network to build on.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.button(
            label,
            key=f"teach-train {name}",
            type="primary",
            icon=":material/model_training:",
            disabled=is_off,
            on_click=_start_training,
            args=(name, start),
        )
        st.selectbox(
            "Builds on",
            list(starts),
            key=_START,
            width=160,
            persist_state="session",
            help=f"A built-in network. Its last {teaching.TRAINED_LAYERS} layers learn, the others stay.",
        )


def _start_training(name: str, start: Starter) -> None:
    now = time.monotonic()
    if now - st.session_state.get(_CLICKED, -MAX_DOUBLE_CLICK_SECONDS) < MAX_DOUBLE_CLICK_SECONDS:
        return
    st.session_state[_CLICKED] = now
    chosen = st.session_state.get(_START)
    try:
        base = next(run for run in teaching.list_starts() if chosen in (None, run.name))
        clusters.check()
        start(drawn_samples.load(name), base)
    except (ClusterError, ConfigError, DatasetError, RunError, OSError) as error:
        st.session_state[_PROBLEM] = f"The training could not be started: {error}"


def _show_progress(run: Run) -> None:
    """The bar of a training, with its accuracy and Stop; at the end the whole page is shown anew."""
    if not jobs.is_live(run):
        st.rerun()
    history = run.history()
    found = jobs.progress(history)
    if run in jobs.queue()[1:]:
        text = "Queued: another training runs."
    elif found is None or not found.epoch:
        text = "Starting ..."
    elif found.fraction >= 1:
        text = "Saving and checking the network ..."
    else:
        accuracy = f" · {history.batches[-1].accuracy:.0%} of the samples right" if history.batches else ""
        text = f"Epoch {found.epoch} of {found.epochs}{accuracy}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(found.fraction if found else 0.0, text=text)
        stop = functools.partial(jobs.stop, run)
        st.button("Stop", key="teach-stop", icon=":material/stop:", on_click=stop, disabled=run.wish is not None)


def _show_end(run: Run) -> None:
    """How the last training ended, in one line, and what can be done with its network."""
    status, history = jobs.status(run), run.history()
    name = f"**{escape_markdown(run.name)}**"
    if status in (Status.FAILED, Status.INTERRUPTED):
        st.error(f"{name}: {escape_markdown(str(jobs.failure_reason(run)))}", icon=":material/error:")
        return
    if not run.has_model:
        st.info(f"{name} was stopped before it had a network.")
        return
    seconds = history.seconds
    time_text = "" if seconds is None else f" in {format_duration(seconds)}"
    st.markdown(f"{name} was trained{time_text}{_validation_text(run)}.")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):  # a line of their own
        for page, title in (("draw", "Use it on Draw"), ("evaluate", "Evaluate it")):
            if st.button(title, key=f"teach to {page} {run.name}", type="tertiary"):
                st.session_state[state.page_model(page)] = run.name
                st.switch_page(pickers.page_path(page))
        st.button(
            "Throw it away",
            key=f"teach-discard {run.name}",
            type="tertiary",
            icon=":material/delete:",
            on_click=_discard,
            args=(run,),
            help="Deletes this network. Your samples stay.",
        )


def _validation_text(run: Run) -> str:
    history = run.history()
    if run.config.dataset.startswith(teaching.HANDWRITING):
        return ". It has learnt two thirds of your digits, and some of MNIST so that it forgets nothing"
    count = history.start.validation_images if history.start else 0
    accuracy = history.end.val_accuracy if history.end else None
    if not count or accuracy is None:
        return ". It has learnt from all samples"
    right = round(accuracy * count)
    low, high = (format_share(share, 0) for share in proportion(right, count)[1:])
    return f": {right} of {count} held-out samples right (95% interval {low} to {high})"


def _discard(run: Run) -> None:
    try:
        teaching.discard(run)
    except (RunError, DatasetError) as error:
        st.session_state[_PROBLEM] = str(error)
