"""Images filtered and sorted, against what a loop over the rows finds."""

import numpy as np
import pytest

from digitrec.data import MEASURES
from digitrec.data.duplicates import group_equal
from digitrec.evaluation.image_queries import ORDERS, RANGES, ImageQuery, ImageTable, find_images
from digitrec.evaluation.predictions import Predictions

N = 200
RNG = np.random.default_rng(8)
ANSWERS = RNG.integers(-1, 4, N)
KNOWN = np.where(ANSWERS < 0, np.nan, RNG.random(N)).astype(np.float32)
TABLE = ImageTable(
    labels=RNG.integers(0, 4, N),
    is_test=np.arange(N) >= 150,
    measures={name: RNG.normal(size=N).round(1).astype(np.float32) for name in MEASURES},
    writers=RNG.integers(-1, 5, N),
    predictions=Predictions(ANSWERS, KNOWN, (KNOWN / 2).astype(np.float32)),
    duplicates=group_equal(RNG.integers(0, 300, N), RNG.integers(0, 4, N), np.arange(N) >= 150),
)
BARE = ImageTable(TABLE.labels, TABLE.is_test)


def test_without_conditions_all_images_come_in_their_place():
    assert np.array_equal(find_images(TABLE, ImageQuery()), np.arange(N))


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        (ImageQuery(split="test"), lambda i: i >= 150),
        (ImageQuery(split="train", label=2), lambda i: i < 150 and TABLE.labels[i] == 2),
        (ImageQuery(outcome="wrong"), lambda i: ANSWERS[i] not in (-1, TABLE.labels[i])),
        (ImageQuery(outcome="right"), lambda i: ANSWERS[i] == TABLE.labels[i]),
        (ImageQuery(answer=3), lambda i: ANSWERS[i] == 3),
        (ImageQuery(duplicates="equal"), lambda i: TABLE.duplicates.groups[i] >= 0),
        (ImageQuery(duplicates="leaks"), lambda i: TABLE.duplicates.leaks[i]),
        (ImageQuery(duplicates="conflicts"), lambda i: TABLE.duplicates.conflicts[i]),
        (ImageQuery(writer=4), lambda i: TABLE.writers[i] == 4),
        (ImageQuery(confidence=(0.25, 1.0)), lambda i: KNOWN[i] >= 0.25),
        *(
            (ImageQuery(**{name: (-0.5, 0.5)}), lambda i, name=name: abs(TABLE.measures[name][i]) <= 0.5)
            for name in MEASURES
        ),
    ],
    ids=lambda each: str(each) if isinstance(each, ImageQuery) else "",
)
def test_each_condition_keeps_the_images_for_which_it_holds(query, holds):
    found = find_images(TABLE, query).tolist()
    assert found == [i for i in range(N) if holds(i)]
    assert 0 < len(found) < N  # else the condition would have said nothing


def test_conditions_hold_together():
    query = ImageQuery("train", 1, "wrong", ink=(-1.0, 1.0))
    one_by_one = [find_images(TABLE, part) for part in (ImageQuery("train"), ImageQuery(label=1))]
    one_by_one += [find_images(TABLE, part) for part in (ImageQuery(outcome="wrong"), ImageQuery(ink=(-1.0, 1.0)))]
    assert set(find_images(TABLE, query)) == set.intersection(*map(set, one_by_one))


@pytest.mark.parametrize("sort", ORDERS)
def test_images_are_sorted_both_ways_with_unknown_ones_last(sort):
    column = TABLE.column(sort)
    unknown = np.isnan(column) | ((column < 0) & (sort in ("writer", "answer", "group")))
    for descending in (False, True):
        found = find_images(TABLE, ImageQuery(sort=sort, descending=descending))
        known = int((~unknown).sum())
        steps = np.diff(column[found[:known]])
        assert sorted(found) == list(range(N)) and unknown[found[known:]].all()
        assert (steps <= 0).all() if descending else (steps >= 0).all()
        ties = steps == 0
        assert (np.diff(found[:known])[ties] > 0).all()  # equal ones stay in their place


def test_what_is_not_known_neither_filters_nor_sorts():
    ranges = dict.fromkeys(RANGES, (5.0, 6.0))
    query = ImageQuery(outcome="wrong", answer=1, writer=1, sort="confidence", descending=True, **ranges)
    assert np.array_equal(find_images(BARE, query), np.arange(N))


@pytest.mark.parametrize("query", [ImageQuery("none"), ImageQuery(outcome="maybe"), ImageQuery(sort="beauty")])
def test_an_unknown_name_is_refused(query):
    with pytest.raises(ValueError, match=r"none|maybe|beauty"):
        find_images(TABLE, query)
