"""A reading: normalised once, predicted once, and calibrated as everywhere else."""

import numpy as np
import pytest

from digitrec.imaging import fit_to_square, load_drawing, read_ink
from digitrec.imaging.ink_to_image import InkError, normalise, to_mnist
from digitrec.inference import Classifier, load_reference
from digitrec.inference.reading import read_drawing, read_many
from digitrec.inference.verdict import calibrate_proba, calibrated_classifier, calibrated_proba, judge
from digitrec.metrics.calibration import calibrate
from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from support.digits_reader import NAMES, Reader
from support.image_files import png
from support.known_reader import INK


@pytest.fixture
def run(models_folder):
    made = store.create(TrainConfig(dataset="digits", network="mlp"), NAMES, "mine")
    made.save_calibration({"temperature": 2.0, "model_sha256": "reader"})
    return made


def test_a_reading_holds_the_image_its_steps_and_the_verdict_of_one_prediction(run):
    model = Reader()
    found = read_drawing(INK, model, run, reference=None)
    assert model.asked == [1]
    assert np.array_equal(found.image, to_mnist(INK)) and found.ink is INK
    assert all(np.array_equal(one, other) for one, other in zip(found.steps, normalise(INK), strict=True))
    expected = judge(found.image, model, run, reference=None, ink=INK)
    assert np.array_equal(found.proba, expected.proba) and found.verdict.reasons == expected.reasons
    assert found.verdict.answer == NAMES[found.answer]


def test_the_page_the_command_and_every_panel_have_one_confidence(run):
    model, image = Reader(), to_mnist(INK)[None]
    raw = model.predict_proba(image)
    expected = calibrate(raw, 2.0)
    assert not np.allclose(expected, raw)
    for proba in (
        calibrated_proba(run, model, image),
        calibrated_classifier(run, model).predict_proba(image),
        calibrate_proba(run, raw, "reader"),
        read_drawing(INK, model, run, reference=None).proba[None],
    ):
        np.testing.assert_allclose(proba, expected, atol=1e-6)
    np.testing.assert_allclose(calibrate_proba(run, raw, "another"), raw, atol=1e-6)


def test_blank_paper_has_no_reading(run):
    with pytest.raises(InkError, match="holds no ink"):
        read_drawing(np.zeros((280, 280), np.uint8), Reader(), run, reference=None)


def test_small_pictures_have_the_verdicts_of_their_drawings_on_a_canvas(mnist):
    """Digits, digits on their side, and bars: most kinds of reasons."""
    run = store.open_run("mnist")
    model = Classifier.load(run.tflite_path)
    known = load_reference(run, model)
    images, chance = mnist.test.images[200:260], np.random.default_rng(0)
    turned = np.rot90(images, axes=(1, 2))
    bars = np.where(chance.random((60, 28, 1)) < 0.25, images.max(1, keepdims=True), 0)
    pictures = [png(image) for image in (*images, *turned, *bars.astype(np.uint8))]
    found = list(read_many([lambda x=x: load_drawing(x) for x in pictures], model, run, reference=known))
    for picture, verdict in zip(pictures, found, strict=True):
        ink = fit_to_square(read_ink(picture)[1].ink, 280)
        alone = read_drawing(ink, model, run, reference=known).verdict
        assert np.array_equal(verdict.proba, alone.proba)
        assert [reason.kind for reason in verdict.reasons] == [reason.kind for reason in alone.reasons]
    kinds = {reason.kind for verdict in found for reason in verdict.reasons}
    assert kinds >= {"line", "components", "unlike class"}
