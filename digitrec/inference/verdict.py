"""Whether a drawing is answered at all: what the network says of it is believed, or "not sure", and why.

A network answers to everything, and mostly surely: a scribble is a 3 to it. So its answer is believed only where
three things agree: it is sure, by its calibrated confidence; the ink is laid out as one character's is; and the
drawing lies near those that the network learnt from, in its own embedding and in the directions of its strokes.
"""

from __future__ import annotations

import io
import math
import zipfile
from typing import NamedTuple

import numpy as np

from digitrec.inference import gaussians, ood_features
from digitrec.inference.classifier import Classifier
from digitrec.inference.gaussians import Gaussians
from digitrec.inference.page_signs import page_reasons
from digitrec.inference.sign_words import Reason, feature_reasons
from digitrec.metrics.calibration import calibrate
from digitrec.runs.run import RunFolder

DEFAULT_REJECT_THRESHOLD = 0.6  # calibrated confidence below which no answer is given, where nobody chose another
_MAX_DEVIATION = 6.0  # standard deviations: what is farther off than all that was ever seen counts as so far
_GAUSSIAN_NAMES = ("embedding", "directions")


class Reference(NamedTuple):
    """What a run knows of the images it learnt from and was validated on; the m signs are `ood_features.NAMES`."""

    near: tuple[Gaussians, Gaussians]  # of the training images' embeddings and directions
    middle: np.ndarray  # (m,) median of each sign over the validation images
    spread: np.ndarray  # (m,) their standard deviation
    weights: np.ndarray  # (1 + m + m (m + 1) / 2,) of `terms`, for being none of the classes
    usual: np.ndarray  # (2, m) between these most validation images lie
    edges: np.ndarray  # (g - 1,) of the thickness of strokes, rising
    limits: np.ndarray  # (g,) between the edges, the score beyond which a drawing is none of the classes


class Verdict(NamedTuple):
    """What is said of a drawing."""

    sure: bool
    proba: np.ndarray  # float32 (c,), calibrated
    spoke: tuple[str, ...] = ()  # what spoke against it: "ink", "distance", "confidence"
    why: str = ""  # in words; empty where it is sure


def judge(
    image: np.ndarray, model: Classifier, run: RunFolder, *, known: Reference | None, ink: np.ndarray | None = None
) -> Verdict:
    """Read an image, and say whether the answer is to be believed.

    Args:
        image: uint8 (28, 28).
        model: who reads it.
        run: whose temperature, reject setting and class names count.
        known: as by `load`; without it, only the confidence and the ink on the page speak.
        ink: uint8 (height, width), the page it was drawn on, where there is one.

    Raises:
        ClassifierError: as by the model.
    """
    raw = model.predict_proba(image[None])  # (28, 28) -> (1, c)
    proba = calibrate(raw, temperature(run, model.sha256))[0]
    first, second = (run.class_names[i] for i in np.argsort(-proba, kind="stable")[[0, min(1, len(proba) - 1)]])
    reasons = [Reason("ink", words) for words in page_reasons(image, ink)]
    if known is not None and not reasons:
        rows = ood_features.compute_features(image[None], raw, model.embed(image[None]), known.near)  # (1, m)
        if is_rejected(rows, known)[0]:
            reasons = feature_reasons(rows[0], known.usual, first, second)
    wanted = DEFAULT_REJECT_THRESHOLD if run.reject is None else run.reject
    if proba.max() < wanted and "confidence" not in {reason.kind for reason in reasons}:
        reasons.append(Reason("confidence", f"The network wavers between {first} and {second}."))
    spoke = tuple(dict.fromkeys(reason.kind for reason in reasons))
    return Verdict(not reasons, proba, spoke, " ".join(reason.words for reason in reasons[:2]))


def fitted_temperature(run: RunFolder, model_sha256: str | None) -> float | None:
    """The temperature kept with the run; None where none makes sense, or it was fitted to another network."""
    kept = run.calibration or {}
    found, fitted_to = kept.get("temperature"), kept.get("model_sha256", model_sha256)
    makes_sense = isinstance(found, int | float) and 0 < found < math.inf
    return float(found) if makes_sense and fitted_to == model_sha256 else None


def temperature(run: RunFolder, model_sha256: str | None) -> float:
    """What this network's confidences are calibrated by; 1 where nothing was fitted to it."""
    return fitted_temperature(run, model_sha256) or 1.0


def is_rejected(rows: np.ndarray, known: Reference) -> np.ndarray:
    """Which images with these signs (n, m) are none of the classes: bool (n,)."""
    thickness = rows[:, ood_features.FEATURE_NAMES.index("thickness")]
    return ood_score(rows, known) > known.limits[np.searchsorted(known.edges, thickness)]


def ood_score(rows: np.ndarray, known: Reference) -> np.ndarray:
    """How much signs (n, m) speak for being none of the classes, float64 (n,): the logit of its probability."""
    return quadratic_terms(standardise(rows, known)) @ known.weights


def standardise(rows: np.ndarray, known: Reference) -> np.ndarray:
    """Signs (n, m) in standard deviations of the validation images."""
    return np.clip((rows - known.middle) / known.spread, -_MAX_DEVIATION, _MAX_DEVIATION)


def quadratic_terms(rows: np.ndarray) -> np.ndarray:
    """One, the m standard signs, and their products: float64 (n, 1 + m + m (m + 1) / 2)."""
    first, second = np.triu_indices(rows.shape[1])
    return np.concatenate([np.ones((len(rows), 1)), rows, rows[:, first] * rows[:, second]], 1)


def pack_reference(known: Reference) -> bytes:
    """What `load` reads, as the bytes of an .npz file."""
    arrays = {name: array for name, array in known._asdict().items() if name != "near"}
    for name, found in zip(_GAUSSIAN_NAMES, known.near, strict=True):
        arrays |= {f"{name}.{part}": array for part, array in gaussians.pack_gaussians(found).items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def load_reference(run: RunFolder, model: Classifier) -> Reference | None:
    """What the run knows, or None where it was never fitted, for another network, or cannot be read."""
    kept = run.calibration
    if kept is None or kept.get("model_sha256") != model.sha256:
        return None
    try:
        with np.load(io.BytesIO(run.reference_path.read_bytes()), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        near = tuple(_unpack_gaussians(arrays, name) for name in _GAUSSIAN_NAMES)
        known = Reference(near, **{name: arrays[name] for name in Reference._fields if name != "near"})
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    m = len(ood_features.FEATURE_NAMES)
    fits = known.usual.shape == (2, m) and known.weights.shape == (1 + m + m * (m + 1) // 2,)
    return known if fits and len(near[0].centre) == model.embedding_size else None


def _unpack_gaussians(arrays: dict[str, np.ndarray], name: str) -> Gaussians:
    parts = {key.partition(".")[2]: array for key, array in arrays.items() if key.startswith(f"{name}.")}
    return gaussians.unpack_gaussians(parts)
