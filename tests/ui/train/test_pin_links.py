"""Pinned digits in a link: they come back, and whatever else a text holds is passed over."""

import base64
import zlib

import numpy as np
import pytest

from digitrec.data import Split
from digitrec.runs import Pin
from digitrec.ui.train import pin_links

RNG = np.random.default_rng(0)
VALIDATION = Split(RNG.integers(0, 256, (20, 28, 28)).astype(np.uint8), np.arange(20) % 10)
STROKE = np.zeros((28, 28), np.uint8)
STROKE[4:24, 13:16] = 255


def read(text: str, validation: Split | None = VALIDATION) -> list[Pin]:
    return pin_links.read(text, lambda: validation)


def test_validation_images_and_drawings_come_back():
    chosen = [
        pin_links.from_validation(VALIDATION, 12),
        Pin(STROKE, "own drawing"),
        Pin(STROKE.T, "own drawing", 1),
    ]
    text = pin_links.write(chosen)
    assert text.startswith("12,d.") and len(text) < 200
    again = read(text)
    assert [pin[1:] for pin in again] == [pin[1:] for pin in chosen]
    assert [pin.key for pin in again] == [pin.key for pin in chosen]


def test_a_link_has_ten_digits_at_most():
    many = [pin_links.from_validation(VALIDATION, i) for i in range(12)]
    assert pin_links.write(many) == "0,1,2,3,4,5,6,7,8,9"
    assert len(read(",".join(map(str, range(12))))) == 10


def test_where_the_validation_images_are_not_there_the_drawings_are():
    text = pin_links.write([pin_links.from_validation(VALIDATION, 3), Pin(STROKE, "own drawing")])
    assert [pin.source for pin in read(text, None)] == ["own drawing"]


def packed(pixels: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(pixels)).decode().rstrip("=")


BOMB, SHORT = (f"d.{packed(bytes(count))}" for count in (10**7, 783))


@pytest.mark.parametrize("text", ["", "20", "9" * 400, "-1", "\u0661", "x", "d.", "d.!", "d.aaaa", SHORT, BOMB])
def test_what_is_no_digit_is_passed_over(text):
    assert [pin.key for pin in read(f"{text},7")] == [pin_links.from_validation(VALIDATION, 7).key]
