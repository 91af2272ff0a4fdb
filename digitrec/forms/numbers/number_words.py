"""The words for a number that is not sure: why, and what else it may say."""

from __future__ import annotations

from digitrec.forms.numbers.reader import Number
from digitrec.forms.numbers.segments import DIGITS

UPSIDE_DOWN = "The picture seems to be upside down: turn it and read it again."
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def describe(number: Number) -> str:
    """Why a number is not sure, in a sentence or two; empty if it is sure."""
    if number.sure:
        return ""
    doubtful = [(place, digit) for place, digit in enumerate(number.digits, 1) if not digit.sure]
    same_length = len(number.alternative) == len(number.text)
    if doubtful and (same_length or not number.alternative):
        place, digit = min(doubtful, key=lambda each: each[1].confidence)
        if digit.answer in DIGITS:
            return f"The {_name(place, 'digit')} may be {digit.answer} or {digit.runner_up}.{_more(len(doubtful))}"
        return f"The {_name(place, 'sign')} may be no {_sign_name(digit.answer)}.{_more(len(doubtful))}"
    if number.with_ignored:
        return f"It may also be {number.with_ignored}: a mark was left out that may belong to it."
    if number.alternative:
        return f"It may also be {number.alternative}: the digits are hard to separate."
    return "It is unlike the strings of digits that the reader was fitted to."


def _name(place: int, noun: str) -> str:
    return f"{_ORDINALS[place - 1]} {noun}" if place <= len(_ORDINALS) else f"{noun} at place {place}"


def _sign_name(sign: str) -> str:
    return {".": "point", ",": "comma", "-": "minus sign"}[sign]


def _more(count: int) -> str:
    if count < 2:
        return ""
    return f" {count - 1} more {'is' if count == 2 else 'are'} doubtful."
