"""The images that a network misreads under a corruption, and one of them large: why, and as it is uncorrupted."""

from __future__ import annotations

import functools

import numpy as np
import streamlit as st

from digitrec.evaluation.scoring import Score
from digitrec.inference.classifier import ClassifierError
from digitrec.robustness import corruptions
from digitrec.robustness.corruptions import CORRUPTIONS
from digitrec.robustness.scores import Failure, RobustnessScores
from digitrec.runs.store import Run
from digitrec.ui import pickers
from digitrec.ui.components import digits
from digitrec.ui.components.digits import escape_markdown, figure_html, probabilities
from digitrec.ui.components.evidence import evidence
from digitrec.ui.components.gallery import Choice, choice_gallery
from digitrec.ui.evaluate import address

PER_PAGE = 24  # failures shown at a time
CHOSEN = "robustness-failure"  # in the session: the run's name, the cell, and the place of the chosen image
_SIDE = 168  # pixels on the screen of the chosen image: six for each of its own


def view(run: Run, score: Score, scores: RobustnessScores, cell: tuple[str, int]) -> None:
    """The images misread in a cell, the surest mistakes first, to choose from; and the chosen one.

    Args:
        run: the network.
        score: its answers to the images as they are.
        scores: its answers to the corrupted ones.
        cell: the corruption's name and its severity.
    """
    right, failures = scores.cell(*cell)
    if not failures:
        st.success("Not one image is misread.", icon=":material/check_circle:")
        return
    wrong = scores.n - right
    kept = "" if len(failures) == wrong else f" The {len(failures)} surest are kept."
    st.caption(f"{wrong:,} images are misread, the surest mistakes first.{kept} Choose one to see what misled it.")
    key = f"robustness-page {run.path} {cell}"
    pages = -(-len(failures) // PER_PAGE)
    page = st.pagination(pages, key=key) if pages > 1 else 1
    shown = failures[(page - 1) * PER_PAGE : page * PER_PAGE]
    chosen_images = corruptions.sample_indices(len(score.split.labels), scores.n)
    places = np.array([failure.place for failure in shown])
    images = corruptions.corrupt_subset(score.split.images[chosen_images], places, cell[0], severity=cell[1])
    choices = [
        _choice(failure, image, run.class_names, int(score.split.labels[chosen_images[failure.place]]))
        for failure, image in zip(shown, images, strict=True)
    ]
    choose = functools.partial(_choose, run.name, cell)
    choice_gallery(f"{key} {page} gallery", "Misread images", choices, choose)
    of, place = st.session_state.get(CHOSEN, (None, None))
    if of == (run.name, cell) and place in places:
        _chosen_failure(run, score, images[np.flatnonzero(places == place)[0]], (cell, int(chosen_images[place])))


def _choice(failure: Failure, image: np.ndarray, class_names: tuple[str, ...], label: int) -> Choice:
    told = (
        f"read {class_names[failure.answer]} ({digits.percent(failure.confidence)}), is\u00a0{class_names[label]}"
    )
    return Choice(failure.place, image, f"✗ {told}", "Corrupted")


def _choose(name: str, cell: tuple[str, int], place: int) -> None:
    st.session_state[CHOSEN] = (name, cell), place


def _chosen_failure(run: Run, score: Score, image: np.ndarray, what: tuple[tuple[str, int], int]) -> None:
    """One corrupted image beside itself uncorrupted, what is answered to both, and the evidence.

    Args:
        run: the network.
        score: its answers to the images as they are.
        image: uint8 (28, 28), corrupted.
        what: the cell, and the image's place in its split.
    """
    (name, severity), index = what
    label = run.class_names[score.split.labels[index]]
    corruption = f"{CORRUPTIONS[name].title}, severity {severity}"
    try:
        model = pickers.load_classifier(run)
        corrupted = model.predict_proba(image[None])[0]  # (28, 28) -> (c,)
    except ClassifierError as error:
        st.warning(f"It cannot be read again: {error}", icon=":material/warning:")
        return
    with st.container(border=True):
        st.markdown(f"**Image {index:,}, labelled {escape_markdown(label)}**")
        views = {"As it is": (score.split.images[index], score.proba[index]), corruption: (image, corrupted)}
        for column, (title, (picture, proba)) in zip(st.columns(2, gap="medium"), views.items(), strict=True):
            with column:
                st.html(figure_html(picture, title, title, _SIDE))
                probabilities(proba, run.class_names)
        evidence("robustness", model, image, run.class_names)
        open_card = functools.partial(address.open_section, "Errors", image=index)
        if st.button(
            "Its card, uncorrupted", icon=":material/id_card:", key="robustness-card", on_click=open_card
        ):
            st.rerun()  # all of the page: this part of it is run alone
