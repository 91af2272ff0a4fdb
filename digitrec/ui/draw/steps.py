"""The steps from the drawing to the network's image, beside a typical digit of the answer."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digitrec.charts import style
from digitrec.data import DatasetError, find_prototypes
from digitrec.imaging import SIDE, Ink, Steps
from digitrec.inference import Reading
from digitrec.runs import Run, provenance
from digitrec.ui.components.digits import figure_html

SIZE = 68  # pixels of the longer side of a step on the screen: four in a row on a phone
ENLARGED = 10  # screen pixels for each of the image's, where marks are drawn between them
LEGEND = "Centred: the frame shows the scaled drawing. Its centre of mass is on the cross."


def drawn_steps(reading: Reading, run: Run) -> None:
    """Show the steps from a drawing to the network's image, beside a typical training image of its answer.

    Args:
        reading: of the drawing.
        run: whose network made it.
    """
    figures = [f"<li>{each}</li>" for each in _step_figures(reading.ink, reading.steps)]
    beside = _typical_item(reading, run)
    st.html(
        '<ol class="digit-steps small" aria-label="From the drawing to the image, and a typical image to compare">'
        f'{"".join(figures)}{beside}</ol><p class="digit-legend">{html.escape(LEGEND)}</p>'
    )


def centred_picture(made: Steps) -> NDArray[np.uint8]:
    """The image enlarged, uint8 (280, 280, 3), a frame around the scaled drawing and a cross in the middle."""
    grey = np.kron(made.square, np.ones((ENLARGED, ENLARGED), np.uint8))
    picture = np.repeat(grey[..., None], 3, axis=2)  # (280, 280) -> (280, 280, 3)
    height, width = made.scaled.shape
    top, left, bottom, right = (
        ENLARGED * edge for edge in (made.top, made.left, made.top + height, made.left + width)
    )
    inner = np.zeros(picture.shape[:2], bool)
    outer = inner.copy()
    outer[max(top - 4, 0) : bottom + 4, max(left - 4, 0) : right + 4] = True
    inner[top:bottom, left:right] = True
    picture[outer & ~inner] = style.to_rgb(style.SKY)
    middle = ENLARGED * SIDE // 2 + ENLARGED // 2  # of pixel (14, 14)
    picture[middle - 3 : middle + 3, middle - 40 : middle + 40] = style.to_rgb(style.ORANGE)
    picture[middle - 40 : middle + 40, middle - 3 : middle + 3] = style.to_rgb(style.ORANGE)
    return picture


def _step_figures(ink: Ink, made: Steps) -> list[str]:
    (height, width), (h, w) = made.cropped.shape, made.scaled.shape
    place = f"{made.left} pixels from the left and {made.top} from the top, its centre of mass in the middle"
    steps = {
        "Drawn": (ink, f"The drawing on its paper of {ink.shape[1]} by {ink.shape[0]} pixels"),
        f"Cropped {width}\u00a0×\u00a0{height}": (
            made.cropped,
            f"Its ink alone: {width} pixels wide and {height} high",
        ),
        f"Scaled {w}\u00a0×\u00a0{h}": (
            made.scaled,
            f"Its longer side scaled to 20 pixels: {w} wide and {h} high",
        ),
        "Centred": (centred_picture(made), f"Placed in 28 by 28 pixels, {place}"),
        "What the network sees": (made.square, "The 28 by 28 pixels that the network sees"),
    }
    return [figure_html(picture, caption, alt, SIZE) for caption, (picture, alt) in steps.items()]


def _typical_item(reading: Reading, run: Run) -> str:
    """A typical training image of the answer's class, or why there is none."""
    name, answer = run.class_names[reading.answer], reading.answer
    try:
        found = find_prototypes(provenance.find_learnt_dataset(run), run.class_names)
        reason = "" if found and found.indices[answer] >= 0 else "the training data set has no image of it."
    except DatasetError as error:
        found, reason = None, str(error)
    if found is None or reason:
        text = f"No typical {name} on this machine to compare with: {reason}"
        return f'<li class="typical">{html.escape(text)}</li>'
    source = f"{found.title} training image {found.indices[answer]:,}"
    caption = f"A typical {name}{'' if reading.verdict.sure else ', the best guess'}: {source}"
    alt = f"A typical {name} to compare it with: {source}, the closest to the mean of its class"
    return f'<li class="typical">{figure_html(found.images[answer], caption, alt, SIZE)}</li>'
