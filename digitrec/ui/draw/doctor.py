"""The drawing doctor on the screen: what is unusual in the drawing, and what each fix would change."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from digitrec.data import DatasetError
from digitrec.explain import (
    MNIST,
    Measurement,
    Norm,
    examine,
    find_norm,
    findings,
    fix_drawing,
    gaps_to_close,
    measure_traits,
)
from digitrec.imaging import Image, Ink, Proba, fit_to_square, to_mnist
from digitrec.inference import Classifier, Reading, Verdict, verdict_words
from digitrec.reporting import format_probability
from digitrec.runs import Run
from digitrec.ui import pickers
from digitrec.ui.components.canvas import SIDE, place
from digitrec.ui.components.digits import escape_markdown, figure_html, short_verdict
from digitrec.ui.draw.findings import describe_class, describe_finding, label_fix, measurement_cells

SIZE = 96  # pixels of a figure on the screen
WIDTH = 620  # pixels, where there is room
COMPARED_CLASSES = 2  # classes of each answer that are compared
_COUNT_WORDS = ("Nothing", "One thing", "Two things", "Three things", "Four things", "Five things")


class _Fix(NamedTuple):
    """A drawing with one finding fixed, or as it would be."""

    label: str  # of its button
    ink: Ink  # (280, 280)
    image: Image  # of that ink
    old_image: Image
    before: Verdict
    after: Verdict


def doctor(key: str, run: Run, model: Classifier, reading: Reading) -> None:
    """Show what is unusual in the drawing on a canvas, with fixes.

    If the verdict is not sure, what it was refused for comes first.

    Args:
        key: of the canvas.
        run: that judges the fixed drawings.
        model: the run's.
        reading: of the drawing.
    """
    verdict = reading.verdict
    with st.container(key=f"{key}-doctor-says", width=WIDTH):
        _show_last_fix(key, reading.image)
        if not verdict.sure:
            st.markdown(_describe_refusal(verdict))
        try:
            with st.spinner("Measuring training images ..."):  # some seconds for a class of an imported data set
                norm = find_norm(run, reading.answer)
        except DatasetError as error:
            st.caption(escape_markdown(f"The drawing cannot be compared with others: {error}"))
            if rows := _reason_rows(verdict):
                st.html(_table_html(rows))
        else:
            _show_examination(key, run, model, reading, norm)


def _describe_refusal(verdict: Verdict) -> str:
    """What was refused and why, with the values and what is usual, as Markdown."""
    reasons = "".join(
        f"\n- {escape_markdown(verdict_words.describe_measured(reason, verdict))}" for reason in verdict.reasons
    )
    return f"**{escape_markdown(verdict_words.refusal_title(verdict))}.**\n{reasons}"


def _show_examination(key: str, run: Run, model: Classifier, reading: Reading, norm: Norm) -> None:
    """What is unusual in the drawing, each with its fix, and all measurements."""
    verdict, traits = reading.verdict, measure_traits(reading.ink, reading.image)
    measured = examine(traits, norm, doubtful=not verdict.sure)
    unusual = findings(measured)
    plural = describe_class(norm)
    st.markdown(_describe_count(len(unusual), escape_markdown(plural), sure=verdict.sure))
    gaps = len(gaps_to_close(traits, norm))
    for finding in unusual:
        fixed = fix_drawing(reading.ink, finding.kind, traits, norm)
        fix = _make_fix(run, model, reading, label_fix(finding, gaps), fixed)
        _show_finding(key, finding.kind, describe_finding(finding, traits, norm), fix)
    rows = [*_reason_rows(verdict), *map(_measurement_row, measured)]
    st.html(_table_html(rows, _describe_norm(norm)))


def _make_fix(run: Run, model: Classifier, reading: Reading, label: str, fixed: Ink) -> _Fix:
    """A fixed drawing with the verdict on it."""
    ink = fit_to_square(fixed, SIDE)
    image = to_mnist(ink)
    return _Fix(label, ink, image, reading.image, reading.verdict, pickers.judge_drawing(run, model, image, ink))


def _describe_count(count: int, plural: str, *, sure: bool) -> str:
    what = _COUNT_WORDS[count] if count < len(_COUNT_WORDS) else f"{count} things"
    if not sure and not count:
        return f"In the doctor's own measurements, the drawing is like {plural}, so there is no fix to offer."
    if not sure:
        return f"**{what} more to look at**, compared with {plural}."
    if not count:
        return f"**Nothing is unusual.** In all measurements, the drawing is like {plural}."
    verb = "is" if count == 1 else "are"
    return f"**{what} {verb} unusual**, compared with {plural}. That is fine, but the network has rarely seen it."


def _show_finding(key: str, kind: str, text: str, fix: _Fix) -> None:
    with st.container(border=True, key=f"{key}-doctor-box-{kind}"):
        st.markdown(escape_markdown(text))
        st.html(_comparison_html(fix, ("Now", "Fixed")))
        st.button(
            fix.label,
            icon=":material/healing:",
            key=f"{key}-doctor-{kind}",
            on_click=_apply_fix,
            args=(key, fix),
        )


def _apply_fix(key: str, fix: _Fix) -> None:
    place(key, fix.ink, f"Fixed: {fix.label.lower()}. Undo restores the old drawing.")
    st.session_state[f"{key}-fixed"] = fix


def _show_last_fix(key: str, image: Image) -> None:
    """What the last fix changed, as long as the drawing is its result."""
    fix: _Fix | None = st.session_state.get(f"{key}-fixed")
    # Similar, not equal: the browser sends back the picture as it drew it.
    if fix is not None and np.abs(image.astype(np.int16) - fix.image).mean() < 1:
        with st.container(border=True, key=f"{key}-doctor-done"):
            st.markdown(f":material/check: **Fixed: {fix.label.lower()}.** Undo restores the old drawing.")
            st.html(_comparison_html(fix, ("Before", "Now")))


def _comparison_html(fix: _Fix, titles: tuple[str, str]) -> str:
    """Both images, their verdicts, and the probabilities of the two most likely classes of each."""
    verdicts = (fix.before, fix.after)
    figures = "".join(
        figure_html(image, title, f"{title}: the network's image, {short_verdict(verdict)}", SIZE)
        for image, title, verdict in zip((fix.old_image, fix.image), titles, verdicts, strict=True)
    )
    rows = ""
    if not all(verdict.sure for verdict in verdicts):
        cells = "".join(f"<td>{html.escape(short_verdict(verdict))}</td>" for verdict in verdicts)
        rows = f'<tr><th scope="row">Verdict</th>{cells}</tr>'
    if all(verdict.has_probabilities for verdict in verdicts):
        rows += _probability_rows(fix)
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    table = f'<table><thead><tr><th scope="col">Class</th>{head}</tr></thead><tbody>{rows}</tbody></table>'
    text = html.escape(_describe_change(fix.before, fix.after))
    return f'<div class="digit-fix"><div class="pair">{figures}</div><div>{table}<p>{text}</p></div></div>'


def _probability_rows(fix: _Fix) -> str:
    likely = {index for verdict in (fix.before, fix.after) for index in verdict.ranking[:COMPARED_CLASSES]}
    return "".join(
        f'<tr><th scope="row">{html.escape(fix.before.class_names[index])}</th>'
        f"{_cell_html(fix.before.proba, index)}{_cell_html(fix.after.proba, index)}</tr>"
        for index in sorted(likely, key=lambda index: -fix.before.proba[index])
    )


def _cell_html(proba: Proba, index: int) -> str:
    text = format_probability(float(proba[index]))
    return f"<td><b>{text}</b></td>" if index == proba.argmax() else f"<td>{text}</td>"


def _describe_change(before: Verdict, after: Verdict) -> str:
    was, becomes = before.answer, after.answer
    if not after.sure:
        return "The verdict stays “not sure”." if not before.sure else "The verdict would no longer be sure."
    if not before.sure:
        return f"Then the verdict is sure: {becomes}."
    if was != becomes:
        return f"The answer changes from {was} to {becomes}."
    texts = [format_probability(verdict.confidence) for verdict in (before, after)]
    if texts[0] == texts[1]:
        return f"The answer stays {was}, with the same confidence."
    return f"The answer stays {was}, with {'more' if after.confidence > before.confidence else 'less'} confidence."


def _reason_rows(verdict: Verdict) -> list[tuple[str, str, str, bool]]:
    """What the verdict was refused for, as rows of the table of measurements."""
    return [(*verdict_words.measure_reason(reason), True) for reason in verdict.reasons]


def _measurement_row(measured: Measurement) -> tuple[str, str, str, bool]:
    return *measurement_cells(measured), measured.finding is not None and not measured.finding.is_usual


def _table_html(rows: Sequence[tuple[str, str, str, bool]], note: str = "") -> str:
    """Measurements, each with its value, what is usual, and whether it is not."""
    body = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td>{html.escape(value)}</td><td>{html.escape(usual)}</td>'
        f"<td>{'<b>unusual</b>' if is_unusual else 'usual'}</td></tr>"
        for name, value, usual, is_unusual in rows
    )
    head = "".join(f'<th scope="col">{title}</th>' for title in ("Measured", "This drawing", "Usual", ""))
    return (
        f'<table class="digit-measures"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        f'<p class="digit-note">{html.escape(note)}</p>'
    )


def _describe_norm(norm: Norm) -> str:
    images = "" if norm.dataset == MNIST else f", measured on {norm.images:,} training images"
    return (
        f"“Usual” covers 98% of {describe_class(norm)}{images}. Size and position do not matter to the network: "
        "every drawing is scaled and centred."
    )
