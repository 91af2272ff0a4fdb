"""Rules for the fields of a page: what breaks one is looked at first, and the digit that would mend it is offered.

A rule is a JSON object, in a template's field or in the settings of a stack:

    {"check": "luhn", "fields": "2, *", "as": "row"}
    {"check": "range", "fields": "age", "least": "0", "most": "120"}
    {"check": "sum", "fields": "*, 1-5", "as": "row", "equals": "*, 6"}

`check` is one of `CHECKS`. `fields` names fields, with ";" between them; "*" stands for anything, and of a grid's
"row, column" each part may be a range such as "1-5". `as` says what makes a value: "each" field, or the fields of
each "row", of each "column", or of the whole "page", one after the other.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, TypeAlias

from digitrec.forms import FieldReading
from digitrec.stacks import check_digits
from digitrec.stacks.stack import StackError

Rule: TypeAlias = Mapping[str, Any]
# Each check, what a person calls it, and the values that it needs beside the fields.
CHECKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "luhn": ("Check digit: Luhn", ()),
    "isbn": ("Check digit: ISBN-10 or ISBN-13", ()),
    "mod97": ("Check digits: mod 97", ()),
    "range": ("Range", ("least", "most")),
    "length": ("Number of digits", ("least", "most")),
    "list": ("One of a list", ("values",)),
    "sum": ("Sum", ("equals",)),
    "equal": ("Equal to another field", ("equals",)),
    "near": ("Close to the page before", ("by",)),
}
AS = {"each": "Each field", "row": "Each row", "column": "Each column", "page": "All together"}
MAX_RULES = 40
MAX_MENDS = 3  # that are offered
_NO_TEXT = ("notes", "struck out", "stain")  # what stands there is no value
_UNKNOWN = "?"
_MIN_DOUBT = 0.002
# Digits that are taken for each other, and how often, beside all other pairs.
_PAIRS = {
    pair: often
    for often, pairs in ((10, "17 49"), (6, "35"), (5, "38 79 27"), (4, "56 06 58 89"), (3, "14 23 68 08 12 59"))
    for pair in pairs.split()
}
Texts: TypeAlias = dict[str, str]  # of the fields of a page, by name; "?" where it is no value


class Mend(NamedTuple):
    """A digit that would make a broken rule hold."""

    name: str  # of the field
    text: str  # it would say


class Broken(NamedTuple):
    """A rule that does not hold on a page.

    Attributes:
        rule: its place among the rules.
        names: of the fields that it is about.
        says: what is wrong, a sentence.
        value: what the rule is about.
    """

    rule: int
    names: tuple[str, ...]
    says: str
    value: Value


class Value(NamedTuple):
    """Fields that make one value, and those that it is compared with."""

    names: tuple[str, ...]
    others: tuple[str, ...]  # that it is compared with
    group: str  # the row or column that it stands for; "" for others


def find_broken(
    rules: Sequence[Rule],
    fields: Sequence[FieldReading],
    texts: Texts,
    *,
    before: Texts | None = None,
) -> list[Broken]:
    """The rules that a page breaks.

    Args:
        rules: that `check_rule` accepts; others are left out.
        fields: of the page.
        texts: what stands in each, also where a person has corrected it, by `value_of`.
        before: the same of the page before, if there is one.
    """
    found = []
    page = tuple(each.name for each in fields)
    for number, rule in enumerate(rules):
        try:
            check_rule(rule)
        except StackError:
            continue
        for value in _values(rule, page):
            says = _test(rule, value, texts, before)
            if says:
                names = tuple(dict.fromkeys(value.names + value.others))
                found.append(Broken(number, names, says, value))
    return found


def value_of(kind: str, text: str) -> str:
    """What rules see of a field: its text, nothing, or "?" for notes and what is struck out."""
    return _UNKNOWN if kind in _NO_TEXT else text


def check_rule(rule: Rule) -> None:
    """Refuse what is no rule.

    Raises:
        StackError: the message says what is wrong.
    """
    kind = rule.get("check")
    if kind not in CHECKS:
        raise StackError(f"a rule has the check {kind!r}: expected one of {', '.join(CHECKS)}.")
    fields = rule.get("fields")
    if not isinstance(fields, str) or not fields.strip():
        raise StackError("a rule names no fields: expected names, such as age, or row and column, such as 2, *.")
    if rule.get("as", "each") not in AS:
        raise StackError(f"a rule is as {rule.get('as')!r}: expected one of {', '.join(AS)}.")
    for name in CHECKS[str(kind)][1]:
        if name in ("least", "most", "by") and rule.get(name) not in (None, "") and _number(rule[name]) is None:
            raise StackError(f"{rule[name]!r} is no number: expected one such as 12 or 0.5.")
    if kind in ("range", "length") and not any(str(rule.get(name) or "") for name in ("least", "most")):
        raise StackError(f"the rule {CHECKS[str(kind)][0]!r} needs a lowest or a highest value.")
    missing = [name for name in CHECKS[str(kind)][1] if name not in ("least", "most") and not rule.get(name)]
    if missing:
        raise StackError(f"the rule {CHECKS[str(kind)][0]!r} needs a value: {_WORDS[missing[0]]}.")


_WORDS = {
    "values": "the allowed values, with commas between them",
    "equals": "the other field, or a number",
    "by": "the largest difference",
}


def describe(rule: Rule) -> str:
    """A rule in words."""
    kind = str(rule["check"])
    parts = [CHECKS[kind][0]]
    if kind in ("range", "length"):
        least, most = (str(rule.get(name) or "") for name in ("least", "most"))
        parts.append(f"{least} to {most}" if least and most else f"from {least} on" if least else f"up to {most}")
    elif kind == "list":
        parts.append(str(rule["values"]))
    elif kind == "sum":
        parts.append(f"is {rule['equals']}")
    elif kind == "equal":
        parts.append(str(rule["equals"]))
    elif kind == "near":
        parts.append(f"within {rule['by']}")
    how = rule.get("as", "each")
    return f"{' '.join(parts)} · fields {rule['fields']}" + ("" if how == "each" else f" · {AS[how].lower()}")


@functools.lru_cache(maxsize=1024)
def match_names(pattern: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of fields that a pattern names, in the order of the page."""
    parts = [part.strip() for part in pattern.split(";") if part.strip()]
    return tuple(name for name in names if any(_matches(part, name) for part in parts))


