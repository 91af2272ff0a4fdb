"""One digit under all 15 corruptions, and what the network answers to each."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitrec.evaluation.scoring import Score
from digitrec.inference.classifier import ClassifierError
from digitrec.robustness import corruptions
from digitrec.robustness.corruptions import CORRUPTIONS, SEVERITIES
from digitrec.runs.store import Run
from digitrec.ui import pickers
from digitrec.ui.components import digits

PAPER_SEVERITY = "MNIST-C's"
SEED = "corruptions-seed"


def view(run: Run, score: Score) -> None:
    """A random image as it is and corrupted in every way, with the network's answers."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        severity = st.segmented_control(
            "Severity",
            (PAPER_SEVERITY, *SEVERITIES),
            default=PAPER_SEVERITY,
            required=True,
            key="corruptions-severity",
            persist_state="session",
        )
        st.button("Another digit", key="corruptions-other", on_click=_next_digit, icon=":material/casino:")
    seed = st.session_state.setdefault(SEED, 0)
    index = int(np.random.default_rng(seed).integers(len(score.split.labels)))
    images = corrupt_all(score.split.images[index : index + 1], severity, seed)  # (16, 28, 28)
    try:
        proba = pickers.load_classifier(run).predict_proba(images)
    except ClassifierError as error:
        st.warning(f"The images cannot be read: {error}", icon=":material/warning:")
        return
    label, names = int(score.split.labels[index]), run.class_names
    titles = ["As it is", *(found.title for found in CORRUPTIONS.values())]
    told = [_answer(row, label, names) for row in proba]
    captions = [f"{title}: {words}" for title, words in zip(titles, told, strict=True)]
    digits.digit_gallery(images, captions, size=104)
    right = int((proba[1:].argmax(1) == label).sum())
    st.caption(f"A {names[label]}, image {index:,} of these; {right} of the {len(CORRUPTIONS)} are read right.")


def corrupt_all(image: np.ndarray, severity: int | str, seed: int) -> np.ndarray:
    """An image uint8 (1, 28, 28) and all that becomes of it: uint8 (16, 28, 28).

    Args:
        image: the image.
        severity: 1 to 5, or `PAPER` for each corruption's in the paper.
        seed: of the chance in the corruptions.
    """
    made = [
        corruptions.corrupt(
            image, name, severity=found.paper if severity == PAPER_SEVERITY else int(severity), seed=seed
        )
        for name, found in CORRUPTIONS.items()
    ]
    return np.concatenate([image, *made])


def _answer(proba: np.ndarray, label: int, class_names: tuple[str, ...]) -> str:
    answer = int(proba.argmax())
    sign = "✓" if answer == label else "✗"
    return f"{sign} {class_names[answer]} ({digits.percent(proba[answer])})"


def _next_digit() -> None:
    st.session_state[SEED] = st.session_state.get(SEED, 0) + 1
