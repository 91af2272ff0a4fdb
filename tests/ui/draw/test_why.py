"""The layer on the paper, the evidence for any class, and the film of the smallest change."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.charts import style
from digitrec.imaging.ink_to_image import normalise
from digitrec.inference.reading import Reading
from digitrec.inference.verdict import Reason, Verdict
from digitrec.runs import TrainConfig, store
from digitrec.ui.draw.why import paper_layer
from support.html_reader import pixels
from support.linear_reader import Linear, weighing

NAMES = ("<i>four", "nine", "six")
UNLIKE = Reason("many loops", "ink", 3.0, (0.0, 1.0), "loops")


def drawing() -> np.ndarray:
    """An upright rectangle of ink, away from the middle of its paper."""
    ink = np.zeros((280, 280), np.uint8)
    ink[30:230, 150:250] = 255
    return ink


def reading_of(model, ink, reasons=()) -> Reading:
    steps = normalise(ink)
    proba = model.predict_proba(steps.square[None])[0]
    return Reading(ink, steps, steps.square, proba, Verdict(proba, NAMES, reasons))


MODEL = Linear([weighing(top_left=0.4), weighing(bottom_left=0.3), np.zeros((28, 28))], [0, -6, 0])


def page(model, reading, chosen):
    from digitrec.runs import store
    from digitrec.ui.draw.why import why

    why("c", store.open_run("run"), model, reading, chosen=chosen)


def shown(chosen=None, reasons=(), model=MODEL) -> AppTest:
    if "run" not in {run.name for run in store.list_runs()}:
        store.create(TrainConfig(dataset="letters", network="mlp"), NAMES, "run")
    args = (model, reading_of(model, drawing(), reasons), chosen)
    test = AppTest.from_function(page, args=args, default_timeout=60).run()
    assert not test.exception, test.exception
    return test


def html_of(test: AppTest) -> str:
    return "".join(block.proto.body for block in test.get("html"))


def components(test: AppTest) -> list[dict]:
    """What the layer and the film were given."""
    return [json.loads(block.proto.json) for block in test.main.get("bidi_component")]


def test_the_answer_is_explained_on_the_paper_and_beside_it():
    test = shown()
    html = html_of(test)
    assert (
        "Why &lt;i&gt;four, and why not" in html and "What would change the answer?" in html and "<i>" not in html
    )
    layer = components(test)[0]
    assert layer["container"] == "c-paper" and layer["shown"] == "0"
    assert pixels(layer["layers"]["0"]["src"]).shape == (280, 280, 4)


def test_the_colours_of_each_class_are_there_for_who_points_at_its_bar():
    test, asked = shown(), shown(chosen=1)
    layers = components(test)[0]["layers"]
    assert [layer["label"].split(",")[0] for layer in layers.values()] == [f"Blue ink supports {n}" for n in NAMES]
    assert len({layer["src"] for layer in layers.values()}) == len(NAMES)
    assert components(asked)[0]["layers"] == layers  # the same, whichever is asked about


def test_another_class_is_asked_for_what_speaks_for_it_and_what_would_make_it_that():
    test = shown(chosen=1)
    html = html_of(test)
    assert "What speaks for nine?" in html and "What would make it a nine?" in html
    assert "What speaks most for nine is the ink" in html and "against nine" in html
    assert components(test)[0]["shown"] == "1"


def test_without_ink_that_speaks_against_a_class_it_is_more_likely():
    html = html_of(shown(chosen=2))  # it has no weights of its own: all ink speaks for the others
    assert html.count("more likely.") >= 2 and "less likely" not in html


def test_the_answer_itself_may_be_asked_for():
    answer = int(reading_of(MODEL, drawing()).proba.argmax())
    assert "Why &lt;i&gt;four, and why not" in html_of(shown(chosen=answer))


def test_of_a_refused_guess_it_says_what_was_refused_and_never_speaks_of_an_answer():
    html = html_of(shown(reasons=(UNLIKE,)))
    assert "Not sure: the best guess &lt;i&gt;four was refused" in html and "What would change the guess?" in html
    assert "and why not" not in html and "answer" not in html


def test_the_film_goes_from_the_drawing_dot_by_dot_to_the_other_answer():
    _, film = components(shown())
    captions = [frame["caption"] for frame in film["frames"]]
    assert captions[0] == "As drawn: <i>four" and captions[-1].startswith("Changed: ")
    assert captions[1:-1] == [f"Dot {i} of {len(captions) - 1}" for i in range(1, len(captions) - 1)]
    assert len({frame["src"] for frame in film["frames"]}) == len(captions)


def test_where_no_change_is_found_there_is_no_film():
    test = shown(chosen=2, model=Linear([weighing(top_left=1), weighing(top_left=0.9), np.zeros((28, 28)) - 1]))
    assert "No small change was found that makes it a six." in html_of(test)
    assert len(components(test)) == 1


def test_it_is_computed_once_until_image_model_or_class_change():
    model = Linear(MODEL.weights, list(MODEL.biases))
    test = shown(model=model)
    asked = len(model.asked)
    test.run()
    assert len(model.asked) == asked > 0
    last = test.session_state["c-why"]
    for changed in (last._replace(chosen=1), last._replace(model=None), last._replace(image=last.image // 2)):
        test.session_state["c-why"] = changed
        asked = len(model.asked)
        test.run()
        assert not test.exception and len(model.asked) > asked


@pytest.mark.parametrize(("sign", "colour"), [(1, style.SKY), (-1, style.ORANGE)])
def test_the_layer_colours_the_ink_where_the_image_says_so_and_nothing_else(sign, colour):
    reading = reading_of(MODEL, drawing())
    support = np.zeros((28, 28))
    rows = np.nonzero(reading.image)[0]
    top = slice(rows.min(), rows.min() + 6)
    support[top] = 2.0 * sign
    layer = paper_layer(reading, support)
    alpha = layer[..., 3]
    assert not alpha[reading.ink == 0].any()
    assert (alpha[40:70, 160:240] == 255).all() and not alpha[110:230].any()
    assert (layer[50, 200, :3] == np.rint(style.to_rgb(colour))).all()


def test_without_evidence_the_layer_is_transparent():
    assert not paper_layer(reading_of(MODEL, drawing()), np.zeros((28, 28)))[..., 3].any()
