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
from scipy import ndimage

from digitrec.inference import ood_features
from digitrec.inference.classifier import Classifier
from digitrec.inference.ood_features import FEATURE_NAMES, Gaussians
from digitrec.metrics.calibration import calibrate
from digitrec.runs.run import Run

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
    image: np.ndarray, model: Classifier, run: Run, *, known: Reference | None, ink: np.ndarray | None = None
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


def fitted_temperature(run: Run, model_sha256: str | None) -> float | None:
    """The temperature kept with the run; None where none makes sense, or it was fitted to another network."""
    kept = run.calibration or {}
    found, fitted_to = kept.get("temperature"), kept.get("model_sha256", model_sha256)
    makes_sense = isinstance(found, int | float) and 0 < found < math.inf
    return float(found) if makes_sense and fitted_to == model_sha256 else None


def temperature(run: Run, model_sha256: str | None) -> float:
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
        arrays |= {f"{name}.{part}": array for part, array in ood_features.pack_gaussians(found).items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def load_reference(run: Run, model: Classifier) -> Reference | None:
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
    return ood_features.unpack_gaussians(parts)


class Reason(NamedTuple):
    """Something that speaks against an answer."""

    kind: str  # "ink", "distance" or "confidence"
    words: str  # a sentence or two


def feature_reasons(row: np.ndarray, usual: np.ndarray, first: str, second: str) -> list[Reason]:
    """What is unusual in a drawing that was refused, the most unusual first: one reason or two, never none.

    Args:
        row: (m,) its signs.
        usual: (2, m) between these most validation images lie.
        first: the name of the answer.
        second: the name of the runner-up.
    """
    low, high = usual
    width = np.maximum(high - low, 1e-6)
    above, below = (row - high) / width, (low - row) / width
    found: dict[Reason, float] = {}
    for name, (kind, up, down) in _WORDS.items():
        i = FEATURE_NAMES.index(name)
        for excess, words in ((above[i], up), (below[i], down)):
            if words and excess > 0:
                reason = Reason(kind, words.format(first=first, second=second))
                found[reason] = max(excess, found.get(reason, 0))
    ordered = sorted(found, key=found.__getitem__, reverse=True)[:2]
    return ordered or [Reason("distance", _ALL.format(first=first))]


_UNLIKE = "It is unlike the drawings of {first} that the network learnt from."
_BENT = "Its strokes do not run as those of {first} do."
_ALL = "Taken together, its shape and its strokes are unlike those of {first} that the network learnt from."
_SEVERAL = "Its ink is in separate pieces, like more than one character."
_WAVERS = "The network wavers between {first} and {second}."
# Of each sign that says something to a person: what kind it is, and the words where it is too high, or too low.
_WORDS = {
    "embedding distance": ("distance", _UNLIKE, ""),
    "nearest embedding distance": ("distance", _UNLIKE, ""),
    "direction distance": ("distance", _BENT, ""),
    "nearest direction distance": ("distance", _BENT, ""),
    "other nearest class": ("distance", _BENT, ""),
    "doubt": ("confidence", _WAVERS, ""),
    "components": ("ink", _SEVERAL, ""),
    "second component": ("ink", _SEVERAL, ""),
    "loops": ("ink", "Its lines close more loops than a character's do.", ""),
    "ends": ("ink", "It has more loose ends than a character has.", ""),
    "length": ("ink", "There is more line in it than a character has.", "There is hardly any line in it."),
    "ink": ("ink", "There is more ink in it than a character has.", "There is hardly any ink in it."),
    "aspect": ("ink", "It is wider than a character is.", ""),
}


_MAX_FILL = 0.72  # of its box, covered: a blob shows nothing
_MAX_LINE_BREADTH, _MAX_CROSSING_BREADTH = (
    0.09,
    0.15,
)  # breadth over length of a straight line, and of one from edge to edge
_MAX_LINE_LEAN = 50.0  # degrees from upright, from where on a straight line is no 1
_MIN_SEPARATE_PIECES = 3  # pieces of ink; a digit has one or two
_MIN_PIECE_SHARE, _MIN_INK_SHARE = 0.04, 0.3  # a piece's least share of the ink; ink this dark belongs to a stroke
_MIN_PAGE_SIDE = 100  # pixels: smaller pages are images, not pages


def page_reasons(image: np.ndarray, ink: np.ndarray | None) -> list[str]:
    """What is plainly wrong with a drawing, in words; nothing where it may be a character.

    Args:
        image: uint8 (28, 28).
        ink: uint8 (height, width), the page it was drawn on, where there is one.
    """
    mask = image > _MIN_INK_SHARE * max(int(image.max()), 1)
    if _box_fill(mask) > _MAX_FILL and 0.5 < _box_aspect(mask) < 2:
        return ["This looks like a dot or a blot, not like a character."]
    breadth, lean = _principal_axes(image)
    if breadth < _MAX_LINE_BREADTH and lean > _MAX_LINE_LEAN:
        return ["This looks like a line across the page."]
    if ink is None or min(ink.shape) < _MIN_PAGE_SIDE:
        return []
    if breadth < _MAX_CROSSING_BREADTH and _touches_two_edges(ink > 0):
        return ["This looks like a line through the page: it runs from edge to edge."]
    if (pieces := _count_large_components(ink > _MIN_INK_SHARE * int(ink.max()))) >= _MIN_SEPARATE_PIECES:
        return [f"It is in {pieces} separate pieces, like more than one character."]
    return []


def _box_fill(mask: np.ndarray) -> float:
    """The share of its box that a shape covers."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return float(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].mean()) if len(rows) else 0.0


def _box_aspect(mask: np.ndarray) -> float:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return float((columns[-1] - columns[0] + 1) / (rows[-1] - rows[0] + 1))


def _principal_axes(image: np.ndarray) -> tuple[float, float]:
    """How broad the ink is for its length, by its principal axes, and how far from upright, in degrees 0 to 90."""
    rows, columns = np.nonzero(image)
    weights = image[rows, columns].astype(np.float64)
    across = np.cov(np.stack([rows, columns]), aweights=weights) if len(rows) > 1 else np.zeros((2, 2))
    values, vectors = np.linalg.eigh(across)
    if values[1] <= 0:
        return 1.0, 0.0
    down, right = np.abs(vectors[:, 1])
    return float(np.sqrt(max(values[0], 0) / values[1])), float(np.degrees(np.arctan2(right, down)))


def _touches_two_edges(page: np.ndarray) -> bool:
    """Whether the ink touches two edges of the page."""
    edges = page[0].any(), page[-1].any(), page[:, 0].any(), page[:, -1].any()
    return sum(map(bool, edges)) >= 2


def _count_large_components(mask: np.ndarray) -> int:
    """How many separate pieces hold a fair share of the ink."""
    sizes = np.bincount(ndimage.label(mask, np.ones((3, 3)))[0].ravel())[1:]
    return int((sizes >= _MIN_PIECE_SHARE * sizes.sum()).sum()) if len(sizes) else 0
