"""What a run learns of when to say "not sure": kept with the run, small, and from nothing but its own images."""

import numpy as np
import pytest

from digitrec.data.splits import Split
from digitrec.inference import ood_features, ood_fit, reference, reject_threshold
from digitrec.inference.outliers import draw_outliers, make_from_images
from digitrec.metrics.calibration import fit_temperature
from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from support.digits_reader import IMAGES, LABELS, NAMES, Reader

PART, HELD = Split(IMAGES[:900], LABELS[:900]), Split(IMAGES[900:1300], LABELS[900:1300])


@pytest.fixture
def run(models_folder, monkeypatch):
    monkeypatch.setattr(ood_fit.Classifier, "load", lambda path: Reader())
    monkeypatch.setattr(ood_fit, "MAX_OUTLIERS", 300)
    return store.create(TrainConfig(dataset="digits", network="mlp"), NAMES, "mine")


def test_a_calibrated_run_has_a_temperature_and_a_small_reference(run):
    found = ood_fit.calibrate(run, PART, HELD)
    assert run.calibration == found and 0.05 <= found["temperature"] <= 20 and found["validation_images"] == 400
    assert run.reference_path.stat().st_size < 300_000
    assert reference.load_reference(run, Reader()) is not None


def test_the_threshold_is_where_refusals_and_ten_times_the_mistakes_are_fewest():
    # Sixty are right at 0.99, four of five at 0.8: to refuse five costs less than one mistake. The others do not
    # count, and are wrong by half.
    confidence = np.array([0.99] * 60 + [0.8] * 5 + [0.99] * 40)
    wrong = np.array([False] * 60 + [True] + [False] * 4 + [True, False] * 20)
    proba = np.stack([confidence, 1 - confidence], axis=1).astype(np.float32)
    labels, usual = wrong.astype(np.int64), np.arange(105) < 65
    assert ood_fit.fit_threshold(proba, labels, usual) == pytest.approx(0.825)
    assert ood_fit.fit_threshold(proba[1:65], np.zeros(64, np.int64)) == 0.5, "without mistakes all are answered"


def test_only_a_thorough_fit_sets_the_threshold(run, monkeypatch):
    monkeypatch.setattr(ood_fit, "MAX_OUTLIERS_THOROUGH", 300)
    assert "threshold" not in ood_fit.calibrate(run, PART, HELD)
    found = ood_fit.calibrate(run, PART, HELD, thorough=True)
    assert 0.5 <= found["threshold"] < 1 and reject_threshold(run) == found["threshold"]


def test_as_many_validation_images_are_refused_as_was_said(run):
    ood_fit.calibrate(run, PART, HELD)
    known, model = reference.load_reference(run, Reader()), Reader()
    rows = ood_features.compute_features(
        HELD.images, model.predict_proba(HELD.images), model.embed(HELD.images), known.near
    )
    assert reference.is_rejected(rows, known).mean() == pytest.approx(ood_fit.REJECTED_SHARE, abs=0.005)


def test_rare_forms_do_not_set_the_limits(run):
    model, usual = Reader(), np.arange(400) < 300
    odd = np.concatenate([draw_outliers(300), make_from_images(HELD.images, 100, seed=5)])
    strange = Split(np.where(usual[:, None, None], HELD.images, odd), HELD.labels)
    refused = []
    for mask in (None, usual):
        ood_fit.calibrate(run, PART, strange, mask)
        known = reference.load_reference(run, model)
        images = strange.images
        rows = ood_features.compute_features(images, model.predict_proba(images), model.embed(images), known.near)
        refused.append(reference.is_rejected(rows, known)[usual].mean())
    print(refused)
    assert refused[0] < 0.02 and refused[1] == pytest.approx(ood_fit.REJECTED_SHARE, abs=0.01)


def test_without_validation_images_nothing_is_kept(run):
    assert ood_fit.calibrate(run, PART, Split(IMAGES[:0], LABELS[:0])) == {}
    assert run.calibration is None and not run.reference_path.exists()


