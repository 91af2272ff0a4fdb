"""The evidence for an answer, on the screen: the ink that supports it, and the smallest change that changes it."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digitrec.charts import style
from digitrec.explain import (
    MAX_DOTS,
    Counterfactual,
    Evidence,
    Predictor,
    Region,
    explain_by_occlusion,
    find_counterfactual,
)
from digitrec.imaging import Floats, Image, Proba
from digitrec.inference import Verdict, verdict_words
from digitrec.reporting import format_count
from digitrec.ui.components.digits import figure_html

SIZE = 150  # pixels of a figure on the screen: two side by side fit a phone
ANSWER, GUESS = "answer", "guess"  # what the evidence is for: a guess, if the verdict is not sure
MIN_FULL_SUPPORT = 1.0  # nats: evidence below it is not stretched to full colour
_ROWS, _COLUMNS = ("at the top", "", "at the bottom"), ("left", "", "right")
_PAPER, _INK = 0, 125  # grey levels; the ink is dark enough for the colours to stand out from it
_SUPPORT_COLOUR, _OPPOSE_COLOUR, _CHANGE_COLOUR = style.SKY, style.ORANGE, style.PURPLE


class _Result(NamedTuple):
    """The evidence for one image, stored in the session: each click runs the page again."""

    model: Predictor
    image: Image
    evidence: Evidence
    counterfactual: Counterfactual | None


def evidence(
    key: str, model: Predictor, image: Image, class_names: Sequence[str], *, verdict: Verdict | None = None
) -> None:
    """A switch, and if it is on the evidence for the answer to an image.

    If the verdict is not sure, it says what was refused and why, and the evidence is for the best guess.

    Args:
        key: names the switch.
        model: a calibrated classifier: its probabilities are shown.
        image: uint8 (28, 28).
        class_names: the c names.
        verdict: on the image, with the model's answer; without one the answer is predicted, and counts.
    """
    if not st.toggle("Show the evidence", key=f"{key}-evidence", persist_state="session"):
        return
    result = _compute(key, model, image, None if verdict is None else verdict.proba)
    noun = ANSWER
    if verdict is not None and not verdict.sure:
        noun = GUESS
        st.html(refusal_section(verdict))
    st.html(evidence_section(result.evidence, image, class_names, noun))
    st.html(_counterfactual_section(result.counterfactual, image, result.evidence.answer, class_names, noun))


def evidence_picture(image: Image, support: Floats, full: float) -> NDArray[np.uint8]:
    """The support, float (28, 28) in nats, as colour over the ink: uint8 (28, 28, 3).

    Args:
        image: uint8 (28, 28).
        support: positive if the ink supports the answer.
        full: the support, in nats, that has the full colour.
    """
    strength = np.clip(np.abs(support) / full, 0, 1)
    return _tint(
        image,
        np.where(support[..., None] > 0, style.to_rgb(_SUPPORT_COLOUR), style.to_rgb(_OPPOSE_COLOUR)),
        strength,
    )


def change_picture(image: Image, other: Image) -> NDArray[np.uint8]:
    """An image uint8 (28, 28) with its ink coloured that another image lacks: uint8 (28, 28, 3)."""
    more = np.clip(image.astype(np.int16) - other, 0, 255) / 255
    return _tint(image, style.to_rgb(_CHANGE_COLOUR), np.sqrt(more))  # the root, so that faint changes are seen


def _compute(key: str, model: Predictor, image: Image, proba: Proba | None) -> _Result:
    """The evidence, computed only if the model or the image is another than the last time."""
    last: _Result | None = st.session_state.get(f"{key}-evidence-found")
    if last is not None and last.model == model and np.array_equal(last.image, image):
        return last
    found = explain_by_occlusion(model, image, proba)
    result = _Result(model, image, found, find_counterfactual(model, image, found.answer))
    st.session_state[f"{key}-evidence-found"] = result
    return result


def refusal_section(verdict: Verdict) -> str:
    """HTML of what was refused, and why, with the values and what is usual."""
    texts = [verdict_words.describe_measured(reason, verdict) for reason in verdict.reasons]
    return _section_html(verdict_words.refusal_title(verdict), [], texts, "")


def evidence_section(found: Evidence, image: Image, class_names: Sequence[str], noun: str) -> str:
    """HTML of the ink that supports the answer, or the guess, for itself and against the runner-up."""
    name, rival = class_names[found.answer], class_names[found.rival]
    texts = [describe_evidence(found, class_names, noun), describe_contrast(found, class_names)]
    title = f"Why {name}, and why not {rival}?" if noun == ANSWER else f"Where the guess {name} comes from"
    return map_section(title, found, image, class_names, texts)


def map_section(
    title: str, found: Evidence, image: Image, class_names: Sequence[str], texts: Sequence[str]
) -> str:
    """HTML of both maps of an evidence, of its class and of that rather than its rival, with texts."""
    name, rival = class_names[found.answer], class_names[found.rival]
    claims = {f"For {name}": name, f"For {name}, not {rival}": f"{name} rather than {rival}"}
    figures = []
    for (heading, claim), support in zip(claims.items(), (found.support, found.contrast), strict=True):
        strongest = float(support.flat[np.abs(support).argmax()])
        full, how = max(MIN_FULL_SUPPORT, abs(strongest)), "less" if strongest >= 0 else "more"
        caption = f"{heading}. Brightest: without this ink, {claim} would be {describe_odds(full)} {how} likely."
        figures.append(_evidence_figure(image, support, full, heading, caption))
    legend = (
        f"{_swatch_html(_SUPPORT_COLOUR)}Blue ink supports {html.escape(name)}, {_swatch_html(_OPPOSE_COLOUR)}"
        "orange ink contradicts it, grey ink does neither."
    )
    return _section_html(title, figures, texts, legend)


def _counterfactual_section(
    found: Counterfactual | None, image: Image, answer: int, class_names: Sequence[str], noun: str
) -> str:
    name = class_names[answer]
    title, text = f"What would change the {noun}?", describe_counterfactual(found, name, class_names, noun)
    if found is None:
        return _section_html(title, [], [text], "")
    other = class_names[found.becomes]
    removed, added = change_picture(image, found.image), change_picture(found.image, image)
    figures = [
        figure_html(removed, f"As drawn: {name}", f"The image as drawn, {noun} {name}", SIZE),
        figure_html(added, f"Changed: {other}", f"The changed image, {noun} {other}", SIZE),
    ]
    legend = f"{_swatch_html(_CHANGE_COLOUR)}Pink: removed (left), added (right)."
    return _section_html(title, figures, [text], legend)


def describe_evidence(evidence: Evidence, class_names: Sequence[str], noun: str = ANSWER) -> str:
    """Where the evidence for the answer is, and the answer without the part that matters most.

    Args:
        evidence: for an image.
        class_names: the c names.
        noun: what it is for, `ANSWER` or `GUESS`; without its probability if it is a guess.
    """
    name = class_names[evidence.answer]
    strongest = max(evidence.regions, key=lambda region: region.support, default=None)
    if strongest is None or strongest.support <= 0:
        return f"No single part of the drawing supports {name}."
    share = strongest.support / sum(max(region.support, 0.0) for region in evidence.regions)
    opening = "Most" if share > 0.5 else "The largest part"
    where = f"{opening} of the evidence for {name} is {describe_place(strongest.place)}."
    if len(evidence.regions) == 1:
        where = f"The evidence for {name} is {describe_place(strongest.place)}."
    return f"{where} {_describe_loss(evidence, strongest, class_names, noun)}"


def _describe_loss(evidence: Evidence, strongest: Region, class_names: Sequence[str], noun: str) -> str:
    """The answer without the part whose loss costs it most."""
    answer = evidence.answer
    worst = min(evidence.regions, key=lambda region: float(region.proba[answer]))
    becomes = int(worst.proba.argmax())
    if becomes == answer:
        return f"Without any single part, the {noun} would still be {class_names[answer]}."
    ink = "that ink" if worst is strongest else f"the ink {describe_place(worst.place)}"
    return f"Without {ink}, the {noun} would be {class_names[becomes]}{_percent(worst.proba[becomes], noun)}."


def describe_contrast(evidence: Evidence, class_names: Sequence[str]) -> str:
    """Which ink distinguishes the answer from the runner-up, and which looks more like the runner-up."""
    name, rival = class_names[evidence.answer], class_names[evidence.rival]
    ordered = sorted(evidence.regions, key=lambda region: region.contrast)
    if not ordered or ordered[-1].contrast <= 0:
        return f"No single part of the drawing distinguishes {name} from {rival}."
    least, most = ordered[0], ordered[-1]
    text = f"The ink {describe_place(most.place)} distinguishes it most from {rival}."
    contradicts = least.contrast < -0.1 * most.contrast  # less is hardly visible in the map
    return f"{text} The ink {describe_place(least.place)} looks more like {rival}." if contradicts else text


def describe_counterfactual(
    found: Counterfactual | None, answer: str, class_names: Sequence[str], noun: str = ANSWER
) -> str:
    """What was changed, and the answer then; `noun` as for `describe_evidence`."""
    if found is None:
        return f"No small change was found that changes the {noun} {answer}, with up to {MAX_DOTS} dots of ink."
    kinds = [(found.added, "added"), (found.removed, "removed")]
    dots = " and ".join(f"{format_count(count, 'dot')} of ink {how}" for count, how in kinds if count)
    becomes = f"{class_names[found.becomes]}{_percent(found.proba[found.becomes], noun)}"
    return f"The smallest change found: {dots}, {found.pixels} of 784 pixels. The {noun} is then {becomes}."


def _percent(probability: float, noun: str) -> str:
    """A probability in brackets; nothing for a guess, which may be of no class at all."""
    return f" ({round_percent(probability)})" if noun == ANSWER else ""


def describe_place(place: tuple[int, int]) -> str:
    """A place by its row and column, 0 to 2, in words that follow "the ink"."""
    row, column = _ROWS[place[0]], _COLUMNS[place[1]]
    if not column:
        return row or "in the middle"
    return f"{row} {column}" if row else f"on the {column}"


def round_percent(probability: float) -> str:
    """A probability in whole per cent, which is enough in a sentence."""
    if probability >= 0.995:
        return "over 99%"
    return f"{probability:.0%}" if probability > 0.005 else "under 1%"


def describe_odds(nats: float) -> str:
    """The factor that a fall of the log-odds by so many nats means, in words."""
    factor = math.exp(min(nats, 100))
    if factor >= 1e6:
        return "over a million times"
    digits = 0 if factor >= 9.5 else 1
    return f"about {round(factor, digits - max(0, int(math.log10(factor)) - 1)):,.{digits}f} times"


def _evidence_figure(image: Image, support: Floats, full: float, title: str, caption: str) -> str:
    alt = f"{title}: supporting ink is blue, contradicting ink orange; the text says where"
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


def _tint(image: Image, colour: Floats, strength: Floats) -> NDArray[np.uint8]:
    """The image in greys, mixed with a colour to the strength (28, 28) between 0 and 1; paper takes less of it."""
    ink = image[..., None] / 255  # (28, 28, 1)
    grey = _PAPER + (_INK - _PAPER) * ink
    share = strength[..., None] * (0.2 + 0.8 * ink)
    return np.rint(grey + (colour - grey) * share).astype(np.uint8)  # (28, 28, 3)
