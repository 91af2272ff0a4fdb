"""Fitting a run's confidence: its temperature and reference, on its own training and validation images only."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import ndimage
from scipy.optimize import minimize
from scipy.special import expit

from digitrec.data import Split, loading, splits
from digitrec.files import replace
from digitrec.imaging import Floats, Image, Images, Ink, InkError, Labels, Mask, Proba, pen_drawing, to_mnist
from digitrec.inference import ood_features
from digitrec.inference.classifier import Classifier
from digitrec.inference.ood_features import compute_directions
from digitrec.inference.reference import Reference, ood_score, pack_reference, quadratic_terms, standardise
from digitrec.metrics import fit_temperature
from digitrec.runs import Run

REJECTED_SHARE = 0.04  # share of the validation images that is rejected, in each group of stroke thickness
MAX_TRAINING_IMAGES, MAX_VALIDATION_IMAGES, MAX_OUTLIERS = 10_000, 6_000, 3_000  # images used at most
_PENALTY = 0.005  # of the squared weights
_MIN_GROUP_IMAGES = 400  # validation images in a group of stroke thickness


def calibrate_run(run: Run) -> dict[str, Any]:
    """Fit a run's temperature and reference, as `calibrate`, on the images of its own data set.

    Raises:
        DatasetError: the data set cannot be loaded.
        ClassifierError, OSError: as by `calibrate`.
    """
    dataset, config = loading.load(run.config.dataset), run.config
    parts = [
        splits.select_part(dataset, name, share=config.validation_share, seed=config.seed)
        for name in ("train", "validation")
    ]
    return calibrate(run, *parts)


def calibrate(run: Run, training: Split, validation: Split) -> dict[str, Any]:
    """Fit a run's temperature and reference, and store both with the run.

    Args:
        run: a run with a model.
        training: its training images.
        validation: its validation images.

    Returns:
        The new `run.calibration`; empty, and nothing is stored, if there are no validation images.

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


def fit_reference(model: Classifier, training: Split, validation: Split, *, seed: int = 0) -> Reference:
    """Fit the statistics of the training images, and on validation images and outliers which drawings to reject.

    Raises:
        ClassifierError: the model gives no embedding.
        ValueError: there are no images in one of the parts.
    """
    sample, held = _sample(training, MAX_TRAINING_IMAGES, np.random.default_rng(seed)), validation
    near = (
        _fit_rounded_gaussians(model.embed(sample.images), sample.labels, model.classes),
        _fit_rounded_gaussians(compute_directions(sample.images), sample.labels, model.classes),
    )
    count = min(MAX_OUTLIERS, 12 * len(held.labels))
    inside = _compute_features(model, held.images, near)
    outside = _compute_features(model, make_outliers(sample.images, count, seed=seed), near)
    middle = np.median(inside, 0)
    spread = np.maximum(np.std(inside, 0), 0.05)
    usual = np.stack([np.quantile(inside, share, axis=0) for share in (0.015, 0.985)])
    known = Reference(near, middle, spread, np.zeros(1), usual, np.empty(0), np.zeros(1))
    odd = outside[~_is_inlier_like(outside, middle)]
    known = known._replace(weights=_fit_weights(standardise(inside, known), standardise(odd, known)))
    edges, limits = _fit_thresholds(inside, known)
    return known._replace(edges=edges, limits=limits)


