"""Numbers with a digit that checks the others: right ones pass, and any single wrong digit is found."""

import pytest

from digitrec.stacks import StackError
from digitrec.stacks.check_digits import find_check

RIGHT = {
    "luhn": ["79927398713", "4539578763621486", "0"],
    "isbn": ["0306406152", "080442957X", "080442957x", "9780306406157"],
    "mod97": ["GB82WEST12345698765432", "de89370400440532013000", "1"],
}
# Neither of the length nor of the characters that the check is of; the last are no ASCII digits or letters.
WRONG = {
    "luhn": ["", "12a", "7992739871X"],
    "isbn": ["", "123", "X306406152", "030640615", "978030640615X"],
    "mod97": ["", "X", "GB82 WEST", "GB82WÉST12345698765432"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in RIGHT.items() for text in texts])
def test_right_numbers_pass_and_each_wrong_digit_is_found(name, text):
    check = find_check(name)
    assert check(text)
    for place in (at for at, each in enumerate(text) if each.isdecimal() and len(text) > 1):
        other = str((int(text[place]) + 1) % 10)
        assert not check(text[:place] + other + text[place + 1 :])


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts])
def test_what_is_no_such_number_does_not_pass(name, text):
    assert not find_check(name)(text)


def test_a_check_that_is_not_known_is_named_with_those_that_are():
    with pytest.raises(StackError, match="there is no check 'ean': expected one of luhn, isbn, mod97"):
        find_check("ean")
