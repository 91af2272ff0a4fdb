"""When a network says "not sure": the threshold one drags, what it does, and the one that is kept with the run."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from digitrec.charts import metrics
from digitrec.evaluation.scoring import Score
from digitrec.inference.verdict import REJECT
from digitrec.metrics import selective
from digitrec.metrics.calibration import calibrated
from digitrec.metrics.classification import Z_95
from digitrec.metrics.selective import CoverageCurve, Selection
from digitrec.report.formatting import interval_text, share_text, sure_text
from digitrec.runs.store import Run

AIM = 0.999  # accuracy of one of the ready choices
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
        _curve_alone(*shown, temperature)
        return
    curve = _curve(validation.split.labels, validation.proba, temperature)
    key = f"sureness-threshold {run.name}"
    _ready_choices(curve, key)
    threshold = _slider(run, curve, key)
    curves = {CHOSEN_ON: curve}
    if shown is not None:
        name, score = shown
        curves[name] = _curve(score.split.labels, score.proba, temperature)
    chosen = {name: selective.select(one, threshold) for name, one in curves.items()}
    for column, (name, selection) in zip(st.columns(2), chosen.items(), strict=False):
        with column:
            _selection_view(name, selection)
    _keeping(run, threshold)
    _chart(curves, chosen)
    st.caption(_no_error_words(selective.without_error(curve)))


def _curve_alone(name: str, score: Score, temperature: float) -> None:
    curve = _curve(score.split.labels, score.proba, temperature)
    _chart({name: curve}, {name: selective.select(curve, math.inf)})


def _chart(curves: dict[str, CoverageCurve], chosen: dict[str, Selection]) -> None:
    few = {name: selective.thinned(curve) for name, curve in curves.items()}
    st.plotly_chart(
        metrics.coverage_figure(few, chosen),
        key="sureness-coverage",
        config=_PLAIN,
        alt="Share of right answers over the share of images answered, for every threshold",
    )


@st.cache_data(max_entries=16, show_spinner=False)
def _curve(labels: np.ndarray, proba: np.ndarray, temperature: float) -> CoverageCurve:
    return selective.coverage_curve(proba.argmax(1) == labels, calibrated(proba, temperature).max(1))


def _ready_choices(curve: CoverageCurve, key: str) -> None:
    ready = {
        "No error": selective.without_error(curve),
        f"{AIM:.1%} right": selective.for_accuracy(curve, AIM),
        "Answer all": selective.select(curve, 0.0),
    }
    with st.container(horizontal=True, gap="small"):
        for label, selection in ready.items():
            st.button(
                label,
                key=f"{key} {label}",
                disabled=not selection.answered,
                help=f"answers {share_text(selection.coverage.value)} of the validation images",
                on_click=_set,
                args=(key, selection.threshold),
            )


def _set(key: str, threshold: float) -> None:
    st.session_state[key] = threshold


def _slider(run: Run, curve: CoverageCurve, key: str) -> float:
    kept = run.reject
    if key not in st.session_state:
        st.session_state[key] = REJECT if kept is None else kept
    options = {*map(float, selective.THRESHOLDS), st.session_state[key], *([] if kept is None else [kept])}
    return st.select_slider(
        "Answer only if at least so sure",
        sorted(options),
        format_func=lambda threshold: sure_text(threshold) if threshold else "answer all",
        key=key,
        persist_state="session",
    )


def _selection_view(name: str, selection: Selection) -> None:
    st.markdown(f"**{name}**" + (": chosen on these" if name == CHOSEN_ON else ": only looked at"))
    accuracy, coverage = selection.accuracy, selection.coverage
    with st.container(horizontal=True, gap="medium"):
        st.metric("Answered", share_text(coverage.value), width="content")
        st.metric("Right among them", share_text(accuracy.value), width="content")
    st.caption(
        f"{selection.answered:,} of {selection.images:,} images answered, {selection.wrong:,} of them wrong; 95% "
        f"interval of the right ones {interval_text('accuracy', accuracy)}."
    )


def _keeping(run: Run, threshold: float) -> None:
    kept = run.reject
    if kept is None:
        st.markdown(
            f"This model has **no threshold of yours**: the Draw page says “not sure” below {sure_text(REJECT)}, "
            "and where the ink or its distance to what was learnt speaks against a digit."
        )
    else:
        st.markdown(f"This model’s threshold is **{sure_text(kept)}**: the Draw page says “not sure” below it.")
    with st.container(horizontal=True, gap="small"):
        st.button(
            f"Keep {sure_text(threshold)} as this model’s threshold",
            key=f"sureness-keep {run.name}",
            type="primary",
            disabled=kept is not None and math.isclose(kept, threshold),
            on_click=_keep,
            args=(run, threshold),
        )
        st.button(
            "Clear it", key=f"sureness-clear {run.name}", disabled=kept is None, on_click=_keep, args=(run, None)
        )
    if problem := st.session_state.pop("sureness-kept-problem", None):
        st.error(problem)


def _keep(run: Run, threshold: float | None) -> None:
    try:
        run.keep_reject(threshold)
    except OSError as error:
        st.session_state["sureness-kept-problem"] = (
            f"The threshold cannot be kept in {run.path}: {error.strerror}."
        )


def _no_error_words(found: Selection) -> str:
    if not found.answered:
        return "Even the surest answer on the validation images is wrong: no threshold leaves it without error."
    doubt = Z_95**2 / (found.answered + Z_95**2)  # Wilson's upper end for none wrong
    return (
        f"Without a single error the network can answer {share_text(found.coverage.value)} of the validation "
        f"images (at least {sure_text(found.threshold)} sure). On other images an error is still possible: none "
        f"among {found.answered:,} answers means up to {share_text(doubt)} wrong, with 95% confidence."
    )
