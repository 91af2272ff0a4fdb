"""The Evaluate page: calibration before and after, and a threshold that is chosen on validation images."""

import dataclasses

import numpy as np
import pytest

from digitrec.data import loading, splits
from digitrec.evaluation import scoring
from digitrec.metrics.calibration import fit_temperature
from support.made_runs import SMALL, Reader, ended, new, open_page, rerun, words

KEY = "sureness-threshold first"


class Unsure(Reader):
    """Knows every image, is wrong of every tenth, and mostly less sure of those."""

    def predict_proba(self, images: np.ndarray, progress: object = None) -> np.ndarray:
        known = loading.load("digits")
        labels = {
            image.tobytes(): label
            for split in (known.train, known.test)
            for image, label in zip(*split, strict=True)
        }
        rng = np.random.default_rng(0)
        proba = np.empty((len(images), 10), np.float32)
        for i, image in enumerate(images):
            wrong = i % 10 == 0
            sure = rng.uniform(0.5, 0.93) if wrong else rng.uniform(0.85, 0.999)
            proba[i] = (1 - sure) / 9
            proba[i, (labels[image.tobytes()] + wrong) % 10] = sure
        return proba


@pytest.fixture(autouse=True)
def unsure(monkeypatch, alone):
    """Every network is one that is less sure where it is wrong."""
    monkeypatch.setattr(scoring, "Classifier", Unsure)


def open_sureness(split="test"):
    page = open_page("evaluate")
    page.segmented_control(key="evaluate-split").set_value(split)
    page.button_group(key="evaluate-section").set_value("Sureness")
    return rerun(page)


def values(page) -> dict[str, list[str]]:
    """What each metric shows, by its label."""
    found = {}
    for metric in page.main.metric:
        found.setdefault(metric.label, []).append(metric.value)
    return found


def test_without_a_temperature_one_can_be_fitted_on_the_validation_images(run):
    page = open_sureness()
    assert len(values(page)) == 3 and "never on the test images" in words(page)
    page.button(key="sureness-fit first").click()
    rerun(page)
    validation = scoring.score(run, "digits", "validation")
    expected = fit_temperature(validation.proba, validation.split.labels)
    assert run.calibration["temperature"] == pytest.approx(expected, abs=1e-4)
    assert run.calibration["model_sha256"] == validation.evaluation.model_sha256
    errors = [label for label in values(page) if label.startswith("Expected")]
    assert len(errors) == 2 and "fitted on the validation images" in words(page)


def test_a_kept_temperature_shows_before_and_after(run):
    run.save_calibration({"temperature": 2.0})
    page = open_sureness()
    before, after = (value for label, value in values(page).items() if label.startswith("Expected"))
    assert before != after and "**2.00**" in words(page)
    assert "error is larger with the temperature" in words(page)  # the network was not sure enough already


def test_a_temperature_of_another_network_counts_as_none(run):
    run.save_calibration({"temperature": 2.0, "model_sha256": "another"})
    assert "has no temperature yet" in words(open_sureness())


@pytest.mark.parametrize("temperature", [0, -1, "hot", None])
def test_a_temperature_that_makes_no_sense_counts_as_none(run, temperature):
    run.save_calibration({"temperature": temperature})
    assert "has no temperature yet" in words(open_sureness())


def test_a_higher_threshold_answers_less_and_errs_less(run):
    page = open_sureness()
    page.button(key=f"{KEY} Answer all").click()
    answered = values(rerun(page))["Answered"]
    assert answered == ["100.00%", "100.00%"]
    page.button(key=f"{KEY} No mistakes").click()
    found = values(rerun(page))
    assert found["Right among them"][0] == "100.00%" and 0 < float(found["Answered"][0][:-1]) < 90
    assert "chosen on these" in words(page) and "for comparison only" in words(page)


def test_a_threshold_is_dragged_kept_shown_and_cleared(run):
    page = open_sureness()
    page.select_slider(key=KEY).set_value(0.95)
    rerun(page).button(key="sureness-keep first").click()
    rerun(page)
    assert run.reject == 0.95 and "threshold of this model is **95.0%**" in words(page)
    assert page.button(key="sureness-keep first").disabled
    assert open_sureness().select_slider(key=KEY).value == 0.95  # in another session
    page.button(key="sureness-clear first").click()
    rerun(page)
    assert run.reject is None and "**not set a threshold**" in words(page)


def test_a_kept_threshold_between_the_slider_s_places_is_one_of_them(run):
    run.save_reject_threshold(0.9137)
    assert open_sureness().select_slider(key=KEY).value == 0.9137


def test_on_the_validation_images_alone_nothing_else_is_shown(run):
    page = open_sureness("validation")
    assert len(values(page)["Answered"]) == 1 and "for comparison only" not in words(page)


def test_without_validation_images_nothing_can_be_chosen():
    ended(new("first", dataclasses.replace(SMALL, validation_share=0.0)))
    page = open_sureness()
    assert "nothing to choose a threshold on" in words(page)
    assert "no validation images here to fit one on" in words(page)
    assert not page.main.select_slider and not any("sureness" in button.key for button in page.main.button)


def test_a_folder_that_cannot_be_written_is_said(run, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    page = open_sureness()
    for method, key in (
        ("save_reject_threshold", "sureness-keep first"),
        ("save_calibration", "sureness-fit first"),
    ):
        monkeypatch.setattr(type(run), method, full)
        page.button(key=key).click()
        assert "No space left on device" in rerun(page).main.error[0].value


def test_one_image_and_constant_probabilities_are_no_trouble(run, monkeypatch):
    one = splits.Split(*(array[:1] for array in loading.load("digits").test))
    monkeypatch.setattr(scoring, "_cached_split", lambda *args: (one, "fingerprint"))
    monkeypatch.setattr(Unsure, "predict_proba", lambda *args: np.full((1, 10), 0.1, np.float32))
    page = open_sureness()
    assert "1 of 1 images answered" not in words(page)  # the threshold is above 10% sure
    page.button(key=f"{KEY} Answer all").click()
    assert "1 of 1 images answered" in words(rerun(page))


def test_a_run_of_a_data_set_that_nobody_knows_here_can_be_tried_on_others():
    ended(new("first", dataclasses.replace(SMALL, dataset="far away")))
    page = open_sureness()
    assert "far away is not on this machine" in words(page)
    page.selectbox(key="evaluate-dataset first").set_value("digits")
    assert "nothing to choose a threshold on" in words(rerun(page))
