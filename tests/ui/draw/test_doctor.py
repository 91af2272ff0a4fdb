"""The doctor as a browser shows it: findings with both answers, and fixes that are put on the paper."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.explain.norms import get_norm
from digitrec.imaging.ink_to_image import fit_to_square, to_mnist
from digitrec.ui.draw import doctor
from support.drawn_digits import DIGITS, draw, faulty

FAULTY = faulty()
NAMES = list("0123456789")


def page(ink, names, warmth=None, dataset="mnist"):
    import streamlit as st

    from digitrec.inference.reading import read_drawing
    from digitrec.runs import TrainConfig, store
    from digitrec.ui.components.canvas import _decode_ink, _get_canvas
    from digitrec.ui.draw.doctor import doctor
    from support.known_reader import Thickness

    st.session_state.setdefault("ink", ink)
    placed = _get_canvas("c").now.png
    if "run" not in st.session_state:
        st.session_state["run"] = store.create(TrainConfig(dataset=dataset), tuple(names))
        if warmth:
            st.session_state["run"].save_calibration({"temperature": warmth})
    run, model = st.session_state["run"], Thickness()
    drawing = _decode_ink(placed) if placed else st.session_state["ink"]
    doctor("c", run, model, read_drawing(drawing, model, run, reference=None))


def rerun(test):
    test.run()
    assert not test.exception, test.exception
    return test


def asked(ink, names=NAMES, warmth=None, dataset="mnist"):
    return rerun(AppTest.from_function(page, args=(ink, names, warmth, dataset), default_timeout=60))


def html(test):
    return "".join(block.proto.body for block in test.get("html"))


def words(test):
    return "\n".join(element.value for element in test.markdown)


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
def test_every_fix_can_be_applied(kind, name, monkeypatch):
    class_names = [name] * 10
    monkeypatch.setattr(doctor, "find_norm", lambda run, label: get_norm(name))
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


def test_names_of_classes_are_text(monkeypatch):
    monkeypatch.setattr(
        doctor, "find_norm", lambda run, label: get_norm("1")._replace(name="<b>", dataset="*Mine*")
    )
    test = asked(FAULTY["thin", "7"], ["A", "<i>", *"CDEFGHIJ"])
    assert r"compared with the images of \<b\> in \*Mine\*" in words(test)
    assert "The answer changes from &lt;i&gt; to H." in html(test) and "<i>" not in html(test)
    assert "<b>" not in html(test).partition("digit-note")[2]


def test_classes_that_mnist_does_not_have_are_not_compared_with_mnist():
    for dataset in ("devanagari", "mnist"):  # with these classes it is no MNIST that the network knows
        test = asked(FAULTY["thin", "7"], ["A", "B", *"CDEFGHIJ"], dataset=dataset)
        assert "The drawing cannot be compared with others: the" in test.caption[0].value
        assert "MNIST" not in words(test) + html(test) and not test.button


def test_classes_of_the_same_names_are_compared_with_what_was_learnt():
    test = asked(draw(DIGITS["7"]), dataset="digits")
    assert "compared with the 7s in scikit" in words(test) or "like the 7s in scikit" in words(test)
    assert "MNIST" not in words(test) + html(test)
    assert "measured on" in html(test)


def test_what_was_refused_comes_first_with_its_value_and_what_is_usual_and_nothing_is_called_usual_above_it():
    test = asked(np.pad(np.full((160, 160), 255, np.uint8), 60))
    assert words(test).startswith(
        "**Not sure: the best guess 7 was refused.**\n\n- This looks like a dot or a blot"
    )
    assert r"Ink in its box: 99.0% \(usual: at most 75%\)" in words(test).replace("100.0%", "99.0%")
    assert "nothing is unusual" not in words(test).lower()
    assert "Ink in its box" in html(test).rpartition("digit-measures")[2].partition("Stroke thickness")[0]


def test_a_fix_tells_the_verdict_that_it_would_have():
    scribble = draw(DIGITS["7"]).copy()
    scribble[130:200, 40:70] = scribble[200:260, 220:260] = scribble[210:270, 30:60] = 255  # four parts: refused
    test = asked(scribble)
    assert words(test).startswith("**Not sure: the best guess 7 was refused.**")
    assert "It has 4 separate parts" in words(test) and "Separate parts: 4" in words(test)
    assert "more to look at**, compared with MNIST's 7s" in words(test)
    table = html(test).partition("digit-fix")[2].partition("</table>")[0]
    assert "not sure, maybe 7" in table and "90.0%</td><td>" not in table
    assert "Then the verdict is sure: 7." in html(test) or "Then the verdict is sure: 1." in html(test)
