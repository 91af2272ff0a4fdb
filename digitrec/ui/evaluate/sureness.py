"""The Sureness section of Evaluate: whether a network is as sure as it is right, and when it says "not sure"."""

from __future__ import annotations

import streamlit as st

from digitrec.data import evaluation_dataset, loading
from digitrec.evaluation import Score
from digitrec.inference import calibrate_confidence
from digitrec.metrics import MetricsError
from digitrec.reporting import Heading, confidence
from digitrec.runs import Run
from digitrec.ui.evaluate import blocks, overview, threshold


def view(score: Score) -> None:
    """Confidence against accuracy, and the threshold below which a network says "not sure"."""
    validation = _load_validation(score)
    try:
        blocks.render(blocks.cached(confidence.calibration, score))
        if score.temperature is None:
            _offer_fit(score.run, validation)
        blocks.render([Heading(confidence.REJECTION_TITLE)])
        st.fragment(threshold.view)(score, validation)
    except MetricsError as error:
        st.warning(f"These numbers cannot be computed: {error}", icon=":material/warning:")


def _offer_fit(run: Run, validation: Score | None) -> None:
    if validation is None:
        st.info("This run has no temperature, and no validation images here to fit one on.")
        return
    st.info(
        "This run has no temperature yet: a number that makes a network as sure as it is right. It is fitted on "
        "the validation images, never on the test images."
    )
    st.button(
        "Fit the temperature",
        key=f"sureness-fit {run.name}",
        icon=":material/thermostat:",
        on_click=_fit,
        args=(run, validation),
    )
    if problem := st.session_state.pop("sureness-problem", None):
        st.error(problem)


def _fit(run: Run, validation: Score) -> None:
    model_sha256 = str(validation.evaluation.model_sha256)
    try:
        calibrate_confidence(run, validation.proba, validation.split.labels, model_sha256)
    except OSError as error:
        st.session_state["sureness-problem"] = f"The temperature cannot be saved in {run.path}: {error.strerror}."


def _load_validation(score: Score) -> Score | None:
    """The network's answers to its validation images, with words where there are none."""
    own = evaluation_dataset(score.run.config.dataset)
    if (score.dataset.name, score.split_name) == (own, "validation"):
        return score
    if not score.run.config.validation_share or not loading.is_available(own):
        return None
    return overview.load_score(score.run, own, "validation")
