"""The embeddings of a model's training images, computed between clicks, with the progress on the page."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from digitrec.data import DatasetError
from digitrec.explain import neighbours
from digitrec.imaging import Floats
from digitrec.inference import Classifier, ClassifierError
from digitrec.runs import Run

SLICE_SECONDS = 0.4  # of computing, so long a click may have to wait
PAUSE_SECONDS = 0.1  # between two slices


class _Pause(Exception):
    """A slice of time is over."""


def training_embeddings(run: Run, model: Classifier) -> Floats | None:
    """The embeddings of the run's training images; at first None, and their progress here until the page reruns.

    They are computed in slices, between which the page does what a person asks: a part of a page that runs is not
    ended by a click.

    Args:
        run: whose training images these are.
        model: the run's.

    Returns:
        float32 (n, d), each of length 1.

    Raises:
        ClassifierError: the model gives no embedding.
        DatasetError: the training images cannot be had.
        OSError: a file cannot be read.
    """
    known = _embed_for_a_while(run, model)
    if known is None:
        st.fragment(_go_on, run_every=PAUSE_SECONDS)(run, model)
    return known


def _embed_for_a_while(
    run: Run, model: Classifier, show: Callable[[int, int], object] | None = None
) -> Floats | None:
    """All embeddings, or None if one slice of time is too little for them."""
    end = time.monotonic() + SLICE_SECONDS

    def pause(done: int, n: int) -> None:
        if show is not None:
            show(done, n)
        if done < n and time.monotonic() >= end:
            raise _Pause

    try:
        return neighbours.training_embeddings(run, model, pause)
    except _Pause:  # what is done is kept
        return None


def _go_on(run: Run, model: Classifier) -> None:
    """Compute another slice, and show how far it is; then the whole page."""
    text = "Comparing the training images, once for this model"
    bar = st.progress(0.0, text=f"{text} ...")
    try:
        known = _embed_for_a_while(
            run, model, lambda done, n: bar.progress(done / n, text=f"{text}: {done:,} of {n:,}")
        )
    except (ClassifierError, DatasetError, OSError):
        st.rerun()  # the page says why
    if known is not None:
        st.rerun()
