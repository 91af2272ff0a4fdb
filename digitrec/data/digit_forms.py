"""Forms of digits that MNIST and the pen digits hardly hold: slashed zeros, flagged ones, open fours and others.

Some are edited from people's digits, so that hand and pen stay theirs; the others are drawn from a few points that
vary by chance. A slash is put through other digits with loops as well: it must not make a zero of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy.interpolate import CubicSpline

from digitrec.imaging import Floats
from digitrec.imaging.pen_drawing import PenDigit, Strokes

TEMPLATES_PER_WRITER = 12  # drawings of each template beside each writer's digits
_CURVE_POINTS = 40  # of a curve through its control points

Edit = Callable[[Strokes, np.random.Generator], list[Floats] | None]
Template = Callable[[np.random.Generator], list[Floats]]


def make(digits: Sequence[PenDigit]) -> Iterator[PenDigit]:
    """Rare forms: edits of these digits, then templates, each with a writer of theirs.

    The same digits give the same forms.

    Args:
        digits: people's digits, labels 0 to 9.
    """
    for number, digit in enumerate(digits):
        rng = np.random.default_rng((number, digit.label))
        for edit in EDITS.get(digit.label, ()):
            if (strokes := edit(digit.strokes, rng)) is not None:
                yield PenDigit(digit.label, digit.writer, tuple(strokes))
    for writer in sorted({digit.writer for digit in digits}):
        for number, (label, template) in enumerate(TEMPLATES):
            for version in range(TEMPLATES_PER_WRITER):
                rng = np.random.default_rng((writer, number, version))
                yield PenDigit(label, writer, tuple(_slant(template(rng), rng)))


# --- edits: people's strokes, with something added or left out ---


def slash(strokes: Strokes, rng: np.random.Generator) -> list[Floats]:
    """The strokes with a slanted line through them, which may end inside of them or stand out."""
    low, high = _box(strokes)
    middle, half = (low + high) / 2 + rng.normal(0, 0.04, 2) * (high - low), (high - low) / 2
    # From the lower left to the upper right, and never level: a level line makes a theta.
    reach = half * rng.uniform(0.6, 1.35) * (rng.uniform(0.5, 1.0), -rng.uniform(0.75, 1.1))
    if rng.random() < 0.1:
        reach[0] *= -1
    return [*strokes, _line(middle - reach, middle + reach)]


def dot(strokes: Strokes, rng: np.random.Generator) -> list[Floats]:
    """The strokes with a dot, or a very short line, in their middle."""
    low, high = _box(strokes)
    middle, size = (low + high) / 2 + rng.normal(0, 0.05, 2) * (high - low), (high - low).max()
    reach = size * rng.uniform(0.005, 0.05) * _direction(rng.uniform(0, np.pi))
    return [*strokes, _line(middle - reach, middle + reach)]


def flag(strokes: Strokes, rng: np.random.Generator) -> list[Floats] | None:
    """A plain vertical line with a flag at its top, and sometimes a base; None if it is no plain line."""
    low, high = _box(strokes)
    if len(strokes) > 1 or (high - low)[0] > 0.45 * (high - low)[1]:
        return None
    stem = strokes[0] if strokes[0][0, 1] < strokes[0][-1, 1] else strokes[0][::-1]
    height = float((high - low)[1])
    angle = rng.uniform(np.deg2rad(25), np.deg2rad(75))
    end = stem[0] + rng.uniform(0.15, 0.75) * height * np.array([-np.cos(angle), np.sin(angle)])
    drawn = [np.concatenate([_line(end, stem[0])[:-1], stem]).astype(np.float32)]
    return drawn if rng.random() < 0.5 else [*drawn, _base(stem[-1], height, rng)]


def cross(strokes: Strokes, rng: np.random.Generator) -> list[Floats] | None:
    """A seven of one stroke with a bar through its stem; None if it has more strokes."""
    if len(strokes) > 1:
        return None
    low, high = _box(strokes)
    y = low[1] + rng.uniform(0.4, 0.62) * (high - low)[1]
    below = strokes[0][len(strokes[0]) // 2 :]
    at = below[np.abs(below[:, 1] - y).argmin()]
    wide, tall = high - low
    half = np.array([rng.uniform(0.18, 0.42) * wide + 1, rng.normal(0, 0.04) * tall])
    return [*strokes, _line(at - half, at + half * rng.uniform(0.6, 1.1))]


def open_gap(strokes: Strokes, rng: np.random.Generator) -> list[Floats] | None:
    """Two strokes moved apart, so that they do not meet; None if there are not two."""
    if len(strokes) != 2:
        return None
    low, high = _box(strokes)
    moved = (high - low) * (rng.uniform(0.02, 0.3), rng.uniform(-0.1, 0.15))
    first, second = sorted(strokes, key=lambda stroke: float(stroke[:, 0].mean()))
    return [first, (second + moved).astype(np.float32)]


def cut_end(strokes: Strokes, rng: np.random.Generator) -> list[Floats] | None:
    """The last stroke without its end, so that a loop stays open; None if it is too short."""
    *others, last = strokes
    along = np.concatenate([[0], np.hypot(*np.diff(last, axis=0).T).cumsum()])
    count = int(np.searchsorted(along, along[-1] * (1 - rng.uniform(0.04, 0.16)), side="right"))
    return [*others, last[:count]] if count > 4 else None


EDITS: dict[int, tuple[Edit, ...]] = {
    0: (slash, slash, dot),
    1: (flag, flag),
    4: (open_gap,),
    6: (cut_end, slash, slash),
    7: (cross,),
    8: (slash,),
    9: (slash,),
}


# --- templates: points in a box about 1 high, y downwards ---


def _flagged_one(rng: np.random.Generator) -> list[Floats]:
    top, bottom = np.array([0.0, 0.0]), np.array([rng.normal(0, 0.06), 1.0])
    angle, length = np.deg2rad(rng.uniform(25, 70)), rng.uniform(0.2, 0.9)
    end = top + length * np.array([-np.cos(angle), np.sin(angle)])
    drawn = [np.concatenate([_line(end, top)[:-1], _line(top, bottom)])]
    return drawn if rng.random() < 0.6 else [*drawn, _base(bottom, 1.0, rng)]


def _looped_two(rng: np.random.Generator) -> list[Floats]:
    r = rng.uniform(0.05, 0.15)
    wide = rng.uniform(0.55, 0.8)
    x, y = r, 0.95 - r  # of the loop
    return [
        _curve(
            [
                *((0.02, rng.uniform(0.15, 0.3)), (0.3 * wide, 0.02), (0.95 * wide, 0.25), (0.6 * wide, 0.6)),
                *((x + r, y + r), (x - r, y + 0.6 * r), (x, y - r), (x + 1.6 * r, y + 0.6 * r)),
                (wide, 0.95 + rng.normal(0, 0.06)),
            ],
            rng,
        )
    ]


def _flat_three(rng: np.random.Generator) -> list[Floats]:
    wide, middle = rng.uniform(0.5, 0.7), rng.uniform(0.36, 0.5)
    corner, inner = (wide, rng.normal(0, 0.03)), (rng.uniform(0.2, 0.45) * wide, middle)
    bowl = _curve(
        [inner, (0.85 * wide, middle + 0.08), (wide, 0.72), (0.6 * wide, 1.0), (0, rng.uniform(0.85, 0.98))], rng
    )
    top = _line((0, 0), corner)
    return [np.concatenate([top[:-1], _line(corner, inner)[:-1], bowl])]


def _flat_five(rng: np.random.Generator) -> list[Floats]:
    wide, gap = rng.uniform(0.5, 0.7), rng.uniform(-0.02, 0.12)
    start, waist = (rng.uniform(0, 0.12), 0.02), (rng.uniform(-0.02, 0.08), rng.uniform(0.38, 0.5))
    bowl = _curve([waist, (0.6 * wide, 0.38), (wide, 0.66), (0.6 * wide, 1.0), (0, 0.92)], rng)
    bar = _line((start[0] + gap, start[1] - gap / 2), (start[0] + wide + gap, rng.normal(0, 0.05) - gap / 2))
    return [np.concatenate([_line(start, waist)[:-1], bowl]), bar]


def _open_four(rng: np.random.Generator) -> list[Floats]:
    wide, height = rng.uniform(0.5, 0.75), rng.uniform(0.5, 0.7)
    left = _line((rng.uniform(0.0, 0.25), 0), (rng.uniform(-0.05, 0.1), height))
    bar = _line(left[-1], (wide * rng.uniform(0.9, 1.35), height + rng.normal(0, 0.05)))
    x = wide * rng.uniform(0.7, 1.0)
    stem = _line((x + rng.normal(0, 0.04), rng.uniform(-0.1, 0.3)), (x + rng.normal(0, 0.04), 1.0))
    return [np.concatenate([left[:-1], bar]), stem]


def _open_six(rng: np.random.Generator) -> list[Floats]:
    wide, top = rng.uniform(0.4, 0.6), rng.uniform(0.4, 0.6)
    body = [(rng.uniform(0.1, 0.9) * wide, 0), (0.1 * wide, 0.35), (0, 0.72), (0.4 * wide, 1.0), (wide, 0.8)]
    if rng.random() < 0.4:  # the loop ends on its right side
        return [_curve([*body, (wide * rng.uniform(0.85, 1.05), top + rng.uniform(0, 0.12))], rng)]
    end = (rng.uniform(0.3, 0.6) * wide, rng.uniform(top + 0.02, 0.72))
    return [_curve([*body, (0.85 * wide, top + 0.05), end], rng)]


def _straight_nine(rng: np.random.Generator) -> list[Floats]:
    wide, tall, closes = rng.uniform(0.4, 0.6), rng.uniform(0.35, 0.55), rng.uniform(0.85, 1.05)
    angle = np.linspace(-0.25 * np.pi, -2 * np.pi * closes, _CURVE_POINTS)
    loop = np.stack([wide / 2 * (1 + np.cos(angle)), tall / 2 * (1 + np.sin(angle))], 1)
    back, foot = (wide, rng.uniform(0.0, 0.3) * tall), (wide + rng.normal(0, 0.06), 1.0)
    if rng.random() < 0.5:
        return [loop.astype(np.float32), _line(back, foot)]
    end = (rng.uniform(-0.3, 0.2), rng.uniform(0.8, 1))
    curl = _curve([back, (wide, 0.5 * tall), (0.98 * wide, 0.8), (0.55 * wide, 1.0), end], rng)
    return [loop.astype(np.float32), curl]


def _open_eight(rng: np.random.Generator) -> list[Floats]:
    wide, gap = rng.uniform(0.45, 0.65), rng.uniform(0.05, 0.3)
    down = [(1 - gap / 3, rng.uniform(0.05, 0.2)), (0.5, 0), (0.05, 0.22), (0.5, 0.48), (1, 0.76), (0.5, 1.0)]
    up = [(0, 0.76), (0.5, 0.5), (1 - gap / 4, 0.2 + gap / 3)]
    return [_curve([(wide * x, y) for x, y in down + up], rng)]


TEMPLATES: tuple[tuple[int, Template], ...] = (
    (1, _flagged_one),
    (2, _looped_two),
    (3, _flat_three),
    (4, _open_four),
    (5, _flat_five),
    (6, _open_six),
    (8, _open_eight),
    (9, _straight_nine),
)


def _slant(strokes: Strokes, rng: np.random.Generator) -> list[Floats]:
    """Slanted and stretched by chance, as hands differ, in the units of the pen digits."""
    slant, wide = rng.normal(-0.12, 0.15), rng.uniform(0.75, 1.3)
    change = 400 * np.array([[wide, 0], [slant, 1]])
    return [(stroke @ change).astype(np.float32) for stroke in strokes]


def _box(strokes: Strokes) -> tuple[Floats, Floats]:
    points = np.concatenate(list(strokes))
    return points.min(0), points.max(0)


def _base(foot: Sequence[float] | Floats, height: float, rng: np.random.Generator) -> Floats:
    left, right = rng.uniform(0.12, 0.4, 2) * height
    x, y = foot
    return _line((x - left, y + rng.normal(0, 0.02) * height), (x + right, y + rng.normal(0, 0.02) * height))


def _direction(angle: float) -> Floats:
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def _line(start: Sequence[float] | Floats, end: Sequence[float] | Floats) -> Floats:
    """Points along a straight line, so many that the canvas's smoothing leaves the corners at its ends."""
    return np.linspace(start, end, 9, dtype=np.float32)


def _curve(points: Sequence[tuple[float, float]], rng: np.random.Generator) -> Floats:
    """A smooth curve through points that chance moves a little."""
    moved = np.array(points) + rng.normal(0, 0.025, (len(points), 2))
    along = np.concatenate([[0], np.hypot(*np.diff(moved, axis=0).T).cumsum()])
    at = np.linspace(0, along[-1], _CURVE_POINTS)
    return CubicSpline(along, moved)(at).astype(np.float32)