def _fit_thresholds(inside: Floats, known: Reference) -> tuple[Floats, Floats]:
    """For groups from thin to thick strokes, the score that `REJECTED_SHARE` of the validation images exceed."""
    thickness, scores = inside[:, ood_features.FEATURE_NAMES.index("thickness")], ood_score(inside, known)
    groups = min(max(len(inside) // _MIN_GROUP_IMAGES, 1), 5)
    edges = np.quantile(thickness, np.arange(1, groups) / groups)
    group = np.searchsorted(edges, thickness)
    limits = [np.quantile(scores[group == i], 1 - REJECTED_SHARE) for i in range(groups) if (group == i).any()]
    return edges, np.array(limits)


def _sample(split: Split, most: int, rng: np.random.Generator) -> Split:
    if len(split.labels) <= most:
        return split
    chosen = np.sort(rng.choice(len(split.labels), most, replace=False))
    return Split(split.images[chosen], split.labels[chosen])


def _fit_rounded_gaussians(points: Floats, labels: Labels, classes: int) -> ood_features.Gaussians:
    """Gaussians with the rounding of the file, so that what is fitted to them fits when it is loaded."""
    return ood_features.unpack_gaussians(
        ood_features.pack_gaussians(ood_features.fit_gaussians(points, labels, classes))
    )


def _compute_features(
    model: Classifier, images: Images, near: tuple[ood_features.Gaussians, ood_features.Gaussians]
) -> Floats:
    return ood_features.compute_features(images, model.predict_proba(images), model.embed(images), near)


def _is_inlier_like(rows: Floats, middle: Floats) -> Mask:
    """Which outliers are nearer to a class than most of its images, by both distances: they happen to show it."""
    nearest = [ood_features.FEATURE_NAMES.index(name) for name in ("embedding distance", "direction distance")]
    return np.asarray((rows[:, nearest] < middle[nearest]).all(1))


def _fit_weights(inside: Floats, outside: Floats) -> Floats:
    """Logistic regression for being out of distribution, with equal weight for both sides, by L-BFGS."""
    x = quadratic_terms(np.concatenate([inside, outside]))
    size = np.maximum(np.sqrt((x**2).mean(0)), 1e-6)
    x = x / size
    sign = np.concatenate([-np.ones(len(inside)), np.ones(len(outside))])
    share = np.where(sign > 0, 0.5 / len(outside), 0.5 / len(inside))

    def loss(weights: Floats) -> tuple[float, Floats]:
        agreed = sign * (x @ weights)
        value = share @ np.logaddexp(0, -agreed) + _PENALTY * (weights[1:] ** 2).sum() / 2
        slope = -(share * sign * expit(-agreed)) @ x
        return value, slope + _PENALTY * np.concatenate([[0], weights[1:]])

    return minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x / size


SIDE = pen_drawing.SIDE
_BRUSH_WIDTHS = (7, 32)  # of the brush, in pixels of the canvas


def make_outliers(images: Images, n: int, *, seed: int = 0) -> Images:
    """Images of no class, uint8 (n, 28, 28): made-up signs, scribbles, lines, noise, pairs and halves of images.

    Args:
        images: uint8 (m, 28, 28), at least one, of the data set.
        n: how many to make.
        seed: of the random numbers.
    """
    rng = np.random.default_rng((seed, 28))
    made: list[Image] = []
    for draw in itertools.cycle(_GENERATORS):
        if len(made) == n:
            break
        with contextlib.suppress(InkError):  # half of an image may hold nothing
            made.append(to_mnist(draw(rng, images)))
    return np.stack(made) if made else np.empty((0, 28, 28), np.uint8)


def _draw(made: list[Floats], rng: np.random.Generator) -> Ink:
    bent = pen_drawing.distort(made, rng, strength=rng.uniform(0.3, 1.5))
    return pen_drawing.render(
        pen_drawing.place(bent, size=rng.uniform(110, 240)), width=rng.uniform(*_BRUSH_WIDTHS)
    )


def _random_sign(rng: np.random.Generator, _: Images) -> Ink:
    """A made-up character: straight lines, bows and corners between the points of a grid of 3 x 4."""
    made = []
    for _stroke in range(rng.integers(1, 5)):
        points = _random_grid_points(rng, int(rng.integers(2, 5)))
        made.append(_smooth(points) if rng.random() < 0.45 else _densify(points))
    return _draw(made, rng)


def _symmetric_sign(rng: np.random.Generator, _: Images) -> Ink:
    """A made-up sign beside its own mirror image, as many letters and many things are."""
    made, axis = [], int(rng.random() < 0.25)
    for _stroke in range(rng.integers(1, 4)):
        points = _random_grid_points(rng, int(rng.integers(2, 5)))
        line = _smooth(points) if rng.random() < 0.5 else _densify(points)
        mirrored = line.copy()
        mirrored[:, axis] = (6 if axis else 4) - mirrored[:, axis]
        made += [line, mirrored]
    return _draw(made, rng)


def _closed_outline(rng: np.random.Generator, _: Images) -> Ink:
    """An outline with something inside or on it: a face, a thing."""
    angle = np.linspace(0, 2 * np.pi, 24)
    corners = int(rng.integers(3, 9))
    round_ = rng.random() < 0.6
    at = angle if round_ else np.linspace(0, 2 * np.pi, corners + 1) + rng.uniform(0, 6)
    outline = np.stack([2 * np.cos(at), rng.uniform(1.2, 2.4) * np.sin(at)], 1).astype(np.float32)
    made = [outline + rng.normal(0, 0.08, outline.shape).astype(np.float32) if round_ else _densify(outline)]
    for _stroke in range(rng.integers(1, 6)):
        start = rng.uniform(-1.6, 1.6, 2)
        along = start + rng.normal(0, rng.choice([0.05, 0.8, 2.0]), (int(rng.integers(2, 5)), 2))
        made.append(_smooth(np.vstack([start, along]).astype(np.float32)))
    return _draw(made, rng)


def _barred_outline(rng: np.random.Generator, _: Images) -> Ink:
    """A round outline with a level or an upright bar through it: a theta, a phi."""
    angle = np.linspace(0, 2 * np.pi, 24)
    wide, tall = rng.uniform(1.2, 2.2), rng.uniform(1.6, 2.4)
    outline = np.stack([wide * np.cos(angle), tall * np.sin(angle)], 1)
    reach = rng.uniform(0.75, 1.3) * (np.array([wide, 0]) if rng.random() < 0.6 else np.array([0, tall]))
    bar = np.linspace(-reach, reach, 9) + rng.normal(0, 0.08, 2)
    return _draw([outline.astype(np.float32), bar.astype(np.float32)], rng)


def _random_scribble(rng: np.random.Generator, _: Images) -> Ink:
    return _draw([_smooth(rng.uniform(0, 4, (int(rng.integers(5, 24)), 2)).astype(np.float32))], rng)


def _random_wave(rng: np.random.Generator, _: Images) -> Ink:
    """A line that goes to and fro, or round and round, while it moves on or widens."""
    turns = rng.uniform(2, 9)
    at = np.linspace(0, 2 * np.pi * turns, int(20 * turns))
    kind = rng.integers(3)
    if kind == 0:
        points = np.stack([at, 8 * rng.uniform(0.2, 3) * np.arcsin(np.sin(at))], 1)
    elif kind == 1:
        points = np.stack([at * np.cos(at), rng.uniform(0.6, 1) * at * np.sin(at)], 1)
    else:
        points = np.stack([2 * np.cos(at) + rng.uniform(0.2, 0.9) * at, rng.uniform(1, 3) * np.sin(at)], 1)
    return _draw([points[:, :: int(rng.choice([-1, 1]))].astype(np.float32)], rng)


def _random_dots_or_line(rng: np.random.Generator, _: Images) -> Ink:
    """A dot, some dots, or a line that lies rather than stands."""
    if rng.random() < 0.5:
        angle = rng.uniform(-0.75, 0.75)
        along = np.linspace(-1, 1, 9)[:, None] * [np.cos(angle), np.sin(angle)]
        return _draw([(along + rng.normal(0, 0.03, along.shape)).astype(np.float32)], rng)
    count = int(rng.choice([1, 2, 3, 8]))
    dots = [rng.uniform(40, 240, (1, 2)).astype(np.float32) for _dot in range(count)]
    return pen_drawing.render(dots, width=rng.uniform(*_BRUSH_WIDTHS))


def _random_noise(rng: np.random.Generator, _: Images) -> Ink:
    grain = ndimage.gaussian_filter(rng.random((SIDE, SIDE)), rng.choice([0, 1, 4, 10, 20]))
    share = rng.uniform(0.02, 0.5)
    return np.where(grain > np.quantile(grain, 1 - share), 255, 0).astype(np.uint8)


def _image_pair(rng: np.random.Generator, images: Images) -> Ink:
    """Two or three images side by side, or one below the other, so close that they may touch."""
    chosen = [_crop(images[int(i)]) for i in rng.integers(len(images), size=rng.choice([2, 2, 3]))]
    below = rng.random() < 0.2
    chosen = [image.T if below else image for image in chosen]
    height = max(len(image) for image in chosen)
    row = np.zeros((height, 0), np.uint8)
    for image in chosen:
        top = int(rng.integers(height - len(image) + 1))
        padded = np.zeros((height, image.shape[1]), np.uint8)
        padded[top : top + len(image)] = image
        row = np.hstack([row, np.zeros((height, int(rng.integers(0, 6))), np.uint8), padded])
    return row.T if below else row


def _half_image(rng: np.random.Generator, images: Images) -> Ink:
    image = _crop(images[int(rng.integers(len(images)))])
    if rng.random() < 0.5:
        image = image[::-1] if rng.random() < 0.5 else image
        return image[: len(image) // 2 + 1]
    image = image[:, ::-1] if rng.random() < 0.5 else image
    return image[:, : image.shape[1] // 2 + 1]


def _turned_image(rng: np.random.Generator, images: Images) -> Ink:
    """An image lying on its side."""
    return np.rot90(images[int(rng.integers(len(images)))], int(rng.choice([1, 3])))


def _mirrored_image(rng: np.random.Generator, images: Images) -> Ink:
    image = images[int(rng.integers(len(images)))]
    return image[:, ::-1] if rng.random() < 0.5 else image[::-1]


def _overlaid_images(rng: np.random.Generator, images: Images) -> Ink:
    """An image with another across it."""
    one, other = (images[int(i)] for i in rng.integers(len(images), size=2))
    return np.maximum(one, np.rot90(other, int(rng.integers(4))))


def _crop(image: Image) -> Ink:
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else image


def _random_grid_points(rng: np.random.Generator, count: int) -> Floats:
    points = np.stack([rng.choice([0, 2, 4], count), rng.choice([0, 2, 3, 4, 6], count)], 1)
    return (points + rng.normal(0, 0.25, points.shape)).astype(np.float32)


def _densify(points: Floats) -> Floats:
    """More points along the lines between points, so that the canvas's smoothing leaves the corners."""
    at = np.linspace(0, len(points) - 1, 8 * (len(points) - 1) + 1)
    return np.stack([np.interp(at, np.arange(len(points)), column) for column in points.T], 1).astype(np.float32)


def _smooth(points: Floats) -> Floats:
    """Points on a smooth curve near the points: their corners cut off, thrice (Chaikin 1974)."""
    for _round in range(3):
        early, late = 0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]
        points = np.vstack([points[:1], np.stack([early, late], 1).reshape(-1, 2), points[-1:]])
    return points.astype(np.float32)


_GENERATORS: tuple[Callable[[np.random.Generator, Images], Ink], ...] = (
    *(
        _random_sign,
        _symmetric_sign,
        _closed_outline,
        _random_sign,
        _random_scribble,
        _symmetric_sign,
        _image_pair,
        _random_sign,
        _barred_outline,
        _random_wave,
    ),
    *(
        _half_image,
        _turned_image,
        _mirrored_image,
        _overlaid_images,
        _random_sign,
        _random_noise,
        _random_dots_or_line,
        _image_pair,
        _closed_outline,
        _random_scribble,
    ),
)
