"""Why a drawing was read so: colours on the paper itself, and the smallest change to another answer as a film."""

from __future__ import annotations

import functools
import html
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digitrec.charts import style
from digitrec.explain import (
    Counterfactual,
    Evidence,
    Predictor,
    explain_by_occlusion,
    find_counterfactual,
)
from digitrec.imaging import Floats, Image, data_uri
from digitrec.inference import Classifier, Reading, calibrated_classifier, verdict_words
from digitrec.runs import Run
from digitrec.ui.components import evidence as components
from digitrec.ui.components.evidence import ANSWER, GUESS, MIN_FULL_SUPPORT, change_picture

FILM_SIZE = 150  # pixels of a picture on the screen
MAX_POINTED = 36  # classes: with more of them the colours of each, some 5 KB, are not sent ahead
_FILM_HTML = (
    f'<div class="digit-film"><img width="{FILM_SIZE}" height="{FILM_SIZE}" alt=""><div>'
    '<output></output><input type="range"><button type="button">Play</button></div></div>'
)


class _Question(NamedTuple):
    """What was asked, and its answers, stored in the session: each click runs the page again."""

    model: Predictor
    image: Image
    chosen: int | None
    evidence: Evidence
    change: Counterfactual | None = None
    is_searched: bool = False  # for the change


def why(key: str, run: Run, model: Classifier, reading: Reading, *, chosen: int | None = None) -> None:
    """Show which ink speaks for the answer, or for another class, and the smallest change to another answer.

    If the verdict is not sure, it says what was refused and why, and the evidence is for the best guess.

    Args:
        key: of the canvas.
        run: that read the drawing.
        model: the run's.
        reading: of the drawing.
        chosen: index of the class that is asked about; by default the answer.
    """
    network, names, verdict = calibrated_classifier(run, model), run.class_names, reading.verdict
    other = None if chosen == reading.answer else chosen
    noun = ANSWER if verdict.sure else GUESS
    found = _ask(key, network, reading, other)
    if other is None:
        if not verdict.sure:
            st.html(components.refusal_section(verdict))
        st.html(components.evidence_section(found.evidence, reading.image, names, noun))
    else:
        st.html(_class_section(found.evidence, reading.image, names))
    _lay_on_paper(key, reading, found.evidence, names)
    found = _search(key, network, found, reading.answer)  # after the evidence, because it takes longer
    _show_change(key, reading, found, names, noun)


def paper_layer(reading: Reading, support: Floats) -> NDArray[np.uint8]:
    """The support as colours for the ink on the paper, uint8 (height, width, 4): transparent where it is 0.

    Args:
        reading: of the drawing.
        support: float (28, 28) in nats, of its image.
    """
    ink, (rows, columns) = reading.ink, _places_on_paper(reading)
    full = max(MIN_FULL_SUPPORT, float(np.abs(support).max()))
    on_paper = rows @ (support / full) @ columns.T  # (height, 28) (28, 28) (28, width) -> (height, width)
    colour = np.where(on_paper[..., None] > 0, style.to_rgb(style.SKY), style.to_rgb(style.ORANGE))
    strength = 255 * np.clip(np.abs(on_paper), 0, 1) * (ink / 255)
    return np.rint(np.dstack([colour, strength])).astype(np.uint8)


