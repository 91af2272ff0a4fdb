"""The training images that a drawing resembles, in the network's own embedding."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from digitrec.data import DatasetError, evaluation_dataset, loading
from digitrec.explain import neighbours as embeddings
from digitrec.imaging import Floats
from digitrec.inference import Classifier, ClassifierError, Reading
from digitrec.runs import Run, provenance
from digitrec.ui.components.digits import digit_gallery, escape_markdown

MAX_NEIGHBOURS = 18
SIZE = 76  # pixels of an image on the screen
SLICE_SECONDS = 0.4  # of computing, so long a click may have to wait
PAUSE_SECONDS = 0.1  # between two slices


class _Pause(Exception):
    """A slice of time is over."""


def neighbours(key: str, run: Run, model: Classifier, reading: Reading) -> None:
    """Show the nearest training images of a drawing; the first time, the progress of their embeddings before.

    They are computed in slices, between which the page does what a person asks: a part of a page that runs is not
    ended by a click.

    Args:
        key: of the canvas.
        run: that read the drawing.
        model: the run's.
        reading: of the drawing.
    """
    try:
        provenance.find_learnt_dataset(run)  # looking at a drawing does not ask for a download
        dataset = loading.load(evaluation_dataset(run.config.dataset))
        known = _embed_for_a_while(run, model)
        if known is None:
            st.fragment(_go_on, run_every=PAUSE_SECONDS)(run, model)
            return
        one = embeddings.scale_to_unit(model.embed(reading.image[None]))[0]  # (1, d) -> (d,)
    except (ClassifierError, DatasetError, OSError) as error:
        st.warning(escape_markdown(f"The training images cannot be shown: {error}"), icon=":material/warning:")
        return
    near = embeddings.find_nearest(one, known, MAX_NEIGHBOURS)
    places = embeddings.training_places(run, dataset)[near.indices]
    names = [run.class_names[label] for label in dataset.train.labels[places]]
    captions = [f"{name} · {like:.3f}" for name, like in zip(names, near.likeness, strict=True)]
    alts = [f"Training image {index:,}, a {name}" for index, name in zip(places, names, strict=True)]
    with st.container(key=f"{key}-near"):
        st.caption(escape_markdown(_describe_neighbours(names, reading)))
        digit_gallery(dataset.train.images[places], captions, alts=alts, size=SIZE)


def _embed_for_a_while(
    run: Run, model: Classifier, show: Callable[[int, int], object] | None = None
) -> Floats | None:
    """The training images' embeddings, float32 (n, d); None if one slice of time is too little for all."""
    end = time.monotonic() + SLICE_SECONDS

    def pause(done: int, n: int) -> None:
        if show is not None:
            show(done, n)
        if done < n and time.monotonic() >= end:
            raise _Pause

    try:
        return embeddings.training_embeddings(run, model, pause)
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
        st.rerun()  # the panel says why
    if known is not None:
        st.rerun()


def _describe_neighbours(names: list[str], reading: Reading) -> str:
    """How many of the nearest images are of the answer's class."""
    answer, noun = reading.verdict.answer, "answer" if reading.verdict.sure else "best guess"
    same = names.count(answer)
    how = "All" if same == len(names) else f"{same} of"
    return (
        f"{how} the {len(names)} nearest training images have the {noun}'s label, {answer}. The number is the "
        "cosine of the angle between their embedding and this drawing's: 1 is the same direction."
    )
