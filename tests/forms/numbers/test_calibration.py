"""The calibration of the number reader, fitted to strings and to what was read of them."""

from types import SimpleNamespace

import numpy as np
import pytest

from digitrec.forms.numbers import number_fit
from digitrec.forms.numbers.lattice import OUTPUTS, START_WEIGHTS, Path
from digitrec.forms.numbers.segments import Constants

START = Constants(None, START_WEIGHTS, np.ones(2), np.ones(4), 0.5)


def reading(text: str, probability: float) -> SimpleNamespace:
    """What is read of a line: one symbol from each of its pieces, all equally probable."""
    outputs = tuple(OUTPUTS.index(symbol) for symbol in text)
    edges = tuple(range(len(text)))
    posteriors = np.zeros((len(text), len(OUTPUTS)))
    posteriors[edges, outputs] = probability
    spans = np.array([(at, at + 1) for at in edges])
    return SimpleNamespace(
        segments=SimpleNamespace(spans=spans),
        posteriors=posteriors,
        paths=[Path(text, probability, edges, outputs)],
    )


def held(count: int, *, right: float) -> list:
    """Strings whose texts are said to be 95% probable; such a share of them is right."""
    rng = np.random.default_rng(0)
    found = []
    for at in range(count):
        wrong = at >= right * count
        found.append(("12" if not wrong else "13", reading("12", float(rng.uniform(0.9, 0.99)))))
    return found


def confidence(constants: Constants, probability: float) -> float:
    slope, offset = constants.calibration[:2]
    return 1 / (1 + np.exp(-(slope * np.log(probability / (1 - probability)) + offset)))


@pytest.mark.parametrize("right", [0.5, 0.9])
def test_the_confidence_becomes_the_share_that_is_right(right):
    found = number_fit.calibrate(START, held(400, right=right))
    assert confidence(found, 0.95) == pytest.approx(right, abs=0.08)


def test_digits_are_calibrated_by_themselves():
    found = number_fit.calibrate(START, held(400, right=0.5))
    slope, offset = found.calibration[2:]  # of two digits the first is always right
    said = 1 / (1 + np.exp(-(slope * np.log(0.95 / 0.05) + offset)))
    assert said == pytest.approx(0.75, abs=0.08) and found.weights is START.weights


def test_a_line_of_which_nothing_is_read_counts_as_wrong():
    empty = [("7", SimpleNamespace(paths=[])), ("77", reading("7", 0.95))] * 50
    found = number_fit.calibrate(START, held(400, right=1.0) + empty)
    assert found.threshold > confidence(found, 0.01)  # what has no text is not accepted
    assert confidence(found, 0.95) < 0.95
