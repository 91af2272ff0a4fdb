"""The next search: what is varied and how far, what is looked for, and when it ends."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import streamlit as st

from digitrec.evaluation import durations
from digitrec.reporting import format_count, format_duration, format_setting, format_setting_value
from digitrec.runs import ClusterError, TrainConfig, places, processes
from digitrec.search import (
    COSTS,
    DEFAULT_TRIALS,
    MAX_AT_ONCE,
    OBJECTIVES,
    Choices,
    Dimension,
    Plan,
    Range,
    SearchError,
    folder,
    space,
    storage,
    write_space_file,
)
from digitrec.ui import state
from digitrec.ui.components import clusters
from digitrec.ui.components.digits import escape_markdown

GROUPS = ("Optimiser", "Network", "Augmentation")
FIRST_TICKED = ("learning_rate", "batch_size", "dropout")
MAX_TRIALS, MAX_EPOCHS = 1000, 200
_ERROR = "search-error"  # in the session: why no search could be started
_NAME, _TRIALS, _HOURS, _EPOCHS = "search-new-name", "search-trials", "search-hours", "search-epochs"
_GOAL, _COSTS, _STORAGE, _AT_ONCE = "search-goal", "search-costs", "search-storage", "search-at-once"
_DIGITS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)  # in each decade of a logarithmic slider


def is_possible() -> bool:
    """Whether this installation can search; where it cannot, the page says what to install."""
    missing = []
    if not storage.has_optuna():
        missing.append(storage.explain_missing_optuna())
    if places.dashboard_cluster() is None and not processes.has_tensorflow():
        missing.append(processes.explain_missing_tensorflow("A search"))
    for text in missing:
        st.info(escape_markdown(text), icon=":material/download:")
    return not missing


def show(config: TrainConfig) -> Plan | None:
    """The widgets of the next search; the plan that they describe, or None where it contradicts itself.

    Args:
        config: the present settings, which are the first trial.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _number("Trials", _TRIALS, DEFAULT_TRIALS, 1, MAX_TRIALS, "How many trainings at most.")
        epochs_help = "Of each trial, the first too. Fewer make a search shorter."
        st.session_state.setdefault(_EPOCHS, min(config.epochs, MAX_EPOCHS))
        _number("Epochs per trial", _EPOCHS, config.epochs, 1, MAX_EPOCHS, epochs_help)
        hours_help = "The search ends after so many hours. 0: no limit."
        st.session_state.setdefault(_HOURS, 0.0)
        st.number_input(
            "Hours",
            0.0,
            1000.0,
            step=0.5,
            format="%.1f",
            key=_HOURS,
            help=hours_help,
            persist_state="session",
            width=130,
        )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.session_state.setdefault(_GOAL, "accuracy")
        st.segmented_control(
            "Look for",
            ("accuracy", "loss"),
            format_func=lambda name: OBJECTIVES[name].title,
            required=True,
            key=_GOAL,
            persist_state="session",
        )
        st.pills(
            "and keep low",
            COSTS,
            format_func=lambda name: OBJECTIVES[name].title,
            selection_mode="multi",
            key=_COSTS,
            persist_state="session",
            help="With a cost, all trials are trained to their end: there is no single best one, but a frontier.",
        )
    config = dataclasses.replace(config, epochs=st.session_state[_EPOCHS])
    st.subheader("What to vary", anchor=False)
    ticked = _pick_settings(config)
    return _read_plan(config, ticked)


def _number(label: str, key: str, first: int, low: int, high: int, help: str) -> None:
    st.session_state.setdefault(key, first)
    st.number_input(label, low, high, step=1, key=key, help=help, persist_state="session", width=130)


def _pick_settings(config: TrainConfig) -> dict[str, Dimension]:
    """A box for each setting, and beside it, where it is ticked, its range or choices."""
    found: dict[str, Dimension] = {}
    tabs = st.tabs(list(GROUPS))
    for group, tab in zip(GROUPS, tabs, strict=True):
        with tab:
            for name in space.FIELDS:
                if space.group_of(name) == group and (name != "trained_layers" or config.start_from):
                    found |= _pick_setting(name, config)
    return found


def _pick_setting(name: str, config: TrainConfig) -> dict[str, Dimension]:
    key = f"search-vary {name}"
    st.session_state.setdefault(key, name in FIRST_TICKED)
    left, right = st.columns([1, 2], vertical_alignment="center")
    with left:
        is_ticked = st.checkbox(format_setting(name), key=key, persist_state="session")
    with right:
        if not is_ticked:
            st.caption(f"{format_setting_value(getattr(config, name))} in all trials")
            return {}
        return {name: _pick_dimension(name, space.suggest_dimension(name, config))}


