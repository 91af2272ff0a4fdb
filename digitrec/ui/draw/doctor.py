"""The drawing doctor on the screen: what is unusual in the drawing, and what each mend would change."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from digitrec.explain.doctor import Finding, Measurement, examine, findings, fix_drawing
from digitrec.explain.norms import get_norm
from digitrec.explain.traits import measure_traits
from digitrec.imaging.preprocessing import fit_to_square, to_mnist
from digitrec.inference.classifier import Classifier
from digitrec.inference.verdict import temperature
from digitrec.metrics.calibration import calibrate
from digitrec.runs.store import Run
from digitrec.ui.components.canvas import SIDE, place
from digitrec.ui.components.digits import figure_html, percent

SIZE = 96  # pixels of a figure on the screen
WIDTH = 620  # pixels, where there is room
COMPARED_CLASSES = 2  # classes of each answer that are compared
_COUNT_WORDS = ("Nothing", "One thing", "Two things", "Three things", "Four things", "Five things")


class _Fix(NamedTuple):
    """A drawing mended, or as it would be."""

    done: str  # what a button says and a note repeats
    ink: np.ndarray  # uint8 (280, 280)
    image: np.ndarray  # uint8 (28, 28), of that ink
    was: np.ndarray  # uint8 (28, 28), before
    before: np.ndarray  # float32 (c,)
    after: np.ndarray  # float32 (c,)


def doctor(key: str, run: Run, model: Classifier, ink: np.ndarray) -> None:
    """A switch, and where it is on what is unusual in the drawing on the canvas of this key, with mends.

    Args:
        key: of the canvas.
        run: whose model reads it, and by whose temperature its answers are calibrated.
        model: the run's.
        ink: uint8 (height, width), what is on the canvas.
    """
    if not st.toggle("Ask the drawing doctor", key=f"{key}-doctor", persist_state="session"):
        return
    image, found = to_mnist(ink), measure_traits(ink)
    class_names, warmth = run.class_names, temperature(run, model.sha256)
    before = calibrate(model.predict_proba(image[None]), warmth)[0]  # (c,)
    norm = get_norm(class_names[int(before.argmax())])
    measured = examine(found, norm)
    unusual = findings(measured)
    with st.container(key=f"{key}-doctor-says", width=WIDTH):
        _show_last_fix(key, image, class_names)
        st.markdown(_describe_count(len(unusual), norm.plural))
        inks = [fit_to_square(fix_drawing(ink, finding.kind, found, norm), SIDE) for finding in unusual]
        images = [to_mnist(each) for each in inks]
        after = calibrate(model.predict_proba(np.stack(images)), warmth) if images else []
        for finding, other, mended_image, proba in zip(unusual, inks, images, after, strict=True):
            _show_finding(key, finding, _Fix(finding.mend, other, mended_image, image, before, proba), class_names)
        st.html(_measurements_html(measured, norm.plural))


def _describe_count(count: int, plural: str) -> str:
    if not count:
        return f"**Nothing is unusual:** in all that was measured, the drawing is like {plural}."
    what = _COUNT_WORDS[count] if count < len(_COUNT_WORDS) else f"{count} things"
    verb = "is" if count == 1 else "are"
    return (
        f"**{what} {verb} unusual** beside {plural}, which is what it was read as. That is no mistake, but the "
        "network has seen little of it."
    )


def _show_finding(key: str, finding: Finding, mend: _Fix, class_names: Sequence[str]) -> None:
    with st.container(border=True, key=f"{key}-doctor-box-{finding.kind}"):
        st.markdown(finding.words)
        st.html(_comparison_html(mend, class_names, ("As it is", "Mended")))
        st.button(
            finding.mend,
            icon=":material/healing:",
            key=f"{key}-doctor-{finding.kind}",
            on_click=_apply_fix,
            args=(key, mend),
        )


def _apply_fix(key: str, mend: _Fix) -> None:
    place(key, mend.ink, f"Mended: {mend.done.lower()}. Undo brings back what was there.")
    st.session_state[f"{key}-mended"] = mend


def _show_last_fix(key: str, image: np.ndarray, class_names: Sequence[str]) -> None:
    """What the last mend changed, as long as the drawing is what it made."""
    mend: _Fix | None = st.session_state.get(f"{key}-mended")
    # Alike, not equal: the browser sends back what it was given as it drew it.
    if mend is not None and np.abs(image.astype(np.int16) - mend.image).mean() < 1:
        with st.container(border=True, key=f"{key}-doctor-done"):
            st.markdown(f":material/check: **Mended: {mend.done.lower()}.** Undo brings back what was there.")
            st.html(_comparison_html(mend, class_names, ("Before", "Now")))


def _comparison_html(mend: _Fix, class_names: Sequence[str], titles: tuple[str, str]) -> str:
    """Both images, and the probabilities of the classes that either answer found likely."""
    answers = [class_names[int(proba.argmax())] for proba in (mend.before, mend.after)]
    figures = "".join(
        figure_html(image, title, f"{title}: the network's image, read as {answer}", SIZE)
        for image, title, answer in zip((mend.was, mend.image), titles, answers, strict=True)
    )
    likely = {int(index) for proba in (mend.before, mend.after) for index in np.argsort(proba)[-COMPARED_CLASSES:]}
    rows = "".join(
        f'<tr><th scope="row">{html.escape(class_names[index])}</th>'
        f"{_cell_html(mend.before, index)}{_cell_html(mend.after, index)}</tr>"
        for index in sorted(likely, key=lambda index: -mend.before[index])
    )
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    table = f'<table><thead><tr><th scope="col">Read as</th>{head}</tr></thead><tbody>{rows}</tbody></table>'
    verdict = html.escape(_describe_change(mend, *answers))
    return f'<div class="digit-mend"><div class="pair">{figures}</div><div>{table}<p>{verdict}</p></div></div>'


def _cell_html(proba: np.ndarray, index: int) -> str:
    text = percent(float(proba[index]))
    return f"<td><b>{text}</b></td>" if index == proba.argmax() else f"<td>{text}</td>"


def _describe_change(mend: _Fix, was: str, becomes: str) -> str:
    if was != becomes:
        return f"The answer changes from {was} to {becomes}."
    best = int(mend.before.argmax())
    texts = [percent(float(proba[best])) for proba in (mend.before, mend.after)]
    if texts[0] == texts[1]:
        return f"The answer stays {was}, as sure as before."
    return (
        f"The answer stays {was}, {'surer' if mend.after[best] > mend.before[best] else 'less sure'} than before."
    )


def _measurements_html(measured: Sequence[Measurement], plural: str) -> str:
    rows = "".join(
        f'<tr><th scope="row">{each.name}</th><td>{each.value}</td><td>{each.usual}</td>'
        f"<td>{'<b>unusual</b>' if each.finding else 'usual'}</td></tr>"
        for each in measured
    )
    head = "".join(f'<th scope="col">{title}</th>' for title in ("Measured", "This drawing", "Usual", ""))
    note = (
        f"Usual is what 98 in 100 of {plural} measure. Of size and place MNIST's images tell nothing: a quarter "
        "of the paper's side is large enough, and a fifth of it from the middle is near enough."
    )
    return (
        f'<table class="digit-measures"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        f'<p class="digit-note">{html.escape(note)}</p>'
    )
