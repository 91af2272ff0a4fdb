"""Forms that are printed, filled in by a made hand, and photographed: for tests and benchmarks.

The print is the PDF itself, drawn by another program than the one that wrote it.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from digitrec.forms import Field, Template, print_form
from digitrec.forms.printing import MARGIN
from digitrec.imaging import pen_drawing, read_page
from digitrec.ui.read.example import STROKES

DPMM = 150 / 25.4  # pixels a millimetre of the filled page
Glyph = Callable[[str], np.ndarray]  # the ink of a symbol, uint8 (h, w)


@functools.cache
def pen_glyph(symbol: str) -> np.ndarray:
    """A symbol as a pen draws it, the same each time: one of `STROKES`, or an x."""
    shape = STROKES.get(symbol) or [[(0, 0), (0.8, 1)], [(0.8, 0), (0, 1)]]
    strokes = [np.array(points, np.float32) * 60 + 10 for points in shape]
    ink = pen_drawing.render(strokes, width=8.0, side=90)
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fill(
    template: Template,
    values: Mapping[str, str],
    glyph: Glyph,
    rng: np.random.Generator,
    *,
    marks: Mapping[str, str] | None = None,
) -> np.ndarray:
    """The form on paper from above, uint8, filled in.

    Args:
        template: of the form.
        values: by the name of the field: a digit, a number without point, or "x"; a number that is not divided
            into boxes may have one.
        glyph: gives the ink of a digit, a point or an x.
        rng: of chance: size and place.
        marks: by the name of the field, what else happens there: "strike", "scribble", "stain", "blob", "notes".
    """
    page = Image.fromarray(read_page(print_form(template))).convert("L")
    size = round((template.width + 2 * MARGIN) * DPMM), round((template.height + 2 * MARGIN) * DPMM)
    page = page.resize(size, Image.Resampling.BOX)
    ink = np.zeros((size[1], size[0]), np.uint8)
    for field in template.fields:
        value = values.get(field.name, "")
        cells = field.cells
        texts = list(value.rjust(len(cells))) if len(cells) > 1 else [value]
        for cell, text in zip(cells, texts, strict=True):
            _write(ink, text, _place(cell, template), glyph, rng)
        what = (marks or {}).get(field.name)
        if what:
            _mark(ink, what, _place(cells[0], template), glyph, rng)
    paper = np.asarray(page, np.float32) * (0.93 / 1.0)
    return np.clip(paper * (1 - rng.uniform(0.7, 0.85) * ink / 255.0), 0, 255).astype(np.uint8)


def _place(box, template):
    left, top, right, bottom = box
    x, y = template.width * DPMM, template.height * DPMM
    off = MARGIN * DPMM
    return left * x + off, top * y + off, right * x + off, bottom * y + off


def _write(ink, text, place, glyph, rng):
    left, top, right, bottom = place
    unit = min(right - left, bottom - top)
    if not text.strip():
        return
    pictures = []
    high = rng.uniform(0.58, 0.8) * unit
    for symbol in text:
        shape = glyph(symbol)
        each = high * (rng.uniform(0.92, 1.05) if symbol not in ".-" else 0.16)
        scale = each / shape.shape[0]
        size = max(3, round(shape.shape[1] * scale)), max(3, round(each))
        pictures.append(np.asarray(Image.fromarray(shape).resize(size, Image.Resampling.BICUBIC)))
    gap = 0.1 * high
    total = sum(p.shape[1] for p in pictures) + gap * (len(pictures) - 1)
    x = (left + right - total) / 2 + rng.uniform(-0.12, 0.12) * unit
    y = (top + bottom + high) / 2 + rng.uniform(-0.1, 0.1) * unit
    for picture in pictures:
        _paste(ink, picture, (round(x), round(y) - picture.shape[0]))
        x += picture.shape[1] + gap


def _paste(ink, picture, at):
    x, y = max(0, at[0]), max(0, at[1])
    place = ink[y : y + picture.shape[0], x : x + picture.shape[1]]
    np.maximum(place, picture[: place.shape[0], : place.shape[1]], out=place)


def _mark(ink, what, place, glyph, rng):
    left, top, right, bottom = place
    unit = min(right - left, bottom - top)
    layer = Image.new("L", (round(right - left), round(bottom - top)))
    pen, width = ImageDraw.Draw(layer), max(2, round(0.06 * unit))
    wide, high = layer.size

    def point(x0, x1, y0, y1):
        return rng.uniform(x0, x1) * wide, rng.uniform(y0, y1) * high

    if what == "strike":
        for _ in range(int(rng.integers(2, 4))):
            pen.line([*point(0.05, 0.2, 0.25, 0.75), *point(0.8, 0.95, 0.25, 0.75)], fill=255, width=width)
    elif what == "cross":
        pen.line([*point(0.08, 0.2, 0.08, 0.25), *point(0.8, 0.92, 0.75, 0.92)], fill=255, width=width)
        pen.line([*point(0.08, 0.2, 0.75, 0.92), *point(0.8, 0.92, 0.08, 0.25)], fill=255, width=width)
    elif what == "scribble":
        points = [point(0.15, 0.85, 0.15, 0.85) for _ in range(int(rng.integers(12, 20)))]
        pen.line(points, fill=255, width=width, joint="curve")
    elif what in ("stain", "blob"):
        x, y = point(0.35, 0.65, 0.35, 0.65)
        a, b = rng.uniform(0.15, 0.35, 2) * unit
        pen.ellipse((x - a, y - b, x + a, y + b), fill=110 if what == "stain" else 255)
        layer = layer.filter(ImageFilter.GaussianBlur(0.06 * unit if what == "stain" else 1))
    elif what == "notes":
        for x in (0.12, 0.38, 0.64):
            small = Image.fromarray(glyph(str(rng.integers(10))))
            size = max(3, round(0.3 * unit * small.width / small.height)), round(0.3 * unit)
            layer.paste(small.resize(size), (round(x * wide), round(0.12 * high)))
    _paste(ink, np.asarray(layer), (round(left), round(top)))


def photograph(
    page: np.ndarray, rng: np.random.Generator, *, turns: int = 0, tilt: float = 0.06, side: int = 2000
):
    """The page as a camera sees it: on a table, in perspective, bent, shadowed, blurred, with noise, as a JPEG."""
    page = np.rot90(page, turns)
    high, wide = page.shape
    scale = 0.84 * side / max(page.shape)
    size = (side, round(side * 0.76)) if wide > high else (round(side * 0.76), side)
    if wide * scale > 0.9 * size[0]:
        scale = 0.9 * size[0] / wide
    across, down = wide * scale, high * scale
    left, top = (size[0] - across) / 2, (size[1] - down) / 2
    corners = np.array([[left, top], [left + across, top], [left + across, top + down], [left, top + down]])
    corners += rng.uniform(-tilt, tilt, (4, 2)) * min(across, down) * 0.6
    angle = rng.uniform(-0.06, 0.06)
    middle = corners.mean(0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.clip((corners - middle) @ turn.T + middle, 4, np.array(size) - 4)
    rows, values = [], []
    ends = ((0, 0), (wide, 0), (wide, high), (0, high))
    for (u, v), (x, y) in zip(ends, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    projection = tuple(np.linalg.solve(np.array(rows, float), np.array(values, float)))
    table = int(rng.integers(40, 120))
    seen = Image.fromarray(np.ascontiguousarray(page)).transform(
        size, Image.Transform.PERSPECTIVE, projection, Image.Resampling.BICUBIC, fillcolor=table
    )
    light = np.asarray(seen.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.0))), np.float32)
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    at = rng.uniform(0, 2 * np.pi)
    ramp = (np.cos(at) * x / size[0] + np.sin(at) * y / size[1]) / 2 + 0.5
    light *= 1 - rng.uniform(0.05, 0.3) * ramp
    if rng.random() < 0.5:  # the shadow of a hand or a phone
        edge = Image.new("L", size)
        a, b = rng.uniform(0.2, 0.8, 2)
        ImageDraw.Draw(edge).polygon([(0, 0), (a * size[0], 0), (b * size[0], size[1]), (0, size[1])], fill=255)
        shade = np.asarray(edge.filter(ImageFilter.GaussianBlur(rng.uniform(8, 40))), np.float32) / 255
        light *= 1 - rng.uniform(0.1, 0.35) * shade
    light += rng.normal(0, rng.uniform(0.5, 3), light.shape)
    buffer = io.BytesIO()
    Image.fromarray(np.clip(light, 0, 255).astype(np.uint8)).save(
        buffer, "JPEG", quality=int(rng.integers(60, 92))
    )
    return buffer.getvalue()


def foreign_page(
    columns: int = 4, *, has_frame: bool = True
) -> tuple[np.ndarray, list[tuple[int, int, int, int]]]:
    """A form that another program has printed, uint8, and its boxes in pixels: 5 rows, a title, names, a frame."""
    picture = Image.new("L", (840, 1188), 250)
    pen = ImageDraw.Draw(picture)
    pen.text((80, 60), "CLINIC LOG BOOK", font=ImageFont.load_default(40), fill=20)
    if has_frame:
        pen.rectangle((60, 130, 780, 1140), outline=0, width=3)
    boxes = []
    for row in range(5):
        top = 200 + 150 * row
        pen.text((90, top), f"patient {'abcdefgh' * (row + 1)}"[:22], font=ImageFont.load_default(22), fill=30)
        for column in range(4):
            left = 380 + 80 * column
            pen.rectangle((left, top, left + 48, top + 48), outline=70, width=2)
            boxes.append((left, top, left + 48, top + 48))
    return np.asarray(picture), boxes


def foreign_template(*, has_frame: bool = True) -> Template:
    """The template of such a form, its boxes drawn by hand: some pixels beside the printed ones."""
    page, boxes = foreign_page(has_frame=has_frame)
    left, top, right, bottom = (60, 130, 780, 1140) if has_frame else (0, 0, 840, 1188)
    wide, high = right - left, bottom - top
    fields = [
        Field(
            f"box {at}",
            ((a - left + 5) / wide, (b - top - 4) / high, (c - left + 4) / wide, (d - top + 3) / high),
        )
        for at, (a, b, c, d) in enumerate(boxes)
    ]
    buffer = io.BytesIO()
    Image.fromarray(page[top:bottom, left:right]).save(buffer, "JPEG")
    anchor = "frame" if has_frame else "page"
    return Template("log book", wide / 4, high / 4, tuple(fields), anchor, buffer.getvalue())


def fill_foreign(values: Mapping[str, str], *, has_frame: bool = True) -> np.ndarray:
    """The page of a foreign form, uint8, with digits in its boxes."""
    page, boxes = foreign_page(has_frame=has_frame)
    ink = np.zeros_like(page)
    for at, (left, top, right, bottom) in enumerate(boxes):
        if text := values.get(f"box {at}", ""):
            shape = Image.fromarray(pen_glyph(text))
            picture = np.asarray(shape.resize((max(4, round(shape.width * 32 / shape.height)), 32)))
            _paste(ink, picture, ((left + right - picture.shape[1]) // 2, (top + bottom - 32) // 2))
    return np.clip(page * (1 - 0.8 * ink / 255.0), 0, 255).astype(np.uint8)
