"""Metrics from labels and probabilities, as pure functions."""

from digitrec.metrics import calibration, classification, curves, intervals
from digitrec.metrics.calibration import ReliabilityDiagram, calibrate, fit_temperature, reliability_diagram
from digitrec.metrics.classification import (
    AVERAGED_METRICS,
    COLUMN_SHARES,
    COUNTS,
    DIFFERENCE,
    ERRORS_ONLY,
    ROW_SHARES,
    ClassEstimates,
    ClassMetrics,
    ConfusionCells,
    confusion_cells,
    confusion_difference,
    confusion_matrix,
    log_loss,
    log_losses,
)
from digitrec.metrics.comparison import PairedCounts, count_paired, find_unbeaten, pareto_front
from digitrec.metrics.curves import ClassCurves, Curve, OperatingPoint, RiskCoverageCurve, class_curves
from digitrec.metrics.inputs import Confusion, Counts, Floats, Labels, Mask, MetricsError, Proba
from digitrec.metrics.intervals import Z_95, Estimate, proportion, wilson_interval
from digitrec.metrics.learning_rates import RateSuggestion, smooth_losses, suggest_rate

__all__ = [
    "AVERAGED_METRICS",
    "COLUMN_SHARES",
    "COUNTS",
    "DIFFERENCE",
    "ERRORS_ONLY",
    "ROW_SHARES",
    "Z_95",
    "ClassCurves",
    "ClassEstimates",
    "ClassMetrics",
    "Confusion",
    "ConfusionCells",
    "Counts",
    "Curve",
    "Estimate",
    "Floats",
    "Labels",
    "Mask",
    "MetricsError",
    "OperatingPoint",
    "PairedCounts",
    "Proba",
    "RateSuggestion",
    "ReliabilityDiagram",
    "RiskCoverageCurve",
    "calibrate",
    "calibration",
    "class_curves",
    "classification",
    "confusion_cells",
    "confusion_difference",
    "confusion_matrix",
    "count_paired",
    "curves",
    "find_unbeaten",
    "fit_temperature",
    "intervals",
    "log_loss",
    "log_losses",
    "pareto_front",
    "proportion",
    "reliability_diagram",
    "smooth_losses",
    "suggest_rate",
    "wilson_interval",
]
