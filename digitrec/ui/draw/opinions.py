"""Several models at once on one drawing, on the screen: a table, and where they disagree."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from digitrec.inference.classifier import Classifier, ClassifierError
from digitrec.inference.opinions import Opinion, disagree, opinion, verdict
from digitrec.inference.verdict import temperature
from digitrec.metrics.calibration import calibrated
from digitrec.runs import store
from digitrec.runs.store import Run
from digitrec.ui.components.digits import percent, plain

WIDTH = 560  # pixels, where there is room
MOST = 8  # models beside the reader


def several_models(
    key: str, run: Run, *, proba: np.ndarray, image: np.ndarray, load: Callable[[Run], Classifier]
) -> None:
    """Let a person ask other models about the same drawing; say and mark where they disagree with the reader.

    Args:
        key: names the widget.
        run: the reader, whose answer stands on the page.
        proba: float32 (c,), that answer.
        image: uint8 (28, 28).
        load: gives a run's model, or raises a ClassifierError that says why not.
    """
    others = {other.name: other for other in store.list_runs() if other.has_model and other != run}
    if not others:
        return
    chosen = st.multiselect(
        "Ask other models as well",
        list(others),
        key=f"{key}-others",
        persist_state="session",
        max_selections=MOST,
        placeholder="Choose models to compare with",
        width=WIDTH,
    )
    if asked := [others[name] for name in chosen if name in others]:
        reader = opinion(run.name, proba, run.class_names)
        _show([reader, *(_asked(each, image, load) for each in asked)])


def _asked(run: Run, image: np.ndarray, load: Callable[[Run], Classifier]) -> Opinion:
    try:
        model = load(run)
        proba = model.predict_proba(image[None])  # (1, c)
    except ClassifierError as error:
        return Opinion(run.name, None, problem=str(error))
    return opinion(run.name, calibrated(proba, temperature(run, model.sha256))[0], run.class_names)


def _show(opinions: list[Opinion]) -> None:
    said = verdict(opinions)
    if disagree(opinions):
        st.warning(plain(said), icon=":material/call_split:", width=WIDTH)
    else:
        st.info(plain(said), icon=":material/done_all:", width=WIDTH)
    rows = [_row(each, opinions[0]) for each in opinions]
    st.table(rows, border="horizontal", hide_index=True, width=WIDTH, alt=said)
    for each in opinions:
        if each.problem:
            st.error(plain(f"{each.model}: {each.problem}"), width=WIDTH)


def _row(each: Opinion, reader: Opinion) -> dict[str, str]:
    row = {"Model": plain(each.model), "Answer": "", "Sure": "", "Runner-up": "", "Agrees": "no answer"}
    if each.answer is None:
        return row
    agrees = "✓ yes" if each.answer == reader.answer else "≠ **no**"
    return row | {
        "Answer": f"**{plain(each.answer)}**",
        "Sure": plain(percent(each.confidence)),
        "Runner-up": plain(f"{each.runner_up}, {percent(each.runner_up_confidence)}"),
        "Agrees": "it reads" if each is reader else agrees,
    }
