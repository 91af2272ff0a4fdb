"""What stands in a field, by what stands in its boxes: pure rules, one for each kind of field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from digitrec.forms.content_kinds import CONTENT_KINDS
from digitrec.forms.fields import Kind
from digitrec.forms.numbers import number_words
from digitrec.forms.numbers.reader import Number
from digitrec.forms.numbers.segments import DIGITS
from digitrec.forms.templates import Field
from digitrec.imaging import Floats

_SURE_DIGIT, _SURE_OTHER = 0.8, 0.9  # probability of its kind, from which on a box need not be looked at
_SURE_ANSWER = 0.97  # confidence of the digit: such a one is not said to be surely something else
_TICK, _CLEAR_TICK, _FULL = 0.012, 0.03, 0.5  # ink in squares of a box's side: a tick, a clear one, a filled box
_TICK_SIDE = 0.25  # of a box's side: as long is a tick
_TICK_CONFIDENCE = 0.99, 0.7  # of a clear one, and of another
_IGNORED = 0.5  # of a number's height: higher ink that is no part of it is looked at
FILLED = "filled wholly: a tick, or one that was taken back"
NOT_EMPTY = "something stands in a field that should be empty"


class BoxReading(NamedTuple):
    """What stands in one box: its kind, and for a digit its text and confidence; why it is doubtful, or ""."""

    kind: Kind
    text: str = ""
    confidence: float = 0.0
    why: str = ""


def judge_box(proba: Floats, answer: tuple[str, float, str]) -> BoxReading:
    """What stands in a box that is not empty.

    Args:
        proba: float (4,), of `CONTENT_KINDS`.
        answer: the digit that it would be, its confidence, and why that is doubtful.
    """
    order = proba.argsort()[::-1]
    first, second = CONTENT_KINDS[order[0]], CONTENT_KINDS[order[1]]
    share, (text, confidence, why) = float(proba[order[0]]), answer
    if first == "digit":
        doubt = "" if share >= _SURE_DIGIT else f"it may be {_in_words(second)}"
        return BoxReading("digit", text, confidence * share, why or doubt)
    is_digit = confidence >= _SURE_ANSWER and not why
    doubt = f"it may be {_in_words('digit')}" if share < _SURE_OTHER or is_digit else ""
    kind: Kind = "struck out" if first == "struck out" else "stain" if first == "stain" else "notes"
    return BoxReading(kind, "", 0.0, doubt)


def _in_words(kind: str) -> str:
    return {"digit": "a digit", "struck out": "struck out", "stain": "a stain", "notes": "notes"}[kind]


def join_boxes(boxes: Sequence[BoxReading], field: Field) -> BoxReading:
    """A number that is written with one digit in each box."""
    others = [box for box in boxes if box.kind not in ("digit", "empty")]
    digits = [at for at, box in enumerate(boxes) if box.kind == "digit"]
    if not digits:
        found = others[0] if others else BoxReading("empty")
        whys = [box.why for box in boxes if box.why]
        return found._replace(why=whys[0] if whys else "")
    whys = [f"box {at + 1} is {_in_words(box.kind)}" for at, box in enumerate(boxes) if box in others]
    if digits[-1] - digits[0] + 1 > len(digits):
        whys.append("a box between its digits holds none")
    text = "".join(boxes[at].text for at in digits)
    if field.decimals:
        behind = sum(at >= len(boxes) - field.decimals for at in digits)
        if behind not in (0, field.decimals):
            whys.append(f"it has {behind} of {field.decimals} decimals")
        text = f"{text[: len(digits) - behind] or '0'}.{text[len(digits) - behind :]}" if behind else text
    doubts = [(at, box.why) for at, box in enumerate(boxes) if box.why and box not in others]
    whys += [f"box {at + 1}: {why[0].lower()}{why[1:]}" for at, why in doubts]
    confidence = 1.0
    for at in digits:
        confidence *= boxes[at].confidence
    return BoxReading("number", text, confidence, "; ".join(whys[:2]))


def judge_number(numbers: Sequence[Number], area: float, field: Field, doubt: str) -> BoxReading:
    """A number that is written in one box.

    Args:
        numbers: those that were found there.
        area: of the ink, in squares of the box's shorter side.
        field: the number's.
        doubt: why it may not be empty if no number is found.
    """
    if not numbers:
        return BoxReading("empty", why=doubt) if area < _TICK else BoxReading("notes", why="no number can be read")
    text = " ".join(number.text for number in numbers).replace(",", ".")
    confidence = 1.0
    for number in numbers:
        confidence *= number.confidence
    whys = _list_faults(text, field)
    if len(numbers) > 1:
        whys.append("several numbers")
    number = numbers[0]
    high = number.box[3] - number.box[1]
    if any(bottom - top > _IGNORED * high for _, top, _, bottom in number.ignored):
        whys.append("a part of it is not read")
    whys += [number_words.describe(each) for each in numbers if not each.sure and not _is_settled(each, field)]
    return BoxReading("number", text, confidence, "; ".join(whys[:2]))


def _list_faults(text: str, field: Field) -> list[str]:
    """What of a number is not as its field says."""
    found, digits = [], sum(symbol in DIGITS for symbol in text)
    decimals = len(text.partition(".")[2])
    if field.length is not None and digits > field.length:
        found.append(f"it has {digits} digits: expected {field.length} at most")
    if field.decimals is not None and decimals != field.decimals:
        found.append(f"it has {decimals} {'decimal' if decimals == 1 else 'decimals'}: expected {field.decimals}")
    return found


def _is_settled(number: Number, field: Field) -> bool:
    """Whether the only doubt of a number is another text, and its field rules that out."""
    if number.with_ignored or not number.alternative or not all(digit.sure for digit in number.digits):
        return False
    return bool(_list_faults(number.alternative.replace(",", "."), field))


def judge_tick(area: float, side: float, proba: Floats | None, faint: bool) -> BoxReading:
    """Whether a box is ticked.

    Args:
        area: of its ink, in squares of its shorter side.
        side: the longer side of all its ink, in its shorter sides.
        proba: float (4,), of `CONTENT_KINDS`; None if there is hardly any ink.
        faint: whether something pale is in its middle.
    """
    if area < _TICK or side < _TICK_SIDE or proba is None:
        return BoxReading("empty", why="faint writing" if faint else "ink that is no tick" if area > _TICK else "")
    if area >= _FULL:
        return BoxReading("struck out", why=FILLED)
    if CONTENT_KINDS[int(proba.argmax())] == "stain":
        return BoxReading(
            "stain", why="" if proba.max() >= _SURE_OTHER and area < _FULL / 2 else "it may be a tick"
        )
    is_clear = area >= _CLEAR_TICK
    return BoxReading("tick", "x", _TICK_CONFIDENCE[not is_clear], "" if is_clear else "a short stroke")
