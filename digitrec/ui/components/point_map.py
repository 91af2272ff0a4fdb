"""A map of images on the screen: points by WebGL, their images where one points, a lasso, and a star.

The images travel in one message of their own, which the browser keeps: all else is small, and changes often.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digitrec.charts import style
from digitrec.imaging import Floats, Images, data_uri

COLUMNS = 100  # images in a row of the sheet that they travel in
_NONE = 65535  # no category, no answer
_MARGIN = 0.03  # of the map's side, around the points
_HELP = """Click an image to open it; by touch, tap it and then its preview. With Lasso, drag around images to list
them; with Move, drag the map. Keys: arrows move, + and − zoom, 0 shows all, Enter takes the images in view."""
_HTML = f"""<div class="map"><div class="map-bar" role="toolbar" aria-label="Map">
<button type="button" class="map-lasso">Lasso</button><button type="button" class="map-move">Move</button>
<button type="button" class="map-in" aria-label="Zoom in">+</button>
<button type="button" class="map-out" aria-label="Zoom out">−</button>
<button type="button" class="map-whole">Whole map</button>
<button type="button" class="map-all">Take those in view</button></div>
<div class="map-stage" tabindex="0" role="group" aria-label="Map of images" aria-describedby="map-help">
<canvas class="map-over" role="img"></canvas>
<div class="map-tip" hidden><canvas width="84" height="84" aria-hidden="true"></canvas>
<b></b><span></span></div></div>
<div class="map-legend" role="group" aria-label="Show one colour alone"></div>
<p class="map-help" id="map-help">{_HELP}</p></div>"""


class Category(NamedTuple):
    """What a colour stands for."""

    name: str
    colour: str  # such as "#0072B2"
    is_written: bool = False  # its name stands on the map, in the middle of its points


class MapPoints(NamedTuple):
    """The points of a map, and what is told of each.

    Attributes:
        key: names the map: the same images in the same places have the same.
        positions: float (n, 2).
        rows: int64 (n,), the images' rows, the training images first.
        train_count: number of training images.
        labels: int64 (n,).
        names: of the classes.
        answers: int64 (n,) of a network, -1 for none; None without a network.
    """

    key: str
    positions: Floats
    rows: NDArray[np.int64]
    train_count: int
    labels: NDArray[np.int64]
    names: Sequence[str]
    answers: NDArray[np.int64] | None = None


class Colours(NamedTuple):
    """By what the points are coloured."""

    name: str
    categories: Sequence[Category]
    codes: NDArray[np.int64]  # (n,), an index of `categories` for each point; -1 is grey


def point_map(
    key: str,
    points: MapPoints,
    images: Callable[[], Images],
    colours: Colours,
    *,
    star: Floats | None = None,
    chosen: NDArray[np.int64] | None = None,
    on_chosen: Callable[[NDArray[np.int64]], None] | None = None,
    on_opened: Callable[[int], None] | None = None,
) -> None:
    """Show a map.

    Args:
        key: of the widget.
        points: what is shown.
        images: gives the images uint8 (n, 28, 28) of the points; called once for a map.
        colours: of the points.
        star: float (2,), the position of one more image, which stands out.
        chosen: the points that stand out; None for all.
        on_chosen: a callback that takes the points within the lasso, int64 (k,); None for a map to look at only.
        on_opened: a callback that takes the point that was clicked.
    """
    data = _point_data(points, colours) | {"plain": on_chosen is None}
    low, side = _frame(points.positions)
    if star is not None:
        data["star"] = np.clip((star - low) / side, 0.005, 0.995).tolist()
    if chosen is not None:
        mask = np.zeros(len(points.rows), np.uint8)
        mask[chosen] = 1
        data["chosen"] = _pack(mask)
    n = len(points.rows)

    def choose() -> None:
        found = st.session_state[key].get("chosen")
        if on_chosen is not None and found is not None:
            on_chosen(np.array([i for i in found if isinstance(i, int) and 0 <= i < n], np.int64))

    def open_one() -> None:
        found = st.session_state[key].get("opened")
        if on_opened is not None and isinstance(found, int) and 0 <= found < n:
            on_opened(found)

    _map_component()(key=key, data=data, on_chosen_change=choose, on_opened_change=open_one)
    _sheet_component()(key=f"{key}-sheet", data={"id": points.key, "src": _make_sheet(points.key, images)})


def _point_data(points: MapPoints, colours: Colours) -> dict[str, Any]:
    low, side = _frame(points.positions)
    places = (points.positions - low) / side  # (n, 2), in [0, 1]
    n, names = len(points.rows), {each.name for each in colours.categories}
    answers = {} if points.answers is None else {"answers": _pack_codes(points.answers)}
    return answers | {
        "id": points.key,
        "sheet": points.key,
        "columns": COLUMNS,
        "side": 28,
        "colouring": colours.name + repr(sorted(names)),
        "label": f"Map of {n:,} images, coloured by {colours.name.lower()}; the table below describes it",
        "positions": _pack(np.rint(places * 65535).astype("<u2")),
        "groups": _pack_codes(colours.codes),
        "labels": _pack_codes(points.labels),
        "rows": _pack(points.rows.astype("<i4")),
        "trainCount": points.train_count,
        "names": list(points.names),
        "categories": [
            {
                "name": each.name,
                "rgb": style.to_rgb(each.colour).astype(int).tolist(),
                "count": int((colours.codes == code).sum()),
                "at": _middle(places[colours.codes == code]) if each.is_written else None,
            }
            for code, each in enumerate(colours.categories)
        ],
    }


def _frame(positions: Floats) -> tuple[Floats, float]:
    """The corner and the side of a square around all points."""
    low, high = positions.min(0), positions.max(0)
    side = max(float((high - low).max()), 1e-6) / (1 - 2 * _MARGIN)
    return (low + high) / 2 - side / 2, side


def _middle(places: Floats) -> list[float] | None:
    """The point of a class that is nearest to the medians of its coordinates: there is one in each class."""
    if not len(places):
        return None
    middle = np.median(places, axis=0)
    nearest: list[float] = places[((places - middle) ** 2).sum(1).argmin()].tolist()
    return nearest


def _pack_codes(codes: NDArray[np.int64]) -> str:
    return _pack(np.where(codes < 0, _NONE, codes).astype("<u2"))


def _pack(values: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


_sheets: dict[str, str] = {}
MAX_SHEETS = 6  # that are kept: 4 MB each, at most


def _make_sheet(key: str, images: Callable[[], Images]) -> str:
    """All images in one picture, `COLUMNS` in a row, as a data URI."""
    if key not in _sheets:
        found = images()
        rows = -(-len(found) // COLUMNS)
        cells = np.zeros((rows * COLUMNS, *found.shape[1:]), np.uint8)
        cells[: len(found)] = found
        height, width = found.shape[1:]
        sheet = cells.reshape(rows, COLUMNS, height, width).swapaxes(1, 2).reshape(rows * height, COLUMNS * width)
        while len(_sheets) >= MAX_SHEETS:
            _sheets.pop(next(iter(_sheets)), None)
        _sheets[key] = data_uri(sheet)
    return _sheets[key]


@functools.cache
def _map_component() -> Any:
    folder = Path(__file__).parent
    script, look = (folder / f"point_map.{kind}" for kind in ("js", "css"))
    return st.components.v2.component(
        "digitrec_point_map", html=_HTML, css=look.read_text(), js=script.read_text()
    )


_SHEET_SCRIPT = """
const sheets = (window.digitrecSheets ??= new Map());
export default function ({ data }) {
  if (sheets.has(data.id)) return;
  const picture = new Image();
  picture.onload = () => {
    while (sheets.size >= 4) sheets.delete(sheets.keys().next().value);
    sheets.set(data.id, picture);
    window.dispatchEvent(new Event("digitrec-sheet"));
  };
  picture.src = data.src;
}
"""


@functools.cache
def _sheet_component() -> Any:
    return st.components.v2.component("digitrec_sheet", js=_SHEET_SCRIPT)
