"""A drawing of two digits and more on the Draw page: the number in the place of the answer."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitrec.forms import Number, NumberReader, can_read_numbers
from digitrec.imaging import Ink
from digitrec.inference import Classifier, Verdict
from digitrec.runs import Run
from digitrec.ui.components.canvas import ANSWER
from digitrec.ui.components.digits import figure_html
from digitrec.ui.components.numbers import mark_picture, number_html
from digitrec.ui.draw.answer import show_classes

PICTURE_SIDE = 252  # pixels of the drawing with its cuts; shown at a third
MIN_CONFIDENCE = 0.5
_SEVERAL_KINDS = {"components", "several components", "wide"}  # of a reason that speaks of several digits
SEEN_SIZE = 84  # pixels on the screen


def find_number(key: str, run: Run, model: Classifier, ink: Ink, verdict: Verdict) -> Number | None:
    """The number that a drawing shows; None if it is one digit, or nothing that can be read.

    A drawing that is surely one digit is one. Otherwise it is a number if that is sure, or if it is more likely
    right than wrong and the drawing was refused for having several parts or being wide.

    Args:
        key: of the canvas.
        run: whose network reads the digits.
        model: the run's.
        ink: uint8 (height, width), the drawing.
        verdict: on the drawing as one digit.
    """
    if verdict.sure or not can_read_numbers(run):
        return None
    made_from, number = st.session_state.get(f"{key}-number", (None, None))
    if made_from is None or made_from[0] is not model or not np.array_equal(made_from[1], ink):
        number = read_number(NumberReader(model, run), ink)
        st.session_state[f"{key}-number"] = (model, ink), number
    return number if number is not None and (number.sure or _seems_several(number, verdict)) else None


def _seems_several(number: Number, verdict: Verdict) -> bool:
    kinds = {reason.kind for reason in verdict.reasons}
    return number.confidence > MIN_CONFIDENCE and bool(kinds & _SEVERAL_KINDS)


def read_number(reader: NumberReader, ink: Ink) -> Number | None:
    """The number of two digits or more in a drawing; None if there is none, or there are several."""
    numbers = reader.read(ink)
    return numbers[0] if len(numbers) == 1 and numbers[0].digit_count > 1 else None


def show_number(number: Number, ink: Ink, class_names: tuple[str, ...]) -> None:
    """Show a number in the place of the answer, with its cuts; the classes stay in their place."""
    picture = mark_picture(ink, [number], PICTURE_SIDE)
    alt = "The drawing with a box around each digit, and a line where touching digits were cut"
    seen = figure_html(picture, "Cut as", alt, SEEN_SIZE)
    with st.container(key=ANSWER):
        st.html(f'<div class="digit-answer">{number_html(number)}{seen}</div>')
    show_classes(class_names)