def _matches(part: str, name: str) -> bool:
    if part == name or fnmatchcase(name, part):
        return True
    wanted, place = part.split(","), _row_and_column(name)
    if place is None or len(wanted) != 2:
        return False
    return all(_in_range(each.strip(), number) for each, number in zip(wanted, place, strict=True))


def _in_range(part: str, number: int) -> bool:
    if part == "*":
        return True
    found = re.fullmatch(r"(\d{1,4})(?:\s*[-–]\s*(\d{1,4}))?", part)
    return found is not None and int(found[1]) <= number <= int(found[2] or found[1])


def _row_and_column(name: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"(\d{1,4}), (\d{1,4})", name)
    return (int(found[1]), int(found[2])) if found else None


def _values(rule: Rule, page: tuple[str, ...]) -> Iterator[Value]:
    """The values that a rule is about, each with the fields that it is compared with."""
    how, names = rule.get("as", "each"), match_names(rule["fields"], page)
    if how == "each" and rule["check"] == "sum":
        how = "page"
    others = match_names(str(rule["equals"]), page) if "equals" in CHECKS[rule["check"]][1] else ()
    if how == "page":
        if names:
            yield Value(names, others, "")
    elif how == "each":
        yield from (Value((name,), others, "") for name in names)
    else:
        mates = dict(_group(others, how))
        for number, group in _group(names, how):
            yield Value(tuple(group), tuple(mates.get(number, ())), f"{how} {number}")


def _group(names: Sequence[str], how: str) -> Iterator[tuple[int, list[str]]]:
    """The names of a grid's fields by their row or column."""
    part = 0 if how == "row" else 1
    places = [(place[part], place[1 - part], name) for name in names if (place := _row_and_column(name))]
    for number, group in itertools.groupby(sorted(places), key=lambda each: each[0]):
        yield number, [name for *_, name in group]