def _pick_dimension(name: str, usual: Dimension) -> Dimension:
    key, label = f"search-range {name} {usual}", f"{format_setting(name)}: values"
    common: dict[str, Any] = {"key": key, "persist_state": "session", "label_visibility": "collapsed"}
    if isinstance(usual, Choices):
        st.session_state.setdefault(key, list(usual.values))
        return Choices(tuple(st.pills(label, usual.values, selection_mode="multi", **common) or ()))
    options = _options(name, usual)
    ends = usual.low, usual.high  # as the value, by which Streamlit knows that it is a range
    low, high = st.select_slider(label, options, ends, format_func=format_setting_value, **common)
    return Range(low, high, usual.log)


def _options(name: str, usual: Range) -> list[float]:
    """The ends that a range may have: round numbers, and those of the usual range."""
    allowed = space.FIELDS[name].metadata
    low, high = allowed["low"], allowed["high"]
    kind: Callable[[float], float] = int if space.is_whole(name) else float
    if usual.log:
        steps = [kind(float(f"{digit}e{power}")) for power in range(-6, 5) for digit in _DIGITS]
        steps += [kind(2**power) for power in range(16)] if space.is_whole(name) else []
    else:
        count = min(100, round((high - low) / allowed["step"]))
        steps = [kind(round(low + (high - low) * i / count, 6)) for i in range(count + 1)]
    ends = {kind(usual.low), kind(usual.high)}
    return sorted({step for step in steps if low <= step <= high} | ends)


def _read_plan(config: TrainConfig, ticked: dict[str, Dimension]) -> Plan | None:
    hours, url = st.session_state[_HOURS], st.session_state.get(_STORAGE, "").strip()
    try:
        return Plan(
            config=config,
            space=space.parse_space(space.to_json(ticked), config),
            objectives=(st.session_state[_GOAL], *st.session_state.get(_COSTS, ())),
            trials=st.session_state[_TRIALS],
            hours=hours or None,
            storage=url or None,
            at_once=st.session_state.get(_AT_ONCE),
        )
    except SearchError as error:
        st.error(escape_markdown(str(error)), icon=":material/warning:")
        return None


def show_start(plan: Plan | None, *, is_possible: bool) -> None:
    """The button that starts the search, its name, and how long it takes at most."""
    is_possible = clusters.show_place("Trials") and is_possible
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Start the search",
            key="search-start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=plan is None or not is_possible,
            on_click=_start,
            args=(plan,),
        )
        with st.popover("More", icon=":material/tune:"):
            st.text_input("Name", key=_NAME, max_chars=40, placeholder="date and time", persist_state="session")
            st.number_input(
                "Trials at the same time",
                1,
                MAX_AT_ONCE,
                value=None,
                step=1,
                key=_AT_ONCE,
                placeholder="by cores and memory",
                persist_state="session",
                help="Small networks use one core well, but not two. Trials side by side take less time.",
            )
            st.text_input(
                "Database",
                key=_STORAGE,
                placeholder="postgresql://user@host/database",
                persist_state="session",
                help="Several machines share the search there: `digitrec worker` joins it. Empty: a file here.",
            )
            if plan is not None:
                st.download_button(
                    "Space file",
                    write_space_file(plan),
                    "space.json",
                    "application/json",
                    icon=":material/download:",
                    on_click="ignore",
                    help="For `digitrec search --space space.json` on the command line.",
                )
        if plan is not None:
            st.caption(_describe_time(plan))
    if problem := st.session_state.pop(_ERROR, None):
        st.error(escape_markdown(problem), icon=":material/warning:")


def _describe_time(plan: Plan) -> str:
    pruned = " Trials that promise little end early." if plan.prunes and plan.config.epochs > 1 else ""
    found = durations.find_duration(plan.config)
    if found is None:
        return f"{format_count(plan.trials, 'trial')}.{pruned}"
    each, whole = format_duration(found.seconds), format_duration(plan.trials * found.seconds)
    return f"{format_count(plan.trials, 'trial')} of roughly {each}: {whole} at most.{pruned}"


def _start(plan: Plan) -> None:
    name = st.session_state.get(_NAME, "").strip() or None
    try:
        clusters.check()  # and the database, before anything is written
        if plan.storage is not None:
            storage.open_database(plan.storage)
        search = folder.create(plan, name)
    except (ClusterError, SearchError) as error:
        st.session_state[_ERROR] = f"The search could not be started: {error}"
        return
    try:
        folder.start(search)
    except (SearchError, OSError) as error:
        folder.delete(search)
        st.session_state[_ERROR] = f"The search could not be started: {error}"
        return
    st.session_state.update({_NAME: "", state.next_choice(state.SEARCH_NAME): search.name})
