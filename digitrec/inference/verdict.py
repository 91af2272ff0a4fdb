"""The verdict on a drawing: an answer with its calibrated confidence, or "not sure" with the reasons.

A network answers any image, mostly with high confidence: it reads a scribble as a 3. So its answer counts only if
three things agree: its calibrated confidence is high; the ink is laid out like one character's; and the drawing
lies near the training images, in the network's embedding and in the directions of its strokes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digitrec.imaging import Enlarged, Floats, Image, Images, Ink, Proba, shape
from digitrec.inference import ood_features
from digitrec.inference.classifier import Classifier
from digitrec.inference.ood_features import FEATURE_NAMES
from digitrec.inference.reference import Reference, is_rejected, ood_score, rejection_limits
from digitrec.metrics import calibration
from digitrec.runs import Run

DEFAULT_REJECT_THRESHOLD = 0.6  # calibrated confidence; see `reject_threshold`
MAX_FEATURE_REASONS = 2
_MAX_FILL = 0.75  # share of its box that ink covers: more is a blot
_MAX_WHOLE_FILL = 0.72  # the same where no row or column is interrupted, as in the dot of a thin brush
_MAX_LINE_BREADTH = 0.09  # breadth over length of a straight line
_MAX_CROSSING_BREADTH = 0.15  # and of one that runs from edge to edge
_MAX_LINE_LEAN = 50.0  # degrees from upright: a straight line that leans more is no 1
_MAX_COMPONENTS = 2  # large connected components: a digit has one or two
_MIN_COMPONENT_SHARE = 0.04  # of the inked pixels: a smaller component does not count
_MAX_STROKE_GAP = 1 / 28  # of the side of a drawing: one pixel of its image
_ENLARGED_AREA = 100  # pixels of a drawing for each pixel of the small ink that it enlarges
_MIN_DRAWING_SIDE = 100  # pixels: anything smaller is an image, not a drawing on paper


class Reason(NamedTuple):
    """A finding that speaks against an answer; `verdict_words.describe_reason` puts it into words.

    Attributes:
        kind: what was found, such as "line" or "many loops": a key of `verdict_words`.
        group: "ink" (its layout), "distance" (from the training images) or "confidence".
        value: what was measured; a feature of `ood_features` in that feature's own unit.
        usual: lowest and highest usual value.
        feature: the name of that feature, if it is one.
    """

    kind: str
    group: str
    value: float
    usual: tuple[float, float]
    feature: str = ""


class Verdict(NamedTuple):
    """What a run's network says about a drawing.

    Attributes:
        proba: float32 (c,), calibrated.
        class_names: the c names.
        reasons: what speaks against the answer, the strongest first; empty if it is sure.
    """

    proba: Proba
    class_names: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()

    @property
    def sure(self) -> bool:
        """Whether the answer counts."""
        return not self.reasons

    @property
    def answer(self) -> str:
        """The most probable class: the answer, or if it is not sure the best guess."""
        return self.class_names[int(self.proba.argmax())]

    @property
    def runner_up(self) -> str:
        """The second most probable class; with a single class, that one."""
        return self.class_names[self.ranking[min(1, len(self.proba) - 1)]]

    @property
    def confidence(self) -> float:
        """The calibrated probability of the answer, 0 to 1."""
        return float(self.proba.max())

    @property
    def ranking(self) -> list[int]:
        """Indices of all classes, the most probable first."""
        return [int(index) for index in np.argsort(-self.proba, kind="stable")]

    @property
    def has_probabilities(self) -> bool:
        """Whether the probabilities say how likely the classes are.

        The network assumes that each drawing is of one of its classes. So they do not, if it may be of none.
        """
        return self.sure or self.reason_groups == ("confidence",)

    @property
    def reason_groups(self) -> tuple[str, ...]:
        """The groups of the reasons, each once, the strongest first."""
        return tuple(dict.fromkeys(reason.group for reason in self.reasons))


def judge(
    image: Image, model: Classifier, run: Run, *, reference: Reference | None, ink: Ink | None = None
) -> Verdict:
    """Predict an image, and decide whether the answer counts.

    Args:
        image: uint8 (28, 28).
        model: the run's.
        run: its temperature, reject threshold and class names count.
        reference: as by `load_reference`; without it, only the confidence and the layout of the ink count.
        ink: uint8 (height, width), the drawing that the image was made of, if there is one.

    Raises:
        ClassifierError: the model cannot read the image.
    """
    return judge_all(image[None], [layout_reasons(image, ink)], model, run, reference=reference)[0]


def judge_all(
    images: Images,
    layouts: Sequence[Sequence[Reason]],
    model: Classifier,
    run: Run,
    *,
    reference: Reference | None,
) -> list[Verdict]:
    """Predict images (n, 28, 28), and decide for each whether the answer counts; see `judge`.

    Args:
        layouts: what `layout_reasons` found for each image.

    Raises:
        ClassifierError: the model cannot read the images.
    """
    reasons = [list(found) for found in layouts]
    if reference is None:
        raw = model.predict_proba(images)  # (n, 28, 28) -> (n, c)
    else:
        raw, embeddings = model.predict_and_embed(images)
        _add_feature_reasons(reasons, images, raw, embeddings, reference)
    threshold = reject_threshold(run)
    verdicts = []
    for proba, found in zip(calibrate_proba(run, raw, model.sha256), reasons, strict=True):
        verdict = Verdict(proba, tuple(run.class_names), tuple(found))
        if verdict.confidence < threshold and "confidence" not in verdict.reason_groups:
            unsure = Reason("between two classes", "confidence", verdict.confidence, (threshold, 1.0))
            verdict = verdict._replace(reasons=(*verdict.reasons, unsure))
        verdicts.append(verdict)
    return verdicts


def _add_feature_reasons(
    reasons: list[list[Reason]], images: Images, raw: Proba, embeddings: Floats, reference: Reference
) -> None:
    """Add to the reasons of each image why its features are rejected, where the layout has not rejected it."""
    open_to = [i for i, found in enumerate(reasons) if not found]
    if not open_to:
        return
    rows = ood_features.compute_features(  # (k, m)
        images[open_to], raw[open_to], embeddings[open_to], reference.near
    )
    for i, row, rejected in zip(open_to, rows, is_rejected(rows, reference), strict=True):
        if rejected:
            reasons[i] += _rejection_reasons(row[None], reference)


class CalibratedClassifier(NamedTuple):
    """A classifier whose probabilities are those that a person sees.

    Attributes:
        classifier: a run's model.
        temperature: that calibrates it.
    """

    classifier: Classifier
    temperature: float

    def predict_proba(self, images: Images) -> Proba:
        """The calibrated probabilities of all classes, float32 (n, c), for images uint8 (n, 28, 28).

        Raises:
            ClassifierError: the model cannot read the images.
        """
        return calibration.calibrate(self.classifier.predict_proba(images), self.temperature)


def calibrated_classifier(run: Run, model: Classifier) -> CalibratedClassifier:
    """The run's model, calibrated by the run's temperature if that was fitted to this model."""
    return CalibratedClassifier(model, temperature(run, model.sha256))


def calibrated_proba(run: Run, model: Classifier, images: Images) -> Proba:
    """The probabilities that a person sees, float32 (n, c), for images uint8 (n, 28, 28).

    Raises:
        ClassifierError: the model cannot read the images.
    """
    return calibrated_classifier(run, model).predict_proba(images)


def calibrate_proba(run: Run, proba: Proba, model_sha256: str | None) -> Proba:
    """A model's own probabilities (n, c), calibrated by the run's temperature if it was fitted to this model."""
    return calibration.calibrate(proba, temperature(run, model_sha256))


def fitted_temperature(run: Run, model_sha256: str | None) -> float | None:
    """The temperature stored with the run; None if it is missing, no number above 0, or another model's."""
    stored = run.calibration or {}
    value, fitted_to = stored.get("temperature"), stored.get("model_sha256", model_sha256)
    if not isinstance(value, int | float) or not 0 < value < math.inf or fitted_to != model_sha256:
        return None
    return float(value)


