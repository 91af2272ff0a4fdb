"""Blocks as one HTML file that needs nothing beside it; what a page folds stands open, to be printed.

Whatever a file or a person named, class names and runs' names, is text here and never HTML. The page's own policy
(CSP) tells the browser the same again: it runs the two scripts that were written into the page and no other, and
loads nothing from any network.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Sequence
from pathlib import Path

from plotly.offline import get_plotlyjs

from digitrec.imaging import data_uri
from digitrec.reporting import blocks
from digitrec.reporting.blocks import (
    Block,
    Figure,
    Gallery,
    Heading,
    Number,
    Numbers,
    Pair,
    Strong,
    TableBlock,
    Text,
)
from digitrec.reporting.tables import Cell, Table, format_cell, is_number

MAX_UNWRAPPED = 40  # letters of a cell that stays on one line


def page(title: str, head: str, body: Sequence[Block]) -> str:
    """The whole report.

    Args:
        title: of the window, a text.
        head: what stands above the first section, HTML.
        body: the sections, each after its heading; those that are empty are left out.
    """
    shown = [(name, parts) for name, parts in blocks.split_sections(body) if parts]
    links = "".join(f'<li><a href="#part-{i}">{escape(name)}</a></li>' for i, (name, _) in enumerate(shown))
    sections = "".join(
        f'<section aria-labelledby="part-{i}"><h2 id="part-{i}">{escape(name)}</h2>{render(parts)}</section>'
        for i, (name, parts) in enumerate(shown)
    )
    scripts = [get_plotlyjs(), _read_asset("report.js")]
    hashes = " ".join(map(_csp_hash, scripts))
    policy = f"default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src {hashes}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_read_asset('report.css')}</style></head>"
        f'<body><header>{head}<nav aria-label="Parts of the report"><ul>{links}</ul></nav></header>'
        f"<main>{sections}</main>{''.join(f'<script>{script}</script>' for script in scripts)}</body></html>\n"
    )


def render(parts: Sequence[Block]) -> str:
    """The HTML of some blocks, one after the other."""
    return "".join(map(_render, parts))


def boxed(texts: Iterable[str]) -> str:
    """Texts set apart, such as cautions; nothing where there are none."""
    lines = "".join(f"<p>{escape(text)}</p>" for text in texts)
    return f'<div class="box" role="note">{lines}</div>' if lines else ""


def escape(text: object) -> str:
    """A text as HTML that shows it as it is."""
    return html.escape(str(text), quote=True)


def _render(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Text():
            return _text(block)
        case Numbers(entries):
            return _numbers(entries)
        case TableBlock(table):
            return _table(table)
        case Figure():
            return _figure(block)
        case Pair(left, right):
            return f'<div class="pair"><div>{_render(left)}</div><div>{_render(right)}</div></div>'
        case Gallery():
            return (f"<h3>{escape(block.title)}</h3>" if block.is_folded else "") + _gallery(block)
    raise TypeError(f"a block is {type(block).__name__}: expected one of those in `blocks`.")


def _text(text: Text) -> str:
    parts = "".join(f"<b>{escape(part)}</b>" if isinstance(part, Strong) else escape(part) for part in text.parts)
    match text.role:
        case "caption":
            return f'<p class="faint">{parts}</p>'
        case "note":
            return f'<div class="box" role="note"><p>{parts}</p></div>'
    return f"<p>{parts}</p>"


def _numbers(entries: Sequence[Number]) -> str:
    cards = "".join(
        f"<div><dt>{escape(one.title)}</dt><dd><b>{escape(one.value)}</b> "
        + (f"95% interval {escape(one.interval)}" if one.interval else "")
        + f'</dd><dd class="faint">{escape(one.sentence)}</dd></div>'
        for one in entries
    )
    return f'<dl class="cards">{cards}</dl>'


def _table(table: Table) -> str:
    kinds = [_column_class([row[i] for row in table.rows]) for i in range(len(table.columns))]
    head = "".join(
        f'<th scope="col" class="{kind}">{escape(title)}</th>'
        for title, kind in zip(table.columns, kinds, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td class="{kind}">{escape(format_cell(cell))}</td>' for cell, kind in zip(row, kinds, strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    # The region can be scrolled, so it can be reached by the keyboard and has a name.
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(table.title)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _figure(block: Figure) -> str:
    # In JSON "<" can stand in texts alone, where its escape means the same: so no text can end the script.
    data = str(block.figure.to_json()).replace("<", "\\u003c")
    return (
        f'<div class="figure" role="img" aria-label="{escape(block.alt)}">'
        f'<script type="application/json">{data}</script></div>'
    )


def _gallery(block: Gallery) -> str:
    items = "".join(
        f'<li><img src="{data_uri(image)}" width="28" height="28" alt="">{escape(text)}</li>'
        for image, text in zip(block.images, block.captions, strict=True)
    )
    return f'<ul class="digits">{items}</ul>' if items else ""


def _column_class(cells: Sequence[Cell]) -> str:
    if any(map(is_number, cells)):
        return "number"
    return "words" if any(len(str(cell)) > MAX_UNWRAPPED for cell in cells) else "text"


def _read_asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _csp_hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
