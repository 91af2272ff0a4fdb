"""What is odd in a data set: likely label errors, near-duplicates and outliers."""

from digitrec.curation.findings import (
    DUPLICATE,
    KINDS,
    LABEL,
    MAX_FINDINGS,
    OUTLIER,
    Finding,
    Findings,
    OddSearch,
    find_odd,
    load_findings,
    make_search,
)

__all__ = [
    "DUPLICATE",
    "KINDS",
    "LABEL",
    "MAX_FINDINGS",
    "OUTLIER",
    "Finding",
    "Findings",
    "OddSearch",
    "find_odd",
    "load_findings",
    "make_search",
]
