"""How sure a network is: in words that follow the numbers, at the temperature, with the threshold that counts."""

import numpy as np
import pytest

from digitrec.inference import reject_threshold
from digitrec.metrics import curves
from digitrec.reporting import confidence
from digitrec.reporting.blocks import Figure, Numbers, TableBlock, Text
from support.scored import random_score, score_of, trained


def score_with(confidences, right, run=None):
    """Answers with these confidences, right or wrong."""
    proba = np.array([[sure, (1 - sure) / 2, (1 - sure) / 2] for sure in confidences], np.float32)
    return score_of(np.where(right, 0, 1), proba, run=run)


def texts(blocks) -> str:
    return "\n".join(str(block) for block in blocks if isinstance(block, Text))


@pytest.mark.parametrize(
    ("sure", "share", "expected"),
    [
        (0.9, 0.5, "it is too sure, by 40.00 percentage points"),
        (0.5, 0.9, "it is not sure enough, by 40.00 percentage points"),
        (0.9, 0.91, "it is as sure as it is right"),
    ],
)
def test_confidence_is_compared_with_accuracy_and_chance(sure, share, expected):
    score = score_with([sure] * 100, np.arange(100) < 100 * share, trained())
    assert expected in texts(confidence.calibration(score))


def test_the_calibration_has_a_number_for_each_temperature_a_figure_and_a_table():
    run = trained()
    run.save_calibration({"temperature": 2.0})
    blocks = confidence.calibration(random_score(run=run))
    (numbers,) = (block for block in blocks if isinstance(block, Numbers))
    assert [one.title for one in numbers.entries] == [
        "Expected calibration error, as trained",
        "Expected calibration error, calibrated (temperature 2.00)",
    ]
    assert {Figure, TableBlock} <= set(map(type, blocks))


@pytest.mark.parametrize(("temperature", "effect"), [(2.0, "less sure"), (0.5, "more sure")])
def test_a_temperature_says_what_it_does(temperature, effect):
    run = trained()
    run.save_calibration({"temperature": temperature})
    score = score_with([0.9] * 100, np.arange(100) < 90, run)
    said = texts(confidence.calibration(score))
    assert f"Temperature: {temperature:.2f}" in said and f"makes the network {effect}" in said
    assert "error is larger with the temperature" in said  # it was calibrated already


def test_an_error_is_judged_by_what_chance_gives():
    far = confidence.calibration(score_with([0.95] * 100, np.arange(100) < 50, trained()))
    near = confidence.calibration(score_with([0.9] * 100, np.arange(100) < 90, trained("other")))
    sentences = [
        block.entries[0].sentence for blocks in (far, near) for block in blocks if isinstance(block, Numbers)
    ]
    assert "so this is larger than chance explains" in sentences[0]
    assert "so this is within chance" in sentences[1]


def test_the_threshold_is_the_run_s_own_or_the_program_s():
    run = trained()
    assert reject_threshold(run) == 0.6
    assert "not set a threshold for this model. It says “not sure” below 60%" in str(
        confidence.threshold_text(run)
    )
    run.save_reject_threshold(0.95)
    assert reject_threshold(run) == 0.95
    assert str(confidence.threshold_text(run)).startswith("The threshold of this model is 95.0%")


def test_the_report_shows_the_run_s_threshold_on_the_calibrated_confidences():
    run = trained()
    run.save_calibration({"temperature": 3.0})
    blocks = confidence.rejection(score_with([0.9] * 6 + [0.7] * 4, np.arange(10) < 9, run))
    (numbers,) = (block for block in blocks if isinstance(block, Numbers))
    # At temperature 3, 0.9 becomes 0.57 and 0.7 becomes 0.44: below 60%, nothing is answered.
    assert [one.value for one in numbers.entries] == ["0.00%", "–"]
    run.save_reject_threshold(0.5)
    (numbers,) = (
        block
        for block in confidence.rejection(score_with([0.9] * 6 + [0.7] * 4, np.arange(10) < 5, run))
        if isinstance(block, Numbers)
    )
    assert [one.value for one in numbers.entries] == ["60.00%", "83.33%"]
    assert numbers.entries[1].sentence == "1 answer is wrong."


def test_what_can_be_answered_without_a_mistake_is_no_promise():
    curve = curves.risk_coverage_curve(np.array([True, True, False, True]), np.array([0.9, 0.8, 0.7, 0.6]))
    said = confidence.describe_no_error(curves.max_coverage_without_errors(curve))
    assert "answer 50.00% of the validation images without a mistake (confidence of at least 80%)" in said
    assert "no mistake in 2 answers means up to 65.76% wrong" in said
    wrong = curves.risk_coverage_curve(np.array([False, True]), np.array([0.9, 0.8]))
    assert "no threshold avoids all mistakes" in confidence.describe_no_error(
        curves.max_coverage_without_errors(wrong), "test"
    )