def _join(names: Sequence[str], texts: Texts) -> str:
    return "".join(texts.get(name, "") for name in names)


def _test(rule: Rule, value: Value, texts: Texts, before: Texts | None) -> str:
    """What is wrong with a value, a sentence; empty if the rule holds, or it cannot be told."""
    kind, text = str(rule["check"]), _join(value.names, texts)
    where = f" in {value.group}" if value.group else ""
    if not text or _UNKNOWN in text:
        return ""
    if kind in check_digits.CHECKS:
        name, test = check_digits.CHECKS[kind]
        return "" if test(text) else f"{text}{where} fails the check digit ({name})."
    if kind == "length":
        digits = sum(each.isdecimal() for each in text)
        noun = "digit" if digits == 1 else "digits"
        is_right = _is_between(Decimal(digits), rule)
        return "" if is_right else f"{text}{where} has {digits} {noun}: {_expected(rule)}."
    if kind == "range":
        number = _number(text)
        return "" if number is not None and _is_between(number, rule) else f"{text}{where}: {_expected(rule)}."
    if kind == "list":
        allowed = [each.strip() for each in str(rule["values"]).split(",")]
        return "" if text in allowed else f"{text}{where} is not in the list."
    if kind == "near":
        return _test_near(rule, text, _join(value.names, before or {}), where)
    return _test_equal(rule, value, texts, where)


def _test_near(rule: Rule, text: str, last: str, where: str) -> str:
    number, other, by = _number(text), _number(last), _number(rule["by"])
    if other is None or by is None or (number is not None and abs(number - other) <= by):
        return ""
    return f"{text}{where}, and {last} on the page before: expected at most {by} between them."


def _test_equal(rule: Rule, value: Value, texts: Texts, where: str) -> str:
    """Whether a sum, or a text, is what stands in another field, or a number."""
    is_sum, equals, names = rule["check"] == "sum", str(rule["equals"]), value.others
    other = _join(names, texts) if names else equals if _number(equals) is not None else ""
    if not other or _UNKNOWN in other:
        return ""
    if not is_sum:
        text = _join(value.names, texts)
        return "" if text == other else f"{text}{where} is not equal to {other}."
    numbers = [_number(texts[name]) for name in value.names if texts.get(name) and name not in names]
    if None in numbers or not numbers:
        return ""
    total = sum(number for number in numbers if number is not None)
    return "" if total == _number(other) else f"The sum{where} is {total}: expected {other}."


def _is_between(number: Decimal, rule: Rule) -> bool:
    least, most = _number(rule.get("least")), _number(rule.get("most"))
    return (least is None or number >= least) and (most is None or number <= most)


def _expected(rule: Rule) -> str:
    least, most = (str(rule.get(name) or "") for name in ("least", "most"))
    return (
        f"expected {least} to {most}"
        if least and most
        else f"expected at {f'least {least}' if least else f'most {most}'}"
    )


def _number(text: object) -> Decimal | None:
    try:
        found = Decimal(str(text).strip().replace(",", "."))
        return found if found.is_finite() else None
    except InvalidOperation:
        return None


def find_mends(
    rule: Rule, broken: Broken, texts: Texts, doubts: Mapping[str, float], *, before: Texts | None = None
) -> tuple[Mend, ...]:
    """One digit in place of another, with which a broken rule would hold: the likeliest first.

    Args:
        rule: that is broken.
        broken: how.
        texts: of the page.
        doubts: probability to be wrong of each field that may be; others, such as confirmed ones, are left out.
        before: the texts of the page before, if there is one.
    """
    found: list[tuple[float, Mend]] = []
    for name in broken.names:
        text = texts.get(name, "") if name in doubts else ""
        for place, old in enumerate(text):
            for new in "0123456789" if old.isdecimal() else "":
                changed = text[:place] + new + text[place + 1 :]
                if new != old and not _test(rule, broken.value, texts | {name: changed}, before):
                    often = _PAIRS.get("".join(sorted((old, new))), 1)
                    found.append((max(_MIN_DOUBT, doubts[name]) * often, Mend(name, changed)))
    found.sort(key=lambda each: -each[0])
    return tuple(mend for _, mend in found[:MAX_MENDS])
