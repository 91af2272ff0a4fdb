"""Slices: the parts of the images that are read worst, and the way from them to their images."""

import re

import numpy as np
import pytest

from digitrec.data import splits
from support.chain import DIGITS, WRONG, open_at, shown
from support.made_runs import rerun, words

pytestmark = pytest.mark.usefixtures("known_mistakes")


def test_slices_name_the_worst_and_show_its_mistakes(run):
    page = open_at("Slices")
    assert "Lowest accuracy:" in words(page)
    page.button(key="slices-worst").click()
    rerun(page)
    assert page.session_state["evaluate-looking"].slice
    assert set(shown(page)) <= set(WRONG.tolist())
    count = int(re.search(r"(\d+) of [\d,]+ misread", words(page)).group(1))
    assert count >= len(shown(page)) > 0


def test_the_slices_of_one_quality_hold_all_images(run):
    table = open_at("Slices").main.dataframe[0].value
    sums = table.groupby("Property")[["Images", "Misread"]].sum()
    assert (sums["Images"] == len(DIGITS.labels)).all() and (sums["Misread"] == len(WRONG)).all()


def test_a_slice_narrows_the_errors_too(run):
    page = open_at("Slices", slice="thickness-0")
    first = shown(page)
    page.button(key="slices-errors").click()
    rerun(page)
    assert page.button_group(key="evaluate-section").value == "Errors"
    assert "Only the group: a stroke thickness below" in words(page)
    assert sorted(shown(page)) == sorted(first)


def test_writers_are_slices_where_they_are_known(run, monkeypatch):
    hands = np.where(np.arange(len(DIGITS.labels)) < 100, 7, np.where(np.arange(len(DIGITS.labels)) < 200, 12, -1))
    monkeypatch.setattr(splits, "select_writers", lambda dataset, name, share, seed: hands)
    page = open_at("Slices", slice="writer-1")
    table = page.main.dataframe[0].value
    rows = table[table["Property"] == "Writer"][["Group", "Images", "Misread"]].to_numpy().tolist()
    assert rows == [["writer 07", 100, 10], ["writer 12", 100, 10]]
    assert shown(page) == list(range(100, 200, 10)) and "digits by writer 12" in words(page)


def test_a_slice_that_there_is_not_here_is_none(run):
    page = open_at("Slices", slice="writer-1")
    assert "Choose a group" in page.main.info[-1].value
