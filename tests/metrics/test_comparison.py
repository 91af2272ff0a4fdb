"""Two classifiers on the same images."""

import numpy as np
import pytest

from digitrec.metrics.comparison import PairedCounts, count_paired, pareto_front
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


def test_the_frontier_holds_what_no_other_beats():
    costs, values = [1, 2, 3, 3, 2, 1], [0.5, 0.9, 0.8, 0.95, 0.9, 0.4]
    assert pareto_front(costs, values).tolist() == [True, True, False, True, True, False]
    assert pareto_front([1], [0.0]).tolist() == [True]


def test_the_frontier_never_falls_and_holds_the_best_and_the_cheapest():
    rng = np.random.default_rng(0)
    costs, values = rng.random((2, 50))
    front = pareto_front(costs, values)
    assert front[values.argmax()] and front[costs.argmin()]
    order = np.argsort(costs[front])
    assert (np.diff(values[front][order]) > 0).all()


def test_each_cost_has_a_value():
    with pytest.raises(MetricsError, match="2 costs and 1 values"):
        pareto_front([1, 2], [0.5])
