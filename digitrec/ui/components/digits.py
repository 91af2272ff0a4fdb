"""Digits on the screen: what was read, and galleries of images.

Galleries and answers are one block of HTML each: one message to the browser however many images there are, pixels
that stay crisp, and nothing that flickers with each stroke.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digitrec.charts import style as colours
from digitrec.imaging import Floats, Images, Proba, data_uri
from digitrec.inference import Verdict
from digitrec.reporting import format_probability

STEP_SIDE = 96  # pixels on the screen of the longer side of a step: three fit a phone


def style() -> None:
    """Load the styles of this module's HTML; once a page."""
    st.html(Path(__file__).with_name("digits.css"))


def digit_gallery(
    images: Sequence[NDArray[np.uint8]] | Images,
    captions: Sequence[str],
    *,
    alts: Sequence[str] | None = None,
    size: int = 84,
) -> None:
    """Show images in a grid that fits the width, with crisp pixels, each with a caption.

    Args:
        images: uint8 (n, 28, 28).
        captions: a line below each image.
        alts: what a screen reader says for each image; the caption, if not given.
        size: side of an image on the screen, in pixels.
    """
    figures = [
        figure_html(image, caption, alt, size)
        for image, caption, alt in zip(images, captions, alts or captions, strict=True)
    ]
    st.html(f'<div class="digit-gallery" style="--side:{size}px">{"".join(figures)}</div>')


def pair_gallery(
    before: Sequence[NDArray[np.uint8]], after: Images, captions: Sequence[str], *, size: int = 64
) -> None:
    """Show pairs of pictures, before and after a change, in a grid that fits the width.

    Args:
        before: uint8 (height, width) each, of any size.
        after: uint8 (n, 28, 28).
        captions: what each pair shows.
        size: longer side of a picture on the screen, in pixels.
    """
    pairs = "".join(
        f'<figure class="digit"><div>{_picture_html(old, f"A {caption} in the file", size)}'
        f"{_picture_html(new, f'The same {caption} once imported', size)}</div>"
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        for old, new, caption in zip(before, after, captions, strict=True)
    )
    st.html(f'<div class="digit-gallery digit-pairs" style="--side:{2 * size + 16}px">{pairs}</div>')


def digit_steps(pictures: Sequence[NDArray[np.uint8]], captions: Sequence[str], alts: Sequence[str]) -> None:
    """Show the pictures of a process in a row, with arrows between them.

    Args:
        pictures: uint8 (height, width) each.
        captions: a line below each.
        alts: for a screen reader, one for each.
    """
    figures = "".join(
        f"<li>{figure_html(picture, caption, alt, STEP_SIDE)}</li>"
        for picture, caption, alt in zip(pictures, captions, alts, strict=True)
    )
    st.html(f'<ol class="digit-steps" aria-label="From the picture to what the network sees">{figures}</ol>')


def map_picture(values: Floats, full: float, *, signed: bool) -> NDArray[np.uint8]:
    """Activations or weights as a picture, uint8 (h, w, 3): nothing is black.

    Args:
        values: float (h, w).
        full: the size at which a value has its full colour.
        signed: whether there may be values below zero: they are orange, then, and those above it blue; else white.
    """
    above = colours.to_rgb(colours.SKY) if signed else np.full(3, 255.0)
    tints = np.where(values[..., None] < 0, colours.to_rgb(colours.ORANGE), above)  # (h, w, 3)
    return np.rint(tints * np.clip(np.abs(values) / (full or 1), 0, 1)[..., None]).astype(np.uint8)


def short_verdict(verdict: Verdict) -> str:
    """A verdict in a few words, for a caption."""
    if not verdict.sure:
        return f"not sure, maybe {verdict.answer}"
    return f"{verdict.answer}, {format_probability(verdict.confidence)}"


def probabilities(proba: Proba, class_names: Sequence[str]) -> None:
    """The probabilities float32 (c,) of all classes as bars, the answer's in bold."""
    best = int(proba.argmax())
    bars = "".join(
        f"<li{' class=best' if i == best else ''}><b>{html.escape(name)}</b>"
        f'<span class="track" aria-hidden="true"><span style="width:{100 * p:.1f}%"></span></span>'
        f"<span>{html.escape(format_probability(p))}</span></li>"
        for i, (name, p) in enumerate(zip(class_names, proba, strict=True))
    )
    st.html(f'<ul class="digit-bars" aria-label="Probability of each class">{bars}</ul>')


def escape_markdown(words: str) -> str:
    """Words as Markdown that shows them as they are, whatever a run or a class is called."""
    return re.sub(r"[!\"#$&()*+\-/<=>?@\[\\\]^_`{|}~]", r"\\\g<0>", words)  # others have no meaning


def figure_html(image: NDArray[np.uint8], caption: str, alt: str, size: int) -> str:
    """HTML of a picture uint8 (height, width) or (height, width, 3), `size` its longer side, with a caption.

    The pixels of an image of 28 x 28 stay crisp, those of a photo are not to be seen.
    """
    kind = "digit photo" if max(image.shape[:2]) > size else "digit"
    return (
        f'<figure class="{kind}">{_picture_html(image, alt, size)}<figcaption>{html.escape(caption)}</figcaption>'
        "</figure>"
    )


def _picture_html(image: NDArray[np.uint8], alt: str, size: int) -> str:
    height, width = (max(1, round(size * side / max(image.shape[:2]))) for side in image.shape[:2])
    return f'<img src="{data_uri(image)}" alt="{html.escape(alt, quote=True)}" width="{width}" height="{height}">'
