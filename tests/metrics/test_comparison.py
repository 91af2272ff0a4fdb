"""Two classifiers on the same images."""

import numpy as np
import pytest

from digitrec.metrics.comparison import PairedCounts, count_paired
from digitrec.metrics.inputs import MetricsError


def test_each_image_is_counted_once():
    first, second = np.array([1, 1, 0, 0, 1, 0], bool), np.array([1, 0, 1, 0, 0, 0], bool)
    counts = count_paired(first, second)
    assert counts == PairedCounts(both=1, first_only=2, second_only=1, neither=2) and counts.n == 6
    assert count_paired(second, first) == PairedCounts(1, 1, 2, 2)


def test_the_p_value_is_that_of_a_fair_coin():
    # 6 of 6 on one side: twice (1/2)^6. 5 of 6: twice 7/64.
    assert PairedCounts(90, 6, 0, 4).p_value == pytest.approx(2 / 64)
    assert PairedCounts(0, 1, 5, 0).p_value == pytest.approx(14 / 64)
    assert PairedCounts(0, 3, 3, 0).p_value == pytest.approx(1) == PairedCounts(7, 0, 0, 7).p_value


def test_what_both_read_or_neither_says_nothing():
    assert PairedCounts(10, 8, 1, 2).p_value == PairedCounts(10_000, 8, 1, 500).p_value


def test_equally_good_ones_differ_in_no_more_than_one_of_twenty_trials():
    rng = np.random.default_rng(0)
    trials = [count_paired(*(rng.random((2, 400)) < 0.9)).p_value <= 0.05 for _ in range(300)]
    assert np.mean(trials) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_answers_to_other_images_are_refused():
    with pytest.raises(MetricsError, match="3 and 4 images"):
        count_paired(np.ones(3, bool), np.ones(4, bool))
