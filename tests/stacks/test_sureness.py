"""Which readings are accepted: never more errors than wanted are expected, and what is checked counts."""

import numpy as np
import pytest

from digitrec.stacks.sureness import Checks, Readings, estimate


def readings(confidence, sure=None, page=None):
    confidence = np.asarray(confidence, float)
    n = len(confidence)
    sure = np.ones(n, bool) if sure is None else np.asarray(sure, bool)
    return Readings(confidence, sure, confidence > 0, confidence == 0, np.zeros(n, int) if page is None else page)


def checks(n, done=(), wrong=(), counts=None, barred=()):
    masks = [np.zeros(n, bool) for _ in range(4)]
    for mask, chosen in zip(masks, (done, done if counts is None else counts, wrong, barred), strict=True):
        mask[list(chosen)] = True
    return Checks(*masks)


def test_no_more_errors_than_wanted_are_expected_and_the_surest_come_first():
    found = readings(np.linspace(0.7, 1.0, 400))
    for share in (0.001, 0.01, 0.05):
        outlook = estimate(found, checks(400), share)
        assert 0 < outlook.share.value <= share + 1e-12
        assert outlook.share.value == pytest.approx(outlook.wrong[outlook.accepted].mean())
        assert found.confidence[outlook.accepted].min() >= found.confidence[~outlook.accepted].max()
        assert outlook.threshold == found.confidence[outlook.accepted].min()


def test_a_larger_share_accepts_more():
    found = readings(np.random.default_rng(0).uniform(0.5, 1, 500))
    counts = [int(estimate(found, checks(500), share).accepted.sum()) for share in (0.001, 0.01, 0.1)]
    assert counts == sorted(counts) and counts[0] < counts[-1]


def test_errors_among_the_random_ones_lower_what_is_accepted_and_right_ones_narrow_the_interval():
    found = readings([0.9999] * 1000)
    before = estimate(found, checks(1000), 0.01)
    right = estimate(found, checks(1000, done=range(100)), 0.01)
    wrong = estimate(found, checks(1000, done=range(100), wrong=range(5)), 0.01)
    assert before.accepted.all() and (before.checked, right.checked) == (0, 100)
    assert right.accepted.sum() == 900 and right.errors.high < before.errors.high
    assert not wrong.accepted.any()
    # 0.01% counts as much as 50 checked fields
    assert wrong.wrong[500] == pytest.approx((50 * 0.0001 + 5) / 150)


def test_errors_that_were_seen_by_chance_count_for_nothing():
    found = readings([0.9999] * 1000)
    seen = estimate(found, checks(1000, done=range(5), wrong=range(5), counts=()), 0.01)
    assert seen.accepted.sum() == 995 and (seen.checked, seen.found) == (0, 0)


def test_what_the_reader_doubts_and_what_breaks_a_rule_is_not_accepted_until_a_person_has_shown_that_it_is_right():
    found = readings([0.999] * 300, sure=[True] * 100 + [False] * 200)
    outlook = estimate(found, checks(300, barred=range(10)), 0.01)
    assert outlook.accepted.nonzero()[0].tolist() == list(range(10, 100))
    shown = estimate(found, checks(300, done=range(100, 250)), 0.05)
    assert shown.accepted[250:].all()


def test_notes_are_looked_at_and_empty_fields_are_not():
    empty, notes = readings([0.0] * 50), readings([0.0] * 50)
    assert estimate(empty, checks(50), 0.01).accepted.all()
    assert not estimate(notes._replace(is_empty=np.zeros(50, bool)), checks(50), 0.01).accepted.any()


def test_nothing_to_accept():
    outlook = estimate(readings([]), checks(0), 0.01)
    assert outlook.errors == (0, 0, 0) and np.isnan(outlook.threshold)


def test_the_interval_holds_what_comes_as_often_as_it_says():
    """100 stacks whose confidences are calibrated, some of the fields checked at random."""
    rng, held = np.random.default_rng(3), 0
    for _ in range(100):
        confidence = 1 - rng.beta(0.3, 20, 500)
        is_wrong = rng.random(500) > confidence
        chosen = rng.permutation(500)[:60]
        outlook = estimate(readings(confidence), checks(500, chosen, chosen[is_wrong[chosen]]), 0.01)
        errors = int(is_wrong[outlook.accepted].sum())
        held += outlook.errors.low <= errors <= outlook.errors.high
    assert held >= 90


def test_the_interval_is_wider_where_all_fields_are_on_few_pages():
    confidence, looked_at, wrong = [0.97] * 1000, range(200), range(6)
    many, few = (
        estimate(readings(confidence, page=np.arange(1000) % n), checks(1000, looked_at, wrong), 0.05)
        for n in (200, 4)
    )
    assert few.errors.value == many.errors.value
    assert few.errors.high > 1.3 * many.errors.high and few.errors.low < many.errors.low


def test_the_interval_holds_where_each_page_has_a_hand_of_its_own():
    """100 stacks of 40 pages; a page has up to several times as many errors as its confidences say, or none."""
    rng, held, pages = np.random.default_rng(5), 0, np.repeat(np.arange(40), 25)
    for _ in range(100):
        confidence = 1 - rng.beta(0.5, 20, 1000)
        factor = rng.gamma(0.25, 4, 40)
        is_wrong = rng.random(1000) < (1 - confidence) * factor[pages]
        chosen = rng.permutation(1000)[:150]
        outlook = estimate(readings(confidence, page=pages), checks(1000, chosen, chosen[is_wrong[chosen]]), 0.03)
        errors = int(is_wrong[outlook.accepted].sum())
        held += outlook.errors.low <= errors <= outlook.errors.high
    assert held >= 90
