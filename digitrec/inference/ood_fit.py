"""Fitting a run's confidence: its temperature and reference, on its own training and validation images only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from digitrec.data import Split, loading, mapped, splits
from digitrec.files import replace
from digitrec.imaging import Augmentation, Floats, Images, Labels, Mask, Proba, augment
from digitrec.inference import ood_features
from digitrec.inference.classifier import Classifier
from digitrec.inference.ood_features import compute_directions
from digitrec.inference.outliers import load_outliers
from digitrec.inference.reference import Reference, ood_score, pack_reference, score_terms, standardise
from digitrec.metrics import calibration, curves, fit_temperature
from digitrec.runs import Run

MIN_CLASS_IMAGES, MIN_HELD_IMAGES = 20, 50  # for training in each class, for validation in all
MAX_TRAINING_IMAGES, MAX_VALIDATION_IMAGES = 10_000, 6_000  # images used at most

MAX_OUTLIERS, MAX_OUTLIERS_THOROUGH = 3_000, 23_000
REJECTED_SHARE, REJECTED_SHARE_THOROUGH = 0.035, 0.03  # of the usual validation images, by thickness of strokes
WRONG_ANSWER_PRICE = 10  # in images that are not answered
_VARIATION = Augmentation(rotation=8, zoom=0.1, shear=8, elastic=0.4, thickness=0.6)
_MISREAD_WEIGHT, _MAX_MISREAD_SHARE = 5.0, 0.05  # of a misread image, in outliers; and of all of them
_FEATURES = len(ood_features.FEATURE_NAMES)
_MIN_SPREAD, _MIN_COORDINATE_SPREAD = 0.05, 1e-6  # of a feature, and of a coordinate
_PENALTY = 0.005  # of the squared weights
_MIN_GROUP_IMAGES = 400  # validation images in a group of stroke thickness


def calibrate_run(run: Run, *, thorough: bool = False) -> dict[str, Any]:
    """Fit a run's temperature and reference, as `calibrate`, on the images of its own data set.

    Raises:
        DatasetError: the data set cannot be loaded.
        ClassifierError, OSError: as by `calibrate`.
    """
    dataset, config = loading.load(run.config.dataset), run.config
    training, validation = (
        splits.select_part(dataset, name, share=config.validation_share, seed=config.seed)
        for name in ("train", "validation")
    )
    usual = splits.mask_usual(dataset, "validation", share=config.validation_share, seed=config.seed)
    return calibrate(run, training, validation, usual, thorough=thorough)


def calibrate(
    run: Run, training: Split, validation: Split, usual: Mask | None = None, *, thorough: bool = False
) -> dict[str, Any]:
    """Fit a run's temperature, and its reference where there are images enough, and store both with the run.

    Args:
        run: a run with a model.
        training: its training images.
        validation: its validation images.
        usual: bool (n,), which of the validation images show no rare form; None: all.
        thorough: fit the reference to more outliers, and to varied validation images too: minutes, not seconds.
            The threshold of the confidence is fitted as well.

    Returns:
        The new `run.calibration`; empty, and nothing is stored, if there are no validation images.

    Raises:
        ClassifierError: the model cannot be read.
        OSError: the run's folder cannot be written.
    """
    if not len(validation.labels):
        return {}
    model = Classifier.load(run.tflite_path)
    chosen = _choose(len(validation.labels), MAX_VALIDATION_IMAGES, np.random.default_rng(run.config.seed))
    held, held_usual = _take(validation, chosen), None if usual is None else usual[chosen]
    proba = model.predict_proba(validation.images)
    temperature = fit_temperature(proba, validation.labels)
    if not _has_enough(training, held):
        run.reference_path.unlink(missing_ok=True)
    elif model.embedding_size:
        known = fit_reference(model, training, held, held_usual, thorough=thorough, seed=run.config.seed)
        replace(run.reference_path, pack_reference(known))
    found = {
        "temperature": round(temperature, 4),
        "model_sha256": model.sha256,
        "validation_images": len(validation.labels),
        "refused_share": REJECTED_SHARE_THOROUGH if thorough else REJECTED_SHARE,
    }
    if thorough:
        found["threshold"] = fit_threshold(calibration.calibrate(proba, temperature), validation.labels, usual)
    run.save_calibration(found)
    return found


def fit_threshold(proba: Proba, labels: Labels, usual: Mask | None = None) -> float:
    """The threshold with which refusals and wrong answers cost least; a wrong answer costs ten refusals.

    Args:
        proba: float32 (n, c), calibrated, of validation images.
        labels: int64 (n,).
        usual: bool (n,), which of the images count; None: all.
    """
    chosen = np.ones(len(labels), bool) if usual is None else usual
    is_right, confidence = proba.argmax(1)[chosen] == labels[chosen], proba.max(1)[chosen]
    return curves.cheapest_threshold(
        curves.risk_coverage_curve(is_right, confidence), WRONG_ANSWER_PRICE
    ).threshold


def _has_enough(training: Split, held: Split) -> bool:
    """Whether there are images enough to say which drawings are unlike them.

    From fewer, nearly every drawing would seem to be: then only the confidence and the layout of the ink count.
    """
    counts = np.bincount(training.labels)
    smallest = min(counts[counts > 0], default=0)
    return len(held.labels) >= MIN_HELD_IMAGES and smallest >= MIN_CLASS_IMAGES


def calibrate_confidence(run: Run, proba: Proba, labels: Labels, model_sha256: str) -> None:
    """Fit the temperature alone, to predictions that are there already, and store it with the run.

    A reference of another network is deleted: with the new calibration it would seem to be this network's.

    Args:
        run: the run.
        proba: float32 (n, c), its model's own probabilities for the validation images.
        labels: int64 (n,), of these images.
        model_sha256: of the model that made the predictions.

    Raises:
        OSError: the run's folder cannot be written.
    """
    temperature = fit_temperature(proba, labels)
    if (run.calibration or {}).get("model_sha256") != model_sha256:
        run.reference_path.unlink(missing_ok=True)
    run.save_calibration({"temperature": round(temperature, 4), "model_sha256": model_sha256})


def fit_reference(
    model: Classifier,
    training: Split,
    validation: Split,
    usual: Mask | None = None,
    *,
    thorough: bool = False,
    seed: int = 0,
) -> Reference:
    """Fit the statistics of the training images, and on validation images and outliers which drawings to reject.

    Validation images that are misread count as outliers: their answers are not to be trusted either. Rare forms,
    such as slashed zeros, count as digits beside the outliers. But they do not set the limits: they are so far
    from the other digits that the limits would be too high for whatever is no digit.

    Raises:
        ClassifierError: the model gives no embedding.
        ValueError: there are no images in one of the parts.
    """
    chosen = _choose(len(training.labels), MAX_TRAINING_IMAGES, np.random.default_rng(seed))
    sample, held = _take(training, chosen), validation
    count = min(MAX_OUTLIERS_THOROUGH if thorough else MAX_OUTLIERS, 12 * len(held.labels))
    # NumPy and SciPy do most of it outside of Python's lock, so two threads take little more than half the time.
    with ThreadPoolExecutor(2) as pool:
        outliers = pool.submit(load_outliers, sample.images, count, seed=seed)
        points = pool.map(lambda compute: compute(sample.images), (model.embed, compute_directions))
        fit = partial(_fit_rounded_gaussians, labels=sample.labels, classes=model.classes)
        first, second = pool.map(fit, points)
        near = first, second
        features = partial(_compute_features, model, near=near)
        (inside, answers), (outside, _) = pool.map(features, (held.images, outliers.result()))
    middle = np.median(inside, 0)
    least = np.where(np.arange(len(middle)) < _FEATURES, _MIN_SPREAD, _MIN_COORDINATE_SPREAD)
    spread = np.maximum(np.std(inside, 0), least)
    span = np.stack([np.quantile(inside[:, :_FEATURES], share, axis=0) for share in (0.015, 0.985)])
    known = Reference(near, middle, spread, np.zeros(1), span, np.empty(0), np.zeros(1))
    odd = outside[~_is_inlier_like(outside, middle)]
    digits, right = inside, answers == held.labels
    if thorough:
        varied = augment(held.images, _VARIATION, np.random.default_rng(seed))
        rows, answers = _compute_features(model, varied, near)
        digits, right = np.concatenate([inside, rows]), np.concatenate([right, answers == held.labels])
    parts = (digits[right], odd, digits[~right]) if right.any() else (digits, odd, digits[:0])
    known = known._replace(weights=_fit_weights(*(standardise(rows, known) for rows in parts)))
    rows = inside if usual is None or not usual.any() else inside[usual]
    edges, limits = _fit_thresholds(rows, known, REJECTED_SHARE_THOROUGH if thorough else REJECTED_SHARE)
    return known._replace(edges=edges, limits=limits)


def _fit_thresholds(inside: Floats, known: Reference, rejected: float) -> tuple[Floats, Floats]:
    """For groups from thin to thick strokes, the score that this share of the validation images exceeds."""
    thickness, scores = inside[:, ood_features.FEATURE_NAMES.index("thickness")], ood_score(inside, known)
    groups = min(max(len(inside) // _MIN_GROUP_IMAGES, 1), 5)
    edges = np.quantile(thickness, np.arange(1, groups) / groups)
    group = np.searchsorted(edges, thickness)
    limits = [np.quantile(scores[group == i], 1 - rejected) for i in range(groups) if (group == i).any()]
    return edges, np.array(limits)


def _choose(count: int, most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Indices of `most` of `count` images, or of all, ascending."""
    return np.arange(count) if count <= most else np.sort(rng.choice(count, most, replace=False))


