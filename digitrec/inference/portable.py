"""What a program elsewhere needs to judge as this one does: a run's calibration and limits, as plain values."""

from __future__ import annotations

from typing import Any

from digitrec.inference import ood_features, verdict, verdict_words
from digitrec.inference.classifier import Classifier
from digitrec.inference.ood_features import FEATURE_NAMES, Gaussians
from digitrec.inference.reference import load_reference
from digitrec.metrics import calibration
from digitrec.runs import Run


def describe_judging(run: Run, model: Classifier) -> dict[str, Any]:
    """The numbers and words behind `judge`, for a run and its model.

    Returns:
        "classes", "temperature", "threshold" of the confidence and "minProba"; "sentences" by kind of reason; and
        "reference": None, or the arrays of `Reference` by name, with "names" of the features, the kinds "tooHigh"
        and "tooLow" by feature, and the Gaussians of "embedding" and "directions" as `pack_gaussians` gives them.
    """
    reference = load_reference(run, model)
    found: dict[str, Any] = {
        "classes": list(run.class_names),
        "temperature": verdict.temperature(run, model.sha256),
        "threshold": verdict.reject_threshold(run),
        "minProba": calibration.MIN_PROBA,
        "sentences": dict(verdict_words.SENTENCES),
        "reference": None,
    }
    if reference is not None:
        arrays = {name: array for name, array in reference._asdict().items() if name != "near"}
        kinds = {
            name: {feature: kind for feature, (kind, _) in table.items()}
            for name, table in (("tooHigh", verdict.TOO_HIGH), ("tooLow", verdict.TOO_LOW))
        }
        embedding, directions = map(_pack, reference.near)
        near = {"embedding": embedding, "directions": directions}
        found["reference"] = {"names": list(FEATURE_NAMES), **kinds, **arrays, **near}
    return found


def _pack(known: Gaussians) -> dict[str, Any]:
    packed = ood_features.pack_gaussians(known)
    return {**packed, "rest": known.rest, "size": known.basis.shape[1]}
