"""A gallery whose images can be chosen, by mouse, finger or keyboard."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from digitrec.imaging import data_uri

SIDE = 76  # pixels of an image on the screen: four in a row fit a phone
_LIST_HTML = '<ul class="digit-gallery digit-choices"></ul>'


class Choice(NamedTuple):
    """One image of the gallery."""

    value: int  # what the gallery tells when it is chosen
    image: Any  # uint8 (28, 28)
    caption: str
    alt: str
    is_marked: bool = False  # stands out, such as the typical one of its group


def choice_gallery(
    key: str,
    label: str,
    choices: Sequence[Choice],
    on_choice: Callable[[int], None],
    *,
    side: int = SIDE,
    hint: str = "Open its card",
) -> None:
    """Show images in a grid that fits the width; `on_choice` is called with the value of the one that is chosen.

    Args:
        key: names the gallery.
        label: what the images are, for a screen reader.
        choices: the images.
        on_choice: a callback; the whole page is run again after it.
        side: of an image on the screen, in pixels.
        hint: what a click does, shown where the mouse rests.
    """
    images = [
        {"value": c.value, "src": data_uri(c.image), "caption": c.caption, "alt": c.alt, "mark": c.is_marked}
        for c in choices
    ]
    data = {"side": side, "label": label, "images": images, "hint": hint}
    _gallery_component()(key=key, data=data, on_chosen_change=functools.partial(_handle_choice, key, on_choice))


def _handle_choice(key: str, on_choice: Callable[[int], None]) -> None:
    value = st.session_state[key].get("chosen")
    if value is not None:
        on_choice(int(value))


@functools.cache
def _gallery_component() -> Any:
    script = Path(__file__).with_name("gallery.js").read_text()
    return st.components.v2.component("digitrec_gallery", html=_LIST_HTML, js=script, isolate_styles=False)
