"""When an answer is believed: the network's confidence, the page, the distance; and what is read from the run."""

import numpy as np
import pytest

from digitrec.data.splits import Split
from digitrec.imaging import pen_drawing
from digitrec.imaging.ink_to_image import to_mnist
from digitrec.inference import ood_features, ood_fit, verdict
from digitrec.inference import reference as references
from digitrec.inference.classifier import Classifier
from digitrec.inference.verdict import (
    DEFAULT_REJECT_THRESHOLD,
    judge,
    judge_all,
    layout_reasons,
    reject_threshold,
)
from digitrec.inference.verdict_words import describe
from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from support.digits_reader import IMAGES, LABELS, NAMES, Reader
from support.linear_reader import Linear, inked, weighing


@pytest.fixture(scope="module")
def reference():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ood_fit, "MAX_OUTLIERS", 800)  # enough to refuse scribbles
        return ood_fit.fit_reference(
            Reader(), Split(IMAGES[:1000], LABELS[:1000]), Split(IMAGES[1000:1400], LABELS[1000:1400])
        )


@pytest.fixture
def run(models_folder):
    return store.create(TrainConfig(dataset="digits", network="mlp"), NAMES, "mine")


def drawn(*points: list[list[float]]) -> np.ndarray:
    return pen_drawing.render([np.array(stroke, np.float32) for stroke in points], width=16)


def test_most_digits_are_believed_and_most_scribbles_are_not(reference, run):
    chance = np.random.default_rng(5)
    scribbles = [to_mnist(drawn(chance.uniform(40, 240, (14, 2)))) for _ in range(30)]
    model = Reader()
    assert (
        np.mean(
            [
                judge(image, model, run, reference=reference).reason_groups in ((), ("confidence",))
                for image in IMAGES[1400:1500]
            ]
        )
        > 0.9
    )
    assert np.mean([judge(image, model, run, reference=reference).sure for image in scribbles]) < 0.1


@pytest.mark.parametrize("name", store.SHIPPED)
def test_a_verdict_does_not_depend_on_what_is_judged_with_it(name):
    run = store.open_run(name)
    model = Classifier.load(run.tflite_path)
    known = references.load_reference(run, model)
    chance = np.random.default_rng(3)
    scribbles = [to_mnist(drawn(chance.uniform(40, 240, (9, 2)))) for _ in range(30)]
    images = np.stack([*IMAGES[:100], *scribbles])
    together = judge_all(images, [layout_reasons(image, None) for image in images], model, run, reference=known)
    assert 30 < sum(found.sure for found in together) < 120
    for image, found in zip(images, together, strict=True):
        alone = judge(image, model, run, reference=known)
        np.testing.assert_allclose(found.proba, alone.proba, atol=1e-6)
        assert [reason.kind for reason in found.reasons] == [reason.kind for reason in alone.reasons]
        np.testing.assert_allclose(
            [reason.value for reason in found.reasons], [reason.value for reason in alone.reasons], rtol=1e-4
        )


def test_a_refusal_says_why_and_which_spoke(reference, run):
    scribble = to_mnist(drawn(np.random.default_rng(1).uniform(40, 240, (16, 2))))
    found = judge(scribble, Reader(), run, reference=reference)
    assert not found.sure and describe(found).endswith(".")
    assert set(found.reason_groups) <= {"ink", "distance", "confidence"} and found.reason_groups


def test_without_what_the_run_knows_the_page_and_the_confidence_speak(run):
    page = drawn([[30, 140], [250, 145]])
    assert judge(to_mnist(page), Reader(), run, reference=None, ink=page).reason_groups[0] == "ink"
    unsure = Linear(np.stack([weighing(top_left=0.001), weighing(top_right=0.001)]))
    found = judge(inked((slice(4, 24), slice(8, 18))), unsure, _named(run), reference=None)
    assert found.reason_groups == ("confidence",) and "cannot decide between" in describe(found)


def _named(run):
    return store.create(run.config, ("a", "b"), "two")


def test_a_person_decides_how_sure_is_sure(run):
    image = IMAGES[3]
    sure = float(judge(image, Reader(), run, reference=None).proba.max())
    for threshold, believed in ((sure - 0.01, True), (sure + 0.01, False)):
        run.save_reject_threshold(threshold)
        assert judge(image, Reader(), run, reference=None).sure == believed


def test_what_a_person_decided_goes_before_what_was_fitted_and_that_before_the_default(run):
    assert reject_threshold(run) == DEFAULT_REJECT_THRESHOLD
    for odd in ("high", 1.5, None):
        run.save_calibration({"temperature": 1.0, "threshold": odd})
        assert reject_threshold(run) == DEFAULT_REJECT_THRESHOLD
    run.save_calibration({"temperature": 1.0, "threshold": 0.999})
    doubted = judge(IMAGES[3], Reader(), run, reference=None)
    assert doubted.reasons[0].usual == (0.999, 1.0)
    run.save_reject_threshold(0.3)
    assert judge(IMAGES[3], Reader(), run, reference=None).sure


def test_the_temperature_of_the_run_makes_the_confidence(run):
    before = judge(IMAGES[0], Reader(), run, reference=None).proba
    run.save_calibration({"temperature": 0.5})
    after = judge(IMAGES[0], Reader(), run, reference=None).proba
    assert after == pytest.approx(before**2 / (before**2).sum(), abs=1e-5)


@pytest.mark.parametrize(
    "kept",
    [
        *({}, {"temperature": -1}, {"temperature": "hot"}, {"temperature": None}, {"temperature": float("inf")}),
        {"temperature": 2, "model_sha256": "another"},
    ],
)
def test_a_damaged_temperature_or_another_network_s_counts_as_none(run, kept):
    run.save_calibration(kept)
    assert verdict.fitted_temperature(run, "reader") is None and verdict.temperature(run, "reader") == 1


def test_what_was_kept_is_loaded_and_judges_the_same(reference, run):
    run.save_calibration({"temperature": 1, "model_sha256": "reader"})
    assert references.load_reference(run, Reader()) is None  # nothing kept yet
    run.reference_path.write_bytes(references.pack_reference(reference))
    found = references.load_reference(run, Reader())
    rows = ood_features.compute_features(
        IMAGES[:50], Reader().predict_proba(IMAGES[:50]), Reader().embed(IMAGES[:50]), reference.near
    )
    assert references.ood_score(rows, found) == pytest.approx(references.ood_score(rows, reference))
    assert len(references.pack_reference(reference)) < 300_000


@pytest.mark.parametrize("damage", [b"", b"PK nothing", None])
def test_what_cannot_be_read_is_as_good_as_none(reference, run, damage):
    whole = references.pack_reference(reference)
    run.save_calibration({"model_sha256": "reader"})
    run.reference_path.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    assert references.load_reference(run, Reader()) is None


def test_what_another_network_knew_does_not_count(reference, run):
    run.reference_path.write_bytes(references.pack_reference(reference))
    run.save_calibration({"model_sha256": "another"})
    assert references.load_reference(run, Reader()) is None
