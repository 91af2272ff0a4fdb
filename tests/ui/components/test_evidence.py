"""The evidence as a browser shows it."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.ui.components.evidence import change_picture, describe_odds, evidence_picture
from support.linear_reader import CORNERS, TOP_LEFT, Linear, weighing

RED, BLUE = 0, 2
INKED = CORNERS > 0
ZERO = np.zeros((28, 28))


def test_without_evidence_the_ink_is_grey():
    picture = evidence_picture(CORNERS, ZERO, 1.0)
    assert (picture.shape, picture.dtype) == ((28, 28, 3), np.uint8)
    assert (picture == picture[..., :1]).all()
    assert picture[INKED].min() > picture[~INKED].max()


@pytest.mark.parametrize(("sign", "more", "less"), [(1, BLUE, RED), (-1, RED, BLUE)])
def test_for_is_blue_and_against_is_orange(sign, more, less):
    faint, full = (evidence_picture(CORNERS, ZERO + sign * value, 4.0).astype(int) for value in (1, 4))
    assert (faint[INKED][:, more] > faint[INKED][:, less]).all()
    assert (full[INKED][:, more] - full[INKED][:, less] > faint[INKED][:, more] - faint[INKED][:, less]).all()


def test_only_the_ink_that_the_other_lacks_is_marked():
    other = CORNERS.copy()
    other[TOP_LEFT] = 0
    picture, unmarked = change_picture(CORNERS, other), change_picture(CORNERS, CORNERS)
    marked = (picture != unmarked).any(axis=2)
    assert marked[TOP_LEFT].all() and marked.sum() == marked[TOP_LEFT].size
    assert np.array_equal(change_picture(other, CORNERS), change_picture(other, other))


@pytest.mark.parametrize(
    ("nats", "expected"),
    [
        (1, "about 2.7 times worse"),
        (2.3, "about 10 times worse"),
        (5, "about 150 times worse"),
        (9, "about 8,100 times worse"),
        (14, "over a million times worse"),
        (1e9, "over a million times worse"),
    ],
)
def test_odds_are_told_in_two_digits(nats, expected):
    assert describe_odds(nats) == expected


def page(model, names):
    from digitrec.ui.components.evidence import evidence
    from support.linear_reader import CORNERS

    evidence("draw", model, CORNERS, names)


@pytest.mark.parametrize("bias", [-10, 50])
def test_nothing_is_asked_until_the_switch_is_on_and_then_all_is_said(bias):
    model = Linear([weighing(top_left=1), np.zeros((28, 28))], [bias, 0])
    test = AppTest.from_function(page, args=(model, ["<i>four", "nine"])).run()
    assert not test.get("html") and not model.asked
    test.toggle(key="draw-evidence").set_value(True).run()
    assert not test.exception
    html = "".join(block.proto.body for block in test.get("html"))
    assert "Why &lt;i&gt;four, and why not nine?" in html and "<i>four" not in html
    assert html.count("<img") == (2 if bias > 0 else 4)
    assert ("No small change was found" in html) == (bias > 0)


def test_it_is_looked_for_once_until_image_or_model_change():
    model = Linear([weighing(top_left=1), np.zeros((28, 28))], [0, 0])
    test = AppTest.from_function(page, args=(model, ["four", "nine"])).run()
    test.toggle(key="draw-evidence").set_value(True).run()
    asked, first = len(model.asked), [block.proto.body for block in test.get("html")]
    test.run()
    assert len(model.asked) == asked > 0
    assert [block.proto.body for block in test.get("html")] == first
    last = test.session_state["draw-evidence-found"]
    test.session_state["draw-evidence-found"] = last._replace(image=last.image // 2)
    test.run()
    assert len(model.asked) > asked
    test.session_state["draw-evidence-found"] = last._replace(model=None)
    asked = len(model.asked)
    test.run()
    assert not test.exception and len(model.asked) > asked
