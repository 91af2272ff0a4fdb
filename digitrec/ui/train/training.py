"""Streamlit pieces of the Train page: the training in work, those that wait, and how one ended."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from digitrec.evaluation.overview import RunSummary, format_duration, summarise_run
from digitrec.runs import jobs
from digitrec.runs.history import History
from digitrec.runs.jobs import Status
from digitrec.runs.run import Run
from digitrec.ui import pickers, state
from digitrec.ui.train import settings

MAX_LOG_LINES = 30  # of a failed run's log are shown


def live_view(live: Sequence[Run]) -> None:
    """How far the job in work has come, with Stop, and those that wait."""
    run, waiting = live[0], live[1:]
    history = run.history()
    asked = run.wish == "stop"
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    with left:
        st.subheader(f"{run.name}: {'stopping' if asked else 'in work'}", anchor=False)
        share, text = _progress_text(history, asked)
        st.progress(share, text=text)
    right.button(
        "Stop",
        key=f"stop {run.name}",
        on_click=jobs.stop,
        args=(run,),
        disabled=asked,
        icon=":material/stop_circle:",
        help="The best weights so far are kept.",
        width="stretch",
    )
    for other in waiting:
        _waiting_line(other)


def curves_view(history: History, *, key: str) -> None:
    """The latest numbers of a training, and its curves over the epochs; nothing before the first batch."""
    if not (history.batches or history.epochs):
        return
    from digitrec.charts.live_curves import live_curves  # Altair and pandas take 0.3 s

    batch = history.batches[-1] if history.batches else None
    epoch = history.epochs[-1] if history.epochs else None
    numbers = {
        "Training loss": _format_metric(batch and batch.loss, ".4f"),
        "Training accuracy": _format_metric(batch and batch.accuracy, ".1%"),
        "Validation loss": _format_metric(epoch and epoch.val_loss, ".4f"),
        "Validation accuracy": _format_metric(epoch and epoch.val_accuracy, ".2%"),
    }
    with st.container(horizontal=True, gap="medium"):
        for label, value in numbers.items():
            st.metric(label, value, width="content")
    for column, metric in zip(st.columns(2), ("loss", "accuracy"), strict=True):
        with column:
            chart = live_curves(history, metric)
            st.altair_chart(chart, key=f"{key} {metric}", alt=f"{metric.capitalize()} over the epochs")


def ended_view(run: Run) -> None:
    """How a run ended: its result with the ways on, or the reason why there is none."""
    history = run.history()
    found = summarise_run(run, history)
    if found.status is Status.FAILED:
        st.error(f"**{run.name}** failed: {jobs.failure_reason(run)}", icon=":material/error:")
    elif found.status is Status.INTERRUPTED:
        st.warning(f"**{run.name}** was interrupted. {jobs.failure_reason(run)}", icon=":material/warning:")
    elif found.best_epoch is None:
        st.info(f"**{run.name}** was stopped before its first epoch: there is no network to keep.")
    else:
        st.success(_result_text(found), icon=":material/check_circle:")
    for note in history.start.validation_notes if history.start else ():
        st.warning(f"Of the validation images: {note}", icon=":material/warning:")
    with st.container(horizontal=True):
        if run.has_model:
            for page, title in (("evaluate", "Evaluate it"), ("draw", "Try it by drawing")):
                st.button(title, key=f"to {page}", on_click=_open_page_with, args=(page, run.name))
        st.button("Use its settings again", key="again", on_click=settings.apply_config, args=(run.config,))
    if page := st.session_state.pop("train-go-to", None):
        st.switch_page(pickers.page_path(page))
    if found.status in (Status.FAILED, Status.INTERRUPTED) and (log := _log_tail(run)):
        st.expander("The end of its log").code(log, language=None, wrap_lines=True)
    if found.epochs:
        with st.expander("Its curves", expanded=True):
            curves_view(history, key="ended")


def _log_tail(run: Run) -> str:
    """The last lines that the run's worker printed."""
    try:
        text = run.log_path.read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-MAX_LOG_LINES:])


def _progress_text(history: History, asked: bool) -> tuple[float, str]:
    found = jobs.progress(history)
    if asked:
        return found.fraction if found else 0.0, "Stopping: the best weights are being kept ..."
    if found is None or not found.epoch:
        return 0.0, "Getting ready: the training process starts, which takes about ten seconds ..."
    if found.fraction >= 1:
        return 1.0, "All epochs done: the network is being saved and checked ..."
    parts = [f"Epoch {found.epoch} of {found.epochs}"]
    if found.seconds_left is not None:
        parts.append(f"{format_duration(found.seconds_left)} left")
    if found.images_per_second is not None:
        parts.append(f"{found.images_per_second:,.0f} images per second")
    return found.fraction, " · ".join(parts)


def rerun_when_jobs_change(drawn: Sequence[Run]) -> list[Run]:
    """The jobs in work and waiting, once they are those that the page was drawn with; else the page runs again."""
    live = jobs.queue()
    if [run.path for run in live] != [run.path for run in drawn]:
        st.rerun()
    return live


def _waiting_line(run: Run) -> None:
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.markdown(f":material/hourglass_empty: **{run.name}** waits in line.")
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
    how = "was stopped" if found.status is Status.STOPPED else "is trained"
    share = found.val_accuracy
    accuracy = "" if share is None else f": it reads {share:.2%} of the validation images right"
    epochs = "1 epoch" if found.epochs == 1 else f"{found.epochs} epochs"
    return (
        f"**{found.run.name}** {how}{accuracy}. It took {epochs} and {format_duration(found.seconds)}; "
        f"the weights of "
        f"epoch {found.best_epoch} are kept."
    )


def _open_page_with(page: str, name: str) -> None:
    st.session_state[state.page_model(page)] = name
    st.session_state["train-go-to"] = page


def _format_metric(value: float | None, spec: str) -> str:
    return "–" if value is None else format(value, spec)