def _places_on_paper(reading: Reading) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much of each row of the image is in each row of the paper, (height, 28); and the same of columns."""
    ink, steps, weights = reading.ink, reading.steps, []
    for axis, start in ((0, steps.top), (1, steps.left)):
        first = np.flatnonzero(ink.any(1 - axis))[0]
        scale = steps.scaled.shape[axis] / steps.cropped.shape[axis]
        places = (np.arange(ink.shape[axis]) + 0.5 - first) * scale + start - 0.5
        pixels = np.arange(len(reading.image))
        weights.append(np.stack([np.interp(places, pixels, pixels == i, left=0, right=0) for i in pixels], axis=1))
    return weights[0], weights[1]


def _ask(key: str, network: Predictor, reading: Reading, chosen: int | None) -> _Question:
    """The evidence, computed only if the model, the image or the class is another than the last time."""
    last: _Question | None = st.session_state.get(f"{key}-why")
    if last and last.model == network and last.chosen == chosen and np.array_equal(last.image, reading.image):
        return last
    found = explain_by_occlusion(network, reading.image, reading.proba, answer=chosen)
    asked = _Question(network, reading.image, chosen, found)
    st.session_state[f"{key}-why"] = asked
    return asked


def _search(key: str, network: Predictor, asked: _Question, answer: int) -> _Question:
    """The same with the smallest change, to the class that is asked about or to any other."""
    if not asked.is_searched:
        change = find_counterfactual(network, asked.image, answer, target=asked.chosen)
        asked = asked._replace(change=change, is_searched=True)
        st.session_state[f"{key}-why"] = asked
    return asked


def _class_section(found: Evidence, image: Image, names: tuple[str, ...]) -> str:
    """What speaks for a class that is not the answer."""
    name = names[found.answer]
    ordered = sorted(found.regions, key=lambda region: region.support)
    texts = [f"Nothing in the drawing speaks for {name} by itself."]
    if ordered and ordered[-1].support > 0:
        texts = [f"What speaks most for {name} is the ink {components.describe_place(ordered[-1].place)}."]
    if ordered and ordered[0].support < 0:
        against = components.describe_place(ordered[0].place)
        texts.append(f"The ink {against} speaks most against {name}: without it, {name} would be more likely.")
    title = f"What speaks for {name}?"
    return components.map_section(title, found, image, names, texts)


def _lay_on_paper(key: str, reading: Reading, found: Evidence, names: tuple[str, ...]) -> None:
    """Lay the colours of the class on the paper; those of another come while its bar is pointed at."""
    pictures = {i: found.supports[i] for i in range(len(names)) if len(names) <= MAX_POINTED or i == found.answer}
    layers = {
        str(i): {
            "src": data_uri(paper_layer(reading, support)),
            "label": f"Blue ink supports {names[i]}, orange ink contradicts it",
        }
        for i, support in pictures.items()
    }
    _layer_component()(
        key=f"{key}-layer", data={"container": f"{key}-paper", "shown": str(found.answer), "layers": layers}
    )


def _show_change(key: str, reading: Reading, asked: _Question, names: tuple[str, ...], noun: str) -> None:
    """The smallest change, told and played dot by dot."""
    name, change = names[reading.answer], asked.change
    what = verdict_words.with_article(names[asked.chosen]) if asked.chosen is not None else ""
    title = f"What would make it {what}?" if what else f"What would change the {noun}?"
    if change is None and what:
        text = f"No small change was found that makes it {what}."
    else:
        text = components.describe_counterfactual(change, name, names, noun)
    st.html(f'<h3 class="digit-title">{html.escape(title)}</h3><p class="draw-said">{html.escape(text)}</p>')
    if change is not None:
        data = {
            "label": f"From {name} to {names[change.becomes]}, dot by dot",
            "frames": _frames(asked, names, name),
        }
        _film_component()(key=f"{key}-film", data=data)


def _frames(asked: _Question, names: tuple[str, ...], name: str) -> list[dict[str, str]]:
    """The drawing, and the image after each dot: added ink pink, removed ink gone."""
    change = asked.change
    steps = [asked.image, *(change.steps if change else ())]
    ends = {0: f"As drawn: {name}"} | ({len(steps) - 1: f"Changed: {names[change.becomes]}"} if change else {})
    return [
        {
            "src": data_uri(change_picture(step, asked.image)),
            "caption": ends.get(i, f"Dot {i} of {len(steps) - 1}"),
        }
        for i, step in enumerate(steps)
    ]


@functools.cache
def _layer_component() -> Any:
    return st.components.v2.component("digitrec_layer", js=Path(__file__).with_name("layer.js").read_text())


@functools.cache
def _film_component() -> Any:
    script = Path(__file__).with_name("film.js").read_text()
    return st.components.v2.component("digitrec_film", html=_FILM_HTML, js=script, isolate_styles=False)
