"""What stands in a field, by what stands in its boxes."""

import numpy as np
import pytest

from digitrec.forms import Digit, Field, Number
from digitrec.forms.content_kinds import CONTENT_KINDS
from digitrec.forms.field_kinds import FILLED, BoxReading, join_boxes, judge_box, judge_number, judge_tick

BOX = (0.0, 0.0, 1.0, 1.0)
AMOUNT = Field("amount", BOX, "number", 4, 2, True)


def proba(kind, share):
    rest = (1 - share) / (len(CONTENT_KINDS) - 1)
    return np.array([share if name == kind else rest for name in CONTENT_KINDS])


@pytest.mark.parametrize(
    ("kind", "share", "answer", "wanted"),
    [
        ("digit", 0.99, ("4", 0.9, ""), ("digit", "4", True)),
        ("digit", 0.99, ("4", 0.5, "4 or 9"), ("digit", "4", False)),
        ("digit", 0.7, ("4", 0.9, ""), ("digit", "4", False)),
        ("struck out", 0.95, ("4", 0.5, "odd"), ("struck out", "", True)),
        ("struck out", 0.95, ("4", 0.99, ""), ("struck out", "", False)),
        ("struck out", 0.8, ("4", 0.5, "odd"), ("struck out", "", False)),
        ("stain", 0.99, ("0", 0.5, "odd"), ("stain", "", True)),
        ("notes", 0.99, ("0", 0.5, "odd"), ("notes", "", True)),
    ],
)
def test_a_box_is_what_its_ink_is_most_like_and_sure_if_digit_and_kind_agree(kind, share, answer, wanted):
    found = judge_box(proba(kind, share), answer)
    assert (found.kind, found.text, not found.why) == wanted


def boxes(text, **changes):
    found = [BoxReading("empty") if symbol == " " else BoxReading("digit", symbol, 0.9) for symbol in text]
    for at, box in changes.items():
        found[int(at[1:])] = box
    return found


@pytest.mark.parametrize(
    ("text", "wanted", "sure"),
    [
        ("1234", "12.34", True),
        (" 234", "2.34", True),
        ("  34", "0.34", True),
        ("12  ", "12", True),
        ("1 34", "1.34", False),
        ("123 ", "12.3", False),
    ],
)
def test_digits_in_boxes_are_a_number_with_its_point(text, wanted, sure):
    found = join_boxes(boxes(text), AMOUNT)
    assert (found.kind, found.text, not found.why) == ("number", wanted, sure)
    assert found.confidence == pytest.approx(0.9 ** len(text.replace(" ", "")))


def test_boxes_without_a_digit_are_what_stands_in_them():
    assert join_boxes(boxes("    "), AMOUNT) == BoxReading("empty")
    assert join_boxes(boxes("    ", _1=BoxReading("stain")), AMOUNT).kind == "stain"
    struck = join_boxes(boxes("12 4", _2=BoxReading("struck out")), AMOUNT)
    assert struck.kind == "number" and "struck out" in struck.why


def number(text, *, sure=True, ignored=()):
    return Number(text, 0.9, sure, "", (), tuple(ignored), (), (0, 0, 50, 20))


@pytest.mark.parametrize(
    ("numbers", "field", "why"),
    [
        ([number("12,5")], Field("x", BOX, "number", 3, 1), ""),
        ([number("125")], Field("x", BOX, "number", 3, 1), "it has 0 decimals: expected 1"),
        ([number("1254")], Field("x", BOX, "number", 3), "it has 4 digits: expected 3 at most"),
        ([number("1"), number("2")], Field("x", BOX, "number"), "several numbers"),
        ([number("12", ignored=[(60, 0, 70, 15)])], Field("x", BOX, "number"), "a part of it is not read"),
        ([], Field("x", BOX, "number"), "no number can be read"),
    ],
)
def test_a_number_that_breaks_what_is_known_of_it_is_looked_at(numbers, field, why):
    found = judge_number(numbers, 0.1, field, "")
    assert found.why == why
    assert found.text == " ".join(each.text for each in numbers).replace(",", ".")


@pytest.mark.parametrize(
    ("decimals", "digits_sure", "sure"), [(1, True, True), (None, True, False), (1, False, False)]
)
def test_another_text_that_the_field_rules_out_is_no_doubt(decimals, digits_sure, sure):
    digits = tuple(Digit(each, 0.99, "7", (0, 0, 9, 9), digits_sure) for each in "1.5")
    doubtful = number("1.5", sure=False)._replace(alternative="15", digits=digits)
    found = judge_number([doubtful], 0.1, Field("x", BOX, "number", 4, decimals), "")
    assert (found.text, not found.why) == ("1.5", sure)


def test_a_number_field_without_ink_is_empty():
    assert judge_number([], 0.0, Field("x", BOX, "number"), "") == BoxReading("empty")


@pytest.mark.parametrize(
    ("area", "side", "kind", "wanted"),
    [
        (0.1, 0.8, "struck out", ("tick", True)),
        (0.02, 0.4, "digit", ("tick", False)),
        (0.005, 0.8, "digit", ("empty", True)),
        (0.02, 0.1, "stain", ("empty", False)),
        (0.1, 0.4, "stain", ("stain", True)),
        (0.7, 1.0, "stain", ("struck out", False)),
    ],
)
def test_a_tick_is_some_ink_and_a_filled_box_is_doubtful(area, side, kind, wanted):
    found = judge_tick(area, side, proba(kind, 0.97), False)
    assert (found.kind, not found.why) == wanted
    assert (found.why == FILLED) == (area > 0.5)
