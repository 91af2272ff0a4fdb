"""Numbers on the screen: the text, each digit with its confidence, and the picture with boxes and cuts."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitrec.charts import style
from digitrec.forms import Digit, Number, number_words
from digitrec.imaging import Gray
from digitrec.reporting import format_probability

SURE_COLOUR, UNSURE_COLOUR, CUT_COLOUR, IGNORED_COLOUR = style.SKY, style.ORANGE, style.VERMILLION, style.GREY
_SIGN_NAMES = {".": "point", ",": "comma", "-": "minus"}


def number_html(number: Number) -> str:
    """HTML of a number: its text, how sure it is, why if it is not, and each digit with its confidence."""
    text = f"<strong>{html.escape(number.text)}</strong>"
    if number.sure:
        sure = html.escape(format_probability(number.confidence))
        said = f'<p><span class="verb">It is</span> {text} <span class="sure">{sure} sure</span></p>'
    else:
        why = html.escape(number_words.describe(number))
        said = (
            f'<p class="unsure"><span class="verb"><b>Not sure.</b> Best guess:</span> {text} '
            f'<span class="else">{why}</span></p>'
        )
    return f'<div class="digit-number">{said}{digits_html(number.digits)}</div>'


def short_number(number: Number) -> str:
    """A number in a few words, for a caption."""
    if not number.sure:
        return f"not sure, maybe {number.text}"
    return f"{number.text}, {format_probability(number.confidence)}"


def digits_html(digits: Sequence[Digit]) -> str:
    """HTML of each digit with its confidence, as a list from left to right."""
    return f'<ol class="number-digits" aria-label="Each digit">{"".join(map(_digit_html, digits))}</ol>'


def _digit_html(digit: Digit) -> str:
    kind, sure = ("", "sure") if digit.sure else (' class="unsure"', "not sure")
    name = f' title="{_SIGN_NAMES[digit.answer]}"' if digit.answer in _SIGN_NAMES else ""
    share = html.escape(format_probability(digit.confidence))
    return f"<li{kind}{name}><b>{html.escape(digit.answer)}</b><span>{share}</span><i>{sure}</i></li>"


def mark_picture(gray: Gray, numbers: Sequence[Number], side: int) -> NDArray[np.uint8]:
    """A picture with the boxes of its digits, the cuts between them, and what was ignored.

    Args:
        gray: uint8 (height, width).
        numbers: with boxes in its pixels.
        side: pixels of the result's longer side; a small picture is enlarged to it.

    Returns:
        uint8 (height, width, 3).
    """
    scale = side / max(gray.shape)
    size = max(1, round(gray.shape[1] * scale)), max(1, round(gray.shape[0] * scale))
    resampling = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    picture = Image.fromarray(gray).resize(size, resampling).convert("RGB")
    pen, width = ImageDraw.Draw(picture), max(2, side // 260)
    for number in numbers:
        for box in number.ignored:
            pen.rectangle(_scale(box, scale), outline=IGNORED_COLOUR, width=(width + 1) // 2)
        for digit in number.digits:
            colour = SURE_COLOUR if digit.sure else UNSURE_COLOUR
            pen.rectangle(_scale(digit.box, scale), outline=colour, width=width)
        for cut in number.cuts:
            pen.line([value * scale for value in cut], fill=CUT_COLOUR, width=width)
    return np.asarray(picture)


def _scale(box: Sequence[int], scale: float) -> tuple[float, float, float, float]:
    left, top, right, bottom = (value * scale for value in box)
    return left - 1, top - 1, max(right, left), max(bottom, top)
