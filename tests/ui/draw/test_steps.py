"""The strip from the drawing to the network's image, and the typical digit beside it."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.charts import style
from digitrec.data.statistics import find_prototypes
from digitrec.imaging.ink_to_image import normalise
from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from digitrec.runs.run import Run
from digitrec.ui.draw.steps import centred_picture
from support.html_reader import Reader, pixels

DIGITS = tuple("0123456789")


def seven() -> np.ndarray:
    ink = np.zeros((280, 280), np.uint8)
    ink[50:70, 80:200] = 255
    ink[50:230, 170:200] = 255
    return ink


@pytest.fixture
def run() -> Run:
    return store.create(TrainConfig(dataset="digits", network="mlp"), DIGITS, "run")


def strip(ink: np.ndarray, run: Run, answer: int) -> Reader:
    def script(ink, run, answer):
        import numpy as np

        from digitrec.imaging.ink_to_image import normalise
        from digitrec.inference.reading import Reading
        from digitrec.inference.verdict import Verdict
        from digitrec.ui.draw.steps import drawn_steps

        steps, proba = normalise(ink), np.eye(10, dtype=np.float32)[answer, : len(run.class_names)]
        drawn_steps(Reading(ink, steps, steps.square, proba, Verdict(proba, run.class_names)), run)

    test = AppTest.from_function(script, args=(ink, run, answer), default_timeout=60).run()
    assert not test.exception, test.exception
    return Reader("".join(block.proto.body for block in test.get("html")))


def test_every_step_is_shown_and_said(run):
    found, made = strip(seven(), run, 7), normalise(seven())
    drawn, cropped, scaled, centred, seen, beside = (pixels(image["src"]) for image in found.images)
    assert np.array_equal(drawn, seven()) and np.array_equal(seen, made.square)
    assert np.array_equal(cropped, made.cropped) and np.array_equal(scaled, made.scaled)
    assert np.array_equal(centred, centred_picture(made))
    assert np.array_equal(beside, find_prototypes("digits", DIGITS).images[7])
    said = [image["alt"] for image in found.images]
    assert "120 pixels wide and 180 high" in said[1] and "13 wide and 20 high" in said[2]
    assert all(len(text.split()) >= 5 for text in said) and len(set(said)) == 6


def test_the_typical_image_is_of_the_answer_and_names_where_it_is_from(run):
    found = find_prototypes("digits", DIGITS)
    assert f"A typical 4: {found.title} training image {found.indices[4]:,}" in "".join(
        strip(seven(), run, 4).texts
    )


def test_without_a_typical_image_the_steps_stand_alone_and_the_text_says_so():
    made = store.create(TrainConfig(dataset="letters", network="mlp"), ("<a>", "b"), "letters")
    found = strip(seven(), made, 0)
    assert len(found.images) == 5
    assert "No typical <a> on this machine to compare with" in "".join(found.texts)


def test_the_frame_is_around_the_scaled_drawing_and_the_cross_at_its_centre_of_mass():
    made = normalise(seven())
    picture = centred_picture(made)
    frame = (picture == style.to_rgb(style.SKY)).all(2)
    cross = (picture == style.to_rgb(style.ORANGE)).all(2)
    rows, columns = np.nonzero(frame)
    assert (rows.min(), columns.min()) == (10 * made.top - 4, 10 * made.left - 4)
    assert (rows.max() - rows.min() + 1) == 10 * made.scaled.shape[0] + 8
    weight = made.square / made.square.sum()
    centre = [(weight * axis).sum() * 10 + 5 for axis in np.indices((28, 28))]
    assert np.allclose([axis.mean() + 0.5 for axis in np.nonzero(cross)], centre, atol=6)
