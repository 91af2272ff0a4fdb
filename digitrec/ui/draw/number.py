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
SEEN_SIZE = 84  # pixels on the screen


def find_number(key: str, run: Run, model: Classifier, ink: Ink, verdict: Verdict) -> Number | None:
    """The number that a drawing shows; None if it is one digit, or nothing that can be read.

    A drawing that is surely one digit is one.

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
    return number


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
