"""The answers of several models to one drawing, on the screen: a table, and where they disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from digitrec.imaging import Image, Proba
from digitrec.inference import Classifier, ClassifierError, Reading, calibrated_proba
from digitrec.reporting import format_probability
from digitrec.runs import Run, store
from digitrec.ui.components.digits import escape_markdown

WIDTH = 560  # pixels, where there is room
MAX_OTHER_MODELS = 8


class Opinion(NamedTuple):
    """The answer of one model."""

    model: str  # its run's name
    answer: str | None  # None if the model cannot be loaded
    confidence: float = 0.0  # calibrated
    runner_up: str = ""
    runner_up_confidence: float = 0.0
    problem: str = ""  # why it cannot be loaded


def other_models(key: str, run: Run, reading: Reading, load: Callable[[Run], Classifier]) -> None:
    """Let a person compare the answers of other models to the same drawing.

    Args:
        key: names the widget.
        run: whose answer stands on the page.
        reading: that run's, of the drawing.
        load: loads a run's model, or raises a ClassifierError.
    """
    others = {other.name: other for other in store.list_runs() if other.has_model and other != run}
    if not others:
        return
    chosen = st.multiselect(
        "Compare with",
        list(others),
        key=f"{key}-others",
        persist_state="session",
        max_selections=MAX_OTHER_MODELS,
        placeholder="Choose other models",
        width=WIDTH,
    )
    if compared := [others[name] for name in chosen if name in others]:
        own = make_opinion(run.name, reading.proba, run.class_names)
        _show_opinions([own, *(_load_opinion(each, reading.image, load) for each in compared)])


def make_opinion(model: str, proba: Proba, class_names: Sequence[str]) -> Opinion:
    """The opinion that calibrated probabilities (c,) of a model mean."""
    second, best = (int(index) for index in np.argsort(proba, kind="stable")[-2:])
    return Opinion(model, class_names[best], float(proba[best]), class_names[second], float(proba[second]))


def have_disagreement(opinions: Sequence[Opinion]) -> bool:
    """Whether two of the models answer different classes."""
    return len({each.answer for each in opinions} - {None}) > 1


def describe_agreement(opinions: Sequence[Opinion]) -> str:
    """Whether the models agree: the most common answer, and which models answer something else."""
    answered = [each for each in opinions if each.answer is not None]
    failed = [each.model for each in opinions if each.answer is None]
    without = f" No answer from {_join_names(failed)}." if failed else ""
    if len(answered) < 2:
        return f"There are no two answers to compare.{without}"
    if not have_disagreement(answered):
        number = "Both" if len(answered) == 2 else f"All {len(answered)}"
        return f"{number} models answer {answered[0].answer}.{without}"
    (most, votes), (_, fewer), *_ = Counter(each.answer for each in answered).most_common()
    outvoted = [
        f"{each.model} answers {each.answer}" for each in answered if each.answer != most or votes == fewer
    ]
    majority = f"{votes} of {len(answered)} answer {most}, but " if votes > fewer else ""
    return f"The models disagree: {majority}{_join_names(outvoted)}.{without}"


def _join_names(parts: Sequence[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def _load_opinion(run: Run, image: Image, load: Callable[[Run], Classifier]) -> Opinion:
    try:
        proba = calibrated_proba(run, load(run), image[None])[0]  # (c,)
    except ClassifierError as error:
        return Opinion(run.name, None, problem=str(error))
    return make_opinion(run.name, proba, run.class_names)


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


def _table_row(each: Opinion, own: Opinion) -> dict[str, str]:
    row = {
        "Model": escape_markdown(each.model),
        "Answer": "",
        "Confidence": "",
        "Next best": "",
        "Agrees": "no answer",
    }
    if each.answer is None:
        return row
    agrees = "✓ yes" if each.answer == own.answer else "≠ **no**"
    return row | {
        "Answer": f"**{escape_markdown(each.answer)}**",
        "Confidence": escape_markdown(format_probability(each.confidence)),
        "Next best": escape_markdown(f"{each.runner_up}, {format_probability(each.runner_up_confidence)}"),
        "Agrees": "this model" if each is own else agrees,
    }
