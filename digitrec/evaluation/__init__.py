"""A run's network evaluated on a split of a data set, and queries on its answers."""

from digitrec.evaluation import (
    comparison,
    durations,
    label_errors,
    overview,
    queries,
    scoring,
    shared_work,
    slices,
)
from digitrec.evaluation.comparison import Comparison
from digitrec.evaluation.label_errors import SOURCE, CorrectedLabels, LabelError
from digitrec.evaluation.overview import RunSummary, summarise_run
from digitrec.evaluation.queries import AnswerQuery
from digitrec.evaluation.record import Evaluation
from digitrec.evaluation.scoring import Note, Score, ScoringError
from digitrec.evaluation.slices import QUALITIES, Cut, Slice, WorstSlice

__all__ = [
    "QUALITIES",
    "SOURCE",
    "AnswerQuery",
    "Comparison",
    "CorrectedLabels",
    "Cut",
    "Evaluation",
    "LabelError",
    "Note",
    "RunSummary",
    "Score",
    "ScoringError",
    "Slice",
    "WorstSlice",
    "comparison",
    "durations",
    "label_errors",
    "overview",
    "queries",
    "scoring",
    "shared_work",
    "slices",
    "summarise_run",
]
