"""What pictures of numbers say, as records for JSON and rows for CSV."""

from __future__ import annotations

import json
from collections.abc import Iterable

from digitrec.forms import Number, PictureReading, number_words
from digitrec.reporting.tables import escape_formula, write_csv

COLUMNS = ("file", "text", "confidence", "sure", "digits", "digit confidences", "boxes", "reasons")
_DECIMALS = 4  # of a confidence


def to_record(name: str, reading: PictureReading) -> dict[str, object]:
    """A picture as a JSON object: text, confidence, sure, and each digit with box, answer and confidence.

    The reasons of a picture with several numbers say which number they are about, counted from 1, line by line.

    A box is left, top, right and bottom in pixels of the picture; the last two are not included.

    Args:
        name: of the file.
        reading: of the picture.
    """
    return {
        "file": name,
        "text": reading.text,
        "confidence": round(reading.confidence, _DECIMALS),
        "sure": reading.sure,
        "reasons": _reasons(reading),
        "digits": [each for number in reading.numbers for each in _digits(number)],
        "numbers": [
            {
                "text": number.text,
                "confidence": round(number.confidence, _DECIMALS),
                "sure": number.sure,
                "box": list(number.box),
                "alternative": number.alternative,
                "reasons": [] if number.sure else [number_words.describe(number)],
            }
            for number in reading.numbers
        ],
    }


def to_row(name: str, reading: PictureReading) -> list[str | int | float | None]:
    """A picture as a row of a CSV with the titles of `COLUMNS`."""
    digits = [digit for number in reading.numbers for digit in number.digits]
    return [
        escape_formula(name),
        escape_formula(reading.text),
        round(reading.confidence, _DECIMALS),
        reading.sure,
        escape_formula(" ".join(digit.answer for digit in digits)),
        " ".join(f"{digit.confidence:.{_DECIMALS}f}" for digit in digits),
        " ".join(",".join(map(str, digit.box)) for digit in digits),
        escape_formula(" ".join(_reasons(reading))),
    ]


def to_json(named: Iterable[tuple[str, PictureReading]]) -> str:
    """Pictures as a JSON array of `to_record`."""
    return json.dumps([to_record(name, reading) for name, reading in named], ensure_ascii=False, indent=1)


def to_csv(named: Iterable[tuple[str, PictureReading]]) -> str:
    """Pictures as a CSV (RFC 4180) of `to_row`."""
    return write_csv(COLUMNS, (to_row(name, reading) for name, reading in named))


def _digits(number: Number) -> list[dict[str, object]]:
    return [
        {
            "box": list(digit.box),
            "answer": digit.answer,
            "confidence": round(digit.confidence, _DECIMALS),
            "sure": digit.sure,
        }
        for digit in number.digits
    ]


def _reasons(reading: PictureReading) -> list[str]:
    turned = [number_words.UPSIDE_DOWN] if reading.upside_down else []
    doubtful = [(place, number) for place, number in enumerate(reading.numbers, 1) if not number.sure]
    if len(reading.numbers) == 1:
        return turned + [number_words.describe(number) for _, number in doubtful]
    return turned + [
        f"Number {place}, {number.text}: {number_words.describe(number)}" for place, number in doubtful
    ]
