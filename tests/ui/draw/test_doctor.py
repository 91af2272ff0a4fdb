"""The doctor as a browser shows it: findings with both answers, and fixes that are put on the paper."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.imaging.ink_to_image import fit_to_square, to_mnist
from support.drawn_digits import DIGITS, draw, faulty

FAULTY = faulty()
NAMES = list("0123456789")


def page(ink, names, warmth=None):
    from types import SimpleNamespace

    import streamlit as st

    from digitrec.inference.reading import read_drawing
    from digitrec.ui.components.canvas import _decode_ink, _get_canvas
    from digitrec.ui.draw.doctor import doctor
    from support.known_reader import Thickness

    st.session_state.setdefault("ink", ink)
    placed = _get_canvas("c").now.png
    calibration = warmth and {"temperature": warmth}
    run, model = SimpleNamespace(class_names=names, calibration=calibration, reject=None), Thickness()
    drawing = _decode_ink(placed) if placed else st.session_state["ink"]
    doctor("c", run, model, read_drawing(drawing, model, run, reference=None))


def rerun(test):
    test.run()
    assert not test.exception, test.exception
    return test


def asked(ink, names=NAMES, warmth=None):
    test = rerun(AppTest.from_function(page, args=(ink, names, warmth), default_timeout=60))
    test.toggle(key="c-doctor").set_value(True)
    return rerun(test)


def html(test):
    return "".join(block.proto.body for block in test.get("html"))


def words(test):
    return "\n".join(element.value for element in test.markdown)


def test_nothing_is_looked_at_until_the_switch_is_on():
    test = rerun(AppTest.from_function(page, args=(FAULTY["thin", "7"], NAMES), default_timeout=60))
    assert not test.button and not html(test) and not test.markdown


def test_where_nothing_is_unusual_it_says_so_and_shows_what_was_measured():
    test = asked(draw(DIGITS["7"]))
    assert "**Nothing is unusual.** In all measurements, the drawing is like MNIST's 7s." in words(test)
    assert not test.button
    assert html(test).count("<tr>") == 9 and "unusual" not in html(test)


def test_a_finding_is_told_with_the_answers_before_and_after():
    test = asked(FAULTY["thin", "7"])
    assert "**One thing is unusual**, compared with MNIST's 1s" in words(test)
    assert "The strokes are thinner than in" in words(test)
    assert [button.label for button in test.button] == ["Thicken the strokes"]
    assert "The answer changes from 1 to 7." in html(test)
    assert html(test).count("<b>90.0%</b>") == 2 and html(test).count("<b>unusual</b>") == 1


def test_the_button_puts_the_fixed_drawing_on_the_paper_and_undo_brings_the_old_one_back():
    test = asked(FAULTY["thin", "7"])
    test.button[0].click()
    rerun(test)
    canvas = test.session_state["c-canvas"]
    assert canvas.now.note == "Fixed: thicken the strokes. Undo restores the old drawing."
    assert len(canvas.past) == 1
    assert "**Fixed: thicken the strokes.**" in words(test) and "**Nothing is unusual.**" in words(test)
    assert "The answer changes from 1 to 7." in html(test) and "Before" in html(test)
    canvas.undo()
    assert "Thicken the strokes" in [button.label for button in rerun(test).button]
    assert "Before" not in html(test)


@pytest.mark.parametrize(("kind", "name"), [key for key in FAULTY if key[1] == "7"])
def test_every_fix_can_be_applied(kind, name):
    class_names = [name] * 10
    test = asked(FAULTY[kind, name], class_names)
    test.button(key=f"c-doctor-{kind}").click()
    assert not rerun(test).button
    image = to_mnist(fit_to_square(FAULTY[kind, name], 280))
    assert ("the answer stays 7, with the same confidence" in html(test).lower()) or not np.array_equal(
        image, test.session_state["c-fixed"].image
    )


def test_the_answers_are_as_sure_as_those_on_the_page():
    hot = html(asked(FAULTY["thin", "7"], warmth=2.0))
    assert (
        "<b>90.0%</b>" not in hot and hot.count("<b>5") == 2
    )  # 0.9 beside nine of 0.01 or 0.02, at half the odds


def test_classes_of_other_names_are_told_beside_all_digits():
    names = ["A", "<i>", *"CDEFGHIJ"]
    test = asked(FAULTY["thin", "7"], names)
    assert "compared with MNIST's digits" in words(test)
    assert "The answer changes from &lt;i&gt; to H." in html(test) and "<i>" not in html(test)
