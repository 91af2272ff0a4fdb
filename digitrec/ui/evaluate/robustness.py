"""Evaluate's section on robustness: a network measured on corrupted images, beside another, and attacked."""

from __future__ import annotations

import streamlit as st

from digitrec.evaluation.scoring import Score
from digitrec.metrics.classification import wilson_interval
from digitrec.robustness import scores as robustness_scores
from digitrec.robustness.corruptions import CORRUPTIONS
from digitrec.robustness.scores import DEFAULT_IMAGES_PER_CELL, Mean, RobustnessScores, RobustnessScoresError
from digitrec.runs import measurements, store
from digitrec.runs.store import Run
from digitrec.ui.components import progress
from digitrec.ui.components.progress import Measurement
from digitrec.ui.evaluate import attack, cells, corruptions, overview

INTRODUCTION = (
    "What is left of the reading when images are corrupted in the 15 ways of MNIST-C (Mu and Gilmer 2019), each "
    "at five severities. A frame and a bold number mark the severity that MNIST-C has."
)
TEST_CAUTION = (
    "These are test images. Whoever chooses a network by its robustness on them has chosen on the test: compare "
    "on the validation images, and look here last."
)


def view(run: Run, dataset: str, split: str, score: Score) -> None:
    """Robustness measured and shown, beside another network's; a sample under all corruptions; an attack."""
    st.subheader("Robustness", anchor=False)
    st.caption(INTRODUCTION)
    if split == "test":
        st.caption(f":material/info: {TEST_CAUTION}")
    images, other = _choices(run, len(score.split.labels))
    shown = {run: score} | ({other: overview.load_score(other, dataset, split)} if other else {})
    if other:
        overview.record_view(other, shown[other] and shown[other].evaluation)
    found = {}
    for column, (each, its_score) in zip(st.columns(len(shown), gap="medium"), shown.items(), strict=True):
        if its_score is not None:
            with column:
                found[each] = _panel(Measurement("robustness", each, dataset, split), its_score, images)
    measured = {each: (shown[each], scores) for each, scores in found.items() if scores is not None}
    if measured:
        cells.view(measured, [each in measured for each in shown])
    st.subheader("One digit, corrupted", anchor=False)
    st.fragment(corruptions.view)(run, score)
    st.subheader("Attack by the gradient", anchor=False)
    attack.view(Measurement("attack", run, dataset, split), score, images)


def _choices(run: Run, n: int) -> tuple[int, Run | None]:
    """How many images are to be measured, 0 for all, and a network to be shown beside."""
    left, right = st.columns(2)
    images = 0
    if n > DEFAULT_IMAGES_PER_CELL:
        words = {DEFAULT_IMAGES_PER_CELL: f"{DEFAULT_IMAGES_PER_CELL:,} by chance", 0: f"all {n:,}"}
        images = left.segmented_control(
            "Images a cell",
            list(words),
            format_func=words.get,
            default=DEFAULT_IMAGES_PER_CELL,
            required=True,
            key="robustness-images",
            persist_state="session",
            help=(
                f"The same {DEFAULT_IMAGES_PER_CELL:,} for every network. A cell's 95% interval then "
                f"reaches at most 3.1 points to each side; with all {n:,} it takes "
                f"{n / DEFAULT_IMAGES_PER_CELL:.0f} times as long."
            ),
        )
    others = {each.name: each for each in store.list_runs() if each.has_model and each != run}
    fitting = [name for name, each in others.items() if each.class_names == run.class_names]
    name = right.selectbox(
        "Compare with",
        [None, *fitting],
        format_func=lambda name: name or "no other model",
        key="robustness-beside",
        persist_state="session",
        disabled=not fitting,
    )
    return images, others.get(name)


def _panel(measurement: Measurement, score: Score, images: int) -> RobustnessScores | None:
    """One network's numbers and cells, and the way to them."""
    run = measurement.run
    st.markdown(f"**{run.name}**")
    kept = robustness_scores.load_scores(run, measurement.dataset, measurement.split)
    scores = kept if kept is not None and kept.fits(score.evaluation) else _unsaved(measurement, score)
    if scores is None and kept is not None:
        st.info(
            f"The robustness kept with this model, of {kept.created:.10}, is of another network, of other images "
            "or of older corruptions: measure it anew.",
            icon=":material/update:",
        )
    progress.measurement_control(measurement, "Measure again" if scores else "Measure robustness", images)
    if scores is None:
        return None
    _numbers(scores, run.class_names)
    return scores


def _unsaved(measurement: Measurement, score: Score) -> RobustnessScores | None:
    """What was just measured and could not be kept with the run."""
    state = measurements.progress(measurement.key)
    if state is None or state.result is None:
        return None
    try:
        scores = RobustnessScores.from_dict(state.result)
    except RobustnessScoresError:
        return None
    return scores if scores.fits(score.evaluation) else None


def _numbers(scores: RobustnessScores, class_names: tuple[str, ...]) -> None:
    clean = wilson_interval(scores.clean, scores.n)
    means = {
        "As they are": (Mean(scores.clean / scores.n, *clean), "the same images, not corrupted"),
        "MNIST-C's 15": (scores.at_paper, "the mean of the 15 corruptions, each at MNIST-C's severity"),
        "All 75": (scores.overall, "the mean of all cells"),
    }
    with st.container(horizontal=True, gap="medium"):
        for label, (mean, text) in means.items():
            help_text = f"{text}; 95% interval {mean.low:.1%} to {mean.high:.1%}"
            st.metric(label, f"{mean.value:.1%}", width="content", help=help_text)
    intervals = "; ".join(f"{label}: {mean.low:.1%} to {mean.high:.1%}" for label, (mean, _) in means.items())
    st.caption(f"{scores.n:,} images a cell, measured {scores.created:.10}. 95% intervals: {intervals}.")
    worst = ", ".join(f"{CORRUPTIONS[name].title} ({share:.1%})" for name, share in scores.worst())
    guess = 1 / len(class_names)
    st.markdown(f"Weakest at MNIST-C's severities: **{worst}**. Guessing gives about {guess:.0%}.")
