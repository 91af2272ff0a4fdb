"""The Train page's view of trainings: the one that runs, those in the queue, and how the last one ended."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from digitrec.evaluation import RunSummary, summarise_run
from digitrec.reporting import format_duration
from digitrec.runs import History, Run, Status, jobs
from digitrec.ui import pickers, state
from digitrec.ui.train import settings

MAX_LOG_LINES = 30  # of the log of a failed run


def show_live(live: Sequence[Run]) -> None:
    """The progress of the job that trains, with Stop, and the queue."""
    run = live[0]
    is_stopping = run.wish == "stop"
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    with left:
        st.subheader(f"{run.name}: {'stopping' if is_stopping else 'training'}", anchor=False)
        share, text = _progress_text(run.history(), is_stopping)
        st.progress(share, text=text)
    right.button(
        "Stop",
        key=f"stop {run.name}",
        on_click=jobs.stop,
        args=(run,),
        disabled=is_stopping,
        icon=":material/stop_circle:",
        help="Saves the best weights so far.",
        width="stretch",
    )
    for place, other in enumerate(live[1:], start=2):
        _show_queued(other, place, len(live))


def show_curves(history: History, *, key: str) -> None:
    """The latest numbers of a training, and its curves over the epochs; nothing before the first batch."""
    if not (history.batches or history.epochs):
        return
    from digitrec.charts.live_curves import live_curves  # Altair and pandas take 0.3 s

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
    for column, metric in zip(st.columns(2), ("loss", "accuracy"), strict=True):
        with column:
            chart = live_curves(history, metric)
            st.altair_chart(chart, key=f"{key} {metric}", alt=f"{metric.capitalize()} over the epochs")


def show_ended(run: Run) -> None:
    """How a run ended, and what can be done next."""
    history = run.history()
    found = summarise_run(run, history)
    _show_outcome(found)
    for note in history.start.validation_notes if history.start else ():
        st.warning(f"Validation: {note}", icon=":material/warning:")
    with st.container(horizontal=True):
        if run.has_model:
            for page, title in (("evaluate", "Evaluate it"), ("draw", "Draw with it")):
                st.button(title, key=f"to {page}", on_click=_open_page_with, args=(page, run.name))
        st.button("Use these settings again", key="again", on_click=settings.apply_config, args=(run.config,))
    if page := st.session_state.pop("train-go-to", None):
        st.switch_page(pickers.page_path(page))
    if found.status in (Status.FAILED, Status.INTERRUPTED) and (log := _log_tail(run)):
        st.expander("Last lines of the log").code(log, language=None, wrap_lines=True)
    if found.epochs:
        with st.expander("Learning curves", expanded=True):
            show_curves(history, key="ended")


def _show_outcome(found: RunSummary) -> None:
    run = found.run
    if found.status is Status.FAILED:
        st.error(f"**{run.name}** failed: {jobs.failure_reason(run)}", icon=":material/error:")
    elif found.status is Status.INTERRUPTED:
        st.warning(f"**{run.name}** was interrupted. {jobs.failure_reason(run)}", icon=":material/warning:")
    elif found.best_epoch is None:
        st.info(f"**{run.name}** was stopped before the end of its first epoch: it has no network.")
    else:
        st.success(_result_text(found), icon=":material/check_circle:")


def _log_tail(run: Run) -> str:
    """The last lines that the worker printed."""
    try:
        text = run.log_path.read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-MAX_LOG_LINES:])


def _progress_text(history: History, is_stopping: bool) -> tuple[float, str]:
    found = jobs.progress(history)
    if is_stopping:
        return found.fraction if found else 0.0, "Stopping: saving the best weights ..."
    if found is None or not found.epoch:
        return 0.0, "Starting: this takes about ten seconds ..."
    if found.fraction >= 1:
        return 1.0, "All epochs done. Saving and checking the network ..."
    parts = [f"Epoch {found.epoch} of {found.epochs}"]
    if found.seconds_left is not None:
        parts.append(f"{format_duration(found.seconds_left)} left")
    if found.images_per_second is not None:
        parts.append(f"{found.images_per_second:,.0f} images per second")
    return found.fraction, " · ".join(parts)


def rerun_when_jobs_change(drawn: Sequence[Run]) -> list[Run]:
    """The live jobs, if the page was drawn with the same ones; else the page runs again."""
    live = jobs.queue()
    if [run.path for run in live] != [run.path for run in drawn]:
        st.rerun()
    return live


def _show_queued(run: Run, place: int, length: int) -> None:
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.markdown(f":material/hourglass_empty: **{run.name}**: queued ({_ordinal(place)} of {length})")
    right.button(
        "Cancel",
        key=f"stop {run.name}",
        on_click=jobs.stop,
        args=(run,),
        disabled=run.wish == "stop",
        icon=":material/close:",
        width="stretch",
    )


def _result_text(found: RunSummary) -> str:
    how = "stopped after" if found.status is Status.STOPPED else "done in"
    time = format_duration(found.seconds or 0)
    share = found.val_accuracy
    accuracy = "" if share is None else f": {share:.2%} of the validation images right"
    return f"**{found.run.name}**, {how} {time}{accuracy}. Best epoch: {found.best_epoch}."


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


def _open_page_with(page: str, name: str) -> None:
    st.session_state[state.page_model(page)] = name
    st.session_state["train-go-to"] = page
