"""Distributions compared: against what was put into them, and against definitions."""

import numpy as np
import pytest
from scipy import stats

from digitrec.evaluation.distributions import (
    MIN_COMPARED_IMAGES,
    compare_samples,
    correct_holm,
    share_histograms,
    summarise_by_class,
)

RNG = np.random.default_rng(5)


def test_equal_samples_do_not_differ_and_shifted_ones_do():
    values = RNG.normal(size=500)
    same, shifted = compare_samples([(values, values), (values, values + 2)])
    assert (same.distance, same.superiority, same.effect, same.is_significant) == (0, 0.5, "", False)
    assert shifted.is_significant and shifted.effect == "large"
    assert shifted.medians[1] == pytest.approx(shifted.medians[0] + 2)


def test_the_share_of_pairs_is_what_counting_all_pairs_gives():
    first, second = RNG.integers(0, 9, 40), RNG.integers(2, 9, 30)
    (found,) = compare_samples([(first, second)])
    pairs = second[None] - first[:, None]
    assert found.superiority == pytest.approx((pairs > 0).mean() + (pairs == 0).mean() / 2)
    (back,) = compare_samples([(second, first)])
    assert back.superiority == pytest.approx(1 - found.superiority) and back.effect == found.effect
    assert found.distance == stats.ks_2samp(first, second).statistic and found.n == (40, 30)


def test_another_spread_is_found_though_neither_is_larger():
    (found,) = compare_samples([(RNG.normal(size=800), 3 * RNG.normal(size=800))])
    assert found.is_significant and found.effect == "" and found.distance > 0.2


def test_samples_that_are_too_small_are_not_compared_nor_counted():
    values = RNG.normal(size=60)
    few = values[: MIN_COMPARED_IMAGES - 1]
    alone = compare_samples([(values, values + 0.4)])
    assert compare_samples([(few, values), (values, values + 0.4), (values, few)]) == [None, *alone, None]


def test_holm_is_what_its_definition_says():
    p = [0.01, 0.04, 0.03, 0.005]
    assert correct_holm(p) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert correct_holm([0.9, 0.8]) == [1.0, 1.0] and correct_holm([]) == []


def test_of_many_tests_of_the_same_distribution_few_are_significant():
    pairs = [(RNG.normal(size=60), RNG.normal(size=60)) for _ in range(200)]
    found = compare_samples(pairs)
    assert sum(each.p < 0.05 for each in found) > sum(each.is_significant for each in found)
    assert sum(each.is_significant for each in found) <= 1


def test_quantiles_of_each_class_are_its_own_and_an_empty_class_has_none():
    labels = np.repeat([0, 2], 100)
    values = np.concatenate([np.arange(100), np.arange(1000, 1100)])
    first, empty, third = summarise_by_class(values, labels, 3)
    assert first == (100, *np.quantile(np.arange(100), (0.05, 0.25, 0.5, 0.75, 0.95)))
    assert third.median - first.median == 1000
    assert empty.n == 0 and np.isnan(empty.median)


def test_histograms_hold_every_value_and_one_outlier_does_not_press_them_together():
    first, second = RNG.normal(size=2000), np.append(RNG.normal(size=2000), 1e6)
    shares, edges = share_histograms([first, second], 20)
    assert [share.sum() for share in shares] == pytest.approx([1, 1])
    assert edges[-1] < 10 and (shares[0] > 0).sum() > 10
    (constant,), _ = share_histograms([np.full(7, 3.0)], 4)
    assert constant.sum() == 1
