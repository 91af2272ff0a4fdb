"""What speaks for a drawing being one of the network's classes, or none of them: a row of numbers for each image.

Three kinds of sign: what the network answers, how far the image lies from the training images in the network's
embedding and in the directions of its strokes, and how its ink is laid out.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from digitrec.imaging import shape, skeletons
from digitrec.inference import gaussians
from digitrec.inference.directions import compute_directions
from digitrec.inference.gaussians import Gaussians

FEATURE_NAMES = (
    *("doubt", "margin", "third", "norm"),  # of the network's answer
    *("apart", "apart from all"),  # in the embedding
    *("bent", "bent from all", "other answer", "runner-up"),  # in the directions of strokes
    *("ink", "thickness", "aspect", "pieces", "length", "ends", "loops", "second piece", "slant"),  # in the ink
)
_MIN_PROBA = 1e-30  # a probability of 0 counts as this
_MIN_INK_SHARE = 0.3  # of the darkest ink: from there on a pixel is in a stroke, so that thin strokes do not break
_EIGHT_CONNECTED = np.ones((3, 3))


def compute_features(
    images: np.ndarray, proba: np.ndarray, embeddings: np.ndarray, near: tuple[Gaussians, Gaussians]
) -> np.ndarray:
    """The signs of images, float32 (n, 19), in the order of `NAMES`.

    Args:
        images: uint8 (n, 28, 28).
        proba: float32 (n, c), what the network answers.
        embeddings: float32 (n, d).
        near: Gaussians of the training images' embeddings and of their directions.
    """
    rows, answers = np.arange(len(images)), proba.argmax(1)
    inner = np.log(gaussians.squared_distances(embeddings, near[0]) + 1e-3)  # (n, c)
    bent = np.log(gaussians.squared_distances(compute_directions(images), near[1]) + 1e-3)
    bent_least = np.sort(bent, 1)
    columns = [
        *_answer_features(proba),
        np.linalg.norm(embeddings, axis=1),
        inner[rows, answers],
        inner.min(1),
        bent[rows, answers],
        bent_least[:, 0],
        bent.argmin(1) != answers,
        bent_least[:, min(1, bent.shape[1] - 1)] - bent_least[:, 0],
        *_ink_features(images),
    ]
    return np.stack(columns, 1).astype(np.float32)


def _answer_features(proba: np.ndarray) -> list[np.ndarray]:
    """Doubt, and how far the second and the third class are behind, in nats."""
    logs = np.sort(np.log(np.maximum(proba.astype(np.float64), _MIN_PROBA)), 1)[:, ::-1]
    behind = [logs[:, 0] - logs[:, min(place, proba.shape[1] - 1)] for place in (1, 2)]
    doubt = np.log(np.maximum(1 - np.exp(logs[:, 0]), 1e-7))
    return [doubt, *behind]


def _ink_features(images: np.ndarray) -> list[np.ndarray]:
    found = shape.measure(images)
    masks = images > np.maximum(_MIN_INK_SHARE * images.max((1, 2), keepdims=True), 0.5)
    lines = skeletons.thin(masks)
    loops = [ndimage.label(~np.pad(mask, 1))[1] - 1 for mask in masks]
    return [
        np.log(found.ink + 1e-3),
        np.log(found.thickness + 0.5),
        np.log(found.aspect + 0.05),
        np.minimum([ndimage.label(mask, _EIGHT_CONNECTED)[1] for mask in masks], 6),
        np.log(skeletons.line_lengths(lines) + 3),
        np.minimum(skeletons.line_ends(lines).sum((1, 2)), 10),
        np.minimum(loops, 6),
        [_second_component_share(mask) for mask in masks],
        np.abs(found.slant) / 45,
    ]


def _second_component_share(mask: np.ndarray) -> float:
    """The share of the ink that is in the second largest piece."""
    sizes = np.sort(np.bincount(ndimage.label(mask, _EIGHT_CONNECTED)[0].ravel())[1:])
    return float(sizes[-2] / sizes.sum()) if len(sizes) > 1 else 0.0
