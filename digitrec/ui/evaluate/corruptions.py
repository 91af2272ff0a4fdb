"""One digit under all 15 corruptions, and the network's answers."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitrec.evaluation import Score
from digitrec.imaging import Images, Proba
from digitrec.inference import ClassifierError
from digitrec.reporting import CORRUPTION_TEXTS, format_probability
from digitrec.robustness import CORRUPTIONS, SEVERITIES, corruptions
from digitrec.ui import pickers
from digitrec.ui.components import digits

PAPER_SEVERITY = "MNIST-C's"
SEED = "corruptions-seed"


def view(score: Score) -> None:
    """A random image as it is and corrupted in every way, with the network's answers."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        severities: list[int | str] = [PAPER_SEVERITY, *SEVERITIES]
        severity = st.segmented_control(
            "Severity",
            severities,
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
        proba = score.calibrate(pickers.load_classifier(score.run).predict_proba(images))
    except ClassifierError as error:
        st.warning(f"These images cannot be read: {error}", icon=":material/warning:")
        return
    label, names = int(score.split.labels[index]), score.run.class_names
    titles = ["Uncorrupted", *(text.title for text in CORRUPTION_TEXTS.values())]
    captions = [f"{title}: {_answer(row, label, names)}" for title, row in zip(titles, proba, strict=True)]
    digits.digit_gallery(images, captions, size=104)
    right = int((proba[1:].argmax(1) == label).sum())
    st.caption(
        digits.escape_markdown(
            f"Image {index:,}, labelled {names[label]}: {right} of the {len(CORRUPTIONS)} corrupted images are "
            "read correctly."
        )
    )


def corrupt_all(image: Images, severity: int | str, seed: int) -> Images:
    """An image uint8 (1, 28, 28) and its corrupted versions: uint8 (16, 28, 28).

    Args:
        image: the image.
        severity: 1 to 5, or `PAPER_SEVERITY` for each corruption's in the paper.
        seed: of the random numbers in the corruptions.
    """
    corrupted = [
        corruptions.corrupt(
            image, name, severity=found.paper if severity == PAPER_SEVERITY else int(severity), seed=seed
        )
        for name, found in CORRUPTIONS.items()
    ]
    return np.concatenate([image, *corrupted])


def _answer(proba: Proba, label: int, class_names: tuple[str, ...]) -> str:
    answer = int(proba.argmax())
    sign = "✓" if answer == label else "✗"
    return f"{sign} {class_names[answer]} ({format_probability(proba[answer])})"


def _next_digit() -> None:
    st.session_state[SEED] = st.session_state.get(SEED, 0) + 1
