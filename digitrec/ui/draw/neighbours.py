"""The training images that a drawing resembles, in the network's own embedding."""

from __future__ import annotations

import streamlit as st

from digitrec.data import DatasetError, evaluation_dataset, loading
from digitrec.explain import neighbours as nearest
from digitrec.inference import Classifier, ClassifierError, Reading
from digitrec.runs import Run, provenance
from digitrec.ui.components import embeddings
from digitrec.ui.components.digits import digit_gallery, escape_markdown

MAX_NEIGHBOURS = 18
SIZE = 76  # pixels of an image on the screen
_PARTS = 12  # of a panel, at most: those of the panel before would stay while the progress is polled


def neighbours(key: str, run: Run, model: Classifier, reading: Reading) -> None:
    """Show the nearest training images of a drawing; the first time, the progress of their embeddings before.

    Args:
        key: of the canvas.
        run: that read the drawing.
        model: the run's.
        reading: of the drawing.
    """
    try:
        provenance.find_learnt_dataset(run)  # looking at a drawing does not ask for a download
        dataset = loading.load(evaluation_dataset(run.config.dataset))
        known = embeddings.training_embeddings(run, model)
        if known is None:
            for _ in range(_PARTS):
                st.empty()
            return
        one = nearest.scale_to_unit(model.embed(reading.image[None]))[0]  # (1, d) -> (d,)
    except (ClassifierError, DatasetError, OSError) as error:
        st.warning(escape_markdown(f"The training images cannot be shown: {error}"), icon=":material/warning:")
        return
    near = nearest.find_nearest(one, known, MAX_NEIGHBOURS)
    places = nearest.training_places(run, dataset)[near.indices]
    names = [run.class_names[label] for label in dataset.train.labels[places]]
    captions = [f"{name} · {like:.3f}" for name, like in zip(names, near.likeness, strict=True)]
    alts = [f"Training image {index:,}, a {name}" for index, name in zip(places, names, strict=True)]
    with st.container(key=f"{key}-near"):
        st.caption(escape_markdown(_describe_neighbours(names, reading)))
        digit_gallery(dataset.train.images[places], captions, alts=alts, size=SIZE)


def _describe_neighbours(names: list[str], reading: Reading) -> str:
    """How many of the nearest images are of the answer's class."""
    answer, noun = reading.verdict.answer, "answer" if reading.verdict.sure else "best guess"
    same = names.count(answer)
    how = "All" if same == len(names) else f"{same} of"
    return (
        f"{how} the {len(names)} nearest training images have the {noun}'s label, {answer}. The number is the "
        "cosine of the angle between their embedding and this drawing's: 1 is the same direction."
    )