def _take(split: Split, chosen: NDArray[np.int64]) -> Split:
    if len(chosen) == len(split.labels):
        return split
    images = split.images[chosen]
    mapped.release(split.images)
    return Split(images, split.labels[chosen])


def _fit_rounded_gaussians(points: Floats, labels: Labels, classes: int) -> ood_features.Gaussians:
    """Gaussians with the rounding of the file, so that what is fitted to them fits when it is loaded."""
    return ood_features.unpack_gaussians(
        ood_features.pack_gaussians(ood_features.fit_gaussians(points, labels, classes))
    )


def _compute_features(
    model: Classifier, images: Images, near: tuple[ood_features.Gaussians, ood_features.Gaussians]
) -> tuple[Floats, Labels]:
    """The features of images, and the model's answers."""
    proba = model.predict_proba(images)
    return ood_features.compute_features(images, proba, model.embed(images), near), proba.argmax(1)


def _is_inlier_like(rows: Floats, middle: Floats) -> Mask:
    """Which outliers are nearer to a class than most of its images, by both distances: they happen to show it."""
    nearest = [ood_features.FEATURE_NAMES.index(name) for name in ("embedding distance", "direction distance")]
    return np.asarray((rows[:, nearest] < middle[nearest]).all(1))


def _fit_weights(inside: Floats, outside: Floats, misread: Floats) -> Floats:
    """Logistic regression for being out of distribution, with equal weight for both sides, by L-BFGS."""
    x = score_terms(np.concatenate([inside, outside, misread]))
    size = np.maximum(np.sqrt((x**2).mean(0)), 1e-6)
    x = x / size
    most = _MAX_MISREAD_SHARE / (1 - _MAX_MISREAD_SHARE) * len(outside) / max(len(misread), 1)
    counts = np.concatenate([np.ones(len(outside)), np.full(len(misread), min(_MISREAD_WEIGHT, most))])
    sign = np.concatenate([-np.ones(len(inside)), np.ones(len(counts))])
    share = np.concatenate([np.full(len(inside), 0.5 / len(inside)), 0.5 * counts / counts.sum()])

    def loss(weights: Floats) -> tuple[float, Floats]:
        agreed = sign * (x @ weights)
        value = share @ np.logaddexp(0, -agreed) + _PENALTY * (weights[1:] ** 2).sum() / 2
        slope = -(share * sign * expit(-agreed)) @ x
        return value, slope + _PENALTY * np.concatenate([[0], weights[1:]])

    return minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x / size
