"""A run's network evaluated on a split of a data set, and queries on its answers."""

from digitrec.evaluation import (
    comparison,
    costs,
    distributions,
    durations,
    handwriting,
    image_queries,
    label_errors,
    overview,
    predictions,
    queries,
    scoring,
    shared_work,
    slices,
)
from digitrec.evaluation.coach import Finding, Kind, Training, advise
from digitrec.evaluation.comparison import AXES, Comparison
from digitrec.evaluation.costs import Costs
from digitrec.evaluation.distributions import Difference, Quantiles
from digitrec.evaluation.health import MEASURES, HealthMeasure, find_layer
from digitrec.evaluation.image_queries import ImageQuery, ImageTable
from digitrec.evaluation.label_errors import SOURCE, CorrectedLabels, LabelError
from digitrec.evaluation.overview import RunSummary, summarise_run
from digitrec.evaluation.predictions import Predictions
from digitrec.evaluation.queries import AnswerQuery
from digitrec.evaluation.record import Evaluation
from digitrec.evaluation.scoring import Note, Score, ScoringError
from digitrec.evaluation.slices import QUALITIES, Cut, Slice, WorstSlice

__all__ = [
    "AXES",
    "MEASURES",
    "QUALITIES",
    "SOURCE",
    "AnswerQuery",
    "Comparison",
    "CorrectedLabels",
    "Costs",
    "Cut",
    "Difference",
    "Evaluation",
    "Finding",
    "HealthMeasure",
    "ImageQuery",
    "ImageTable",
    "Kind",
    "LabelError",
    "Note",
    "Predictions",
    "Quantiles",
    "RunSummary",
    "Score",
    "ScoringError",
    "Slice",
    "Training",
    "WorstSlice",
    "advise",
    "comparison",
    "costs",
    "distributions",
    "durations",
    "find_layer",
    "handwriting",
    "image_queries",
    "label_errors",
    "overview",
    "predictions",
    "queries",
    "scoring",
    "shared_work",
    "slices",
    "summarise_run",
]
