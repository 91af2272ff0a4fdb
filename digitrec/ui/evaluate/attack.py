"""The fast gradient attack on the screen: accuracy over its step, and images before and after."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitrec.charts.robustness import AttackCurve, attack_figure
from digitrec.evaluation.scoring import Score
from digitrec.inference.classifier import ClassifierError
from digitrec.metrics.classification import wilson_interval
from digitrec.report.evaluation_tables import parse_attack
from digitrec.robustness import fast_gradient
from digitrec.robustness.fast_gradient import EPSILONS, Attack, perturb
from digitrec.runs import measurements
from digitrec.runs.store import Run
from digitrec.ui import pickers
from digitrec.ui.components import digits, progress
from digitrec.ui.components.digits import figure_html
from digitrec.ui.components.progress import Measurement

SIDE = 240  # pixels on the screen of an example: three images in a row
GAP = 2  # pixels of an image between them
DEFAULT_STEP = 32  # levels, chosen at first
TEXT = (
    "Every pixel is moved by one small step in the direction in which the network's error grows (fast gradient "
    "sign method, Goodfellow et al. 2015). Whoever has the network can do that; the same step in directions by "
    "chance shows what the direction does. Steps are whole levels of 255, so the result is an image as any other."
)


def view(measurement: Measurement, score: Score, images: int) -> None:
    """An attack on the run's network, measured and shown; `images` how many to attack, 0 for all."""
    st.caption(TEXT)
    kept = measurement.run.load_evaluation(measurement.dataset, fast_gradient.record_name(measurement.split))
    state = measurements.progress(measurement.key)
    candidates = [values for values in (kept, state.result if state else None) if values]
    found = next(filter(None, (parse_attack(values, score.evaluation) for values in candidates)), None)
    if found is None and kept is not None:
        st.info(
            "The attack kept with this model is of another network or of other images: attack anew.",
            icon=":material/update:",
        )
    progress.measurement_control(measurement, "Attack again" if found else "Attack the network", images)
    if found is not None:
        _accuracy(found)
        st.fragment(_examples)(measurement.run, score, found)


def _accuracy(found: Attack) -> None:
    named = {"Along the gradient": found.right, "By chance": found.right_by_chance}
    intervals = {
        name: np.array([wilson_interval(right, found.n) for right in counts]) for name, counts in named.items()
    }
    curves = [AttackCurve(name, np.array(counts) / found.n, intervals[name]) for name, counts in named.items()]
    st.caption(f"{found.n:,} images, attacked {found.created:.10}; bars are 95% intervals.")
    st.plotly_chart(
        attack_figure(EPSILONS, curves),
        key="attack-figure",
        config={"displayModeBar": False},
        alt="Share read right over the step of the attack; the table below has the numbers",
    )
    with st.expander("As a table"):
        shares = {
            f"{curve.name}{part}": 100 * values
            for curve in curves
            for part, values in (
                ("", curve.shares),
                (", from", curve.intervals[:, 0]),
                (", to", curve.intervals[:, 1]),
            )
        }
        st.dataframe(
            {"Step (levels of 255)": EPSILONS} | shares,
            hide_index=True,
            height="content",
            column_config={name: st.column_config.NumberColumn(format="%.1f %%") for name in shares},
            alt="Share read right at each step, along the gradient and by chance, with 95% intervals",
        )


def _examples(run: Run, score: Score, found: Attack) -> None:
    """One image of each class: as it is, its change, and what came of it, at a step that a person chooses."""
    inside = [example for example in found.examples if example.index < len(score.split.labels)]
    if not inside:
        st.caption("Not one of the images is read right: there is nothing to attack.")
        return
    step = st.select_slider(
        "Step (levels of 255)", EPSILONS[1:], value=DEFAULT_STEP, key="attack-step", persist_state="session"
    )
    indices = np.array([example.index for example in inside])
    images, labels = score.split.images[indices], score.split.labels[indices]
    changed = np.stack([perturb(images, np.stack([e.signs for e in inside]), epsilon) for epsilon in EPSILONS])
    try:
        proba = (
            pickers.load_classifier(run).predict_proba(changed.reshape(-1, 28, 28)).reshape(*changed.shape[:2], -1)
        )
    except ClassifierError as error:
        st.warning(f"The images cannot be read: {error}", icon=":material/warning:")
        return
    chosen = EPSILONS.index(step)
    figures = [
        _figure(
            images[i], changed[chosen, i], _describe_answer(proba[:, i], int(labels[i]), chosen, run.class_names)
        )
        for i in range(len(inside))
    ]
    st.html(f'<div class="digit-gallery" style="--side:{SIDE}px">{"".join(figures)}</div>')
    st.caption(
        "The first image of each class that is read right. Left as it is; in the middle the change, grey where "
        "there is none, light where ink is added, dark where it is taken, stretched to be seen; right the result."
    )


def join_triple(image: np.ndarray, changed: np.ndarray) -> np.ndarray:
    """An image uint8 (28, 28), its change and what came of it, side by side: uint8 (28, 88)."""
    change = changed.astype(np.int16) - image
    stretched = 128 + change * 127 // max(1, int(np.abs(change).max()))
    gap = np.full((len(image), GAP), 128, np.uint8)
    return np.hstack([image, gap, stretched.astype(np.uint8), gap, changed])


def _describe_answer(proba: np.ndarray, label: int, chosen: int, class_names: tuple[str, ...]) -> str:
    """What becomes of an answer at the chosen step, and when it first goes wrong; proba is (e, c)."""
    answers = proba.argmax(1)
    first, now = (f"{class_names[answers[i]]} ({digits.percent(proba[i].max())})" for i in (0, chosen))
    wrong = np.flatnonzero(answers != label)
    since = f"misread from a step of {EPSILONS[wrong[0]]}" if len(wrong) else "never misread"
    return f"{first} → {'✓' if answers[chosen] == label else '✗'} {now}; {since}"


def _figure(image: np.ndarray, changed: np.ndarray, words: str) -> str:
    return figure_html(join_triple(image, changed), words, f"An image, its change and the result: {words}", SIDE)
