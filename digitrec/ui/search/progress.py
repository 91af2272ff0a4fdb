"""A search that runs or has ended: how far it is, what can be done with it, its best trial, and all trials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from digitrec.reporting import format_count, format_duration, format_setting, format_setting_value
from digitrec.runs import RunError, TrainConfig, open_run
from digitrec.search import OBJECTIVES, Findings, Plan, Search, SearchError, Status, Trial, folder, results
from digitrec.ui import pickers, state
from digitrec.ui.components import clusters
from digitrec.ui.components.digits import escape_markdown

ICONS = {
    "complete": "✓ complete",
    "pruned": "✂ pruned",
    "running": "▶ training",
    "failed": "✗ failed",
    "lost": "⚠ lost, tried again",
    "stopped": "■ stopped, tried again",
    "waiting": "○ waiting",
}
_PROBLEM = "search-problem"  # in the session: why something could not be done
_TABLE = "search-table"
MAX_MORE = 500  # trials that are added at once


def pick_search(searches: Sequence[Search]) -> Search | None:
    """Let a person choose among the searches; the newest at first. None where there is none."""
    names = {search.name: search for search in searches}
    if not names:
        return None
    key = state.SEARCH_NAME
    chosen = st.session_state.pop(state.next_choice(key), None)
    if chosen in names or st.session_state.get(key) not in names:
        st.session_state[key] = chosen if chosen in names else next(iter(names))
    name = st.selectbox("Search", list(names), key=key, persist_state="session", width=pickers.PICKER_WIDTH)
    return names[name]


def read(search: Search) -> Findings | None:
    """The trials of a search; where they cannot be read, the page says why."""
    try:
        return results.read(search)
    except (SearchError, OSError) as error:
        st.warning(escape_markdown(f"The trials cannot be read: {error}"), icon=":material/warning:")
        return None


def show_state(search: Search, plan: Plan, found: Findings | None, now: Status) -> None:
    """How far a search is, or how it ended, with what can be done."""
    done = found.done if found else 0
    if now is Status.FAILED:
        st.error(escape_markdown(f"It failed. {folder.failure_reason(search)}"), icon=":material/error:")
    elif now is Status.INTERRUPTED:
        st.warning(escape_markdown(folder.failure_reason(search) or ""), icon=":material/warning:")
    st.progress(min(1.0, done / plan.trials), text=_progress_text(search, plan, found, now))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if now.is_live:
            _show_stop(search)
        else:
            _show_resume(search, plan, done, waiting=found.count("waiting") if found else 0)
            with st.popover("Delete", icon=":material/delete:"):
                st.markdown("Delete the search and the networks of all its trials? This cannot be undone.")
                st.button("Delete it", key="search-delete", on_click=_try, args=(folder.delete, search))
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(escape_markdown(problem), icon=":material/warning:")


def _progress_text(search: Search, plan: Plan, found: Findings | None, now: Status) -> str:
    done = found.done if found else 0
    pruned = found.count("pruned") if found else 0
    parts = [f"{done} of {format_count(plan.trials, 'trial')}{f', {pruned} pruned' if pruned else ''}"]
    if now is Status.QUEUED:
        parts.append("queued" if search.worker else "starting")
    elif now is Status.SEARCHING:
        parts.append("stopping" if search.wish else _describe_running(found))
    else:
        parts.append(str(now))
    if now.is_live:
        parts.append(escape_markdown(clusters.describe_place(search)))
    return " · ".join(filter(None, parts))


def _describe_running(found: Findings | None) -> str:
    """The trials in work, with their epochs as far as this machine knows them."""
    running = [trial for trial in (found.trials if found else ()) if trial.state == "running"]
    return ", ".join(filter(None, map(_describe_trial, running[:3]))) or "starting"


def _describe_trial(trial: Trial) -> str:
    try:
        history = open_run(trial.run).history() if trial.run else None
    except RunError:  # on another machine, or just deleted
        history = None
    if history is None:
        return f"trial {trial.number} on {trial.host}"
    if history.is_paused:
        return f"trial {trial.number} rests while your own training runs"
    if not history.batches:
        return f"trial {trial.number}: starting"
    return f"trial {trial.number}: epoch {history.batches[-1].epoch} of {history.planned_epochs}"


def _show_stop(search: Search) -> None:
    st.button(
        "Stop",
        key="search-stop",
        icon=":material/stop:",
        on_click=_try,
        args=(folder.stop, search),
        disabled=search.wish is not None,
        help="The trials in work are tried again when the search goes on.",
    )


def _show_resume(search: Search, plan: Plan, done: int, *, waiting: int) -> None:
    """Go on with the trials that are left, or with more; those that were stopped are tried in any case."""
    left = max(plan.trials - done, waiting)
    key = f"search-more {search.name} {done} {waiting}"
    st.session_state.setdefault(key, left or plan.trials)
    more = st.number_input("More trials", max(1, waiting), MAX_MORE, step=1, key=key, width=130)
    st.button(
        "Resume" if left else "Extend",
        key="search-resume",
        icon=":material/play_arrow:",
        on_click=_go_on,
        args=(search, done + more),
    )


def _go_on(search: Search, trials: int) -> None:
    def start(search: Search) -> None:
        folder.extend(search, trials=trials)
        folder.start(search)

    _try(start, search)


def _try(do: Callable[[Search], None], search: Search) -> None:
    """Do something with a search; for callbacks."""
    try:
        do(search)
    except (SearchError, OSError) as error:
        st.session_state[_PROBLEM] = str(error)


def show_best(found: Findings, plan: Plan, to_address: Callable[[TrainConfig], dict[str, str]]) -> None:
    """The best trial in words, with the way to train with its settings.

    Args:
        found: the trials.
        plan: of the search.
        to_address: the address of settings on the Train page.
    """
    if found.best is None:
        return
    st.markdown(escape_markdown(results.describe_best(found, plan)))
    _link(plan, found.best, to_address, "Train with these settings")
    changes = results.list_changes(plan, found.best)
    if changes:
        rows = [
            {
                "Setting": format_setting(name),
                "First": format_setting_value(before),
                "Best": format_setting_value(now),
            }
            for name, (before, now) in changes.items()
        ]
        st.table(rows, border="horizontal", hide_index=True, alt="Settings of the best trial that differ")
    st.caption(results.CAUTION)


def _link(plan: Plan, trial: Trial, to_address: Callable[[TrainConfig], dict[str, str]], label: str) -> None:
    st.page_link(
        pickers.page_path("train"),
        label=label,
        icon=":material/model_training:",
        query_params=to_address(results.trial_config(plan, trial)),
    )


def show_trials(found: Findings, plan: Plan, to_address: Callable[[TrainConfig], dict[str, str]]) -> None:
    """All trials in a table, the best first; of the chosen one, the way to train with its settings."""
    ordered = sorted(found.trials, key=lambda trial: _order(trial, found))
    best = found.best.number if found.best else None
    event = st.dataframe(
        [_row(trial, plan, is_best=trial.number == best) for trial in ordered],
        hide_index=True,
        placeholder="–",
        key=_TABLE,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "Trial": st.column_config.TextColumn(width=100),
            "Accuracy": st.column_config.NumberColumn(format="%.2f%%", help="Share of validation images right"),
            "Loss": st.column_config.NumberColumn(format="%.4f", help="On the validation images"),
            "Latency": st.column_config.NumberColumn(format="%.2f ms", help="Of one image, on this machine"),
            "Size": st.column_config.NumberColumn(format="%.2f MB", help="Of the .tflite file"),
            "Parameters": st.column_config.NumberColumn(format="localized"),
        },
        alt="All trials with their numbers and the settings that are varied",
    )
    rows = event["selection"]["rows"]
    if rows and rows[0] < len(ordered) and (trial := ordered[rows[0]]).settings:
        if trial.outcome.error:
            st.caption(escape_markdown(f"Trial {trial.number}: {trial.outcome.error}"))
        _link(plan, trial, to_address, f"Train with the settings of trial {trial.number}")
    else:
        st.caption("Choose a row to train with its settings. The networks are listed on Models, by their search.")


def _order(trial: Trial, found: Findings) -> tuple[bool, float, int]:
    value = trial.outcome.accuracy if trial.state in ("complete", "pruned") else None
    is_complete = trial.state == "complete"
    return not is_complete, -(value or 0.0), trial.number


def _row(trial: Trial, plan: Plan, *, is_best: bool) -> dict[str, Any]:
    found = trial.outcome
    name = f"{trial.number}{' ★' if is_best else ''}{' (first)' if trial.is_current else ''}"
    return {
        "Trial": name,
        "State": ICONS[trial.state],
        "Accuracy": None if found.accuracy is None else 100 * found.accuracy,
        "Loss": found.loss,
        **{format_setting(name): trial.settings.get(name) for name in plan.space},
        "Time": None if found.seconds is None else format_duration(found.seconds),
        "Size": found.size,
        "Latency": found.latency,
        "Parameters": found.parameters,
    }


def describe_goal(plan: Plan) -> str:
    """What a search looks for, varying what, in one line."""
    goals = ", ".join(OBJECTIVES[name].title.lower() for name in plan.objectives)
    varied = ", ".join(format_setting(name).lower() for name in plan.space)
    epochs = format_count(plan.config.epochs, "epoch")
    return f"Looks for {goals} · varies {varied} · {epochs} per trial"
