"""The four corners of a page in its picture: shown, and moved by a click or by numbers."""

from __future__ import annotations

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw

from digitrec.charts import style
from digitrec.forms import measure_misfit
from digitrec.imaging import Floats, Gray, PictureError
from digitrec.ui.components.marking import marking_canvas
from digitrec.ui.read.pictures import NamedPicture

SIDE = 560  # pixels of the picture's longer side on the screen
NAMES = ("Top left", "Top right", "Bottom right", "Bottom left")
_STEP = 0.5  # percent
_MOST_RATIO = 1.4  # of opposite sides: in 20 photos of pages it was 1.25 at most
# By `forms.measure_misfit`. Of made views from up to 45 degrees none was above it; of forms 8 times as wide as
# high, 3%; with a corner that is off by half of the shorter side, 3 of 4.
_MOST_MISFIT = 0.15
_FAR_OFF = "a corner seems to be far off, and fields are cut in the wrong places. Move it, or reset the corners."


def corners_input(key: str, gray: Gray, found: Floats | None, ratio: float | None = None) -> Floats:
    """Let a person move corners; where they are, float (4, 2) in pixels of the picture.

    Args:
        key: names the corners; they are kept under it in the session.
        gray: uint8 (height, width), the picture.
        found: where they were found; None: near the edges of the picture.
        ratio: of the page's width to its height, if it is known.
    """
    high, wide = gray.shape
    start = np.array([(5, 5), (95, 5), (95, 95), (5, 95)], float) if found is None else 100 * found / (wide, high)
    start = 100 * st.session_state[f"{key}-moved"] if f"{key}-moved" in st.session_state else start
    for name, value in zip(_keys(key), np.clip(start, 0, 100).ravel(), strict=True):
        st.session_state.setdefault(name, round(float(value), 2))
    corners = np.array([st.session_state[name] for name in _keys(key)], float).reshape(4, 2)
    _show_canvas(key, gray, corners)
    st.caption("Click where a corner should be: the nearest one moves there. Or type its place, in percent.")
    with st.container(horizontal=True):
        for corner, name in enumerate(NAMES):
            with st.container(width=130, gap="small"):
                for axis, letter in enumerate(("x", "y")):
                    st.number_input(
                        f"{name}, {letter}",
                        0.0,
                        100.0,
                        step=_STEP,
                        format="%.2f",
                        on_change=_note_moved,
                        args=(key,),
                        key=_keys(key)[2 * corner + axis],
                    )
    is_given = found is not None or moved_corners(key) is not None
    if is_given and (fault := find_fault(corners / 100 * (wide, high), ratio, gray.shape)):
        st.warning(fault, icon=":material/warning:")
    st.button("Reset the corners", key=f"{key}-reset", on_click=_reset, args=(key,), icon=":material/undo:")
    return corners / 100 * (wide, high)


def find_fault(corners: Floats, ratio: float | None = None, shape: tuple[int, int] = (1, 1)) -> str:
    """Why four corners are hardly those of a page, in words; empty where they may be.

    Args:
        corners: float (4, 2) in pixels, top left first, clockwise.
        ratio: of the page's width to its height, if it is known.
        shape: height and width of the picture; only with a ratio.
    """
    sides = np.roll(corners, -1, 0) - corners  # top, right, bottom, left
    after = np.roll(sides, -1, 0)
    if (sides[:, 0] * after[:, 1] <= sides[:, 1] * after[:, 0]).any():
        return (
            "The outline crosses itself or bends inwards: expected the corners of a page, top left first, then "
            "clockwise. Move them, or reset them."
        )
    if ratio is not None:
        is_view = measure_misfit(corners, ratio, shape) <= _MOST_MISFIT
        return "" if is_view else f"The outline is no view of a page of the form's shape: {_FAR_OFF}"
    lengths = np.hypot(*sides.T)
    if (lengths / np.roll(lengths, 2)).max() > _MOST_RATIO:
        return f"One side is much longer than the side across: {_FAR_OFF}"
    return ""


def moved_corners(key: str) -> Floats | None:
    """Where a person has moved corners, float (4, 2) in shares of the picture; None if they stay where found."""
    return st.session_state.get(f"{key}-moved")


def _note_moved(key: str) -> None:
    corners = np.array([st.session_state[name] for name in _keys(key)], float).reshape(4, 2)
    st.session_state[f"{key}-moved"] = corners / 100


def page_key(picture: NamedPicture) -> str:
    """The name of the corners of a page."""
    return f"read-corners-{picture.sha256[:24]}"


def describe_moved(picture: NamedPicture) -> str:
    """The corners that a person gave to a page, as text; empty if they are found."""
    moved = moved_corners(page_key(picture))
    return "" if moved is None else np.array2string(moved, precision=5)


def load_with_corners(picture: NamedPicture) -> tuple[Gray, Floats | None]:
    """A page, and its corners in pixels if a person gave them.

    Raises:
        PictureError: it cannot be read.
    """
    gray, moved = picture.load(), moved_corners(page_key(picture))
    return gray, None if moved is None else moved * gray.shape[::-1]


def offer_corners(picture: NamedPicture, found: Floats | None, ratio: float | None = None) -> None:
    """Let a person move the corners of a page, of this ratio of sides; it is read again with them."""
    key = page_key(picture)
    if not st.toggle("Move the corners", value=moved_corners(key) is not None, key=f"{key}-shown"):
        return
    try:
        corners_input(key, picture.load(), found, ratio)
    except PictureError:  # said already
        return


def _keys(key: str) -> list[str]:
    """The keys of the numbers: new widgets after a click or a reset, or a number out of the range would stay."""
    return [f"{key}-{_turn(key)}-{corner}{axis}" for corner in range(4) for axis in "xy"]


def _turn(key: str) -> int:
    return st.session_state.setdefault(f"{key}-turn", 0)


def _show_canvas(key: str, gray: Gray, corners: Floats) -> None:
    marks = marking_canvas(
        f"{key}-canvas-{_turn(key)}", _draw(gray, corners), "point", "The page with its four corners"
    )
    if not marks:
        return
    x, y = (100 * value for value in marks[-1][:2])
    high, wide = gray.shape
    nearest = int(np.hypot((corners[:, 0] - x) * wide, (corners[:, 1] - y) * high).argmin())
    moved = corners.copy()
    moved[nearest] = np.clip((x, y), 0, 100)
    st.session_state[f"{key}-moved"] = moved / 100
    st.session_state[f"{key}-turn"] = _turn(key) + 1  # clean paper
    st.rerun()


def _draw(gray: Gray, corners: Floats) -> np.ndarray:
    """The picture with the page's outline, uint8 (height, width, 3)."""
    picture = Image.fromarray(gray)
    picture.thumbnail((SIDE, SIDE))
    picture = picture.convert("RGB")
    pen = ImageDraw.Draw(picture)
    points = [(x / 100 * picture.width, y / 100 * picture.height) for x, y in corners]
    pen.line([*points, points[0]], fill=style.ORANGE, width=2)
    for number, (x, y) in enumerate(points, 1):
        pen.ellipse((x - 5, y - 5, x + 5, y + 5), outline=style.ORANGE, width=3)
        pen.text((x + 7, y + 3), str(number), fill=style.ORANGE, stroke_width=2, stroke_fill="white")
    return np.asarray(picture)


def _reset(key: str) -> None:
    st.session_state.pop(f"{key}-moved", None)
    st.session_state[f"{key}-turn"] = _turn(key) + 1