def test_a_network_without_embedding_has_a_temperature_alone(run, monkeypatch):
    monkeypatch.setattr(Reader, "embedding_size", 0)
    assert ood_fit.calibrate(run, PART, HELD)["temperature"] > 0
    assert not run.reference_path.exists()


def test_one_validation_image_is_enough_to_go_on(run):
    one = Split(IMAGES[900:901], LABELS[900:901])
    assert ood_fit.calibrate(run, PART, one)["validation_images"] == 1
    assert np.isfinite(ood_fit.fit_reference(Reader(), PART, one).weights).all()


@pytest.mark.parametrize(
    ("training", "validation", "is_fitted"), [(900, 400, True), (900, 49, False), (120, 400, False)]
)
def test_few_images_do_not_say_which_drawings_are_unlike_them(run, training, validation, is_fitted):
    ood_fit.calibrate(run, PART, HELD)
    few = [Split(part.images[:n], part.labels[:n]) for part, n in ((PART, training), (HELD, validation))]
    assert ood_fit.calibrate(run, *few)["temperature"] > 0
    assert run.reference_path.exists() is is_fitted


@pytest.mark.parametrize("fitted_to", ["reader", "another"])
def test_a_temperature_alone_is_stored_and_another_networks_reference_is_deleted(run, fitted_to):
    ood_fit.calibrate(run, PART, HELD)
    run.save_calibration({**run.calibration, "model_sha256": fitted_to})
    proba = Reader().predict_proba(HELD.images)
    ood_fit.calibrate_confidence(run, proba, HELD.labels, "reader")
    temperature = round(fit_temperature(proba, HELD.labels), 4)
    assert run.calibration == {"temperature": temperature, "model_sha256": "reader"}
    assert (reference.load_reference(run, Reader()) is not None) is (fitted_to == "reader")
    assert run.reference_path.exists() is (fitted_to == "reader")


def test_misread_images_count_as_outliers(run):
    scores = []
    for misread in (0, 200):
        labels = HELD.labels.copy()
        labels[:misread] = (Reader().predict_proba(HELD.images[:misread]).argmax(1) + 1) % 10
        known = ood_fit.fit_reference(Reader(), PART, Split(HELD.images, labels))
        proba, embeddings = Reader().predict_proba(HELD.images), Reader().embed(HELD.images)
        rows = ood_features.compute_features(HELD.images, proba, embeddings, known.near)
        scores.append(reference.ood_score(rows, known)[:200].mean())
    assert scores[1] > scores[0] + 1


def test_a_reference_of_an_older_version_has_no_coordinates_and_counts(run):
    ood_fit.calibrate(run, PART, HELD)
    known, m = reference.load_reference(run, Reader()), len(ood_features.FEATURE_NAMES)
    terms = 1 + m + m * (m + 1) // 2
    older = known._replace(middle=known.middle[:m], spread=known.spread[:m], weights=known.weights[:terms])
    run.reference_path.write_bytes(reference.pack_reference(older))
    proba, embeddings = Reader().predict_proba(HELD.images), Reader().embed(HELD.images)
    rows = ood_features.compute_features(HELD.images, proba, embeddings, known.near)
    found = reference.load_reference(run, Reader())
    assert reference.ood_score(rows, found) == pytest.approx(reference.ood_score(rows[:, :m], older))
    run.reference_path.write_bytes(reference.pack_reference(older._replace(middle=known.middle)))
    assert reference.load_reference(run, Reader()) is None


def test_a_thorough_fit_sees_more_outliers_and_varied_images(run, monkeypatch):
    seen = []
    monkeypatch.setattr(ood_fit, "MAX_OUTLIERS", 60)
    monkeypatch.setattr(ood_fit, "MAX_OUTLIERS_THOROUGH", 80)
    monkeypatch.setattr(
        ood_fit, "load_outliers", lambda images, n, seed: seen.append(n) or make_from_images(images, n)
    )
    quick = ood_fit.fit_reference(Reader(), PART, HELD)
    thorough = ood_fit.fit_reference(Reader(), PART, HELD, thorough=True)
    assert seen == [60, 80] and not np.array_equal(quick.weights, thorough.weights)
    assert np.array_equal(quick.middle, thorough.middle)
