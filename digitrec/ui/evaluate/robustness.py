"""The Robustness section of Evaluate: a network on corrupted images, compared with another, and attacked."""

from __future__ import annotations

import streamlit as st

from digitrec.evaluation import Score
from digitrec.reporting import Heading, caption, evaluation_tables, robustness
from digitrec.robustness import DEFAULT_IMAGES_PER_CELL, RobustnessScores, RobustnessScoresError
from digitrec.robustness import scores as robustness_scores
from digitrec.runs import Measurement, Run, measurements, store
from digitrec.ui import pickers
from digitrec.ui.components import clusters, header, progress
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.evaluate import attack, blocks, cells, corruptions, overview


def view(score: Score) -> None:
    """Robustness measured and shown, beside another network's; a sample under all corruptions; an attack."""
    blocks.render([Heading(robustness.CORRUPTED_TITLE), caption(robustness.CORRUPTED_TEXT)])
    images, other = _choices(score)
    if not header.is_read_only("start a measurement"):  # said once for all that is measured here
        clusters.show_place("Measurements")
    shown = {score.run: score} | ({other: _load_other(other, score)} if other else {})
    found = {}
    for column, (run, its_score) in zip(st.columns(len(shown), gap="medium"), shown.items(), strict=True):
        if its_score is not None:
            with column:
                found[run] = its_score, _panel(its_score, images)
    measured = {run: (its_score, scores) for run, (its_score, scores) in found.items() if scores is not None}
    if measured:
        cells.view(measured, [run in measured for run in shown])
    blocks.render([Heading("One digit, corrupted")])
    st.fragment(corruptions.view)(score)
    blocks.render([Heading(robustness.ATTACK_TITLE)])
    attack.view(score, images)


def _choices(score: Score) -> tuple[int, Run | None]:
    """How many images are measured, 0 for all, and a network to compare with."""
    left, right = st.columns(2)
    images, n, few = 0, len(score.split.labels), DEFAULT_IMAGES_PER_CELL
    if n > few:
        titles = {few: f"{few:,} at random", 0: f"all {n:,}"}
        images = left.segmented_control(
            "Images per cell",
            list(titles),
            format_func=lambda images: titles[images],
            default=few,
            required=True,
            key="robustness-images",
            persist_state="session",
            help=f"The same {few:,} images for every network: a 95% interval of ±3.1 percentage points at most. "
            f"All {n:,} take {n / few:.0f} times as long.",
        )
    others = {run.name: run for run in store.list_runs() if run.has_model and run != score.run}
    fitting = [name for name, run in others.items() if run.class_names == score.run.class_names]
    name = right.selectbox(
        "Compare with",
        [None, *fitting],
        format_func=lambda name: name or "no other model",
        key="robustness-beside",
        persist_state="session",
        disabled=not fitting,
    )
    return images, others[name] if name else None


def _load_other(run: Run, score: Score) -> Score | None:
    other = overview.load_score(run, score.dataset.name, score.split_name)
    pickers.record_view(run, other.evaluation if other else None)
    return other


def _panel(score: Score, images: int) -> RobustnessScores | None:
    """One network's numbers, and the button that measures them."""
    run = score.run
    measurement = Measurement("robustness", run, score.dataset.name, score.split_name)
    st.markdown(f"**{escape_markdown(run.name)}**")
    stored = robustness_scores.load_scores(run, score.dataset.name, score.split_name)
    scores = evaluation_tables.load_robustness(score) or _unsaved(measurement, score)
    if scores is None and stored is not None:
        st.info(
            f"The robustness measured on {stored.created:.10} belongs to another network, other images or older "
            "corruptions. Measure it again.",
            icon=":material/update:",
        )
    progress.measurement_control(measurement, "Measure again" if scores else "Measure robustness", images)
    if scores is not None:
        blocks.render(robustness.mean_blocks(score, scores))
    return scores


def _unsaved(measurement: Measurement, score: Score) -> RobustnessScores | None:
    """What was just measured and could not be saved with the run."""
    state = measurements.progress(measurement)
    if state is None or state.result is None:
        return None
    try:
        scores = RobustnessScores.from_dict(state.result)
    except RobustnessScoresError:
        return None
    return scores if scores.belongs_to(score.evaluation) else None
