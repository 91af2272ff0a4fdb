"""Where several numbers are read, the reasons say which one they are about."""

import numpy as np

from digitrec.forms import Digit, Number, PictureReading
from digitrec.reporting import number_records


def number(text: str, doubtful: str = "") -> Number:
    digits = tuple(
        Digit(each, 0.6 if each in doubtful else 0.99, "7", (0, 0, 1, 1), each not in doubtful) for each in text
    )
    return Number(text, 0.5, not doubtful, "", digits, (), (), (0, 0, 9, 9))


def reading(*numbers: Number) -> PictureReading:
    blank = np.zeros((9, 9), np.uint8)
    return PictureReading(blank, blank, numbers)


def test_a_reason_names_its_number_where_there_are_several():
    record = number_records.to_record("a.png", reading(number("20"), number("41", "1"), number("3", "3")))
    assert record["reasons"] == [
        "Number 2, 41: The second digit may be 1 or 7.",
        "Number 3, 3: The first digit may be 3 or 7.",
    ]
    assert [each["reasons"] for each in record["numbers"]] == [
        [],
        ["The second digit may be 1 or 7."],
        ["The first digit may be 3 or 7."],
    ]
    row = number_records.to_row("a.png", reading(number("20"), number("41", "1")))
    assert row[-1] == "Number 2, 41: The second digit may be 1 or 7."


def test_the_reason_of_a_single_number_stands_alone():
    record = number_records.to_record("a.png", reading(number("41", "1")))
    assert record["reasons"] == record["numbers"][0]["reasons"] == ["The second digit may be 1 or 7."]
