"""What the compared runs reach and cost: the numbers of the table, and accuracy against cost with the frontier."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from digitrec.evaluation import Costs, RunSummary, costs
from digitrec.inference import ClassifierError
from digitrec.metrics import Estimate, pareto_front
from digitrec.reporting import UNKNOWN, comparison_texts, format_duration, format_interval, format_share
from digitrec.ui.components.digits import escape_markdown

# Title of a cost, title of the axis, and what the number is divided by for it.
COST_TITLES = {
    "parameters": ("Parameters", "Parameters", 1),
    "multiply_adds": ("Multiply-adds", "Multiply-adds for one image", 1),
    "latency": ("Latency", "Milliseconds for one image on this machine", 1e-3),
    "size": ("Size", "Size of the .tflite, MB", 1e6),
    "seconds": ("Training time", "Training time, seconds", 1),
}
_LATENCY_HELP = (
    "The quickest of up to 30 rounds of three answers with LiteRT, one image at a time, on one processor. "
    "It is measured once and stored."
)


def measure(found: Sequence[RunSummary]) -> list[Costs]:
    """What each network costs; of one that cannot be read, what is known without its file."""
    measured = []
    for each in found:
        try:
            measured.append(costs.measure_costs(each))
        except ClassifierError:
            measured.append(costs.count_costs(each))
    return measured


def list_numbers(found: Sequence[RunSummary], measured: Sequence[Costs]) -> dict[str, dict[str, str]]:
    """What each run reached and costs: title -> name of the run -> text."""
    facts = {
        "Validation accuracy": [_validation(each) for each in found],
        "Test accuracy": [_share(each.test_accuracy) for each in found],
        "Parameters": [f"{each.parameters:,}" for each in measured],
        "Multiply-adds for one image": [_millions(each.multiply_adds) for each in measured],
        "Latency": [_with_unit(each.latency, 1e3, "ms") for each in measured],
        "Size of the .tflite": [_with_unit(each.size, 1e-6, "MB") for each in measured],
        "Training time": [UNKNOWN if each.seconds is None else format_duration(each.seconds) for each in measured],
    }
    names = [each.run.name for each in found]
    return {title: dict(zip(names, values, strict=True)) for title, values in facts.items()}


def _with_unit(value: float | None, scale: float, unit: str) -> str:
    return UNKNOWN if value is None else f"{value * scale:.2f} {unit}"


def _validation(found: RunSummary) -> str:
    estimate = costs.estimate_validation(found)
    interval = "" if estimate is None else f" ({format_interval('accuracy', estimate)})"
    return _share(found.val_accuracy) + interval


def _millions(count: int | None) -> str:
    return UNKNOWN if count is None else f"{count / 1e6:,.2f} million"


def _share(share: float | None) -> str:
    return UNKNOWN if share is None else format_share(share)


def show_frontier(found: Sequence[RunSummary], measured: Sequence[Costs], *, is_fair: bool) -> None:
    """Accuracy against a cost that a person chooses, with the networks that no other one beats.

    Args:
        found: the runs.
        measured: what each costs.
        is_fair: whether they have the same validation images.
    """
    st.subheader("Accuracy against cost", anchor=False)
    if not is_fair:
        st.caption("They have different validation images: their accuracies cannot be drawn in one chart.")
        return
    cost = st.segmented_control(
        "Cost",
        list(COST_TITLES),
        format_func=lambda name: COST_TITLES[name][0],
        default="multiply_adds",
        required=True,
        key="models-cost",
        persist_state="session",
    )
    estimates = [costs.estimate_validation(each) for each in found]
    values = [getattr(each, cost) for each in measured]
    known = sorted(
        (
            (each.run.name, value / COST_TITLES[cost][2], estimate)
            for each, value, estimate in zip(found, values, estimates, strict=True)
            if value and estimate is not None
        ),
        key=lambda row: row[1],
    )
    if len(known) < 2:
        st.caption("Fewer than two of these runs have an accuracy and this cost: let their trainings end first.")
        return
    from digitrec.charts.costs import CostPoint, cost_chart  # Altair and pandas take 0.3 s

    names, numbers, accuracies = zip(*known, strict=True)
    front = pareto_front(numbers, [each.value for each in accuracies])
    points = [CostPoint(*row, bool(is_on)) for row, is_on in zip(known, front, strict=True)]
    title = COST_TITLES[cost][1]
    alt = f"Accuracy against {title.lower()} of {', '.join(names)}"
    st.altair_chart(cost_chart(points, title), key=f"cost {cost}", alt=alt)
    on = [name for name, is_on in zip(names, front, strict=True) if is_on]
    text = comparison_texts.describe_frontier(on, names, overlap=_overlaps(accuracies))
    st.caption(escape_markdown(text), help=_LATENCY_HELP if cost == "latency" else None)
    if left_out := [each.run.name for each in found if each.run.name not in names]:
        st.caption(escape_markdown(f"Not drawn, as accuracy or cost is unknown: {', '.join(left_out)}."))


def _overlaps(accuracies: Sequence[Estimate]) -> bool:
    """Whether the intervals of all have a point in common: then the order may be chance."""
    return max(each.low for each in accuracies) <= min(each.high for each in accuracies)
