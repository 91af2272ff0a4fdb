"""A network's health while it trains, in words."""

from __future__ import annotations

from digitrec.evaluation import HealthMeasure, find_layer
from digitrec.runs import Health

HELP = """Measured once an epoch. The length of the gradient is the root mean square over the latest steps,
from Adam's own running mean. Dead units are 0 for all images of a sample. The last number is the change of the
weights in the last step by the weights: the median of the layers."""

_TITLES = {
    "gradient": "Length of the gradient",
    "dead": "Dead units, in the worst layer",
    "update": "Change of a step by the weights",
}
_JUDGEMENTS = {
    "gradient": ("Tiny: it hardly learns any more.", "Usual.", "Large: the loss is steep or jumps here."),
    "dead": ("", "Usual.", "Many: they never learn again. The learning rate may be too high."),
    "update": ("Small: it learns slowly, or its rate has fallen to its end.", "Usual.", "Large: it may jump."),
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
    below, usual, above = _JUDGEMENTS[measure.name]
    judgement = below if value < measure.low else above if value > measure.high else usual
    low, high = (format_measure(measure, end) for end in (measure.low, measure.high))
    extent = f"up to {high}" if not measure.low else f"{low} to {high}"
    layer = find_layer(row) if measure.name == "dead" else None
    return " ".join(filter(None, [judgement, f"In the layer {layer}." if layer else "", f"Usual: {extent}."]))
