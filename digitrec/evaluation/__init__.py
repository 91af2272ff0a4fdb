"""A run's network evaluated on a split of a data set, and queries on its answers."""

__all__ = ["label_errors", "overview", "queries", "record", "scoring", "shared_work", "slices"]
