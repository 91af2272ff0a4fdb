"""The answer on the Draw page, or why it is not sure, and all classes: in places that never move."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from digitrec.imaging import Image
from digitrec.inference import Verdict, verdict_words
from digitrec.reporting import format_probability
from digitrec.ui.components.canvas import ANSWER
from digitrec.ui.components.digits import figure_html

SEEN_SIZE = 84  # pixels of what the network sees
MAX_ONE_COLUMN = 12  # classes; the bars of more stand in several columns


def show_answer(verdict: Verdict, image: Image, *, chosen: int | None = None) -> None:
    """Show the answer and its confidence, or "not sure" with the reasons; what the network sees; and all classes.

    If the drawing may be no digit at all, the probabilities are not shown: the network assumes that it is one, so
    they would not say how likely the guess is. The classes stay in their place.

    Args:
        verdict: on the drawing.
        image: uint8 (28, 28), what the network sees.
        chosen: index of the class that a person has chosen to see what speaks for it.
    """
    seen = figure_html(image, "Seen as", "The 28 by 28 pixels that the network sees", SEEN_SIZE)
    with st.container(key=ANSWER):
        said = _sure_html(verdict) if verdict.sure else _not_sure_html(verdict)
        st.html(f'<div class="digit-answer">{said}{seen}</div>')
    show_classes(verdict.class_names, verdict, chosen)


def show_no_answer(title: str, text: str, class_names: Sequence[str] = ()) -> None:
    """Show a title and a text in the place of the answer, and the classes without any probability."""
    with st.container(key=ANSWER):
        st.html(f'<div class="digit-answer"><p><b>{html.escape(title)}</b> {html.escape(text)}</p></div>')
    show_classes(class_names)


def _sure_html(verdict: Verdict) -> str:
    runner_up = format_probability(float(verdict.proba[verdict.ranking[min(1, len(verdict.proba) - 1)]]))
    return (
        f'<p><span class="verb">It is</span> {_name_html(verdict.answer)} '
        f'<span class="sure">{html.escape(format_probability(verdict.confidence))} sure</span> '
        f'<span class="else">{html.escape(f"Next best: {verdict.runner_up} ({runner_up})")}</span></p>'
    )


def _not_sure_html(verdict: Verdict) -> str:
    why = verdict_words.describe(verdict)
    if not verdict.has_probabilities and verdict.runner_up != verdict.answer:
        first, second = (verdict_words.with_article(name) for name in (verdict.answer, verdict.runner_up))
        why += f" Of all classes, it looks most like {first}, then {second}."
    return (
        f'<p class="unsure"><span class="verb"><b>Not sure.</b> Best guess:</span> {_name_html(verdict.answer)} '
        f'<span class="else">{html.escape(why)}</span></p>'
    )


def _name_html(name: str) -> str:
    return f'<strong class="{"long" if len(name) > 2 else "short"}">{html.escape(name)}</strong>'


def show_classes(names: Sequence[str], verdict: Verdict | None = None, chosen: int | None = None) -> None:
    """All classes as buttons with bars; without a verdict they cannot be chosen."""
    rows = "".join(f"<li>{_class_html(index, name, verdict, chosen)}</li>" for index, name in enumerate(names))
    many = " many" if len(names) > MAX_ONE_COLUMN else ""
    st.html(f'<ul class="digit-bars choose{many}" aria-label="Probability of each class">{rows}</ul>')


def _class_html(index: int, name: str, verdict: Verdict | None, chosen: int | None) -> str:
    has_share = verdict is not None and verdict.has_probabilities
    share = float(verdict.proba[index]) if verdict is not None and has_share else 0.0
    is_best = verdict is not None and index == verdict.ranking[0]
    kind = ' class="best"' if is_best else ""
    state = "disabled" if verdict is None else f'aria-pressed="{"true" if index == chosen else "false"}"'
    title = "" if verdict is None else f' title="What speaks for {html.escape(name, quote=True)}?"'
    text = format_probability(share) if has_share else "–"
    return (
        f'<button type="button" data-class="{index}"{kind} {state}{title}><b>{html.escape(name)}</b>'
        f'<span class="track" aria-hidden="true"><span style="width:{100 * share:.1f}%"></span></span>'
        f"<span>{html.escape(text)}</span></button>"
    )
