"""Two runs beside each other, in words and as a table of what differs."""

from __future__ import annotations

from collections.abc import Sequence

from digitrec.metrics import PairedCounts
from digitrec.reporting.formatting import format_setting, join_names
from digitrec.runs import Run

MAX_P = 0.05  # above it no difference can be told


def describe_comparison(counts: PairedCounts, first: str, second: str, images: str) -> str:
    """Which of two runs is better, in sentences.

    Args:
        counts: how many images each reads right.
        first: the name of the first run.
        second: the name of the second.
        images: what the images are, such as "validation images of MNIST".
    """
    a, b, p = counts.first_only, counts.second_only, counts.p_value
    if not a and not b:
        return f"Both are right on the same of {counts.n:,} {images}: no difference can be told."
    test = f"McNemar's exact test, p {format_p(p)}"
    only = f"{first} alone reads {a:,} of {counts.n:,} {images} right, {second} alone reads {b:,}"
    if p > MAX_P:
        return f"No difference can be told: {only} ({test})."
    better, worse = (first, second) if a > b else (second, first)
    return f"{better} is better than {worse}: {only} ({test})."


def format_p(p: float) -> str:
    """A p-value with its sign: "= 0.012", "< 0.001"."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}" if p < 0.1 else f"= {p:.2f}"


def describe_frontier(front: Sequence[str], names: Sequence[str], *, overlap: bool) -> str:
    """Which networks no other one beats in accuracy and cost, in sentences.

    Args:
        front: their names.
        names: those of all networks in the comparison.
        overlap: whether the intervals of all accuracies have a point in common.
    """
    beaten = [name for name in names if name not in front]
    text = f"On the frontier: {join_names(front)}. No other one here is as cheap and as accurate, or better."
    if beaten:
        text += f" Beaten by another: {join_names(beaten)}."
    if overlap:
        text += " But all intervals overlap: the order of the accuracies may be chance."
    return text


def list_differences(runs: Sequence[Run]) -> list[dict[str, str]]:
    """The settings in which runs differ, a row each, with a column a run."""
    configs = [run.config.to_dict() for run in runs]
    rows = []
    for name in configs[0]:
        values = [str(config[name]) for config in configs]
        if len(set(values)) > 1:
            found = {run.name: value or "–" for run, value in zip(runs, values, strict=True)}
            rows.append({"Setting": format_setting(name), **found})
    return rows
