"""Which of two runs is better, in words."""

import dataclasses

import pytest

from digitrec.metrics import PairedCounts
from digitrec.reporting.comparison_texts import describe_comparison, describe_frontier, format_p, list_differences
from support import made_runs


def described(*counts: int) -> str:
    return describe_comparison(PairedCounts(*counts), "A", "B", "test images")


def test_better_is_said_only_where_chance_would_rarely_do_it():
    assert described(9960, 30, 8, 2) == (
        "A is better than B: A alone reads 30 of 10,000 test images right, B alone reads 8 "
        "(McNemar's exact test, p < 0.001)."
    )
    assert described(9960, 8, 30, 2).startswith("B is better than A: A alone reads 8 of")
    assert described(9960, 12, 8, 20).startswith("No difference can be told: A alone reads 12 of 10,000")
    assert "p = 0.50" in described(9960, 12, 8, 20)


def test_the_same_answers_are_no_difference():
    assert described(95, 0, 0, 5) == "Both are right on the same of 100 test images: no difference can be told."


@pytest.mark.parametrize(
    ("p", "text"), [(0.00099, "< 0.001"), (0.0123, "= 0.012"), (0.0996, "= 0.100"), (0.5, "= 0.50")]
)
def test_p_values_are_short(p, text):
    assert format_p(p) == text


def test_only_the_settings_that_differ_are_listed():
    runs = [
        made_runs.new("a"),
        made_runs.new("b", dataclasses.replace(made_runs.SMALL, epochs=7, start_from="a")),
    ]
    assert list_differences(runs) == [
        {"Setting": "Start from", "a": "–", "b": "a"},
        {"Setting": "Epochs", "a": "3", "b": "7"},
    ]
    assert list_differences([runs[0], made_runs.new("c")]) == []


def test_the_frontier_is_told_with_what_is_beaten_and_what_may_be_chance():
    text = describe_frontier(["a", "b"], ["a", "b", "c"], overlap=False)
    assert text.startswith("On the frontier: a and b.") and text.endswith("Beaten by another: c.")
    assert "Beaten" not in describe_frontier(["a", "b"], ["a", "b"], overlap=False)
    assert "may be chance" in describe_frontier(["a"], ["a", "b"], overlap=True)
