"""The threshold below which a network says "not sure": dragged, its effect shown, and saved with the run."""

from __future__ import annotations

import math

import streamlit as st

from digitrec.data import evaluation_dataset
from digitrec.evaluation import Score
from digitrec.inference import reject_threshold
from digitrec.metrics import RiskCoverageCurve, curves
from digitrec.reporting import caption, confidence, format_confidence, format_share
from digitrec.runs import Run
from digitrec.ui.components.header import is_read_only
from digitrec.ui.evaluate import blocks

TARGET_ACCURACY = 0.999  # of one of the presets
VALIDATION = "Validation images"


def view(score: Score, validation: Score | None) -> None:
    """Choose a threshold on the validation images, and see its effect there and on the images shown.

    Args:
        score: the answers to the images shown.
        validation: the answers to the run's validation images, if it has any; they may be the same.
    """
    blocks.render([confidence.rejection_text()])
    if validation is None:
        st.info(
            "This run has no validation images here, so there is nothing to choose a threshold on. The curve "
            "shows what the network could do on the images shown."
        )
        shown = {_title(score): _curve(score)}
        points = {name: curves.operating_point(curve, math.inf) for name, curve in shown.items()}
        blocks.render([confidence.coverage_block(shown, points)])
        return
    run, curve = validation.run, _curve(validation)
    key = f"sureness-threshold {run.name}"
    _presets(curve, key)
    threshold = _slider(run, key)
    shown = {VALIDATION: curve} | ({} if validation is score else {_title(score): _curve(score)})
    points = {name: curves.operating_point(one, threshold) for name, one in shown.items()}
    for column, (name, point) in zip(st.columns(2), points.items(), strict=False):
        with column:
            remark = "the threshold is chosen on these" if name == VALIDATION else "for comparison only"
            blocks.render(confidence.point_blocks(name, point, remark))
    _save_controls(run, threshold)
    best = curves.max_coverage_without_errors(curve)
    blocks.render([confidence.coverage_block(shown, points), caption(confidence.describe_no_error(best))])


def _title(score: Score) -> str:
    title = f"{score.split_name.capitalize()} images"
    is_own = score.dataset.name == evaluation_dataset(score.run.config.dataset)
    return title if is_own else f"{title} of {score.dataset.title}"


def _curve(score: Score) -> RiskCoverageCurve:
    return curves.risk_coverage_curve(score.is_right, score.calibrated.max(1))


def _presets(curve: RiskCoverageCurve, key: str) -> None:
    presets = {
        "No mistakes": curves.max_coverage_without_errors(curve),
        f"{TARGET_ACCURACY:.1%} right": curves.max_coverage_for_accuracy(curve, TARGET_ACCURACY),
        "Answer all": curves.operating_point(curve, 0.0),
    }
    with st.container(horizontal=True, gap="small"):
        for label, point in presets.items():
            st.button(
                label,
                key=f"{key} {label}",
                disabled=not point.answered,
                help=f"Answers {format_share(point.coverage.value)} of the validation images.",
                on_click=_set_threshold,
                args=(key, point.threshold),
            )


def _set_threshold(key: str, threshold: float) -> None:
    st.session_state[key] = threshold


def _slider(run: Run, key: str) -> float:
    st.session_state.setdefault(key, reject_threshold(run))
    saved = set() if run.reject is None else {run.reject}
    options = {*map(float, curves.THRESHOLD_CHOICES), st.session_state[key], *saved}
    chosen: float = st.select_slider(
        "Minimum confidence for an answer",
        sorted(options),
        format_func=lambda threshold: format_confidence(threshold) if threshold else "answer all",
        key=key,
        persist_state="session",
    )
    return chosen


def _save_controls(run: Run, threshold: float) -> None:
    if is_read_only("save a threshold"):
        return
    saved = run.reject
    blocks.render([confidence.threshold_text(run)])
    with st.container(horizontal=True, gap="small"):
        st.button(
            f"Save {format_confidence(threshold)} as this model’s threshold",
            key=f"sureness-keep {run.name}",
            type="primary",
            disabled=saved is not None and math.isclose(saved, threshold),
            on_click=_save,
            args=(run, threshold),
        )
        st.button(
            "Clear", key=f"sureness-clear {run.name}", disabled=saved is None, on_click=_save, args=(run, None)
        )
    if problem := st.session_state.pop("sureness-kept-problem", None):
        st.error(problem)


def _save(run: Run, threshold: float | None) -> None:
    try:
        run.save_reject_threshold(threshold)
    except OSError as error:
        st.session_state["sureness-kept-problem"] = (
            f"The threshold cannot be saved in {run.path}: {error.strerror}."
        )