def temperature(run: Run, model_sha256: str | None) -> float:
    """The temperature that calibrates this model's probabilities; 1 if none was fitted to it."""
    return fitted_temperature(run, model_sha256) or 1.0


def reject_threshold(run: Run) -> float:
    """The calibrated confidence below which a verdict is "not sure": a person's, a fitted or the default one."""
    fitted = (run.calibration or {}).get("threshold")
    choices = (run.reject, fitted if isinstance(fitted, int | float) and 0 <= fitted <= 1 else None)
    return next((choice for choice in choices if choice is not None), DEFAULT_REJECT_THRESHOLD)


def layout_reasons(image: Image, ink: Ink | Enlarged | None) -> list[Reason]:
    """What shows without any network that a drawing is no character: one reason, or none.

    Args:
        image: uint8 (28, 28).
        ink: uint8 (height, width), the drawing that the image was made of, if there is one.
    """
    mask = shape.unbroken_mask(image[None])  # (1, 28, 28)
    fill, aspect = shape.box_fill(mask[0]), float(shape.aspect_ratio(mask)[0])
    if 0.5 < aspect < 2 and (fill > _MAX_FILL or (fill > _MAX_WHOLE_FILL and _is_whole(mask[0]))):
        return [Reason("blot", "ink", fill, (0.0, _MAX_FILL))]
    breadth, lean = _principal_axes(image)
    if breadth < _MAX_LINE_BREADTH and lean > _MAX_LINE_LEAN:
        return [Reason("line", "ink", breadth, (_MAX_LINE_BREADTH, 1.0))]
    if ink is None or (not isinstance(ink, Enlarged) and min(ink.shape) < _MIN_DRAWING_SIDE):
        return []
    if breadth < _MAX_CROSSING_BREADTH and _touches_two_edges(ink):
        return [Reason("line from edge to edge", "ink", breadth, (_MAX_CROSSING_BREADTH, 1.0))]
    count = _count_large(_component_areas(ink))
    if count > _MAX_COMPONENTS and not _is_broken_stroke(ink):
        return [Reason("components", "ink", count, (1.0, float(_MAX_COMPONENTS)))]
    return []


