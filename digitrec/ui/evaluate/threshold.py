"""When a network says "not sure": the threshold one drags, what it does, and the one that is kept with the run."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from digitrec.charts import metrics
from digitrec.evaluation.scoring import Score
from digitrec.inference.verdict import DEFAULT_REJECT_THRESHOLD
from digitrec.metrics import curves
from digitrec.metrics.calibration import calibrate
from digitrec.metrics.classification import Z_95
from digitrec.metrics.curves import OperatingPoint, RiskCoverageCurve
from digitrec.report.formatting import format_confidence, format_interval, format_share
from digitrec.runs.store import Run

TARGET_ACCURACY = 0.999  # accuracy of one of the ready choices
CHOSEN_ON = "Validation images"
_PLAIN = {"displayModeBar": False}


def view(run: Run, temperature: float, validation: Score | None, shown: tuple[str, Score] | None) -> None:
    """Choose a threshold on the validation images, and see what it does there and on the images shown.

    Args:
        run: whose setting it becomes.
        temperature: at which confidence is measured.
        validation: answers to the run's validation images, if it has any.
        shown: name and answers of the other images on the page, if there are any.
    """
    st.markdown(
        "A network that may keep silent errs less. Drag the threshold: below it the answer is “not sure”. It is a "
        "setting, so it is chosen on the **validation** images; other images only show what it does to them."
    )
    if validation is None:
        st.info(
            "This run has no validation images here, so no threshold can be chosen honestly. The curve shows what "
            "the network could do on the images shown."
        )
        _curve_only(*shown, temperature)
        return
    curve = _curve(validation.split.labels, validation.proba, temperature)
    key = f"sureness-threshold {run.name}"
    _presets(curve, key)
    threshold = _slider(run, curve, key)
    curves = {CHOSEN_ON: curve}
    if shown is not None:
        name, score = shown
        curves[name] = _curve(score.split.labels, score.proba, temperature)
    chosen = {name: curves.operating_point(one, threshold) for name, one in curves.items()}
    for column, (name, selection) in zip(st.columns(2), chosen.items(), strict=False):
        with column:
            _selection_view(name, selection)
    _save_controls(run, threshold)
    _chart(curves, chosen)
    st.caption(_describe_no_error(curves.max_coverage_without_errors(curve)))


def _curve_only(name: str, score: Score, temperature: float) -> None:
    curve = _curve(score.split.labels, score.proba, temperature)
    _chart({name: curve}, {name: curves.operating_point(curve, math.inf)})


def _chart(curves: dict[str, RiskCoverageCurve], chosen: dict[str, OperatingPoint]) -> None:
    few = {name: curves.thin_risk_coverage_curve(curve) for name, curve in curves.items()}
    st.plotly_chart(
        metrics.coverage_figure(few, chosen),
        key="sureness-coverage",
        config=_PLAIN,
        alt="Share of right answers over the share of images answered, for every threshold",
    )


@st.cache_data(max_entries=16, show_spinner=False)
def _curve(labels: np.ndarray, proba: np.ndarray, temperature: float) -> RiskCoverageCurve:
    return curves.risk_coverage_curve(proba.argmax(1) == labels, calibrate(proba, temperature).max(1))


def _presets(curve: RiskCoverageCurve, key: str) -> None:
    ready = {
        "No error": curves.max_coverage_without_errors(curve),
        f"{TARGET_ACCURACY:.1%} right": curves.max_coverage_for_accuracy(curve, TARGET_ACCURACY),
        "Answer all": curves.operating_point(curve, 0.0),
    }
    with st.container(horizontal=True, gap="small"):
        for label, selection in ready.items():
            st.button(
                label,
                key=f"{key} {label}",
                disabled=not selection.answered,
                help=f"answers {format_share(selection.coverage.value)} of the validation images",
                on_click=_set_threshold,
                args=(key, selection.threshold),
            )


def _set_threshold(key: str, threshold: float) -> None:
    st.session_state[key] = threshold


def _slider(run: Run, curve: RiskCoverageCurve, key: str) -> float:
    kept = run.reject
    if key not in st.session_state:
        st.session_state[key] = DEFAULT_REJECT_THRESHOLD if kept is None else kept
    options = {*map(float, curves.THRESHOLD_CHOICES), st.session_state[key], *([] if kept is None else [kept])}
    return st.select_slider(
        "Answer only if at least so sure",
        sorted(options),
        format_func=lambda threshold: format_confidence(threshold) if threshold else "answer all",
        key=key,
        persist_state="session",
    )


def _selection_view(name: str, selection: OperatingPoint) -> None:
    st.markdown(f"**{name}**" + (": chosen on these" if name == CHOSEN_ON else ": only looked at"))
    accuracy, coverage = selection.accuracy, selection.coverage
    with st.container(horizontal=True, gap="medium"):
        st.metric("Answered", format_share(coverage.value), width="content")
        st.metric("Right among them", format_share(accuracy.value), width="content")
    st.caption(
        f"{selection.answered:,} of {selection.images:,} images answered, {selection.wrong:,} of them wrong; 95% "
        f"interval of the right ones {format_interval('accuracy', accuracy)}."
    )


def _save_controls(run: Run, threshold: float) -> None:
    kept = run.reject
    if kept is None:
        st.markdown(
            f"This model has **no threshold of yours**: the Draw page says “not sure” below "
            f"{format_confidence(DEFAULT_REJECT_THRESHOLD)}, "
            "and where the ink or its distance to what was learnt speaks against a digit."
        )
    else:
        st.markdown(
            f"This model’s threshold is **{format_confidence(kept)}**: the Draw page says “not sure” below it."
        )
    with st.container(horizontal=True, gap="small"):
        st.button(
            f"Keep {format_confidence(threshold)} as this model’s threshold",
            key=f"sureness-keep {run.name}",
            type="primary",
            disabled=kept is not None and math.isclose(kept, threshold),
            on_click=_save,
            args=(run, threshold),
        )
        st.button(
            "Clear it", key=f"sureness-clear {run.name}", disabled=kept is None, on_click=_save, args=(run, None)
        )
    if problem := st.session_state.pop("sureness-kept-problem", None):
        st.error(problem)


def _save(run: Run, threshold: float | None) -> None:
    try:
        run.save_reject_threshold(threshold)
    except OSError as error:
        st.session_state["sureness-kept-problem"] = (
            f"The threshold cannot be kept in {run.path}: {error.strerror}."
        )


def _describe_no_error(found: OperatingPoint) -> str:
    if not found.answered:
        return "Even the surest answer on the validation images is wrong: no threshold leaves it without error."
    doubt = Z_95**2 / (found.answered + Z_95**2)  # Wilson's upper end for none wrong
    return (
        f"Without a single error the network can answer {format_share(found.coverage.value)} of the validation "
        f"images (at least {format_confidence(found.threshold)} sure). On other images an error is still "
        f"possible: none "
        f"among {found.answered:,} answers means up to {format_share(doubt)} wrong, with 95% confidence."
    )
