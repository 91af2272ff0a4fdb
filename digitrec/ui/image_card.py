"""One image's card: the answer and its reasons, other networks' answers, and the nearest training images.

Evaluate and Explore open it. Each makes a `CardImage` of its own image.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import streamlit as st

from digitrec.data import DatasetError, Description, evaluation_dataset, loading
from digitrec.evaluation import label_errors
from digitrec.explain import neighbours
from digitrec.imaging import Image, InkError, Proba
from digitrec.inference import Classifier, ClassifierError, Verdict, calibrated_classifier, verdict_words
from digitrec.metrics import log_losses
from digitrec.reporting import describe_label_error, format_probability
from digitrec.runs import Run, provenance, store
from digitrec.ui import pickers, state
from digitrec.ui.components import canvas, digits, embeddings
from digitrec.ui.components.digits import escape_markdown, figure_html, probabilities
from digitrec.ui.components.evidence import evidence

IMAGE_SIDE = 252  # pixels on the screen: nine for each of the image's
MAX_NEIGHBOURS = 8
MAX_OTHER_RUNS = 8


class CardImage(NamedTuple):
    """The image of a card."""

    title: str  # what it is called
    dataset: Description
    split: str  # "train", "validation" or "test"
    position: int  # in that split, from 0
    image: Image  # uint8 (28, 28)
    label: int
    class_names: tuple[str, ...]
    place: str  # where it is, in words
    learnt_index: int | None = None  # place among the run's own training images, if it is one
    facts: str = ""  # what else is known, in Markdown

    @property
    def label_name(self) -> str:
        """The name of its class."""
        return self.class_names[self.label]


class Navigation(NamedTuple):
    """What the buttons of a card do; None where there is no other image."""

    close: Callable[[], None]
    open_previous: Callable[[], None] | None
    open_next: Callable[[], None] | None
    place: str  # such as "3 of 17"; empty if unknown


def navigation_bar(shown: CardImage, ways: Navigation, run: Run | None) -> None:
    """Buttons back to the list, to the previous and next image in it, and to Draw."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Back to the images", icon=":material/arrow_back:", key="card-close", on_click=ways.close)
        for label, icon, act, keys in (
            ("Previous", "chevron_left", ways.open_previous, "Left"),
            ("Next", "chevron_right", ways.open_next, "Right"),
        ):
            st.button(
                label,
                key=f"card-{label}",
                icon=f":material/{icon}:",
                disabled=act is None,
                shortcut=keys,
                on_click=act,
            )
        if ways.place:
            st.markdown(ways.place)
        place = functools.partial(_place_in_draw, shown, run)
        if st.button("Open in Draw", key="card-draw", icon=":material/draw:", on_click=place):
            st.switch_page(pickers.page_path("draw"))


def view(shown: CardImage, run: Run | None, proba: Proba | None = None) -> None:
    """The card.

    Args:
        shown: the image.
        run: whose answer is shown; None for no answer.
        proba: float32 (c,), the run's calibrated answer; by default the run's network is asked.
    """
    st.header(escape_markdown(shown.title), anchor=False)
    left, right = st.columns([2, 5], gap="large")
    with left:
        st.html(figure_html(shown.image, "", f"{shown.title}, labelled {shown.label_name}", IMAGE_SIDE))
    model, verdict, problem = _ask(run, shown.image)
    if proba is None and verdict is not None:
        proba = verdict.proba
    with right:
        _answer_and_label(shown, proba)
        _show_refusal(verdict)
        if proba is not None:
            probabilities(proba, shown.class_names)
    if problem:
        st.warning(f"The reasons cannot be computed: {problem}", icon=":material/warning:")
    if run is None or model is None:
        return
    st.session_state.setdefault("card-evidence", True)  # a person opens a card to see why
    evidence("card", calibrated_classifier(run, model), shown.image, shown.class_names, verdict=verdict)
    st.header("Other networks", anchor=False)
    _other_networks(shown, run)
    st.header("Nearest training images", anchor=False)
    if proba is not None:
        _neighbours(shown, run, model, shown.class_names[int(proba.argmax())])


def _ask(run: Run | None, image: Image) -> tuple[Classifier | None, Verdict | None, str]:
    """A run's model and its verdict on an image, or why there is none."""
    if run is None:
        return None, None, ""
    try:
        model = pickers.load_classifier(run)
        return model, pickers.judge_image(run, model, image), ""
    except ClassifierError as error:
        return None, None, str(error)


def _place_in_draw(shown: CardImage, run: Run | None) -> None:
    try:
        canvas.place(state.CANVAS, shown.image, f"{shown.title}, labelled {shown.label_name}.")
    except InkError as error:  # an imported image may be blank
        canvas.refuse(state.CANVAS, error)
    if run is not None:
        st.session_state[state.DRAW_MODEL] = run.name


