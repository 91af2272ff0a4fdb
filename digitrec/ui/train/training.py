"""The Train page's view of trainings: the one that runs, those in the queue, and how the last one ended."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import streamlit as st

from digitrec.data import loading
from digitrec.evaluation import RunSummary, durations, summarise_run
from digitrec.reporting import describe_config, format_count, format_duration, format_setting
from digitrec.runs import History, Run, Status, Wishes, jobs
from digitrec.ui import pickers, state
from digitrec.ui.components import clusters
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.train import coach, settings, steering, watching

_DISMISSED, _CURVES = "train-dismissed", "train-curves"  # in the session: names of runs
MAX_LOG_LINES = 30  # of the log of a failed run


def show_live(live: Sequence[Run]) -> None:
    """The progress of the job that trains, with Stop, and the queue."""
    run, history = live[0], live[0].history()
    wishes = run.wishes
    now = "stopping" if wishes.wish else "paused" if history.is_paused else "training"
    st.header(f"{escape_markdown(run.name)}: {now}", anchor=False)
    share, text = _progress_text(history, wishes)
    st.progress(share, text=text)
    if jobs.is_disk_full(run):
        st.warning(
            "The disk is full: the training goes on, but nothing of it is stored. Make room.",
            icon=":material/warning:",
        )
    steering.show_controls(run)
    if where := clusters.describe_place(run):
        st.caption(escape_markdown(f"It trains {where}."))
    _show_settings(run)
    if changes := steering.describe_changes(history):
        st.caption(escape_markdown(" ".join(changes)))
    for place in range(1, len(live)):
        _show_queued(live, place)


def _show_settings(run: Run) -> None:
    """What a run trains, in one line, and all of its settings."""
    config = run.config
    st.caption(escape_markdown(f"Its settings: {describe_config(config)}"))
    with st.expander("All of its settings"):
        rows = [{"Setting": format_setting(name), "Value": str(value)} for name, value in config.to_dict().items()]
        st.table(rows, border="horizontal", hide_index=True, alt=f"Settings of {run.name}")


def show_ended(run: Run) -> None:
    """How a run ended in one line, with what can be done next; nothing once it was dismissed."""
    if st.session_state.get(_DISMISSED) == run.name:
        return
    history = run.history()
    found = summarise_run(run, history)
    with st.container(gap="small", key="train-result"):
        _show_outcome(found)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):  # a line of their own
            _ways_on(found)
    if page := st.session_state.pop("train-go-to", None):
        st.switch_page(pickers.page_path(page))
    for note in history.start.validation_notes if history.start else ():
        st.warning(f"Validation: {note}", icon=":material/warning:")
    steering.show_problem()
    if found.status in (Status.FAILED, Status.INTERRUPTED) and (log := _log_tail(run)):
        st.expander("Last lines of the log").code(log, language=None, wrap_lines=True)
    coach.show_findings(run, history)
    if found.epochs and st.session_state.get(_CURVES) == run.name:
        watching.show_progress(run, is_live=False)


def _ways_on(found: RunSummary) -> None:
    """Buttons: what can be done with a run that has ended."""
    run = found.run
    small: dict[str, Any] = {"type": "tertiary"}
    if run.has_model:
        for page, title in (("evaluate", "Evaluate it"), ("draw", "Draw with it")):
            st.button(title, key=f"to {page}", on_click=_open_page_with, args=(page, run.name), **small)
    if found.status.ended_early and not run.is_shipped:
        steering.resume_button(run)
    with st.popover("More", **small):
        st.button("Use these settings again", key="again", on_click=settings.apply_config, args=(run.config,))
        if run.has_model:
            onward = dataclasses.replace(run.config, start_from=run.name)
            st.button(
                "New run from its weights",
                key="onward",
                on_click=settings.apply_config,
                args=(onward,),
                help="Fills the page: another run, which starts where this one ended.",
            )
        if not run.is_shipped:
            steering.show_resume(run)
        if found.epochs:
            shown = st.session_state.get(_CURVES) == run.name
            label = "Hide the curves" if shown else "Show the curves"
            st.button(label, key="curves", on_click=_toggle, args=(_CURVES, run.name))
    st.button(
        "Dismiss", key="dismiss", icon=":material/close:", on_click=_toggle, args=(_DISMISSED, run.name), **small
    )


def _toggle(key: str, name: str) -> None:
    st.session_state[key] = None if st.session_state.get(key) == name else name


def _show_outcome(found: RunSummary) -> None:
    name = f"**{escape_markdown(found.run.name)}**"
    if found.status is Status.FAILED:
        st.error(f"{name} failed: {jobs.failure_reason(found.run)}", icon=":material/error:")
    elif found.status is Status.INTERRUPTED:
        st.warning(f"{name} was interrupted. {jobs.failure_reason(found.run)}", icon=":material/warning:")
    elif found.best_epoch is None:
        st.info(f"{name} was stopped before the end of its first epoch: it has no network.")
    elif found.status is Status.STOPPED:
        st.info(_result_text(found), icon=":material/stop_circle:")
    else:
        st.success(_result_text(found), icon=":material/check_circle:")


def _log_tail(run: Run) -> str:
    """The last lines that the worker printed."""
    try:
        text = run.log_path.read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-MAX_LOG_LINES:])


def _progress_text(history: History, wishes: Wishes) -> tuple[float, str]:
    found = jobs.progress(history)
    if wishes.wish:
        is_kept = wishes.wish != jobs.DISCARD
        text = "Stopping: saving the best weights ..." if is_kept else "Stopping: nothing is kept ..."
        return found.fraction if found else 0.0, text
    if history.is_paused or wishes.paused:
        where = f" in epoch {found.epoch} of {found.epochs}" if found and found.epoch else ""
        return found.fraction if found else 0.0, f"{'Paused' if history.is_paused else 'Pausing'}{where}."
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
    live = jobs.list_live()
    for run in drawn:
        if not run.path.is_dir():
            st.toast(f"{escape_markdown(run.name)} is gone: its folder was removed.", icon=":material/delete:")
    if [run.path for run in live] != [run.path for run in drawn]:
        st.rerun()
    return live


def _show_queued(live: Sequence[Run], place: int) -> None:
    """Another job: what it trains, how long that takes, and ways to move it up in the queue or to end it."""
    run, config = live[place], live[place].config
    place_there = clusters.describe_place(run)
    left, right = st.columns([4, 1], vertical_alignment="center")
    with left:
        if place_there:
            history = run.history()
            doing = "training" if history and not history.is_to_go_on else "waiting"
            said = escape_markdown(f"{doing} {place_there}")
            st.markdown(f":material/lan: **{run.name}**: {said}")
        else:
            count = sum(not clusters.describe_place(each) for each in live)
            st.markdown(f":material/hourglass_empty: **{run.name}**: queued ({_ordinal(place + 1)} of {count})")
        found = durations.find_duration(config)
        time = f", {'about' if found.run else 'roughly'} {format_duration(found.seconds)}" if found else ""
        text = f"{config.network} on {loading.title(config.dataset)}, {format_count(config.epochs, 'epoch')}{time}"
        st.caption(escape_markdown(text))
    with right:
        if place > 1 and not place_there:
            st.button(
                "Move up",
                key=f"up {run.name}",
                on_click=jobs.overtake,
                args=(run, live[place - 1]),
                icon=":material/arrow_upward:",
                width="stretch",
            )
        st.button(
            "Stop" if place_there else "Cancel",
            key=f"stop {run.name}",
            on_click=jobs.stop,
            args=(run,),
            disabled=run.wish is not None,
            icon=":material/close:",
            width="stretch",
        )


def _result_text(found: RunSummary) -> str:
    time = format_duration(found.seconds or 0)
    how = f"done in {time}"
    if found.status is Status.STOPPED:
        progress = jobs.progress(found.run.history())
        how = f"stopped after {time}{f', at {progress.fraction:.0%}' if progress else ''}"
    share = found.val_accuracy
    if share is None:  # no validation images: nothing says which epoch is best
        return f"**{escape_markdown(found.run.name)}**, {how}. It has the weights of epoch {found.best_epoch}."
    name = escape_markdown(found.run.name)
    return f"**{name}**, {how}: {share:.2%} of the validation images right. Best epoch: {found.best_epoch}."


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


def _open_page_with(page: str, name: str) -> None:
    st.session_state[state.page_model(page)] = name
    st.session_state["train-go-to"] = page
