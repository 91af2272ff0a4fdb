"""The words about a network's health."""

import pytest

from digitrec.evaluation import MEASURES
from digitrec.reporting import health_texts
from digitrec.runs import Health, LayerHealth

IN_RANGE = [
    "In the usual range, 0.01 to 2.5.",
    "In the usual range, up to 40%. The worst layer is dense 1.",
    "In the usual range, 0.10% to 5.00%.",
]


@pytest.mark.parametrize(
    ("norm", "ratio", "dead", "said"),
    [
        (1.0, 0.01, 0.1, IN_RANGE),
        (1e-4, 1e-5, 0.0, ["Tiny", "In the usual range, up to 40%.", "Small"]),
        (99.0, 0.2, 0.9, ["Large: the loss", "Many", "Large: the loss may jump"]),
        (1.0, None, None, ["In the usual range", "Not measured.", "Not measured."]),
    ],
)
def test_health_is_judged_by_its_usual_range(norm, ratio, dead, said):
    row = Health(epoch=1, gradient_norm=norm, layers=(LayerHealth("dense 1", ratio, dead),))
    found = [health_texts.describe_measure(measure, row) for measure in MEASURES]
    assert all(text.startswith(begin) for text, begin in zip(found, said, strict=True)), found
