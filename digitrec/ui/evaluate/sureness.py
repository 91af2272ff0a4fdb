"""The Sureness section of the Evaluate page: whether a network is as sure as it is right."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitrec.charts import metrics
from digitrec.data import loading
from digitrec.data.catalogue import evaluation_dataset
from digitrec.evaluation.scoring import Score
from digitrec.inference.verdict import fitted_temperature
from digitrec.metrics import calibration
from digitrec.metrics.calibration import ReliabilityDiagram, calibrate, fit_temperature
from digitrec.metrics.classification import MetricsError
from digitrec.report.formatting import format_loss, format_share
from digitrec.runs.store import Run
from digitrec.ui.evaluate import overview, threshold

UNCALIBRATED = "as trained"
_PLAIN = {"displayModeBar": False}


def view(run: Run, dataset: str, split: str, score: Score) -> None:
    """Confidence against accuracy, and the threshold below which a network says "not sure"."""
    own = evaluation_dataset(run.config.dataset)
    validation = score if (dataset, split) == (own, "validation") else _load_validation(run)
    temperature = fitted_temperature(run, score.evaluation.model_sha256)
    try:
        st.subheader("Is it as sure as it is right?", anchor=False)
        calibration_view(run, score, temperature, validation)
        st.subheader("When to say “not sure”", anchor=False)
        shown = None if validation is score else (_title(dataset, split, own), score)
        st.fragment(threshold.view)(run, temperature or 1.0, validation, shown)
    except MetricsError as error:
        st.warning(f"There are no numbers: {error}", icon=":material/warning:")


def calibration_view(run: Run, score: Score, temperature: float | None, validation: Score | None) -> None:
    """The reliability diagram and its error, before and after the temperature."""
    labels = score.split.labels
    before = _diagram(labels, score.proba, 1.0)
    found = {UNCALIBRATED: before}
    if temperature is not None:
        found[f"at temperature {temperature:.2f}"] = _diagram(labels, score.proba, temperature)
    st.markdown(_describe_confidence(score))
    for column, (name, one) in zip(st.columns(2), found.items(), strict=False):
        with column:
            _error_metric(name, one)
    _describe_temperature(run, temperature, validation, list(found.values()))
    st.plotly_chart(
        metrics.reliability_figure(found),
        key="sureness-reliability",
        config=_PLAIN,
        alt="Reliability diagram: how often answers are right over how sure they are; the error above sums it up",
    )
    st.caption(
        "Each point is the answers of one fifteenth of the confidences from 0 to 100%. On the dotted line a "
        "network is as sure as it is right; below it, it is too sure. The bars through the points are 95% Wilson "
        "intervals: long where there are few answers, as the lower part shows."
    )


@st.cache_data(max_entries=16, show_spinner="Measuring ...")
def _diagram(labels: np.ndarray, proba: np.ndarray, temperature: float) -> ReliabilityDiagram:
    return calibration.reliability_diagram(proba if temperature == 1 else calibrate(proba, temperature), labels)


def _error_metric(name: str, found: ReliabilityDiagram) -> None:
    error = found.error
    st.metric(f"Expected calibration error, {name}", format_share(error.value))
    more = "more than chance gives" if error.value > found.by_chance.high else "no more than chance gives"
    st.caption(
        f"95% interval {format_share(error.low)} to {format_share(error.high)}: by so much confidence "
        f"and accuracy "
        f"lie apart, on average. A perfectly calibrated network would show {format_share(found.by_chance.low)} to "
        f"{format_share(found.by_chance.high)} on as many images, so this is **{more}**. "
        f"Log loss {format_loss(found.log_loss)}."
    )


def _describe_confidence(score: Score) -> str:
    sure, right = float(score.proba.max(1).mean()), float((score.proba.argmax(1) == score.split.labels).mean())
    way = "too sure" if sure > right else "not sure enough"
    said = (
        "as sure as it is right" if sure == right else f"{way}, by {100 * abs(sure - right):.2f} percentage points"
    )
    return (
        f"On average the network is {format_share(sure)} sure of its answers, and {format_share(right)} "
        f"of them are "
        f"right: {said}."
    )


def _describe_temperature(
    run: Run, temperature: float | None, validation: Score | None, diagrams: list[ReliabilityDiagram]
) -> None:
    if temperature is None:
        _offer_fit(run, validation)
        return
    way = "less sure" if temperature > 1 else "surer"
    st.markdown(
        f"The run's temperature is **{temperature:.2f}**, fitted on its validation images (Guo et al. 2017): it "
        f"makes the network {way} and changes no answer. The Draw page uses it."
    )
    before, after = diagrams
    if after.error.value > before.error.value:
        st.markdown(
            "On the images shown, the error is greater with it than without. That can be: it was fitted on other "
            "images, and fitting it on these would be choosing a setting on the images it is judged by."
        )


def _offer_fit(run: Run, validation: Score | None) -> None:
    if validation is None:
        st.info("This run has no temperature, and no validation images here to fit one on.")
        return
    st.info(
        "This run has no temperature yet: a number that makes a network as sure as it is right. It can be fitted "
        "now on the validation images, never on the test images."
    )
    st.button(
        "Fit it on the validation images",
        key=f"sureness-fit {run.name}",
        icon=":material/thermostat:",
        on_click=_fit,
        args=(run, validation),
    )
    if problem := st.session_state.pop("sureness-problem", None):
        st.error(problem)


def _fit(run: Run, validation: Score) -> None:
    temperature = fit_temperature(validation.proba, validation.split.labels)
    try:
        run.reference_path.unlink(missing_ok=True)  # what another network knew
        run.save_calibration(
            {"temperature": round(temperature, 4), "model_sha256": validation.evaluation.model_sha256}
        )
    except OSError as error:
        st.session_state["sureness-problem"] = f"The temperature cannot be kept in {run.path}: {error.strerror}."


def _load_validation(run: Run) -> Score | None:
    """The network's answers to the validation images, with words where there are none."""
    if not run.config.validation_share or not loading.is_available(evaluation_dataset(run.config.dataset)):
        return None
    return overview.load_score(run, evaluation_dataset(run.config.dataset), "validation")


def _title(dataset: str, split: str, own: str) -> str:
    return f"{split.capitalize()} images" + ("" if dataset == own else f" of {overview.dataset_title(dataset)}")
