"""The images behind an evaluation's numbers: those read wrong, and a random sample."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitrec import ui
from digitrec.evaluation import mistakes
from digitrec.runs import Run
from digitrec.scoring import Score

PAGE = 24  # mistakes shown at a time
SAMPLES = 12


def view(run: Run, dataset: str, split: str, score: Score) -> None:
    """The misread images and a random sample."""
    st.subheader("Misread images", anchor=False)
    st.fragment(mistakes_view)(score, run.class_names)
    st.subheader("A random sample", anchor=False)
    st.fragment(samples_view)(score, run.class_names)


def mistakes_view(score: Score, class_names: tuple[str, ...]) -> None:
    """The images read wrong, the surest mistakes first, page by page."""
    wrong = mistakes(score.split.labels, score.proba)
    if not len(wrong):
        st.success("Not one image is read wrong.", icon=":material/check_circle:")
        return
    pages = -(-len(wrong) // PAGE)
    st.caption(f"{len(wrong):,} of {len(score.proba):,} images, the surest mistakes first.")
    page = st.pagination(pages, key="mistakes-page") if pages > 1 else 1
    _answers(score, wrong[(page - 1) * PAGE : page * PAGE], class_names)


def samples_view(score: Score, class_names: tuple[str, ...]) -> None:
    """A few images by chance, right and wrong alike."""
    seed = st.session_state.setdefault("evaluate-samples", 0)
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(score.proba), size=min(SAMPLES, len(score.proba)), replace=False)
    _answers(score, chosen, class_names)
    st.button("Others", key="other-samples", on_click=_others)


def _answers(score: Score, indices: np.ndarray, class_names: tuple[str, ...]) -> None:
    captions = []
    for index in indices:
        true, proba = score.split.labels[index], score.proba[index]
        answer = int(proba.argmax())
        told = f"{class_names[answer]} ({ui.percent(proba[answer])})"
        captions.append(f"✓ right: {told}" if answer == true else f"✗ read {told}, is\u00a0{class_names[true]}")
    ui.digit_gallery(score.split.images[indices], captions)


def _others() -> None:
    st.session_state["evaluate-samples"] += 1
