"""The strips of pinned digits: what they say of answers that change."""

import re

import numpy as np
import pytest

from digitrec.runs import Pinned
from digitrec.ui.train import pinned
from digitrec.ui.train.pinned import MAX_CELLS, Moment

NAMES = ("3", "7")


def row(done: float, *shares: float, key: str = "a") -> Pinned:
    return Pinned(epoch=1, done=done, answers=((key, shares),))


ROWS = [row(0.25, 0.8, 0.2), row(0.5, 0.6, 0.4), row(1.0, 0.1, 0.9)]


def test_the_answer_at_each_moment_is_the_likeliest_class():
    assert pinned.list_moments(ROWS, "a") == [Moment(0.25, 0, 0.8), Moment(0.5, 0, 0.6), Moment(1.0, 1, 0.9)]
    assert pinned.list_moments([row(0.5, 1.0, 0.0, key="b"), ROWS[2]], "a") == [0.5, Moment(1.0, 1, 0.9)]


def test_words_say_when_the_answer_tipped_over():
    moments = pinned.list_moments(ROWS, "a")
    assert pinned.describe(moments, NAMES) == "Read as 3 from epoch 0.25, then 7 from epoch 1."
    assert pinned.describe([0.5], NAMES) == "Not answered yet."


@pytest.mark.parametrize(("label", "kinds"), [(1, ["wrong", "wrong", "right"]), (None, ["open"] * 3)])
def test_a_strip_is_as_long_as_the_training_so_far_and_names_each_new_answer(label, kinds):
    cells = "".join(pinned._cells_html(pinned.list_moments(ROWS, "a"), NAMES, label, 4))
    assert re.findall('class="([a-z]+)"', cells) == kinds
    assert sum(map(float, re.findall(r"width:([\d.]+)%", cells))) == pytest.approx(100 * 1.0 / 4)
    assert re.findall(">([37]?)</span>", cells) == ["3", "", "7"]


def test_an_answer_that_changes_at_once_has_no_room_for_its_name():
    rows = [row(0.01, 0.8, 0.2), row(0.02, 0.1, 0.9), row(0.5, 0.2, 0.8), row(1.0, 0.9, 0.1)]
    cells = "".join(pinned._cells_html([0.005, *pinned.list_moments(rows, "a")], NAMES, 1, 1))
    assert re.findall(">([37]?)</span>", cells) == ["", "", "7", "", "3"]
    assert sum(map(float, re.findall(r"width:([\d.]+)%", cells))) == pytest.approx(100)


@pytest.mark.parametrize("n", [1, MAX_CELLS, MAX_CELLS + 1, 5 * MAX_CELLS + 7])
def test_a_long_training_is_thinned_out_to_its_end(n):
    rows = [row(done, 1.0, 0.0) for done in np.arange(1, n + 1)]
    shown = pinned.thin_out(rows)
    assert len(shown) <= MAX_CELLS + 1 and shown[-1] is rows[-1] and shown[0] is rows[0]
    assert [each.done for each in shown] == sorted({each.done for each in shown})