def _is_whole(mask: NDArray[np.bool_]) -> bool:
    """Whether the ink of each row and of each column is one run."""
    padded = np.pad(mask, 1).astype(np.int8)
    return all(int((np.diff(padded, axis=axis) == 1).sum(axis).max()) <= 1 for axis in (0, 1))


def _count_large(areas: NDArray[np.int64]) -> int:
    return int((areas >= _MIN_COMPONENT_SHARE * areas.sum()).sum())


def _is_broken_stroke(ink: Ink | Enlarged) -> bool:
    """Whether all components come together across gaps of one pixel of the image, as such an image itself has."""
    mask = shape.unbroken_mask((ink.draw() if isinstance(ink, Enlarged) else ink)[None])[0]
    radius = math.ceil(min(mask.shape) * _MAX_STROKE_GAP / 2)
    joined = ndimage.maximum_filter(mask, 2 * radius + 1, mode="constant")
    return _count_large(shape.component_areas(joined)) == 1


def _rejection_reasons(rows: Floats, reference: Reference) -> tuple[Reason, ...]:
    """Why an image with these features (1, m + k) is rejected: what is unusual in it, else its score of all."""
    score, limit = float(ood_score(rows, reference)[0]), float(rejection_limits(rows, reference)[0])
    reasons = feature_reasons(rows[0, : len(FEATURE_NAMES)], reference.usual)
    return tuple(
        reason if reason.feature else reason._replace(value=score, usual=(-math.inf, limit)) for reason in reasons
    )


