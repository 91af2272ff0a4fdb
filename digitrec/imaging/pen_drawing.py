"""Pen strokes -> ink, drawn as the canvas draws them: to measure how drawings are read, and to train on them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from digitrec.imaging.arrays import Floats, Ink

SIDE = 280  # pixels of the canvas
_SUPERSAMPLING = 3  # drawn so many times larger, then averaged: the canvas's smooth edges

Strokes = Sequence[Floats]  # each float (k, 2): the points (x, y) of one pen-down, y downwards


class PenDigit(NamedTuple):
    """One digit as a person wrote it with a pen."""

    label: int
    writer: int
    strokes: tuple[Floats, ...]


def read(path: Path) -> Iterator[PenDigit]:
    """The digits of a gzipped file with one JSON object a line: label, writer, strokes."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            digit = json.loads(line)
            strokes = tuple(np.asarray(stroke, np.float32) for stroke in digit["strokes"])
            yield PenDigit(digit["label"], digit["writer"], strokes)


def place(strokes: Strokes, *, size: float, centre: tuple[float, float] = (SIDE / 2, SIDE / 2)) -> list[Floats]:
    """Scale strokes so that their longer side measures `size` pixels, and put their box's middle on `centre`."""
    points = np.concatenate(list(strokes))
    low, high = points.min(0), points.max(0)
    scale = size / max(float((high - low).max()), 1e-6)
    return [(stroke - (low + high) / 2) * scale + np.asarray(centre, np.float32) for stroke in strokes]


def render(strokes: Strokes, *, width: float, side: int = SIDE) -> Ink:
    """Draw strokes with a round brush as the browser's canvas does.

    The canvas joins the midpoints between successive points by quadratic curves with the points as their controls
    (fabric.js, PencilBrush), and draws them with round ends and joints.

    Args:
        strokes: points in pixels of the canvas.
        width: of the brush, in pixels.
        side: of the square canvas, in pixels.

    Returns:
        ink uint8 (side, side).
    """
    large = Image.new("L", (side * _SUPERSAMPLING, side * _SUPERSAMPLING))
    pen = ImageDraw.Draw(large)
    radius = width * _SUPERSAMPLING / 2
    for stroke in strokes:
        points = (_curve(np.asarray(stroke, np.float32)) + 0.5) * _SUPERSAMPLING
        if len(points) > 1:
            pen.line(points.ravel().tolist(), fill=255, width=max(1, round(2 * radius)))
        # Pillow takes Python's own floats several times as fast as NumPy's.
        for box in np.hstack([points - radius, points + radius]).tolist():
            pen.ellipse(box, fill=255)
    return np.asarray(large.reduce(_SUPERSAMPLING))


def _curve(points: Floats) -> Floats:
    """The points (m, 2) of the smooth curve along a stroke's points (k, 2)."""
    if len(points) < 3:
        return points
    middles = (points[:-1] + points[1:]) / 2  # (k - 1, 2)
    at = np.linspace(0, 1, 4, endpoint=False, dtype=np.float32)[None, :, None]  # (1, 4, 1)
    start, control, end = middles[:-1, None], points[1:-1, None], middles[1:, None]  # each (k - 2, 1, 2)
    curve = (1 - at) ** 2 * start + 2 * at * (1 - at) * control + at**2 * end
    return np.concatenate([points[:1], curve.reshape(-1, 2), middles[-1:], points[-1:]])


def distort(strokes: Strokes, rng: np.random.Generator, *, strength: float = 1.0) -> list[Floats]:
    """The strokes as the same hand might have drawn them another time: mildly turned, slanted, stretched and bent.

    Args:
        strokes: points at any scale.
        rng: the source of chance.
        strength: 1 for turns of up to 10 degrees, slants and stretches of up to 15%, bends of some 3% of the size.
    """
    points = np.concatenate(list(strokes))
    middle, size = (points.min(0) + points.max(0)) / 2, max(float(np.ptp(points, axis=0).max()), 1e-6)
    angle = np.deg2rad(10) * strength * rng.uniform(-1, 1)
    slant, stretch = 0.15 * strength * rng.uniform(-1, 1, 2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    affine = turn @ np.array([[1 + stretch, slant], [0, 1 - stretch]])
    # A bend is a slow sine across the drawing: neighbouring strokes move together, as a hand moves them.
    waves = rng.normal(0, 0.03 * strength * size, (2, 2, 2))  # (axis moved, axis along, sine or cosine)
    frequency = rng.uniform(0.5, 1.2, (2, 2)) * 2 * np.pi / size

    def bent(stroke: Floats) -> Floats:
        local = (stroke - middle) @ affine.T
        phase = local[:, None, :] * frequency  # (k, 2, 2)
        moved = (waves[..., 0] * np.sin(phase) + waves[..., 1] * np.cos(phase)).sum(-1)  # (k, 2)
        return (local + moved + middle).astype(np.float32)

    return [bent(stroke) for stroke in strokes]
