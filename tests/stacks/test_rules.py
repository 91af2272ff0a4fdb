"""Rules: check digits that catch each wrong digit, sums and the others by hand, and the digit that would mend."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitrec.stacks import StackError, rules
from digitrec.stacks.check_digits import is_isbn, is_luhn, is_mod97
from support import made_stacks

DIGITS = st.text("0123456789", min_size=3, max_size=15)


def complete(text: str, check, places: int) -> str:
    """The text with the check digits that it needs."""
    return next(text + str(end).zfill(places) for end in range(10**places) if check(text + str(end).zfill(places)))


@given(DIGITS, st.data())
@pytest.mark.parametrize(("check", "places"), [(is_luhn, 1), (is_mod97, 2)])
def test_each_wrong_digit_is_caught(check, places, text, data):
    whole = complete(text, check, places)
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.sampled_from([each for each in "0123456789" if each != whole[place]]))
    assert check(whole) and not check(whole[:place] + other + whole[place + 1 :])


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (is_luhn, "4539578763621486", "4539578763621487"),
        (is_isbn, "0306406152", "0306406153"),
        (is_isbn, "080442957X", "0804429570"),
        (is_isbn, "9780306406157", "9780306406158"),
        (is_mod97, "GB82WEST12345698765432", "GB82WEST12345698765423"),
        (is_luhn, "0", ""),
    ],
)
def test_known_numbers(check, right, wrong):
    assert check(right) and not check(wrong) and not check("x") and not check("²")


def broken(rule, rows, *, before=None, **doubts):
    page = made_stacks.page(0, rows, **doubts)
    texts = {field.name: rules.value_of(field.kind, field.text) for field in page.fields}
    return rules.find_broken([rule], page.fields, texts, before=before)


@pytest.mark.parametrize(
    ("rule", "rows", "says"),
    [
        ({"check": "sum", "fields": "*, 1-2", "as": "row", "equals": "*, 3"}, ["123", "459"], ""),
        (
            {"check": "sum", "fields": "*, 1-2", "as": "row", "equals": "*, 3"},
            ["124"],
            "in row 1 is 3: expected 4.",
        ),
        ({"check": "sum", "fields": "*, *", "as": "column", "equals": "6"}, ["12", "54"], ""),
        ({"check": "sum", "fields": "*, *", "equals": "12"}, ["12", "54"], ""),
        ({"check": "sum", "fields": "*, *", "equals": "11"}, ["12", "54"], "The sum is 12: expected 11."),
        (
            {"check": "range", "fields": "*, 1", "as": "row", "least": "3"},
            ["2"],
            "2 in row 1: expected at least 3.",
        ),
        ({"check": "range", "fields": "1, *", "as": "row", "least": "3", "most": "45"}, ["44"], ""),
        ({"check": "length", "fields": "1, *", "as": "row", "least": "3"}, ["44 "], "has 2 digits"),
        ({"check": "list", "fields": "*, *", "values": "1, 2"}, ["12"], ""),
        ({"check": "list", "fields": "*, 2", "values": "1, 3"}, ["12"], "2 is not in the list."),
        (
            {"check": "equal", "fields": "1, 1-2", "as": "page", "equals": "2, 1-2"},
            ["12", "13"],
            "not equal to 13",
        ),
        ({"check": "equal", "fields": "1, *", "as": "page", "equals": "2, *"}, ["12", "12"], ""),
        ({"check": "luhn", "fields": "1, *", "as": "row"}, ["18"], ""),
        ({"check": "luhn", "fields": "1, *", "as": "row"}, ["  "], ""),
        ({"check": "luhn", "fields": "1, *", "as": "row"}, ["19"], "19 in row 1 fails the check digit (Luhn)."),
        ({"check": "near", "fields": "1, 1", "by": "2"}, ["6"], ""),
        ({"check": "near", "fields": "1, 1", "by": "2"}, ["7"], "7, and 4 on the page before"),
    ],
)
def test_what_a_page_breaks(rule, rows, says):
    found = broken(rule, rows, before={"1, 1": "4"})
    assert (says in found[0].says) if says else found == []


def test_the_confusion_that_would_mend_it_is_offered_the_likeliest_first():
    rule = {"check": "sum", "fields": "*, 1-2", "as": "row", "equals": "*, 3"}
    (found,) = broken(rule, ["719"], r1c1=0.6)  # 7 + 1 is 8: one of them is an 8, or the 9 is an 8
    assert found.names == ("1, 1", "1, 2", "1, 3")
    texts = {"1, 1": "7", "1, 2": "1", "1, 3": "9"}
    doubts = {"1, 1": 0.4, "1, 2": 0.001, "1, 3": 0.001}
    assert rules.find_mends(rule, found, texts, doubts)[0] == rules.Mend("1, 1", "8")
    assert rules.find_mends(rule, found, texts, {"1, 3": 0.001}) == (rules.Mend("1, 3", "8"),)


def test_notes_are_no_value():
    page = made_stacks.page(0, ["19"])
    assert rules.find_broken([{"check": "luhn", "fields": "*, *", "as": "row"}], page.fields, {"1, 1": "?"}) == []


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({}, "has the check None"),
        ({"check": "luhn"}, "names no fields"),
        ({"check": "luhn", "fields": " "}, "names no fields"),
        ({"check": "luhn", "fields": "1", "as": "x"}, "is as 'x'"),
        ({"check": "range", "fields": "1"}, "lowest or a highest"),
        ({"check": "range", "fields": "1", "least": "a"}, "'a' is no number"),
        ({"check": "near", "fields": "1"}, "largest difference"),
        ({"check": "list", "fields": "1"}, "allowed values"),
    ],
)
def test_what_is_no_rule_is_refused_and_breaks_nothing(rule, says):
    with pytest.raises(StackError, match=says):
        rules.check_rule(rule)
    assert broken(rule, ["1"]) == []


def test_every_rule_has_words():
    values = {"least": "1", "most": "9", "values": "1, 2", "equals": "3", "by": "2"}
    said = {rules.describe({"check": check, "fields": "1", **values}) for check in rules.CHECKS}
    assert len(said) == len(rules.CHECKS) and "Range 1 to 9 · fields 1" in said
