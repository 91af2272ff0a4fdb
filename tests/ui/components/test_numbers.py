"""Numbers on the screen: what is said, and where boxes and cuts are drawn."""

import numpy as np

from digitrec.charts import style
from digitrec.forms import Digit, Number
from digitrec.ui.components.numbers import CUT_COLOUR, SURE_COLOUR, mark_picture, number_html, short_number

DIGITS = (Digit("4", 0.99, "9", (10, 10, 30, 50), True), Digit("2", 0.6, "7", (40, 10, 60, 50), False))
NUMBER = Number("42", 0.97, True, "47", DIGITS, ((70, 10, 90, 50),), ((35, 10, 35, 50),), (10, 10, 90, 50))


def test_a_sure_number_is_said_with_each_digit():
    said = number_html(NUMBER)
    assert "<strong>42</strong>" in said and "97.0% sure" in said and "Not sure" not in said
    assert said.count("<li") == 2 and '<li class="unsure"><b>2</b><span>60.0%</span><i>not sure</i>' in said


def test_an_unsure_number_says_why():
    said = number_html(NUMBER._replace(sure=False))
    assert "Not sure." in said and "The second digit may be 2 or 7." in said


def test_a_number_in_a_few_words():
    assert short_number(NUMBER) == "42, 97.0%"
    assert short_number(NUMBER._replace(sure=False)) == "not sure, maybe 42"


def test_boxes_and_cuts_lie_on_the_picture():
    marked = mark_picture(np.full((60, 100), 200, np.uint8), [NUMBER], 100)
    assert marked.shape == (60, 100, 3)
    for x, y, colour in ((9, 30, SURE_COLOUR), (35, 30, CUT_COLOUR)):
        assert (marked[y, x] == style.to_rgb(colour)).all()
    assert (marked[5, 5] == 200).all()
    assert mark_picture(np.full((6, 10), 200, np.uint8), [], 100).shape == (60, 100, 3)
