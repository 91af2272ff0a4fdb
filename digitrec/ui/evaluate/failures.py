"""The images that a network misreads under a corruption; one of them large, with the reasons."""

from __future__ import annotations

import functools

import numpy as np
import streamlit as st

from digitrec.evaluation import Score
from digitrec.imaging import Image, Images, Proba
from digitrec.inference import ClassifierError, calibrated_classifier
from digitrec.reporting import CORRUPTION_TEXTS, sections
from digitrec.robustness import Failure, RobustnessScores, corruptions
from digitrec.ui import pickers
from digitrec.ui.components.digits import escape_markdown, figure_html, probabilities
from digitrec.ui.components.evidence import evidence
from digitrec.ui.components.gallery import Choice, choice_gallery
from digitrec.ui.evaluate import address

PER_PAGE = 24  # failures
CHOSEN = "robustness-failure"  # in the session: the run's name, the cell, and the place of the chosen image
_SIDE = 168  # pixels on the screen of the chosen image: six for each of its own

Cell = tuple[str, int]  # a corruption's name and a severity


def view(score: Score, scores: RobustnessScores, cell: Cell) -> None:
    """The images misread in a cell, the most confident mistakes first, to choose from; and the chosen one."""
    right, failures = scores.cell(*cell)
    if not failures:
        st.success("No image is misread.", icon=":material/check_circle:")
        return
    wrong, name = scores.n - right, score.run.name
    stored = "" if len(failures) == wrong else f" The {len(failures)} most confident ones are stored."
    st.caption(f"{sections.count_images(wrong)} misread, the most confident first.{stored} Choose one to see why.")
    key = f"robustness-page {score.run.path} {cell}"
    pages = -(-len(failures) // PER_PAGE)
    page = st.pagination(pages, key=key) if pages > 1 else 1
    shown = failures[(page - 1) * PER_PAGE : page * PER_PAGE]
    measured = corruptions.sample_indices(len(score.split.labels), scores.n)
    places = np.array([failure.place for failure in shown])
    images = corruptions.corrupt_subset(score.split.images[measured], places, cell[0], severity=cell[1])
    captions = [
        sections.describe_answer(score, int(measured[failure.place]), answer=failure.answer, confidence=confidence)
        for failure, confidence in zip(shown, _confidences(score, shown, images), strict=True)
    ]
    choices = [
        Choice(failure.place, image, caption, "Corrupted")
        for failure, image, caption in zip(shown, images, captions, strict=True)
    ]
    choice_gallery(f"{key} {page} gallery", "Misread images", choices, functools.partial(_choose, name, cell))
    chosen_in, place = st.session_state.get(CHOSEN, (None, None))
    if chosen_in == (name, cell) and place in places:
        _chosen_failure(score, images[np.flatnonzero(places == place)[0]], cell, int(measured[place]))


def _confidences(score: Score, failures: tuple[Failure, ...], images: Images) -> list[float]:
    """The calibrated confidences of the wrong answers; as they were measured where the model cannot be read."""
    try:
        proba = score.calibrate(pickers.load_classifier(score.run).predict_proba(images))
    except ClassifierError:
        return [failure.confidence for failure in failures]
    return [float(row[failure.answer]) for row, failure in zip(proba, failures, strict=True)]


def _choose(name: str, cell: Cell, place: int) -> None:
    st.session_state[CHOSEN] = (name, cell), place


def _chosen_failure(score: Score, image: Image, cell: Cell, index: int) -> None:
    """One corrupted image beside the uncorrupted one, the answers to both, and the evidence.

    Args:
        score: the answers to the images as they are.
        image: uint8 (28, 28), corrupted.
        cell: its corruption.
        index: its position in the split.
    """
    names = score.run.class_names
    corruption = f"{CORRUPTION_TEXTS[cell[0]].title}, severity {cell[1]}"
    try:
        model = pickers.load_classifier(score.run)
        verdict = pickers.judge_image(score.run, model, image)
    except ClassifierError as error:
        st.warning(f"This image cannot be read: {error}", icon=":material/warning:")
        return
    with st.container(border=True):
        st.markdown(f"**Image {index:,}, labelled {escape_markdown(names[score.split.labels[index]])}**")
        views: dict[str, tuple[Image, Proba]] = {
            "Uncorrupted": (score.split.images[index], score.calibrated[index]),
            corruption: (image, verdict.proba),
        }
        for column, (title, (picture, proba)) in zip(st.columns(2, gap="medium"), views.items(), strict=True):
            with column:
                st.html(figure_html(picture, title, title, _SIDE))
                probabilities(proba, names)
        evidence("robustness", calibrated_classifier(score.run, model), image, names, verdict=verdict)
        open_card = functools.partial(address.open_section, "Errors", image=index)
        if st.button(
            "Open the uncorrupted image", icon=":material/id_card:", key="robustness-card", on_click=open_card
        ):
            st.rerun()  # all of the page: this part of it is run alone
