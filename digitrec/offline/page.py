"""A trained network as a page that reads drawings on any device, without a server or a network.

The page has the network, the way from a drawing to an image, and what says "not sure", all in JavaScript.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from digitrec.inference import Classifier, ClassifierError, portable
from digitrec.offline.graph import GraphError, pack_array, read_graph
from digitrec.runs import DownloadError, Run

MAX_PAGE_BYTES = 3_000_000  # a phone opens it in a moment
_SCRIPTS = ("network.js", "reading.js", "page.js")
# Nothing may be fetched from anywhere; the app's own worker and manifest lie beside it.
_PAGE_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
_APP_POLICY = f"{_PAGE_POLICY} 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'"
_HALF_ARRAYS = ("centre", "basis", "means", "factors")  # of Gaussians; the file has them in half precision, too
_COLOUR = (23, 138, 124)  # of the logo


class PageError(DownloadError):
    """The page cannot be made: the message says why and what to do."""


def make_page(run: Run) -> bytes:
    """One HTML file that reads drawings as the run's network does, also where there is no network.

    Raises:
        PageError: the run has no network, or one that the page cannot run.
    """
    page = _fill(run, policy=_PAGE_POLICY, links="", worker=None)
    if len(page) > MAX_PAGE_BYTES:
        raise PageError(
            f"the page would have {len(page) / 1e6:.1f} MB: expected at most {MAX_PAGE_BYTES / 1e6:.0f} MB. "
            "Train a smaller network."
        )
    return page


def make_app(run: Run) -> bytes:
    """The same page as a ZIP of a folder that a web server offers, from which a phone installs it as an app.

    Raises:
        PageError: as by `make_page`.
    """
    links = (
        '<link rel="manifest" href="manifest.webmanifest">\n<link rel="apple-touch-icon" href="icon-192.png">\n'
    )
    page = _fill(run, policy=_APP_POLICY, links=links, worker="worker.js")
    version = hashlib.sha256(page).hexdigest()[:16]
    contents: dict[str, bytes] = {
        "index.html": page,
        "worker.js": _read("worker.js").replace("{{version}}", version).encode(),
        "manifest.webmanifest": json.dumps(_manifest(run), indent=1).encode(),
        "icon.svg": _icon(),
        **{f"icon-{side}.png": _draw_icon(side) for side in (192, 512)},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def pack_model(run: Run) -> dict[str, Any]:
    """What `makeReader` of reading.js takes, as plain values.

    Raises:
        PageError: as by `make_page`.
    """
    try:
        model = Classifier.load(run.tflite_path)
        graph = read_graph(run.tflite_path.read_bytes())
    except (ClassifierError, GraphError, OSError) as error:
        raise PageError(f"the network of {run.name!r} cannot be put into a page: {error}") from error
    judging = portable.describe_judging(run, model)
    reference = judging.pop("reference")
    return {"network": graph.about, **judging, "reference": reference and _pack_reference(reference)}


def _pack_reference(reference: Mapping[str, Any]) -> dict[str, Any]:
    packed: dict[str, Any] = {}
    for name, value in reference.items():
        if isinstance(value, np.ndarray):
            packed[name] = pack_array(value, "float64")
        elif name in ("embedding", "directions"):
            halves = {part: pack_array(value[part], "float16") for part in _HALF_ARRAYS}
            packed[name] = {"rest": value["rest"], "size": value["size"], **halves}
        else:
            packed[name] = value
    return packed


def _fill(run: Run, *, policy: str, links: str, worker: str | None) -> bytes:
    model = json.dumps({**pack_model(run), "worker": worker}, allow_nan=False, separators=(",", ":"))
    icon = f"data:image/svg+xml;base64,{base64.b64encode(_icon()).decode()}"
    places = {
        "policy": policy,
        "title": html.escape(f"digitrec: {run.name}"),
        "icon": icon,
        "links": links,
        "style": _read("page.css"),
        "about": html.escape(_about(run)),
        "model": model.replace("<", "\\u003c"),  # no name in it may end the script
        "script": "\n".join(map(_read, _SCRIPTS)),
    }
    before, *parts = _read("page.html").split("{{")
    filled = [before]
    for part in parts:
        name, _, after = part.partition("}}")
        filled += [places[name], after]
    return "".join(filled).encode()


def _about(run: Run) -> str:
    names = ", ".join(run.class_names) if len(run.class_names) <= 12 else f"{len(run.class_names)} classes"
    return f"It knows: {names}. The model is “{run.name}”, made with digitrec."


def _manifest(run: Run) -> dict[str, Any]:
    icons = [{"src": f"icon-{side}.png", "sizes": f"{side}x{side}", "type": "image/png"} for side in (192, 512)]
    return {
        "name": f"digitrec: {run.name}",
        "short_name": "digitrec",
        "start_url": "./",
        "display": "standalone",
        "background_color": "#fbfaf6",
        "theme_color": "#0b6e63",
        "icons": [*icons, {"src": "icon.svg", "sizes": "any", "type": "image/svg+xml"}],
    }


def _icon() -> bytes:
    return _read("icon.svg").encode()


def _draw_icon(side: int) -> bytes:
    """The logo in pixels: a rounded square with a 7 of squares."""
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    unit = side / 32
    draw.rounded_rectangle((0, 0, side - 1, side - 1), radius=7 * unit, fill=(*_COLOUR, 255))
    for x, y, width, height in ((8, 7, 16, 4), (20, 11, 4, 4), (16, 15, 4, 4), (12, 19, 4, 6)):
        box = tuple(round(value * unit) for value in (x, y, x + width, y + height))
        draw.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=(255, 255, 255, 255))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _read(name: str) -> str:
    return (resources.files("digitrec.offline") / name).read_text(encoding="utf-8")


class PageFormat(NamedTuple):
    """A way to take the page away."""

    label: str
    title: str
    suffix: str
    mime: str
    make: Callable[[Run], bytes]


PAGES: Mapping[str, PageFormat] = {
    "html": PageFormat("page", "One page that reads drawings offline", ".html", "text/html", make_page),
    "app": PageFormat(
        "app",
        "The same page as an app: put the folder on a web server",
        ".zip",
        "application/zip",
        make_app,
    ),
}
