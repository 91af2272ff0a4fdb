"""The pieces of a report and the page that holds them: one HTML file that needs nothing beside it.

Whatever a file or a person named, class names and runs' names, is text here and never HTML. The page's own policy
(CSP) says the same to the browser a second time: it runs the two scripts that were written into it and no other,
and asks no network for anything.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from digitrec.imaging.pictures import data_uri
from digitrec.report.tables import Table, format_cell, is_number


class Section(NamedTuple):
    """A part of the report under its own heading."""

    title: str
    body: str  # HTML, of the pieces below


def page(title: str, head: str, sections: Sequence[Section]) -> str:
    """The whole report.

    Args:
        title: of the window, a text.
        head: what stands above the first section, HTML.
        sections: in order; those without a body are left out.
    """
    shown = [section for section in sections if section.body]
    links = "".join(f'<li><a href="#part-{i}">{_escape(s.title)}</a></li>' for i, s in enumerate(shown))
    parts = "".join(
        f'<section aria-labelledby="part-{i}"><h2 id="part-{i}">{_escape(s.title)}</h2>{s.body}</section>'
        for i, s in enumerate(shown)
    )
    scripts = [get_plotlyjs(), _read_asset("report.js")]
    hashes = " ".join(map(_csp_hash, scripts))
    policy = f"default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src {hashes}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_escape(title)}</title><style>{_read_asset('report.css')}</style></head>"
        f'<body><header>{head}<nav aria-label="Parts of the report"><ul>{links}</ul></nav></header>'
        f"<main>{parts}</main>{''.join(f'<script>{script}</script>' for script in scripts)}</body></html>\n"
    )


def heading(text: str, level: int = 3) -> str:
    """A heading of the given level."""
    return f"<h{level}>{_escape(text)}</h{level}>"


def paragraph(text: str, *, look: str = "") -> str:
    """A text; look "faint" is for what is said beside it, "headline" for the one number."""
    if look == "headline":
        return f'<strong class="headline">{_escape(text)}</strong>'
    return f'<p class="{look}">{_escape(text)}</p>' if look else f"<p>{_escape(text)}</p>"


def box(texts: Iterable[str]) -> str:
    """Texts set apart, such as warnings; nothing where there are none."""
    lines = "".join(map(paragraph, texts))
    return f'<div class="box" role="note">{lines}</div>' if lines else ""


def table(found: Table) -> str:
    """A table; its numbers as a person reads them."""
    kinds = [_column_class([row[i] for row in found.rows]) for i in range(len(found.columns))]
    head = "".join(
        f'<th scope="col" class="{kind}">{_escape(title)}</th>'
        for title, kind in zip(found.columns, kinds, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td class="{kind}">{_escape(format_cell(cell))}</td>' for cell, kind in zip(row, kinds, strict=True)
        )
        + "</tr>"
        for row in found.rows
    )
    # The region can be scrolled, so it can be reached by the keyboard and has a name.
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{_escape(found.title)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def cards(entries: Iterable[tuple[str, str, str, str]]) -> str:
    """Numbers, each with its name, its value, what is said of the value, and what it means."""
    found = "".join(
        f"<div><dt>{_escape(name)}</dt><dd><b>{_escape(value)}</b> {_escape(beside)}</dd>"
        f'<dd class="faint">{_escape(meaning)}</dd></div>'
        for name, value, beside, meaning in entries
    )
    return f'<dl class="cards">{found}</dl>'


def pair(left: str, right: str) -> str:
    """Two pieces beside each other, where there is room."""
    return f'<div class="pair"><div>{left}</div><div>{right}</div></div>'


def figure(found: go.Figure, alt: str) -> str:
    """A figure to hover and zoom; `alt` says in words what it shows."""
    # In JSON "<" can stand in texts alone, where its escape means the same: so no text can end the script.
    data = str(found.to_json()).replace("<", "\\u003c")
    return (
        f'<div class="figure" role="img" aria-label="{_escape(alt)}">'
        f'<script type="application/json">{data}</script></div>'
    )


def gallery(images: np.ndarray, captions: Sequence[str]) -> str:
    """Images uint8 (n, 28, 28), each with a caption."""
    items = "".join(
        f'<li><img src="{data_uri(image)}" width="28" height="28" alt="">{_escape(caption)}</li>'
        for image, caption in zip(images, captions, strict=True)
    )
    return f'<ul class="digits">{items}</ul>' if items else ""


def _column_class(cells: Sequence[object]) -> str:
    if any(map(is_number, cells)):
        return "number"
    return "words" if any(len(str(cell)) > 40 for cell in cells) else "text"


def _read_asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _escape(text: str) -> str:
    return html.escape(str(text), quote=True)


def _csp_hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
