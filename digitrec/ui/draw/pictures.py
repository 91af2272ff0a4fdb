"""A picture as a way in: file, clipboard or camera to the canvas, each step of its cleaning shown."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.typing import UploadedFile

from digitrec.imaging.pictures import MAX_BYTES, PictureError
from digitrec.imaging.preprocessing import InkError, fit_to_square, read_ink, to_mnist
from digitrec.ui.components.canvas import SIDE, place, placed_steps
from digitrec.ui.components.digits import digit_steps, escape_markdown

FILE_TYPES = ["png", "jpg", "jpeg", "webp", "bmp", "gif"]
WIDTH = 560  # pixels, where there is room
THUMBNAIL = 192  # pixels of the longer side of a step that is kept: two for each on the screen
# Each step's caption, and what a screen reader says of it.
_ORIGINAL_STEP = "As it came", "The picture as it came, in gray"
_EVENED_STEP = (
    "Light evened",
    "The same with the shadows taken out: what is darker than the paper around it, white",
)
_UNRULED_STEP = "Lines removed", "The same without the printed lines of its paper"
_CLEANED_STEP = "Cleaned: its ink", "The ink that was found in it, white, on paper made black"
_IMAGE_STEP = "What the network sees", "The 28 by 28 pixels that the network sees of it"
STEPS = (_ORIGINAL_STEP, _EVENED_STEP, _CLEANED_STEP, _IMAGE_STEP)
STEPS_WITH_RULES = (
    _ORIGINAL_STEP,
    _EVENED_STEP,
    _UNRULED_STEP,
    _CLEANED_STEP,
    _IMAGE_STEP,
)  # where the paper had lines


def picture_input(canvas: str) -> None:
    """Let a person put a picture on the canvas of this key: a file, the clipboard's, or the camera's."""
    box = st.expander(
        "Picture or camera",
        icon=":material/add_a_photo:",
        key=f"{canvas}-pictures",
        width=WIDTH,
        on_change="rerun",  # so that the camera can go off when this is shut
    )
    with box:
        way = st.segmented_control(
            "Where the picture comes from",
            ["Upload", "Camera"],
            default="Upload",
            required=True,
            key=f"{canvas}-way",  # not kept over a page switch: no camera goes on unasked, and one can paste again
            label_visibility="collapsed",
        )
        file = _camera(canvas) if way == "Camera" and box.open else _upload(canvas)
        wrong, message = st.session_state.get(f"{canvas}-picture-error", (None, ""))
        refused = file is not None and file.file_id == wrong
        if file is not None and not refused and placed_steps(canvas):  # on a phone the paper is out of sight
            st.caption("It is on the paper above. Draw on over it, or undo to have back what was there.")
    said = st.session_state.pop(f"{canvas}-paste-error", None) or (message if refused else None)
    if said:  # outside, because a picture can be pasted while this is shut
        st.error(said, icon=":material/broken_image:", width=WIDTH)


def picture_steps(canvas: str) -> None:
    """Show how the picture on the canvas of this key became ink and image; nothing where none is on it."""
    if steps := placed_steps(canvas):
        captions, alts = zip(*(STEPS if len(steps) == len(STEPS) else STEPS_WITH_RULES), strict=True)
        digit_steps(steps, captions, alts)


def _upload(canvas: str) -> UploadedFile | None:
    key = f"{canvas}-upload"
    with st.container(gap=None):  # no room for what is not seen
        file = st.file_uploader(
            "A picture of one digit: upload it, drop it here, or paste it anywhere on this page",
            type=FILE_TYPES,
            max_upload_size=MAX_BYTES // 1_000_000,
            key=key,
            on_change=_place_picture,
            args=(canvas, key, "picture"),
        )
        found = _paste_component()(
            data={"container": key, "endings": FILE_TYPES, "most": MAX_BYTES},
            key=f"{canvas}-paste",
            on_refused_change=lambda: None,  # without it nothing comes back
        )
    if found.refused:
        st.session_state[f"{canvas}-paste-error"] = describe_refusal(found.refused["name"], found.refused["size"])
    return file


def describe_refusal(name: str, size: int) -> str:
    """Why a pasted file of so many bytes is not taken, in words."""
    if size > MAX_BYTES:
        what = f"it has {size / 1e6:.1f} MB: expected at most {MAX_BYTES / 1e6:.0f} MB. Make it smaller."
    else:
        what = f"expected a picture: one of {', '.join(FILE_TYPES)}. Save it as one of these first."
    return f"The pasted file {escape_markdown(name)} was not taken: {what}"


def _camera(canvas: str) -> UploadedFile | None:
    if not _is_camera_allowed(st.context.url):
        st.info(
            "Browsers lend the camera only to pages that came over https or from this machine (localhost), and "
            "this page came over http from another. Take the photo with the camera's own app and upload it.",
            icon=":material/no_photography:",
        )
        return None
    key = f"{canvas}-camera"
    return st.camera_input(
        "Hold one digit before the camera", key=key, on_change=_place_picture, args=(canvas, key, "photo")
    )


def _is_camera_allowed(url: str | None) -> bool:
    """Whether a browser gives the camera to a page of this address (W3C Secure Contexts, section 3.1)."""
    address = urlsplit(url or "https:")
    host = address.hostname or ""
    local = host in ("localhost", "::1") or host.endswith(".localhost") or host.startswith("127.")
    return address.scheme == "https" or local


def _place_picture(canvas: str, widget: str, kind: str) -> None:
    """Put the widget's new picture on the canvas; a callback, because that is run once for each picture."""
    file = st.session_state[widget]
    if file is None:
        return  # taken out of the widget; what is on the canvas stays
    try:
        gray, cleaned = read_ink(file.getvalue())
        image = to_mnist(fit_to_square(cleaned.ink, SIDE))
    except (PictureError, InkError) as error:
        st.session_state[f"{canvas}-picture-error"] = (
            file.file_id,
            f"From this {kind} no digit was taken: {error}",
        )
        return
    unruled = [cleaned.unruled] if cleaned.rules else []
    pictures = [_thumbnail(picture) for picture in (gray, cleaned.evened, *unruled, cleaned.ink)]
    place(canvas, cleaned.ink, f"From your {kind}.", steps=(*pictures, image))


def _thumbnail(picture: np.ndarray) -> np.ndarray:
    small = Image.fromarray(picture)
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return np.asarray(small)


@functools.cache
def _paste_component() -> Any:
    return st.components.v2.component("digitrec_paste", js=Path(__file__).with_name("paste.js").read_text())
