"""From an image to probabilities to a verdict, with LiteRT."""

from digitrec.inference import ood_fit, portable, reading, verdict_words
from digitrec.inference.classifier import (
    BATCH,
    Classifier,
    ClassifierError,
    Operation,
    answers_slowly,
    dynamic_name,
)
from digitrec.inference.ood_features import compute_directions
from digitrec.inference.ood_fit import calibrate_confidence
from digitrec.inference.reading import ReadError, Reading, read_drawing, read_many
from digitrec.inference.reference import Reference, load_reference
from digitrec.inference.turned import TurnFinding, find_turn
from digitrec.inference.verdict import (
    Verdict,
    calibrated_classifier,
    calibrated_proba,
    fitted_temperature,
    judge,
    judge_all,
    layout_reasons,
    reject_threshold,
    temperature,
)

__all__ = [
    "BATCH",
    "Classifier",
    "ClassifierError",
    "Operation",
    "ReadError",
    "Reading",
    "Reference",
    "TurnFinding",
    "Verdict",
    "answers_slowly",
    "calibrate_confidence",
    "calibrated_classifier",
    "calibrated_proba",
    "compute_directions",
    "dynamic_name",
    "find_turn",
    "fitted_temperature",
    "judge",
    "judge_all",
    "layout_reasons",
    "load_reference",
    "ood_fit",
    "portable",
    "read_drawing",
    "read_many",
    "reading",
    "reject_threshold",
    "temperature",
    "verdict_words",
]
