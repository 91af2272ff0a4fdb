"""Why the network answered as it did, on the screen: the evidence over the ink, and what would flip it."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st

from digitrec.charts import style
from digitrec.explain.counterfactual import Counterfactual, describe_counterfactual, find_counterfactual
from digitrec.explain.occlusion import Evidence, describe_contrast, describe_evidence, explain_by_occlusion
from digitrec.inference.classifier import Classifier
from digitrec.ui.components.digits import figure_html

SIZE = 150  # pixels of a figure on the screen: two side by side fit a phone
MIN_FULL_SUPPORT = 1.0  # nats: evidence below it is not stretched to full colour
_PAPER, _INK = 0, 125  # grey levels; the ink is dark enough for the colours to stand out from it
_SUPPORT_COLOUR, _OPPOSE_COLOUR, _CHANGE_COLOUR = style.SKY, style.ORANGE, style.PURPLE


class _Result(NamedTuple):
    """What was found of one image: kept, because a page is shown anew with each click on it."""

    model: Classifier
    image: np.ndarray
    evidence: Evidence
    flip: Counterfactual | None


def evidence(key: str, model: Classifier, image: np.ndarray, class_names: Sequence[str]) -> None:
    """A switch, and where it is on the evidence for the answer to an image uint8 (28, 28)."""
    if not st.toggle("Show the evidence", key=f"{key}-evidence", persist_state="session"):
        return
    found = _compute(key, model, image)
    st.html(_evidence_section(found.evidence, image, class_names))
    st.html(_counterfactual_section(found.flip, image, found.evidence.answer, class_names))


def evidence_picture(image: np.ndarray, support: np.ndarray, full: float) -> np.ndarray:
    """The support, float (28, 28) in nats, as colour over the ink: uint8 (28, 28, 3).

    Args:
        image: uint8 (28, 28).
        support: positive speaks for the answer, negative against it.
        full: the support, in nats, that has the full colour.
    """
    strength = np.clip(np.abs(support) / full, 0, 1)
    return _tint(
        image,
        np.where(support[..., None] > 0, style.to_rgb(_SUPPORT_COLOUR), style.to_rgb(_OPPOSE_COLOUR)),
        strength,
    )


def change_picture(image: np.ndarray, other: np.ndarray) -> np.ndarray:
    """An image uint8 (28, 28) with the ink marked that another does not have: uint8 (28, 28, 3)."""
    more = np.clip(image.astype(np.int16) - other, 0, 255) / 255
    return _tint(image, style.to_rgb(_CHANGE_COLOUR), np.sqrt(more))  # the root, so that faint changes are seen


def _compute(key: str, model: Classifier, image: np.ndarray) -> _Result:
    """The evidence, looked for only if the model or the image is another than the last time."""
    last = st.session_state.get(f"{key}-evidence-found")
    if last is not None and last.model is model and np.array_equal(last.image, image):
        return last
    found = _Result(model, image, explain_by_occlusion(model, image), find_counterfactual(model, image))
    st.session_state[f"{key}-evidence-found"] = found
    return found


def _evidence_section(found: Evidence, image: np.ndarray, class_names: Sequence[str]) -> str:
    name, rival = class_names[found.answer], class_names[found.rival]
    maps = {f"For {name}": found.support, f"For {name}, not {rival}": found.contrast}
    full = [max(MIN_FULL_SUPPORT, float(np.abs(support).max())) for support in maps.values()]
    figures = [
        _evidence_figure(image, support, most, caption)
        for (caption, support), most in zip(maps.items(), full, strict=True)
    ]
    legend = (
        f"{_swatch_html(_SUPPORT_COLOUR)}Blue ink speaks for the answer, "
        f"{_swatch_html(_OPPOSE_COLOUR)}orange ink against it, grey ink for "
        f"neither. Where the colour is full, the odds are {describe_odds(full[0])} without the ink there "
        f"on the left, "
        f"{describe_odds(full[1])} on the right."
    )
    texts = [describe_evidence(found, class_names), describe_contrast(found, class_names)]
    return _section_html(f"Why {name}, and why not {rival}?", figures, texts, legend)


def _counterfactual_section(
    flip: Counterfactual | None, image: np.ndarray, answer: int, class_names: Sequence[str]
) -> str:
    name = class_names[answer]
    title, text = "What would change the answer?", describe_counterfactual(flip, name, class_names)
    if flip is None:
        return _section_html(title, [], [text], "")
    other = class_names[flip.becomes]
    figures = [
        figure_html(change_picture(image, flip.image), f"As drawn: {name}", f"The image read as {name}", SIZE),
        figure_html(
            change_picture(flip.image, image), f"Changed: {other}", f"The changed image, read as {other}", SIZE
        ),
    ]
    legend = f"{_swatch_html(_CHANGE_COLOUR)}Pink: on the left the ink that goes, on the right the ink that comes."
    return _section_html(title, figures, [text], legend)


def describe_odds(nats: float) -> str:
    """How many times worse odds become that fall by so many nats, in words."""
    factor = math.exp(min(nats, 100))
    if factor >= 1e6:
        return "over a million times worse"
    digits = 0 if factor >= 9.5 else 1
    return f"about {round(factor, digits - max(0, int(math.log10(factor)) - 1)):,.{digits}f} times worse"


def _evidence_figure(image: np.ndarray, support: np.ndarray, full: float, caption: str) -> str:
    alt = f"{caption}: the ink in blue where it speaks for that, in orange where against; the text says where"
    return figure_html(evidence_picture(image, support, full), caption, alt, SIZE)


def _section_html(title: str, figures: Sequence[str], texts: Sequence[str], legend: str) -> str:
    paragraphs = "".join(f"<p>{html.escape(text)}</p>" for text in texts)
    note = f'<p class="legend">{legend}</p>' if legend else ""
    return (
        f'<section class="digit-evidence"><h3>{html.escape(title)}</h3><div class="pair">{"".join(figures)}</div>'
        f'<div class="words">{paragraphs}{note}</div></section>'
    )


def _swatch_html(colour: str) -> str:
    return f'<span class="swatch" style="background:{colour}" aria-hidden="true"></span>'


def _tint(image: np.ndarray, colour: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """The image in greys, mixed with a colour to the strength (28, 28) between 0 and 1; paper takes less of it."""
    ink = image[..., None] / 255  # (28, 28, 1)
    grey = _PAPER + (_INK - _PAPER) * ink
    share = strength[..., None] * (0.2 + 0.8 * ink)
    return np.rint(grey + (colour - grey) * share).astype(np.uint8)  # (28, 28, 3)
