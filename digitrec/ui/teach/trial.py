"""The canvas on which a network is tried at once after its training."""

from __future__ import annotations

import functools
import html

import streamlit as st

from digitrec.imaging import InkError
from digitrec.inference import ClassifierError, Verdict, verdict_words
from digitrec.reporting import format_probability
from digitrec.runs import Run, teaching
from digitrec.ui import pickers
from digitrec.ui.components import canvas, digits
from digitrec.ui.components.digits import escape_markdown

MAX_BARS = 12  # classes with a bar each; of more, the most probable ones
HINT = "The answer appears when you lift your pen."


def view(name: str) -> None:
    """Let a person try the newest network of a collection; before there is one, the paper has no answer.

    Args:
        name: of the collection, and of its runs.
    """
    run = next((each for each in teaching.find_runs(name) if each.has_model), None)
    if run is None:
        return
    st.header("Try it", anchor=False)
    st.fragment(functools.partial(_try, name, run))()


def _try(name: str, run: Run) -> None:
    key = f"teach-try-{name}"
    with st.container(key=f"teach-stage-{name}"):
        left, right = st.container(key=f"teach-left-{name}"), st.container(key=f"teach-right-{name}")
    with left:
        ink = canvas.digit_canvas(key, HINT)
    with right, st.container(key=canvas.ANSWER):
        st.caption(f"Read by {escape_markdown(run.name)}.")
        if ink is None:
            st.html('<div class="digit-answer"><p><b>Draw here.</b></p></div>')
            return
        try:
            verdict = pickers.read_drawing(key, run, pickers.load_classifier(run), ink).verdict
        except (ClassifierError, InkError) as error:
            st.error(escape_markdown(str(error)), icon=":material/warning:")
            return
        st.html(answer_html(verdict))
        if verdict.has_probabilities:
            best = verdict.ranking[:MAX_BARS]
            shown = sorted(best) if len(verdict.proba) <= MAX_BARS else best
            digits.probabilities(verdict.proba[shown], [verdict.class_names[i] for i in shown])


def answer_html(verdict: Verdict) -> str:
    """HTML of the answer and how sure it is, or "not sure" with the reasons."""
    name = (
        f'<strong class="{"long" if len(verdict.answer) > 2 else "short"}">{html.escape(verdict.answer)}</strong>'
    )
    if verdict.sure:
        sure = html.escape(format_probability(verdict.confidence))
        said = f'<p><span class="verb">It is</span> {name} <span class="sure">{sure} sure</span></p>'
    else:
        why = html.escape(verdict_words.describe(verdict))
        said = (
            f'<p class="unsure"><span class="verb"><b>Not sure.</b> Best guess:</span> {name} '
            f'<span class="else">{why}</span></p>'
        )
    return f'<div class="digit-answer">{said}</div>'
