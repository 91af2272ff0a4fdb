"""The verdicts of several models on one drawing, on the screen: a table, and where they disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from digitrec.inference import ClassifierError, Reading, Verdict, verdict_words
from digitrec.reporting import format_probability
from digitrec.runs import Run, store
from digitrec.ui import pickers
from digitrec.ui.components.digits import escape_markdown

WIDTH = 560  # pixels, where there is room
MAX_OTHER_MODELS = 8
MAX_FIRST_MODELS = 2  # that are compared before a person chooses: each has to be loaded


class Opinion(NamedTuple):
    """The verdict of one model."""

    model: str  # its run's name
    answer: str | None  # or the best guess, if it is not sure; None if the model cannot be loaded
    confidence: float = 0.0  # calibrated
    runner_up: str = ""
    runner_up_confidence: float = 0.0
    problem: str = ""  # why it cannot be loaded
    refusal: str = ""  # why it is not sure, in words
    has_probabilities: bool = True  # whether they say how likely the classes are

    @property
    def sure_answer(self) -> str | None:
        """The answer, if it counts."""
        return None if self.refusal else self.answer


def other_models(key: str, run: Run, reading: Reading) -> None:
    """Let a person compare the verdicts of other models on the same drawing.

    Args:
        key: names the widget.
        run: whose answer stands on the page.
        reading: that run's, of the drawing.
    """
    others = {other.name: other for other in store.list_runs() if other.has_model and other != run}
    if not others:
        st.caption("There is no other model to compare with. Train one on the Train page.")
        return
    chosen = st.multiselect(
        "Compare with",
        list(others),
        default=_choose_first(run, list(others.values())),
        key=f"{key}-others",
        persist_state="session",
        max_selections=MAX_OTHER_MODELS,
        placeholder="Choose other models",
        width=WIDTH,
    )
    if compared := [others[name] for name in chosen if name in others]:
        own = make_opinion(run.name, reading.verdict)
        _show_opinions([own, *(_load_opinion(each, reading) for each in compared)])


def _choose_first(run: Run, others: Sequence[Run]) -> list[str]:
    """The models that are compared at first sight: the built-in and the newest ones that read the same classes."""
    return [other.name for other in others if other.class_names == run.class_names][:MAX_FIRST_MODELS]


def make_opinion(model: str, verdict: Verdict) -> Opinion:
    """The opinion of a model with this verdict."""
    best, second = verdict.ranking[0], verdict.ranking[min(1, len(verdict.proba) - 1)]
    return Opinion(
        model,
        verdict.answer,
        float(verdict.proba[best]),
        verdict.runner_up,
        float(verdict.proba[second]),
        refusal=verdict_words.describe(verdict),
        has_probabilities=verdict.has_probabilities,
    )


def have_disagreement(opinions: Sequence[Opinion]) -> bool:
    """Whether two of the models answer different classes; one that is not sure answers none."""
    return len({each.sure_answer for each in opinions} - {None}) > 1


def describe_agreement(opinions: Sequence[Opinion]) -> str:
    """Whether the models agree: the most common answer, and which models answer another, or are not sure."""
    failed = [each.model for each in opinions if each.answer is None]
    unsure = [each.model for each in opinions if each.refusal]
    sure = [each for each in opinions if each.sure_answer is not None]
    without = f" No answer from {_join_names(failed)}." if failed else ""
    if len(sure) + len(unsure) < 2:
        return f"There are no two answers to compare.{without}"
    if not sure:
        return (
            f"{'Neither model is' if len(unsure) == 2 else f'None of the {len(unsure)} models is'} sure.{without}"
        )
    if unsure:
        without = f" {_join_names(unsure)} {'is' if len(unsure) == 1 else 'are'} not sure.{without}"
    if len(sure) == 1:
        return f"{sure[0].model} answers {sure[0].answer}.{without}"
    if not have_disagreement(sure):
        number = "Both" if len(sure) == 2 else f"All {len(sure)}"
        sure_ones = " that are sure" if unsure else ""
        return f"{number} models{sure_ones} answer {sure[0].answer}.{without}"
    (most, votes), (_, fewer), *_ = Counter(each.answer for each in sure).most_common()
    outvoted = [f"{each.model} answers {each.answer}" for each in sure if each.answer != most or votes == fewer]
    majority = f"{votes} of {len(sure)} answer {most}, but " if votes > fewer else ""
    return f"The models disagree: {majority}{_join_names(outvoted)}.{without}"


def _join_names(parts: Sequence[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def _load_opinion(run: Run, reading: Reading) -> Opinion:
    try:
        verdict = pickers.judge_drawing(run, pickers.load_classifier(run), reading.image, reading.ink)
    except ClassifierError as error:
        return Opinion(run.name, None, problem=str(error))
    return make_opinion(run.name, verdict)


def _show_opinions(opinions: list[Opinion]) -> None:
    said = describe_agreement(opinions)
    if have_disagreement(opinions):
        st.warning(escape_markdown(said), icon=":material/call_split:", width=WIDTH)
    else:
        icon = ":material/help:" if any(each.refusal for each in opinions) else ":material/done_all:"
        st.info(escape_markdown(said), icon=icon, width=WIDTH)
    rows = [_table_row(each, opinions[0]) for each in opinions]
    empty = {column for column in rows[0] if not any(row[column] for row in rows)}  # a phone has no room for them
    rows = [{column: text for column, text in row.items() if column not in empty} for row in rows]
    st.table(rows, border="horizontal", hide_index=True, width=WIDTH, alt=said)
    for each in opinions:
        if each.problem:
            st.error(escape_markdown(f"{each.model}: {each.problem}"), width=WIDTH)
        elif each.refusal:
            st.caption(escape_markdown(f"{each.model} is not sure: {each.refusal}"), width=WIDTH)


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
    if each.has_probabilities:  # else they would say how likely a class is to which the drawing may not belong
        row["Confidence"] = escape_markdown(format_probability(each.confidence))
        row["Next best"] = escape_markdown(f"{each.runner_up}, {format_probability(each.runner_up_confidence)}")
    name = f"**{escape_markdown(each.answer)}**"
    return row | {"Answer": f"not sure, maybe {name}" if each.refusal else name, "Agrees": _agreement(each, own)}


def _agreement(each: Opinion, own: Opinion) -> str:
    if each is own:
        return "this model"
    if each.refusal and own.refusal:
        return "✓ not sure, too"
    return "✓ yes" if each.sure_answer == own.sure_answer else "≠ **no**"
