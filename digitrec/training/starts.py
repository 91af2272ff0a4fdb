"""The weights that a training starts from: those of another run, or the average of several. Runs in a worker."""

from __future__ import annotations

import numpy as np

from digitrec.runs.store import Run, RunError, open_run
from digitrec.training import export


class StartError(Exception):
    """A training cannot start from a run's weights: the message says which, why, and what to do."""


def load_start_weights(run: Run) -> list[np.ndarray]:
    """The weights of the run that this one starts from, or the average of those of several.

    An average can be better than each of its parts and costs nothing when it is used, where the parts went apart
    from the same weights: Wortsman et al. 2022, Model soups, arXiv 2203.05482.

    Raises:
        StartError: a run is not there, has no network or another one, or several did not begin alike.
    """
    first = [_check_start(name, run) for name in run.config.start_names]
    if not set.intersection(*({each.name, *each.config.start_names} for each in first)):
        began = "; ".join(f"{each.name!r} with {each.config.start_from or 'fresh ones'}" for each in first)
        raise StartError(
            f"the weights of {', '.join(repr(each.name) for each in first)} cannot be averaged: they began with "
            f"different ones ({began}). Choose runs that started from the same run, or that run and one of these."
        )
    found = [export.load_keras(each).get_weights() for each in first]
    return [np.mean(of_all, axis=0) for of_all in zip(*found, strict=True)]


def _check_start(name: str, run: Run) -> Run:
    try:
        found = open_run(name)
    except RunError as error:
        raise StartError(f"the training cannot start from {name!r}: {error}") from error
    if not found.has_model:
        raise StartError(f"the run {name!r} has no trained network to start from: train it to its end first.")
    about = (found.config.network, found.class_names)
    if about != (run.config.network, run.class_names):
        raise StartError(
            f"the training cannot start from {name!r}: it is a {about[0]!r} for {len(about[1])} classes "
            f"({', '.join(about[1])}), expected a {run.config.network!r} for {', '.join(run.class_names)}."
        )
    return found
