"""Pictures from a file, the clipboard or the camera on the canvas, with each step of the cleaning."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import streamlit as st
from PIL import Image

from digitrec.imaging import (
    MAX_BYTES,
    Gray,
    InkError,
    PictureError,
    explain_refusal,
    fit_to_square,
    read_ink,
    to_mnist,
)
from digitrec.ui.components.canvas import SIDE, dismiss_problem, place, placed_steps, refuse
from digitrec.ui.components.digits import digit_steps

FILE_TYPES = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "heic", "heif"]
WAYS = ["Draw", "Picture", "Camera"]
THUMBNAIL = 192  # pixels of the longer side of a stored step: two for each on the screen
# Each step's caption, and what a screen reader says of it.
_ORIGINAL_STEP = "Original", "The original picture, in grey"
_EVENED_STEP = (
    "Shadows removed",
    "The same without shadows: white where it is darker than the paper around",
)
_UNRULED_STEP = "Lines removed", "The same without the printed lines of the paper"
_CLEANED_STEP = "Ink", "The ink of the picture, white on black"
_IMAGE_STEP = "What the network sees", "The 28 by 28 pixels that the network sees"
STEPS = (_ORIGINAL_STEP, _EVENED_STEP, _CLEANED_STEP, _IMAGE_STEP)
STEPS_WITH_RULES = (
    _ORIGINAL_STEP,
    _EVENED_STEP,
    _UNRULED_STEP,
    _CLEANED_STEP,
    _IMAGE_STEP,
)  # where the paper had lines


def way_picker(canvas: str) -> str:
    """Let a person choose how to give a digit to a canvas: "Draw", "Picture" or "Camera"."""
    return st.segmented_control(
        "How to give a digit",
        WAYS,
        default=WAYS[0],
        required=True,
        key=_way_key(canvas),  # not stored over a page switch: the camera starts off
        label_visibility="collapsed",
    )


def picture_input(canvas: str, way: str) -> None:
    """Let a person put a picture on a canvas: the camera or the uploader, in the place of its paper.

    The uploader is there, unseen, while one draws: pictures can be pasted at any time.
    """
    if way == "Camera":
        with st.container(key=f"{canvas}-intake-camera"):
            _camera(canvas)
    with st.container(key=f"{canvas}-intake-{'open' if way == 'Picture' else 'shut'}", gap=None):
        _upload(canvas)


def _way_key(canvas: str) -> str:
    return f"{canvas}-way"


def picture_steps(canvas: str) -> None:
    """Show the steps from the picture on a canvas to ink and image; nothing if there is none."""
    if steps := placed_steps(canvas):
        captions, alts = zip(*(STEPS if len(steps) == len(STEPS) else STEPS_WITH_RULES), strict=True)
        digit_steps(steps, captions, alts)


def _upload(canvas: str) -> None:
    key = f"{canvas}-upload"
    st.file_uploader(
        "A picture of one digit: upload it, drop it here, or paste it anywhere on this page",
        type=FILE_TYPES,
        max_upload_size=MAX_BYTES // 1_000_000,
        key=key,
        on_change=_place_picture,
        args=(canvas, key, "picture"),
    )
    _paste_component()(
        data={"container": key, "endings": FILE_TYPES, "most": MAX_BYTES},
        key=f"{canvas}-paste",
        on_refused_change=functools.partial(_refuse_file, canvas),
    )


def _refuse_file(canvas: str) -> None:
    """Refuse the file that the browser did not send: a callback, so once for each file."""
    if refused := st.session_state[f"{canvas}-paste"].refused:
        st.session_state[_way_key(canvas)] = WAYS[0]  # the reason stands beside the paper
        refuse(canvas, describe_refusal(refused["name"], refused["size"]))


def describe_refusal(name: str, size: int) -> str:
    """Why a file of so many bytes cannot be used."""
    if size > MAX_BYTES:
        what = f"is {size / 1e6:.1f} MB: expected at most {MAX_BYTES / 1e6:.0f} MB. Make it smaller."
    else:
        what = explain_refusal(name.rpartition(".")[2])
    return f"The file {name} {what}"


def _camera(canvas: str) -> None:
    if not _is_camera_allowed(st.context.url):
        st.info(
            "Browsers allow the camera only on https pages and on pages from this machine (localhost). "
            "Take the photo with the camera's own app and upload it.",
            icon=":material/no_photography:",
        )
        return
    key = f"{canvas}-camera"
    st.camera_input(
        "Hold one digit in front of the camera", key=key, on_change=_place_picture, args=(canvas, key, "photo")
    )


def _is_camera_allowed(url: str | None) -> bool:
    """Whether a browser gives the camera to a page of this address (W3C Secure Contexts, section 3.1)."""
    address = urlsplit(url or "https:")
    host = address.hostname or ""
    local = host in ("localhost", "::1") or host.endswith(".localhost") or host.startswith("127.")
    return address.scheme == "https" or local


def _place_picture(canvas: str, widget: str, kind: str) -> None:
    """Put the widget's new picture on the canvas: a callback, so once for each picture."""
    file = st.session_state[widget]
    if file is None:  # removed from the widget; the drawing stays as it is
        dismiss_problem(canvas)
        return
    st.session_state[_way_key(canvas)] = WAYS[0]  # to see it on the paper
    try:
        gray, cleaned = read_ink(file.getvalue())
        image = to_mnist(fit_to_square(cleaned.ink, SIDE))
    except (PictureError, InkError) as error:
        refuse(canvas, error)
        return
    unruled = [cleaned.unruled] if cleaned.rules else []
    pictures = [_thumbnail(picture) for picture in (gray, cleaned.evened, *unruled, cleaned.ink)]
    place(canvas, cleaned.ink, f"From your {kind}.", steps=(*pictures, image))


def _thumbnail(picture: Gray) -> Gray:
    small = Image.fromarray(picture)
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return np.asarray(small)


@functools.cache
def _paste_component() -> Any:
    return st.components.v2.component("digitrec_paste", js=Path(__file__).with_name("paste.js").read_text())
