"""The charts of a search, one at a time."""

from __future__ import annotations

import streamlit as st

from digitrec.reporting import format_count, format_setting, format_setting_value
from digitrec.search import COSTS, OBJECTIVES, Choices, Dimension, Findings, Plan, Trial, results, study

CURVES, SETTINGS, IMPORTANCE, FRONTIER = "Curves", "Settings", "Importance", "Frontier"
_SHOWN, _COST = "search-chart", "search-cost"  # in the session
_LEAST = 1e-6  # of a value on a logarithmic scale


def show(plan: Plan, found: Findings) -> None:
    """The chart that a person has chosen."""
    st.session_state.setdefault(_SHOWN, CURVES)
    shown: str | None = st.segmented_control(
        "Chart",
        (CURVES, SETTINGS, IMPORTANCE, FRONTIER),
        required=True,
        key=_SHOWN,
        persist_state="session",
        label_visibility="collapsed",
    )
    if shown == IMPORTANCE:
        _show_importance(plan, found)
    elif shown == SETTINGS:
        _show_settings(plan, found)
    elif shown == FRONTIER:
        _show_frontier(plan, found)
    else:
        _show_curves(plan, found)


def _show_curves(plan: Plan, found: Findings) -> None:
    from digitrec.charts import search as charts  # Altair and pandas take 0.3 s

    if not plan.prunes:
        st.caption("With costs no trial is pruned, and the curves are with the runs, on Models.")
        return
    lines = [
        charts.Line(
            _name(trial),
            _kind(trial, found),
            [(epoch, max(value, _LEAST)) for epoch, value in trial.curve.items()],
        )
        for trial in found.trials
        if trial.curve
    ]
    if not lines:
        st.caption("No trial has finished an epoch yet.")
        return
    title = "Validation loss" if plan.prunes_by_loss else "Share misread"
    chart = charts.trial_curves(lines, title)
    st.altair_chart(chart, key="search curves", alt=f"{title} of each trial over the epochs")
    st.caption(f"Pruned: {found.count('pruned')} of {format_count(found.done, 'trial')}. Their curves end early.")


def _show_settings(plan: Plan, found: Findings) -> None:
    from digitrec.charts import search as charts

    trials = [trial for trial in found.trials if trial.outcome.accuracy is not None and trial.settings]
    if not trials:
        st.caption("No trial is done yet.")
        return
    accuracies = [trial.outcome.accuracy or 0.0 for trial in trials]
    low, high = min(accuracies), max(accuracies)
    axes = [charts.Axis(format_setting(name), *_ends(dimension)) for name, dimension in plan.space.items()]
    axes.append(charts.Axis("Accuracy", f"{low:.2%}", f"{high:.2%}"))
    paths = [
        charts.Path(
            _name(trial),
            _kind(trial, found),
            [*_places(trial, plan), (accuracy - low) / (high - low) if high > low else 0.5],
            [*(format_setting_value(trial.settings.get(name)) for name in plan.space), f"{accuracy:.2%}"],
        )
        for trial, accuracy in zip(trials, accuracies, strict=True)
    ]
    chart = charts.parallel_coordinates(axes, paths)
    st.altair_chart(chart, key="search settings", alt="Settings and accuracy of each trial")
    st.caption("Each line is a trial. The good ones end high on the right.")


def _places(trial: Trial, plan: Plan) -> list[float | None]:
    return [
        results.place(dimension, trial.settings[name]) if name in trial.settings else None
        for name, dimension in plan.space.items()
    ]


def _ends(dimension: Dimension) -> tuple[str, str]:
    if isinstance(dimension, Choices):
        return format_setting_value(dimension.values[0]), format_setting_value(dimension.values[-1])
    return format_setting_value(dimension.low), format_setting_value(dimension.high)


def _show_importance(plan: Plan, found: Findings) -> None:
    from digitrec.charts import search as charts

    rated = study.find_importances(found.trials, plan)
    if not rated.shares:
        st.caption(f"It needs {study.MIN_IMPORTANCE_TRIALS} trials or more; there are {rated.trials}.")
        return
    titled = {format_setting(name): share for name, share in rated.shares.items()}
    st.altair_chart(charts.importance_bars(titled), key="search importance", alt="Importance of each setting")
    what = (
        f"all {rated.trials} trials after their first epoch" if rated.epoch else f"{rated.trials} complete trials"
    )
    st.caption(
        f"Which settings tell the good trials from the others, by PED-ANOVA over {what}. With few trials, small "
        "shares are chance."
    )


def _show_frontier(plan: Plan, found: Findings) -> None:
    from digitrec.charts import search as charts

    wanted = [cost for cost in COSTS if cost in plan.objectives]
    st.session_state.setdefault(_COST, (wanted or ["seconds"])[0])
    cost = st.segmented_control(
        "Cost",
        COSTS,
        format_func=lambda name: OBJECTIVES[name].title,
        required=True,
        key=_COST,
        persist_state="session",
    )
    assert cost is not None  # it is required
    trials = [trial for trial in found.trials if trial.state == "complete" and _point(trial, cost)]
    if not trials:
        st.caption("No trial is complete yet.")
        return
    lines = [charts.Line(_name(trial), _kind(trial, found), [_point(trial, cost) or (0, 0)]) for trial in trials]
    frontier = results.find_cost_frontier(trials, cost)
    steps = [_point(trial, cost) or (0, 0) for trial in reversed(frontier)]
    title = f"{OBJECTIVES[cost].title} ({OBJECTIVES[cost].unit})"
    chart = charts.frontier_chart(lines, steps, cost=title, goal=OBJECTIVES["accuracy"].title)
    st.altair_chart(chart, key="search frontier", alt=f"Validation accuracy over {title}, for each complete trial")
    st.caption(f"On the line, no trial is better in both: {', '.join(map(_name, frontier))}.")


def _point(trial: Trial, cost: str) -> tuple[float, float] | None:
    spent, accuracy = getattr(trial.outcome, cost), trial.outcome.accuracy
    return None if spent is None or accuracy is None else (spent, accuracy)


def _kind(trial: Trial, found: Findings) -> str:
    from digitrec.charts import search as charts

    if found.best is not None and trial.number == found.best.number:
        return charts.BEST
    if trial.is_current:
        return charts.FIRST
    return charts.PRUNED if trial.state == "pruned" else charts.COMPLETE


def _name(trial: Trial) -> str:
    return f"trial {trial.number}"