def _answer_and_label(shown: CardImage, proba: Proba | None) -> None:
    """The answer, its confidence and the label, and the image's position in its data set."""
    names, loss = shown.class_names, ""
    if proba is None:
        st.markdown(f"### Labelled {escape_markdown(shown.label_name)}")
    else:
        best = int(proba.argmax())
        sign = "✓" if best == shown.label else "✗"
        st.markdown(
            f"### {sign} Read as {escape_markdown(names[best])}, labelled {escape_markdown(shown.label_name)}\n"
            f"Confidence {format_probability(proba[best])}.{_describe_second(proba, names)}"
        )
        loss = f"Loss {log_losses(np.array([shown.label]), proba[None])[0]:.2f}. "
    if error := label_errors.find_label_error(shown.dataset.name, shown.split, shown.position):
        remark = describe_label_error(error)
        st.markdown(f"⚑ {remark[0].upper()}{remark[1:]}.")
    if shown.facts:
        st.markdown(shown.facts)
    st.caption(f"{loss}{shown.place}")


def _describe_second(proba: Proba, names: tuple[str, ...]) -> str:
    if len(names) < 2:
        return ""
    second = int(np.argsort(proba, kind="stable")[-2])
    return f" Next best: {escape_markdown(names[second])} ({format_probability(proba[second])})."


def _show_refusal(verdict: Verdict | None) -> None:
    """Why Draw says "not sure" of this image, if it does; Evaluate counts the best guess all the same."""
    if verdict is not None and not verdict.sure:
        reasons = " ".join(verdict_words.describe_measured(reason, verdict) for reason in verdict.reasons)
        st.markdown(f"On Draw: **not sure**. {escape_markdown(reasons)}")


def _other_networks(shown: CardImage, shown_run: Run) -> None:
    """The verdicts of other networks with classes of the same names on this image."""
    others = [
        run
        for run in store.list_runs()
        if run.has_model and run.path != shown_run.path and run.class_names == shown.class_names
    ]
    if not others:
        st.caption("There is no other network with these classes. Train one to compare.")
        return
    rows = [_row(run, shown) for run in others[:MAX_OTHER_RUNS]]
    st.dataframe(rows, hide_index=True, height="content", width="content", alt="Answers of other networks")
    if len(others) > MAX_OTHER_RUNS:
        st.caption(f"The first {MAX_OTHER_RUNS} of {len(others)}.")


def _row(run: Run, shown: CardImage) -> dict[str, str]:
    try:
        verdict = pickers.judge_image(run, pickers.load_classifier(run), shown.image)
    except ClassifierError:
        return {"Network": run.name, "Data set": run.config.dataset, "Answer": "cannot be read"}
    confidence = format_probability(verdict.confidence) if verdict.has_probabilities else ""
    return {
        "Network": run.name,
        "Data set": run.config.dataset,  # classes of the same names may be others
        "Answer": verdict.answer if verdict.sure else f"not sure, maybe {verdict.answer}",
        "Confidence": confidence,
        "Result": judge_answer(shown, verdict.ranking[0]),
    }


def judge_answer(shown: CardImage, answer: int) -> str:
    """Whether an answer is right: by the label that people agree on, where they found the given one wrong."""
    error = label_errors.find_label_error(shown.dataset.name, shown.split, shown.position)
    if error is None:
        return "✓ right" if answer == shown.label else "✗ wrong"
    if error.correction is None:
        return "⚑ label disputed"
    return "✓ right by the corrected label" if answer == error.correction.agreed else "✗ wrong"


def _neighbours(shown: CardImage, run: Run, model: Classifier, answer: str) -> None:
    """The nearest training images in the network's own embedding; the first time, with progress."""
    try:
        provenance.find_learnt_dataset(run)  # looking at an image does not ask for a download
    except DatasetError as error:
        st.caption(escape_markdown(f"They cannot be shown: {error}"))
        return
    try:
        dataset = loading.load(evaluation_dataset(run.config.dataset))
        known = embeddings.training_embeddings(run, model)
        if known is None:
            return
    except (ClassifierError, DatasetError, OSError) as error:
        st.warning(f"They cannot be shown: {error}", icon=":material/warning:")
        return
    one = neighbours.scale_to_unit(model.embed(shown.image[None]))[0]
    near = neighbours.find_nearest(one, known, MAX_NEIGHBOURS, without=shown.learnt_index)
    places = neighbours.training_places(run, dataset)[near.indices]
    names = [run.class_names[label] for label in dataset.train.labels[places]]
    captions = [f"{name} · {like:.3f}" for name, like in zip(names, near.likeness, strict=True)]
    alts = [f"Training image {place:,}, a {name}" for place, name in zip(places, names, strict=True)]
    st.caption(_describe_neighbours(names, shown.label_name, answer))
    digits.digit_gallery(dataset.train.images[places], captions, alts=alts, size=76)


def _describe_neighbours(names: list[str], label: str, answer: str) -> str:
    """How many of the nearest images have the answer, and the label, of this one."""
    text = f"{names.count(answer)} of the {len(names)} nearest images have the answer's label, {answer}"
    if answer != label:
        text += f"; {names.count(label)} have this image's label, {label}"
    return f"{escape_markdown(text)}. Below each: its label and its cosine similarity; 1 means equal."
