"""Searches for better settings of a training, with Optuna: a space, trials that are runs, and their results."""

from digitrec.search import folder, results, session, space, storage, study, work
from digitrec.search.folder import Search, Status
from digitrec.search.plan import (
    COSTS,
    DEFAULT_TRIALS,
    MAX_AT_ONCE,
    OBJECTIVES,
    Objective,
    Plan,
    read_space_file,
    write_space_file,
)
from digitrec.search.results import Findings
from digitrec.search.space import Choices, Dimension, Range, SearchError, Space, SpaceError
from digitrec.search.study import Outcome, Trial

__all__ = [
    "COSTS",
    "DEFAULT_TRIALS",
    "MAX_AT_ONCE",
    "OBJECTIVES",
    "Choices",
    "Dimension",
    "Findings",
    "Objective",
    "Outcome",
    "Plan",
    "Range",
    "Search",
    "SearchError",
    "Space",
    "SpaceError",
    "Status",
    "Trial",
    "folder",
    "read_space_file",
    "results",
    "session",
    "space",
    "storage",
    "study",
    "work",
    "write_space_file",
]
