"""What the doctor finds, in words."""

import math

import numpy as np
import pytest

from digitrec.explain.doctor import Finding, examine, findings
from digitrec.explain.norms import get_norm
from digitrec.explain.traits import Gap, measure_traits
from digitrec.ui.draw.findings import (
    describe_class,
    describe_finding,
    format_share,
    format_slant,
    label_fix,
    measurement_cells,
)
from support.drawn_digits import DIGITS, draw, faulty

FAULTY = faulty()


def words(ink: np.ndarray, name: str) -> list[str]:
    traits, norm = measure_traits(ink), get_norm(name)
    return [describe_finding(finding, traits, norm) for finding in findings(examine(traits, norm))]


@pytest.mark.parametrize("key", FAULTY)
def test_every_finding_has_a_sentence_and_a_fix_and_names_the_class_it_was_compared_with(key):
    kind, name = key
    (said,) = words(FAULTY[key], name)
    assert said.endswith(".") and (f"MNIST's {name}s" in said) is (kind not in ("small", "aside"))
    assert label_fix(findings(examine(measure_traits(FAULTY[key]), get_norm(name)))[0], 1)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("thin", "The strokes are thinner than in 99.9% of MNIST's 7s."),
        ("slanted", "It leans more to the right than 99.9% of MNIST's 7s."),
        ("faint", "The ink is fainter than in 99.9% of MNIST's 7s."),
        ("small", "The drawing is small: 21% of the paper's side."),
        ("aside", "This does not matter: every drawing is centred"),
        ("specks", "There is a speck beside the strokes; "),
        ("pieces", "It has 2 separate parts; "),
        ("gap", "gap between two strokes"),
    ],
)
def test_a_finding_says_what_and_how_much(kind, expected):
    assert expected in words(FAULTY[kind, "7"], "7")[0]


def test_a_gap_is_between_strokes_or_in_a_loop_and_wider_than_usual_or_not_there():
    traits, norm = measure_traits(draw(DIGITS["0"])), get_norm("0")
    gap = Gap((0, 0), (0, 9), 8.0, False)
    loop = Finding("gap", 0.8, 0, 0.5, 0.99, gap)
    assert (
        describe_finding(loop, traits, norm)
        == "The gap in a nearly closed loop is wider than in 99% of MNIST's 0s."
    )
    joins = loop._replace(high=0, share=0.999, gap=gap._replace(joins=True))
    assert (
        describe_finding(joins, traits, norm)
        == "There is a gap between two strokes; 99.9% of MNIST's 0s have none."
    )
    assert (label_fix(loop, 1), label_fix(loop, 2)) == ("Close the gap", "Close the gaps")


def test_specks_are_counted_in_the_words_and_on_the_button():
    traits, norm = measure_traits(draw(DIGITS["0"])), get_norm("0")
    one, three = (Finding("specks", count, 0, 0, 0.995) for count in (1, 3))
    assert describe_finding(three, traits, norm).startswith("There are 3 specks beside the strokes; 99.5% of")
    assert (label_fix(one, 0), label_fix(three, 0)) == ("Remove the speck", "Remove the specks")


def test_a_lean_to_the_left_is_told_and_a_drawing_that_is_small_gets_a_word_on_the_brush():
    traits, norm = measure_traits(draw(DIGITS["1"], size=30, brush=24)), get_norm("1")
    assert "choose a narrower brush" in describe_finding(Finding("thick", 9, 1, 3, 0.999), traits, norm)
    assert "narrower" not in describe_finding(Finding("thick", 9, 1, 3, 0.999), traits._replace(size=0.5), norm)
    assert "to the left" in describe_finding(Finding("slanted", -40, -20, 30, 0.99), traits, norm)


def test_every_measurement_has_its_unit_and_what_is_usual():
    measured = examine(measure_traits(draw(DIGITS["0"])), get_norm("0"))
    rows = {name: (value, usual) for name, value, usual in map(measurement_cells, measured)}
    assert len(rows) == 8 and all(usual for _, usual in rows.values())
    assert rows["Slant"][0] == "upright" and rows["Size"] == ("72% of the paper's side", "over 25%")
    assert rows["Contrast"][0] == "100% of full ink" and rows["Gaps"][0] == "none"
    assert rows["Separate parts"] == ("1", "1") and rows["Specks"] == ("none", "none")
    assert rows["Distance from the centre"][1] == "up to 20%"


def test_slants_shares_and_classes():
    assert [format_slant(slant) for slant in (12.4, -3, 0.4)] == ["12° to the right", "3° to the left", "upright"]
    assert [format_share(share) for share in (0.99, 0.999, 0.98765)] == ["99%", "99.9%", "98.7%"]
    assert [describe_class(get_norm(name)) for name in ("7", "A")] == ["MNIST's 7s", "MNIST's digits"]
    assert math.isnan(Finding("small", 0.1, 0.25, 1).share)
