"""A network's health while it trains, in words."""

from __future__ import annotations

from digitrec.evaluation import HealthMeasure, find_layer
from digitrec.runs import Health

HELP = """Measured after each epoch. The gradient norm is the root mean square over the latest steps. A dead unit
is 0 for all images of a sample. The update-to-weight ratio is the last step's change of the weights, divided by
the weights: the median of the layers."""

_TITLES = {
    "gradient": "Gradient norm",
    "dead": "Dead units, in the worst layer",
    "update": "Update-to-weight ratio",
}
# Below the usual range, and above it.
_JUDGEMENTS = {
    "gradient": ("Tiny: it hardly learns any more.", "Large: the loss is steep or jumps here."),
    "dead": ("", "Many: they never learn again. The learning rate may be too high."),
    "update": ("Small: it learns slowly, or the schedule is at its end.", "Large: the loss may jump."),
}


def title(measure: HealthMeasure) -> str:
    """The name of a measure of a network's health."""
    return _TITLES[measure.name]


def format_measure(measure: HealthMeasure, value: float) -> str:
    """A number of a network's health, with its unit."""
    if measure.name == "gradient":
        return f"{value:.3g}"
    if measure.name == "dead":
        return f"{value:.0%}"
    return f"{value:.2%}" if value >= 5e-5 or not value else "<0.01%"


def describe_measure(measure: HealthMeasure, row: Health) -> str:
    """Whether a number of a network's health is usual, in a sentence or two."""
    value = measure.read(row)
    if value is None:
        return "Not measured."
    low, high = (format_measure(measure, end) for end in (measure.low, measure.high))
    extent = f"up to {high}" if not measure.low else f"{low} to {high}"
    layer = find_layer(row) if measure.name == "dead" else None
    worst = f"The worst layer is {layer}." if layer else ""
    if measure.low <= value <= measure.high:
        return " ".join(filter(None, [f"In the usual range, {extent}.", worst]))
    judgement = _JUDGEMENTS[measure.name][value > measure.high]
    return " ".join(filter(None, [judgement, worst, f"Usual: {extent}."]))
