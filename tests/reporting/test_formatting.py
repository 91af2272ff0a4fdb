"""Numbers in words: what only rounds to all or nothing is never called so."""

import math

import numpy as np
import pytest

from digitrec.metrics.classification import SUMMARY_METRICS, summarize
from digitrec.metrics.intervals import Estimate
from digitrec.reporting import formatting as texts


def test_every_measure_has_a_title_and_a_sentence_with_its_guesses():
    assert tuple(texts.MEANINGS) == SUMMARY_METRICS
    for classes in (2, 10, 26):
        y_true = np.arange(classes)
        guessed = summarize(y_true, np.full((classes, classes), 1 / classes, np.float32))
        for name in SUMMARY_METRICS:
            said = texts.explain_number(name, classes)
            assert said.endswith(".") and "{" not in said
        assert f"{guessed['log_loss'].value:.2f} is guessing" in texts.explain_number("log_loss", classes)
        assert f"{guessed['brier_score'].value:.2f} is guessing" in texts.explain_number("brier_score", classes)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0.00%"), (0.00001, "<0.01%"), (0.00006, "0.01%"), (0.5, "50.00%"), (0.99994, "99.99%"),
        (0.99996, ">99.99%"), (1, "100.00%"), (math.nan, "–"),
    ],
)  # fmt: skip
def test_only_all_is_100_per_cent_and_only_nothing_0(share, text):
    assert texts.format_share(share) == text


@pytest.mark.parametrize(
    ("confidence", "text"),
    [
        (0, "0%"), (0.5, "50%"), (0.9, "90%"), (0.95, "95.0%"), (0.99, "99.0%"), (0.995, "99.50%"),
        (0.9997429, "99.974%"), (1, ">99.9999%"),
    ],
)  # fmt: skip
def test_a_confidence_shows_what_it_lacks_to_certainty(confidence, text):
    assert texts.format_confidence(confidence) == text


def test_a_confidence_is_never_written_as_certain():
    confidences = 1 - np.logspace(-9, -0.1, 500)
    assert not [c for c in confidences if texts.format_confidence(c).lstrip(">").startswith("100")]


def test_losses_areas_and_intervals():
    assert texts.format_value("log_loss", 0.00986) == "0.0099"
    assert texts.format_value("macro_f1", 0.99677) == "99.68%"
    assert texts.format_interval("accuracy", Estimate(0.9, 0.8, 1.0)) == "80.00% to 100.00%"
    assert texts.format_interval("macro_f1", Estimate(math.nan, math.nan, math.nan)) == "–"
    areas = [texts.format_area(area) for area in (0.5, 0.9999968, 0.999994, 1.0, math.nan)]
    assert areas == ["0.50000", ">0.99999", "0.99999", "1.00000", "–"]
    assert texts.format_loss(math.nan) == "–"


def test_names_in_a_row():
    said = [texts.join_names(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])]
    assert said == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (200, "3 min 20 s"),
        (599.7, "10 min"),
        (3599, "59 min"),
        (3600, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_times_in_words(seconds, words):
    assert texts.format_duration(seconds) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(1e-5, "0.00001"), (6.05e-5, "0.0000605"), (0.02, "0.02"), (0.0, "0"), (128, "128"), ("", "none")],
)
def test_the_value_of_a_setting_has_no_exponent(value, words):
    assert texts.format_setting_value(value) == words


def test_one_thing_is_not_several():
    counts = [texts.format_count(count, "page") for count in (0, 1, 2, 1200)]
    assert counts == ["0 pages", "1 page", "2 pages", "1,200 pages"]
    assert [texts.format_count(count, "search", "searches") for count in (1, 3)] == ["1 search", "3 searches"]
