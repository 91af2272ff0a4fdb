"""The fast gradient attack on the screen: accuracy over its step, and images before and after."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitrec.evaluation import Score
from digitrec.imaging import Image, Proba
from digitrec.inference import ClassifierError
from digitrec.reporting import caption, evaluation_tables, format_probability, robustness
from digitrec.robustness import EPSILONS, Attack, fast_gradient, perturb
from digitrec.runs import Measurement, measurements
from digitrec.ui import pickers
from digitrec.ui.components import progress
from digitrec.ui.components.digits import figure_html
from digitrec.ui.evaluate import blocks

SIDE = 240  # pixels on the screen of an example: three images in a row
GAP = 2  # pixels of an image between them
DEFAULT_STEP = 32  # levels


def view(score: Score, images: int) -> None:
    """An attack on the network, measured and shown; `images` is how many to attack, 0 for all."""
    blocks.render([caption(robustness.ATTACK_TEXT)])
    measurement = Measurement("attack", score.run, score.dataset.name, score.split_name)
    stored = score.run.load_evaluation(score.dataset.name, fast_gradient.record_name(score.split_name))
    state = measurements.progress(measurement)
    candidates = [values for values in (stored, state.result if state else None) if values]
    parsed = (evaluation_tables.parse_attack(values, score.evaluation) for values in candidates)
    found = next(filter(None, parsed), None)
    if found is None and stored is not None:
        st.info(
            "The stored attack is for another network or other images. Attack again.", icon=":material/update:"
        )
    progress.measurement_control(measurement, "Attack again" if found else "Attack the network", images)
    if found is not None:
        blocks.render(robustness.attack_blocks(found))
        st.fragment(_examples)(score, found)


def _examples(score: Score, found: Attack) -> None:
    """One image of each class before and after, and the change, at a step that a person chooses."""
    inside = [example for example in found.examples if example.place < len(score.split.labels)]
    if not inside:
        st.caption("Every image is misread already, so there is nothing to attack.")
        return
    step = st.select_slider(
        "Step (levels of 255)", EPSILONS[1:], value=DEFAULT_STEP, key="attack-step", persist_state="session"
    )
    indices = np.array([example.place for example in inside])
    images, labels = score.split.images[indices], score.split.labels[indices]
    changed = np.stack([perturb(images, np.stack([e.signs for e in inside]), epsilon) for epsilon in EPSILONS])
    try:
        proba = pickers.load_classifier(score.run).predict_proba(changed.reshape(-1, 28, 28))
    except ClassifierError as error:
        st.warning(f"These images cannot be read: {error}", icon=":material/warning:")
        return
    proba = score.calibrate(proba).reshape(*changed.shape[:2], -1)  # (e * n, c) -> (e, n, c)
    chosen, names = EPSILONS.index(step), score.run.class_names
    figures = [
        _figure(images[i], changed[chosen, i], _describe_answer(proba[:, i], int(labels[i]), chosen, names))
        for i in range(len(inside))
    ]
    st.html(f'<div class="digit-gallery" style="--side:{SIDE}px">{"".join(figures)}</div>')
    st.caption(
        "The first image of each class that is read correctly. Left: the image. Middle: the change, with more "
        "contrast; light is added ink, dark is removed ink. Right: the result."
    )


def join_triple(image: Image, changed: Image) -> Image:
    """An image uint8 (28, 28), its change and the result, side by side: uint8 (28, 88)."""
    change = changed.astype(np.int16) - image
    stretched = 128 + change * 127 // max(1, int(np.abs(change).max()))
    gap = np.full((len(image), GAP), 128, np.uint8)
    return np.hstack([image, gap, stretched.astype(np.uint8), gap, changed])


def _describe_answer(proba: Proba, label: int, chosen: int, class_names: tuple[str, ...]) -> str:
    """The answer without attack and at the chosen step, and the first step that is misread; proba is (e, c)."""
    answers = proba.argmax(1)
    first, now = (f"{class_names[answers[i]]} ({format_probability(proba[i].max())})" for i in (0, chosen))
    wrong = np.flatnonzero(answers != label)
    since = f"misread from step {EPSILONS[wrong[0]]}" if len(wrong) else "never misread"
    return f"{first} → {'✓' if answers[chosen] == label else '✗'} {now}; {since}"


def _figure(image: Image, changed: Image, words: str) -> str:
    return figure_html(join_triple(image, changed), words, f"An image, its change and the result: {words}", SIDE)
