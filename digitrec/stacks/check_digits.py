"""Check digits: which numbers a person has copied, or a reader has read, with one digit wrong."""

from __future__ import annotations

from collections.abc import Callable

from digitrec.stacks.stack import StackError


def is_luhn(text: str) -> bool:
    """Whether digits pass Luhn's check (ISO/IEC 7812-1), as those of bank cards do."""
    if not text.isdecimal():
        return False
    total = 0
    for place, digit in enumerate(reversed(text)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 * (doubled > 9)
    return total % 10 == 0


def is_isbn(text: str) -> bool:
    """Whether digits, and perhaps an X at the end, are an ISBN of 10 or 13 places."""
    text = text.upper()
    if len(text) == 10 and text[:-1].isdecimal() and (text[-1].isdecimal() or text[-1] == "X"):
        values = [10 if each == "X" else int(each) for each in text]
        return sum(value * (10 - place) for place, value in enumerate(values)) % 11 == 0
    if len(text) == 13 and text.isdecimal():
        return sum(int(each) * (1 + 2 * (place % 2)) for place, each in enumerate(text)) % 10 == 0
    return False


def is_mod97(text: str) -> bool:
    """Whether digits leave 1 when they are divided by 97 (ISO 7064, MOD 97-10).

    An IBAN, which begins with two letters, is turned round as the standard says (ISO 13616).
    """
    text = text.upper()
    if text[:2].isalpha() and text[:2].isascii():
        text = text[4:] + text[:4]
        if not (text.isalnum() and text.isascii()):
            return False
        text = "".join(str(int(each, 36)) for each in text)
    return text.isdecimal() and int(text) % 97 == 1


CHECKS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "luhn": ("Luhn", is_luhn),
    "isbn": ("ISBN", is_isbn),
    "mod97": ("mod 97", is_mod97),
}


def find_check(name: str) -> Callable[[str], bool]:
    """The check of this name.

    Raises:
        StackError: there is none.
    """
    if name not in CHECKS:
        raise StackError(f"there is no check {name!r}: expected one of {', '.join(CHECKS)}.")
    return CHECKS[name][1]
