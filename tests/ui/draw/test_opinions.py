"""The table of several models, and how disagreement is marked."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from digitrec.inference.classifier import ClassifierError
from digitrec.inference.verdict import Reason
from digitrec.metrics.calibration import calibrate
from digitrec.reporting import format_probability
from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from digitrec.runs.run import Run
from digitrec.ui import pickers

DIGITS = tuple("0123456789")
SAYS = {"one": 7, "an_o_ther": 7, "third": 1}  # what each run's model says; other runs' models are broken


class Sure:
    """A classifier that always gives the same answer."""

    sha256 = "sure"

    def __init__(self, answer: int):
        self.proba = np.full((1, 10), 0.01, np.float32)
        self.proba[0, answer], self.proba[0, 4] = 0.8, 0.12

    def predict_proba(self, images: np.ndarray) -> np.ndarray:
        return self.proba


def load(run: Run) -> Sure:
    if run.name not in SAYS:
        raise ClassifierError(f"{run.name} is damaged.")
    return Sure(SAYS[run.name])


@pytest.fixture(autouse=True)
def made(monkeypatch):
    monkeypatch.setattr(store, "SHIPPED", ())
    monkeypatch.setattr(pickers, "load_classifier", load)
    for name in (*SAYS, "broken"):
        run = store.create(TrainConfig(dataset="digits", network="mlp"), DIGITS, name)
        run.keras_path.write_bytes(b"keras")
        run.tflite_path.write_bytes(b"tflite")


ONE = np.zeros((280, 280), np.uint8)
ONE[40:240, 120:160] = 255
BLOT = np.zeros((280, 280), np.uint8)
BLOT[60:220, 60:220] = 255


def compared(*others: str, ink: np.ndarray = ONE, reasons: tuple[Reason, ...] = ()) -> AppTest:
    def script(proba, ink, reasons):
        from digitrec.imaging.ink_to_image import normalise
        from digitrec.inference.reading import Reading
        from digitrec.inference.verdict import Verdict
        from digitrec.runs import store
        from digitrec.ui.draw.opinions import other_models

        run = store.open_run("one")
        steps = normalise(ink)
        other_models("c", run, Reading(ink, steps, steps.square, proba, Verdict(proba, run.class_names, reasons)))

    args = (Sure(7).proba[0], ink, reasons)
    test = AppTest.from_function(script, args=args, default_timeout=60).run()
    test.multiselect(key="c-others").set_value(list(others)).run()
    assert not test.exception, test.exception
    return test


def test_nothing_is_said_until_another_model_is_chosen():
    test = compared()
    assert not test.table and not test.info and not test.warning
    assert "one" not in test.multiselect[0].options and len(test.multiselect[0].options) == 3


def test_agreement():
    test = compared("an_o_ther")
    assert test.info[0].value == "Both models answer 7."
    assert test.table[0].value.to_numpy().tolist() == [
        ["one", "**7**", "80.0%", "4, 12.0%", "this model"],
        [r"an\_o\_ther", "**7**", "80.0%", "4, 12.0%", "✓ yes"],
    ]


def test_disagreement_is_said_and_marked_by_a_sign():
    test = compared("an_o_ther", "third")
    assert "2 of 3 answer 7, but third answers 1." in test.warning[0].value
    assert [*test.table[0].value["Agrees"]] == ["this model", "✓ yes", "≠ **no**"]


def test_other_models_are_as_sure_as_they_were_found_to_be_right():
    store.open_run("third").save_calibration({"temperature": 2.0, "model_sha256": "sure"})
    proba = calibrate(Sure(1).proba, 2.0)[0]
    assert [*compared("third").table[0].value["Confidence"]] == ["80.0%", format_probability(proba.max())]
    assert format_probability(proba.max()) != "80.0%"


@pytest.mark.parametrize("kept", [{"temperature": 2.0, "model_sha256": "another"}, {"temperature": "hot"}])
def test_a_temperature_that_was_not_fitted_to_this_model_changes_nothing(kept):
    store.open_run("third").save_calibration(kept)
    assert [*compared("third").table[0].value["Confidence"]] == ["80.0%", "80.0%"]


def test_each_model_has_its_own_verdict_and_no_confidence_in_what_it_refuses():
    reasons = (Reason("blot", "ink", 0.99, (0, 0.72)),)
    test = compared("third", ink=BLOT, reasons=reasons)
    assert test.info[0].value == "Neither model is sure."
    assert test.table[0].value.to_numpy().tolist() == [
        ["one", "not sure, maybe **7**", "this model"],
        ["third", "not sure, maybe **1**", "✓ not sure, too"],
    ]
    assert [caption.value.partition(":")[0] for caption in test.caption] == [
        "one is not sure",
        "third is not sure",
    ]
    assert "looks like a dot or a blot" in test.caption[1].value


def test_a_model_that_is_sure_of_what_another_refuses_does_not_agree():
    test = compared("an_o_ther", reasons=(Reason("wide", "ink", 0.3, (-1, 0.1), "aspect"),))
    assert test.info[0].value == r"an\_o\_ther answers 7. one is not sure."
    assert [*test.table[0].value["Agrees"]] == ["this model", "≠ **no**"]


def test_each_model_has_its_own_threshold():
    store.open_run("third").save_reject_threshold(0.9)
    test = compared("third")
    assert [*test.table[0].value["Answer"]] == ["**7**", "not sure, maybe **1**"]
    assert [*test.table[0].value["Confidence"]] == ["80.0%", "80.0%"]  # it cannot decide between two classes


def test_a_broken_model_gets_its_words_and_the_others_go_on():
    test = compared("broken", "third")
    assert [*test.table[0].value["Agrees"]] == ["this model", "no answer", "≠ **no**"]
    assert "broken is damaged." in test.error[0].value


def test_a_chosen_model_that_was_deleted_is_forgotten():
    test = compared("third", "an_o_ther")
    store.delete(store.open_run("third"))
    test.run()
    assert not test.exception and [*test.table[0].value["Model"]] == ["one", r"an\_o\_ther"]
