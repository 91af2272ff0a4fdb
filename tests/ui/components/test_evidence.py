"""The evidence as a browser shows it."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.explain.counterfactual import Counterfactual
from digitrec.explain.occlusion import Evidence, Region
from digitrec.inference.verdict import CalibratedClassifier, Reason
from digitrec.ui.components.evidence import (
    change_picture,
    describe_contrast,
    describe_counterfactual,
    describe_evidence,
    describe_odds,
    describe_place,
    evidence_picture,
    round_percent,
)
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
        (1, "about 2.7 times"),
        (2.3, "about 10 times"),
        (5, "about 150 times"),
        (9, "about 8,100 times"),
        (14, "over a million times"),
        (1e9, "over a million times"),
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


def refused_page(reasons):
    import numpy as np

    from digitrec.inference.verdict import Verdict
    from digitrec.ui.components.evidence import evidence
    from support.linear_reader import CORNERS, Linear, weighing

    model, names = Linear([weighing(top_left=1), np.zeros((28, 28))], [-10, 0]), ("<i>four", "nine")
    verdict = Verdict(model.predict_proba(CORNERS[None])[0], names, reasons)
    evidence("draw", model, CORNERS, names, verdict=verdict)


def refused(*reasons):
    test = AppTest.from_function(refused_page, args=(reasons,)).run()
    test.toggle(key="draw-evidence").set_value(True).run()
    assert not test.exception
    return "".join(block.proto.body for block in test.get("html"))


def test_of_a_refused_guess_it_says_what_was_refused_and_why_and_no_answer_is_spoken_of():
    html = refused(Reason("many loops", "ink", 3.0, (0.0, 1.0), "loops"))
    assert "Not sure: the best guess &lt;i&gt;four was refused" in html
    assert "It has more closed loops than a digit usually has. Closed loops: 3 (usual: at most 1)." in html
    assert "Where the guess &lt;i&gt;four comes from" in html and "What would change the guess?" in html
    assert "and why not" not in html and "answer" not in html
    assert "%)" not in html  # a guess may be of no class at all: its probability says nothing


def test_of_a_doubt_between_two_classes_it_says_so():
    html = refused(Reason("between two classes", "confidence", 0.55, (0.6, 1.0)))
    assert "Not sure between &lt;i&gt;four and nine" in html
    assert "Confidence: 55% (usual: at least 60%)." in html


def test_a_sure_verdict_is_explained_as_an_answer():
    html = refused()
    assert "Not sure" not in html and "and why not nine?" in html and "What would change the answer?" in html


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


def test_the_evidence_shows_the_calibrated_probability():
    model = Linear([weighing(top_left=1), np.zeros((28, 28))], [-14, 0])
    said = []
    for temperature in (1.0, 4.0):
        test = AppTest.from_function(page, args=(CalibratedClassifier(model, temperature), ["four", "nine"])).run()
        html = "".join(
            block.proto.body for block in test.toggle(key="draw-evidence").set_value(True).run().get("html")
        )
        said.append(html.partition("The answer is then nine (")[2].partition(")")[0])
    assert all(said) and said[0] != said[1]


def made(*regions: Region) -> Evidence:
    return Evidence(0, 1, np.array([0.9, 0.1]), np.stack([ZERO, ZERO]), ZERO, regions)


SURE, OTHER = np.array([0.9, 0.1]), np.array([0.38, 0.62])
TOP, MIDDLE, BOTTOM, LEFT = (0, 1), (1, 1), (2, 1), (1, 0)


@pytest.mark.parametrize(
    ("regions", "expected"),
    [
        (
            [Region(TOP, 6, 0, SURE), Region(MIDDLE, 4, 0, OTHER)],
            "Most of the evidence for 4 is at the top. "
            "Without the ink in the middle, the answer would be 9 (62%).",
        ),
        (
            [Region((0, 0), 6, 0, OTHER), Region(MIDDLE, 4, 0, SURE)],
            "Most of the evidence for 4 is at the top left. Without that ink, the answer would be 9 (62%).",
        ),
        (
            [Region(place, 4, 0, SURE) for place in (TOP, LEFT, BOTTOM)],
            "The largest part of the evidence for 4 is at the top. "
            "Without any single part, the answer would still be 4.",
        ),
        ([Region(MIDDLE, -1, 0, SURE)], "No single part of the drawing supports 4."),
        ([], "No single part of the drawing supports 4."),
        (
            [Region(MIDDLE, 3, 0, OTHER)],
            "The evidence for 4 is in the middle. Without that ink, the answer would be 9 (62%).",
        ),
    ],
)
def test_the_words_say_where_the_evidence_is_and_what_depends_on_it(regions, expected):
    assert describe_evidence(made(*regions), "49") == expected


@pytest.mark.parametrize(
    ("sums", "expected"),
    [
        ((5, -2), "The ink at the top distinguishes it most from 9. The ink on the left looks more like 9."),
        ((5, -0.2), "The ink at the top distinguishes it most from 9."),
        ((-1, -2), "No single part of the drawing distinguishes 4 from 9."),
        ((), "No single part of the drawing distinguishes 4 from 9."),
    ],
)
def test_the_words_say_what_distinguishes_it_from_the_runner_up(sums, expected):
    regions = [Region(place, 1, value, SURE) for place, value in zip((TOP, LEFT), sums, strict=False)]
    assert describe_contrast(made(*regions), "49") == expected


@pytest.mark.parametrize(
    ("added", "removed", "dots"),
    [
        (1, 0, "1 dot of ink added"),
        (2, 0, "2 dots of ink added"),
        (0, 1, "1 dot of ink removed"),
        (2, 1, "2 dots of ink added and 1 dot of ink removed"),
    ],
)
def test_the_words_say_what_changed_and_the_answer_then(added, removed, dots):
    found = Counterfactual(CORNERS, 0, 1, np.array([0.38, 0.62]), added, removed, 14)
    expected = f"The smallest change found: {dots}, 14 of 784 pixels. The answer is then 9 (62%)."
    assert describe_counterfactual(found, "4", "49") == expected


def test_the_words_say_if_nothing_was_found():
    said = describe_counterfactual(None, "4", "49")
    assert said.startswith("No small change was found that changes the answer 4")


def test_places_are_named_by_row_and_column():
    names = [[describe_place((row, column)) for column in range(3)] for row in range(3)]
    assert names == [
        ["at the top left", "at the top", "at the top right"],
        ["on the left", "in the middle", "on the right"],
        ["at the bottom left", "at the bottom", "at the bottom right"],
    ]


def test_a_rounded_probability_is_never_none_or_all():
    shares = np.linspace(0, 1, 1001)
    assert {"0%", "100%"}.isdisjoint(map(round_percent, shares))
    rounded = [round_percent(share) for share in (0.004, 0.006, 0.62, 0.994, 0.996)]
    assert rounded == ["under 1%", "1%", "62%", "99%", "over 99%"]
