"""The drawing doctor on the screen: what is unusual in the drawing, and what each fix would change."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from digitrec.explain import Measurement, examine, findings, fix_drawing, gaps_to_close, get_norm, measure_traits
from digitrec.imaging import Image, Ink, Proba, fit_to_square, to_mnist
from digitrec.inference import Classifier, Reading, calibrated_proba
from digitrec.reporting import format_probability
from digitrec.runs import Run
from digitrec.ui.components.canvas import SIDE, place
from digitrec.ui.components.digits import figure_html
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
    before: Proba  # (c,), calibrated
    after: Proba  # (c,), calibrated


def doctor(key: str, run: Run, model: Classifier, reading: Reading) -> None:
    """A switch, and if it is on what is unusual in the drawing on a canvas, with fixes.

    Args:
        key: of the canvas.
        run: whose temperature calibrates the predictions for the fixed drawings.
        model: the run's.
        reading: of the drawing.
    """
    if not st.toggle("Ask the drawing doctor", key=f"{key}-doctor", persist_state="session"):
        return
    traits = measure_traits(reading.ink, reading.image)
    norm = get_norm(reading.verdict.answer)
    measured = examine(traits, norm)
    unusual = findings(measured)
    with st.container(key=f"{key}-doctor-says", width=WIDTH):
        _show_last_fix(key, reading.image, run.class_names)
        st.markdown(_describe_count(len(unusual), describe_class(norm)))
        gaps = len(gaps_to_close(traits, norm))
        fixed = {label_fix(each, gaps): fix_drawing(reading.ink, each.kind, traits, norm) for each in unusual}
        for finding, fix in zip(unusual, _make_fixes(run, model, reading, fixed), strict=True):
            _show_finding(key, finding.kind, describe_finding(finding, traits, norm), fix, run.class_names)
        st.html(_measurements_html(measured, describe_class(norm)))


def _make_fixes(run: Run, model: Classifier, reading: Reading, fixed: Mapping[str, Ink]) -> list[_Fix]:
    """The fixed drawings, by the labels of their buttons, with the predictions for them."""
    if not fixed:
        return []
    inks = [fit_to_square(ink, SIDE) for ink in fixed.values()]
    images = [to_mnist(ink) for ink in inks]
    probas = calibrated_proba(run, model, np.stack(images))
    return [
        _Fix(label, ink, image, reading.image, reading.proba, proba)
        for label, ink, image, proba in zip(fixed, inks, images, probas, strict=True)
    ]


def _describe_count(count: int, plural: str) -> str:
    if not count:
        return f"**Nothing is unusual.** In all measurements, the drawing is like {plural}."
    what = _COUNT_WORDS[count] if count < len(_COUNT_WORDS) else f"{count} things"
    verb = "is" if count == 1 else "are"
    return f"**{what} {verb} unusual**, compared with {plural}. That is fine, but the network has rarely seen it."


def _show_finding(key: str, kind: str, text: str, fix: _Fix, class_names: Sequence[str]) -> None:
    with st.container(border=True, key=f"{key}-doctor-box-{kind}"):
        st.markdown(text)
        st.html(_comparison_html(fix, class_names, ("Now", "Fixed")))
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


def _show_last_fix(key: str, image: Image, class_names: Sequence[str]) -> None:
    """What the last fix changed, as long as the drawing is its result."""
    fix: _Fix | None = st.session_state.get(f"{key}-fixed")
    # Similar, not equal: the browser sends back the picture as it drew it.
    if fix is not None and np.abs(image.astype(np.int16) - fix.image).mean() < 1:
        with st.container(border=True, key=f"{key}-doctor-done"):
            st.markdown(f":material/check: **Fixed: {fix.label.lower()}.** Undo restores the old drawing.")
            st.html(_comparison_html(fix, class_names, ("Before", "Now")))


def _comparison_html(fix: _Fix, class_names: Sequence[str], titles: tuple[str, str]) -> str:
    """Both images, and the probabilities of the two most likely classes of each."""
    answers = [class_names[int(proba.argmax())] for proba in (fix.before, fix.after)]
    figures = "".join(
        figure_html(image, title, f"{title}: the network's image, answer {answer}", SIZE)
        for image, title, answer in zip((fix.old_image, fix.image), titles, answers, strict=True)
    )
    likely = {int(index) for proba in (fix.before, fix.after) for index in np.argsort(proba)[-COMPARED_CLASSES:]}
    rows = "".join(
        f'<tr><th scope="row">{html.escape(class_names[index])}</th>'
        f"{_cell_html(fix.before, index)}{_cell_html(fix.after, index)}</tr>"
        for index in sorted(likely, key=lambda index: -fix.before[index])
    )
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    table = f'<table><thead><tr><th scope="col">Class</th>{head}</tr></thead><tbody>{rows}</tbody></table>'
    verdict = html.escape(_describe_change(fix, *answers))
    return f'<div class="digit-fix"><div class="pair">{figures}</div><div>{table}<p>{verdict}</p></div></div>'


def _cell_html(proba: Proba, index: int) -> str:
    text = format_probability(float(proba[index]))
    return f"<td><b>{text}</b></td>" if index == proba.argmax() else f"<td>{text}</td>"


def _describe_change(fix: _Fix, was: str, becomes: str) -> str:
    if was != becomes:
        return f"The answer changes from {was} to {becomes}."
    best = int(fix.before.argmax())
    texts = [format_probability(float(proba[best])) for proba in (fix.before, fix.after)]
    if texts[0] == texts[1]:
        return f"The answer stays {was}, with the same confidence."
    return f"The answer stays {was}, with {'more' if fix.after[best] > fix.before[best] else 'less'} confidence."


def _measurements_html(measured: Sequence[Measurement], plural: str) -> str:
    rows = ""
    for each in measured:
        name, value, usual = measurement_cells(each)
        is_usual = "<b>unusual</b>" if each.finding else "usual"
        rows += f'<tr><th scope="row">{name}</th><td>{value}</td><td>{usual}</td><td>{is_usual}</td></tr>'
    head = "".join(f'<th scope="col">{title}</th>' for title in ("Measured", "This drawing", "Usual", ""))
    note = (
        f"“Usual” covers 98% of {plural}. Size and position do not matter to the network: every drawing is scaled "
        "and centred."
    )
    return (
        f'<table class="digit-measures"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        f'<p class="digit-note">{html.escape(note)}</p>'
    )
