"""What a run needs to know to say "not sure", fitted on its training and validation images and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from digitrec.data import loading
from digitrec.data.splits import Split
from digitrec.files import replace
from digitrec.inference import gaussians, ood_features
from digitrec.inference.classifier import Classifier
from digitrec.inference.directions import compute_directions
from digitrec.inference.outliers import make_outliers
from digitrec.inference.verdict import Reference, ood_score, pack_reference, quadratic_terms, standardise
from digitrec.metrics.calibration import fit_temperature
from digitrec.runs.run import RunFolder

REJECTED_SHARE = 0.04  # so large a share of the validation images, whatever their strokes' thickness, is refused
MAX_TRAINING_IMAGES, MAX_VALIDATION_IMAGES, MAX_OUTLIERS = 10_000, 6_000, 3_000  # images used at most
_PENALTY = 0.005  # of the squared weights
_MIN_GROUP_IMAGES = 400  # validation images that a limit of its own is fitted on


def calibrate_run(run: RunFolder) -> dict[str, Any]:
    """`calibrate` with the images of the run's own data set.

    Raises:
        DatasetError: the data set cannot be loaded.
        ClassifierError, OSError: as by `calibrate`.
    """
    dataset, config = loading.load(run.config.dataset), run.config
    parts = [
        loading.part(dataset, name, share=config.validation_share, seed=config.seed)
        for name in ("train", "validation")
    ]
    return calibrate(run, *parts)


def calibrate(run: RunFolder, training: Split, validation: Split) -> dict[str, Any]:
    """Fit the run's temperature and what it knows of its images, and keep both with the run.

    Args:
        run: a run with a model.
        training: what it learnt from.
        validation: what it was validated on.

    Returns:
        What `run.calibration` is from now on; where there are no validation images, nothing, and nothing is kept.

    Raises:
        ClassifierError: the model cannot be read.
        OSError: the run's folder cannot be written.
    """
    if not len(validation.labels):
        return {}
    model = Classifier.load(run.tflite_path)
    held = _sample(validation, MAX_VALIDATION_IMAGES, np.random.default_rng(run.config.seed))
    temperature = fit_temperature(model.predict_proba(validation.images), validation.labels)
    if model.embedding_size:
        known = fit_reference(model, training, held, seed=run.config.seed)
        replace(run.reference_path, pack_reference(known))
    found = {
        "temperature": round(temperature, 4),
        "model_sha256": model.sha256,
        "validation_images": len(validation.labels),
        "refused_share": REJECTED_SHARE,
    }
    run.save_calibration(found)
    return found


def fit_reference(model: Classifier, training: Split, validation: Split, *, seed: int = 0) -> Reference:
    """Learn where the training images lie, and from the validation images and outliers what is to be refused.

    Raises:
        ClassifierError: the model gives no embedding.
        ValueError: there are no images in one of the parts.
    """
    learnt, held = _sample(training, MAX_TRAINING_IMAGES, np.random.default_rng(seed)), validation
    near = (
        _fit_rounded_gaussians(model.embed(learnt.images), learnt.labels, model.classes),
        _fit_rounded_gaussians(compute_directions(learnt.images), learnt.labels, model.classes),
    )
    count = min(MAX_OUTLIERS, 12 * len(held.labels))
    inside = _compute_features(model, held.images, near)
    outside = _compute_features(model, make_outliers(learnt.images, count, seed=seed), near)
    middle = np.median(inside, 0)
    spread = np.maximum(np.std(inside, 0), 0.05)
    usual = np.stack([np.quantile(inside, share, axis=0) for share in (0.015, 0.985)])
    known = Reference(near, middle, spread, np.zeros(1), usual, np.empty(0), np.zeros(1))
    odd = outside[~_is_inlier_like(outside, middle)]
    known = known._replace(weights=_fit_weights(standardise(inside, known), standardise(odd, known)))
    return known._replace(**_fit_thresholds(inside, known))


def _fit_thresholds(inside: np.ndarray, known: Reference) -> dict[str, np.ndarray]:
    """For strokes from thin to thick, each as many of the validation images, the score that hardly any exceeds."""
    thickness, scores = inside[:, ood_features.FEATURE_NAMES.index("thickness")], ood_score(inside, known)
    groups = min(max(len(inside) // _MIN_GROUP_IMAGES, 1), 5)
    edges = np.quantile(thickness, np.arange(1, groups) / groups)
    group = np.searchsorted(edges, thickness)
    limits = [np.quantile(scores[group == i], 1 - REJECTED_SHARE) for i in range(groups) if (group == i).any()]
    return {"edges": edges, "limits": np.array(limits)}


def _sample(split: Split, most: int, rng: np.random.Generator) -> Split:
    if len(split.labels) <= most:
        return split
    chosen = np.sort(rng.choice(len(split.labels), most, replace=False))
    return Split(split.images[chosen], split.labels[chosen])


def _fit_rounded_gaussians(points: np.ndarray, labels: np.ndarray, classes: int) -> gaussians.Gaussians:
    """Gaussians as they will be read from the file, so that what is fitted to them fits."""
    return gaussians.unpack_gaussians(gaussians.pack_gaussians(gaussians.fit_gaussians(points, labels, classes)))


def _compute_features(model: Classifier, images: np.ndarray, near: tuple) -> np.ndarray:
    return ood_features.compute_features(images, model.predict_proba(images), model.embed(images), near)


def _is_inlier_like(rows: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Which outliers are nearer to a class than most images of it, by both distances: they show it by chance."""
    nearest = [ood_features.FEATURE_NAMES.index(name) for name in ("apart", "bent")]
    return (rows[:, nearest] < middle[nearest]).all(1)


def _fit_weights(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """Logistic regression for being outside, both sides counting the same, by L-BFGS."""
    x = quadratic_terms(np.concatenate([inside, outside]))
    size = np.maximum(np.sqrt((x**2).mean(0)), 1e-6)
    x = x / size
    sign = np.concatenate([-np.ones(len(inside)), np.ones(len(outside))])
    share = np.where(sign > 0, 0.5 / len(outside), 0.5 / len(inside))

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        agreed = sign * (x @ weights)
        value = share @ np.logaddexp(0, -agreed) + _PENALTY * (weights[1:] ** 2).sum() / 2
        slope = -(share * sign * expit(-agreed)) @ x
        return value, slope + _PENALTY * np.concatenate([[0], weights[1:]])

    return minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x / size
