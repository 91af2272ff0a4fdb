"""The words about a network's health."""

import pytest

from digitrec.evaluation import MEASURES
from digitrec.reporting import health_texts
from digitrec.runs import Health, LayerHealth


@pytest.mark.parametrize(
    ("norm", "ratio", "dead", "said"),
    [
        (1.0, 0.01, 0.1, ["Usual. Usual: 0.01 to 2.5.", "Usual. In the layer dense 1.", "Usual. Usual: 0.10%"]),
        (1e-4, 1e-5, 0.0, ["Tiny", "Usual. Usual: up to 40%", "Small"]),
        (99.0, 0.2, 0.9, ["Large: the loss", "Many", "Large: it may jump"]),
        (1.0, None, None, ["Usual", "Not measured.", "Not measured."]),
    ],
)
def test_health_is_judged_by_its_usual_range(norm, ratio, dead, said):
    row = Health(epoch=1, gradient_norm=norm, layers=(LayerHealth("dense 1", ratio, dead),))
    found = [health_texts.describe_measure(measure, row) for measure in MEASURES]
    assert all(text.startswith(begin) for text, begin in zip(found, said, strict=True)), found
