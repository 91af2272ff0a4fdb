"""Several models at once on one drawing, on the screen: a table, and where they disagree."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from digitrec.inference.classifier import Classifier, ClassifierError
from digitrec.inference.opinions import Opinion, describe_agreement, have_disagreement, make_opinion
from digitrec.inference.verdict import temperature
from digitrec.metrics.calibration import calibrate
from digitrec.runs import store
from digitrec.runs.store import Run
from digitrec.ui.components.digits import escape_markdown, percent

WIDTH = 560  # pixels, where there is room
MAX_OTHER_MODELS = 8  # models beside the reader


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
        max_selections=MAX_OTHER_MODELS,
        placeholder="Choose models to compare with",
        width=WIDTH,
    )
    if asked := [others[name] for name in chosen if name in others]:
        reader = make_opinion(run.name, proba, run.class_names)
        _show_opinions([reader, *(_ask(each, image, load) for each in asked)])


def _ask(run: Run, image: np.ndarray, load: Callable[[Run], Classifier]) -> Opinion:
    try:
        model = load(run)
        proba = model.predict_proba(image[None])  # (1, c)
    except ClassifierError as error:
        return Opinion(run.name, None, problem=str(error))
    return make_opinion(run.name, calibrate(proba, temperature(run, model.sha256))[0], run.class_names)


def _show_opinions(opinions: list[Opinion]) -> None:
    said = describe_agreement(opinions)
    if have_disagreement(opinions):
        st.warning(escape_markdown(said), icon=":material/call_split:", width=WIDTH)
    else:
        st.info(escape_markdown(said), icon=":material/done_all:", width=WIDTH)
    rows = [_table_row(each, opinions[0]) for each in opinions]
    st.table(rows, border="horizontal", hide_index=True, width=WIDTH, alt=said)
    for each in opinions:
        if each.problem:
            st.error(escape_markdown(f"{each.model}: {each.problem}"), width=WIDTH)


def _table_row(each: Opinion, reader: Opinion) -> dict[str, str]:
    row = {"Model": escape_markdown(each.model), "Answer": "", "Sure": "", "Runner-up": "", "Agrees": "no answer"}
    if each.answer is None:
        return row
    agrees = "✓ yes" if each.answer == reader.answer else "≠ **no**"
    return row | {
        "Answer": f"**{escape_markdown(each.answer)}**",
        "Sure": escape_markdown(percent(each.confidence)),
        "Runner-up": escape_markdown(f"{each.runner_up}, {percent(each.runner_up_confidence)}"),
        "Agrees": "it reads" if each is reader else agrees,
    }