def feature_reasons(row: NDArray[np.float32], usual: NDArray[np.floating]) -> list[Reason]:
    """Which features of a rejected drawing are unusual, the most unusual first: one reason or two, never none.

    Args:
        row: (m,) its features, in the order of `FEATURE_NAMES`.
        usual: (2, m), lowest and highest usual value of each.
    """
    low, high = usual
    width = np.maximum(high - low, 1e-6)
    above, below = (row - high) / width, (low - row) / width
    excesses: dict[str, tuple[float, Reason]] = {}
    for kinds, excess in ((TOO_HIGH, above), (TOO_LOW, below)):
        for name, (kind, group) in kinds.items():
            i = FEATURE_NAMES.index(name)
            if excess[i] > 0 and excess[i] > excesses.get(kind, (0.0,))[0]:
                reason = Reason(kind, group, float(row[i]), (float(low[i]), float(high[i])), name)
                excesses[kind] = (float(excess[i]), reason)
    ordered = sorted(excesses.values(), key=lambda found: -found[0])
    reasons = [reason for _, reason in ordered[:MAX_FEATURE_REASONS]]
    return reasons or [Reason("unusual in all", "distance", 0.0, (0.0, 0.0))]


def _principal_axes(image: Image) -> tuple[float, float]:
    """Breadth over length of the ink, by its principal axes, and the lean of the long one, degrees 0 to 90."""
    rows, columns = np.nonzero(image)
    if len(rows) < 2:
        return 1.0, 0.0
    values, vectors = np.linalg.eigh(_covariance(np.stack([rows, columns]), image[rows, columns]))
    if values[1] <= 0:
        return 1.0, 0.0
    down, right = np.abs(vectors[:, 1])
    return float(np.sqrt(max(values[0], 0) / values[1])), float(np.degrees(np.arctan2(right, down)))


def _covariance(points: NDArray[np.int64], weights: NDArray[np.uint8]) -> NDArray[np.float64]:
    """`numpy.cov` of weighted points (2, k), which takes four times as long to check what it is given: (2, 2)."""
    weight = weights.astype(np.float64)
    total = weight.sum()
    moved = points - ((points * weight).sum(1) / total)[:, None]
    covariance: NDArray[np.float64] = np.dot(moved, (moved * weight).T)
    return covariance * (1 / (total - (weight * weight).sum() / total))


def _touches_two_edges(ink: Ink | Enlarged) -> bool:
    drawing = ink.draw() if isinstance(ink, Enlarged) else ink
    edges = drawing[0].any(), drawing[-1].any(), drawing[:, 0].any(), drawing[:, -1].any()
    return sum(map(bool, edges)) >= 2


def _component_areas(ink: Ink | Enlarged) -> NDArray[np.int64]:
    """The areas of a drawing's connected components, int64 (k,), in pixels."""
    if isinstance(ink, Enlarged):
        return shape.component_areas(shape.unbroken_mask(ink.ink[None])[0]) * _ENLARGED_AREA
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))  # paper takes as long as ink
    cropped = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else ink
    return shape.component_areas(shape.unbroken_mask(cropped[None])[0])


_UNLIKE_CLASS = ("unlike class", "distance")
_OTHER_DIRECTIONS = ("other directions", "distance")
_SEVERAL_COMPONENTS = ("several components", "ink")
# What a feature beyond its usual range means: kind and group of the reason. Features that a person cannot see
# count in the decision, but give no reason.
TOO_HIGH = {
    "embedding distance": _UNLIKE_CLASS,
    "nearest embedding distance": _UNLIKE_CLASS,
    "direction distance": _OTHER_DIRECTIONS,
    "nearest direction distance": _OTHER_DIRECTIONS,
    "other nearest class": _OTHER_DIRECTIONS,
    "doubt": ("between two classes", "confidence"),
    "components": _SEVERAL_COMPONENTS,
    "second component": _SEVERAL_COMPONENTS,
    "loops": ("many loops", "ink"),
    "ends": ("many ends", "ink"),
    "length": ("many lines", "ink"),
    "ink": ("much ink", "ink"),
    "aspect": ("wide", "ink"),
}
TOO_LOW = {"length": ("few lines", "ink"), "ink": ("little ink", "ink")}
