"""How runs read rare forms of digits: `python -m benchmarks.forms [RUN ...] [--repeats 40]`.

The forms are made of arcs and straight lines with jitter, a turn, a slant and a brush by chance: another rule than
that of `data.digit_forms`, from which networks learn. Nothing is fitted here. Letters that resemble these forms
come last: of them the share is printed that is answered at all.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from digitrec.imaging import Ink, pen_drawing
from digitrec.inference import Classifier, load_reference, read_drawing
from digitrec.runs import store

Form = Callable[[np.random.Generator], list[np.ndarray]]
WIDTHS = (8, 30)  # limits of the brush, pixels of the canvas
SIZES = (110, 220)  # limits of the longer side


def arc(start: float, end: float, x: float, y: float, width: float, height: float) -> np.ndarray:
    """Part of an ellipse's outline, in degrees clockwise from the right: (30, 2)."""
    angles = np.radians(np.linspace(start, end, 30))
    return np.c_[x + width / 2 * np.cos(angles), y + height / 2 * np.sin(angles)]


def line(*ends: tuple[float, float]) -> np.ndarray:
    """Straight lines through these points (x, y)."""
    points = np.array(ends, float)
    return np.concatenate([np.linspace(a, b, 12) for a, b in itertools.pairwise(points)])


def oval(rng: np.random.Generator) -> np.ndarray:
    """The outline of a zero, 100 high."""
    return arc(-80, 285, 0, 50, rng.uniform(50, 85), 100)


def near(rng: np.random.Generator, value: float, by: float) -> float:
    """A value within `by` of another."""
    return value + by * rng.uniform(-1, 1)


DIGITS: dict[str, tuple[str, Form]] = {
    "slashed 0": (
        "0",
        lambda r: [oval(r), line((near(r, -32, 12), near(r, 90, 15)), (near(r, 32, 12), near(r, 8, 15)))],
    ),
    "dotted 0": ("0", lambda r: [oval(r), line((0, near(r, 50, 6)), (near(r, 0, 4), near(r, 52, 6)))]),
    "flagged 1": ("1", lambda r: [line((near(r, -38, 14), near(r, 38, 14)), (0, 0), (0, 100))]),
    "flagged and based 1": (
        "1",
        lambda r: [
            line((near(r, -28, 10), near(r, 26, 10)), (0, 0), (0, 100)),
            line((-25, 100), (near(r, 25, 8), 100)),
        ],
    ),
    "looped 2": (
        "2",
        lambda r: [
            np.concatenate(
                [
                    *(
                        arc(-170, 20, 25, 25, 52, 50),
                        line((49, 34), (14, 84)),
                        arc(-60, -330, 9, 89, near(r, 18, 6), 18),
                    ),
                    line((18, 94), (near(r, 60, 6), near(r, 96, 5))),
                ]
            )
        ],
    ),
    "flat-topped 3": (
        "3",
        lambda r: [
            np.concatenate(
                [line((0, 0), (50, 0), (near(r, 22, 5), 40)), arc(-85, 150, 22, 70, near(r, 58, 6), 60)]
            )
        ],
    ),
    "open 4": (
        "4",
        lambda r: [
            line((near(r, 6, 6), 0), (0, near(r, 58, 6)), (near(r, 56, 10), near(r, 58, 4))),
            line((near(r, 46, 8), near(r, 10, 14)), (near(r, 44, 6), 100)),
        ],
    ),
    "flat-topped 5": (
        "5",
        lambda r: [
            np.concatenate([line((4, near(r, 4, 4)), (2, 42)), arc(-120, 140, 22, 69, near(r, 60, 6), 62)]),
            line((near(r, 8, 6), 0), (near(r, 56, 8), near(r, 0, 4))),
        ],
    ),
    "open 6": (
        "6",
        lambda r: [
            np.concatenate([line((near(r, 30, 10), 0), (2, 55)), arc(200, near(r, -45, 25), 28, 70, 56, 60)])
        ],
    ),
    "crossed 7": (
        "7",
        lambda r: [
            line((0, 0), (58, 0), (near(r, 24, 8), 100)),
            line((near(r, 16, 5), 50), (near(r, 62, 8), near(r, 48, 5))),
        ],
    ),
    "open 8": (
        "8",
        lambda r: [
            np.concatenate(
                [arc(near(r, -35, 15), -270, 27, 25, 48, 50), arc(-90, near(r, 235, 10), 27, 74, 56, 52)]
            )
        ],
    ),
    "straight 9": (
        "9",
        lambda r: [arc(-20, 330, 25, 27, 50, 54), line((near(r, 50, 3), 12), (near(r, 50, 5), 100))],
    ),
    "curled 9": (
        "9",
        lambda r: [
            arc(-20, 340, 25, 26, 50, 52),
            np.concatenate([line((50, 14), (48, 72)), arc(0, near(r, 140, 20), 24, 74, 48, 52)]),
        ],
    ),
    "slashed 8": (
        "8",
        lambda r: [
            arc(-90, 270, 27, 25, 46, 50),
            arc(-90, 270, 27, 75, 54, 50),
            line((near(r, -4, 6), 96), (near(r, 58, 6), 6)),
        ],
    ),
    "slashed 6": (
        "6",
        lambda r: [
            np.concatenate([line((34, 0), (2, 60)), arc(200, -160, 28, 70, 56, 60)]),
            line((near(r, -2, 6), 98), (near(r, 60, 6), 34)),
        ],
    ),
}
OTHERS: dict[str, Form] = {
    "phi": lambda r: [arc(-90, 270, 0, 50, near(r, 70, 10), 64), line((near(r, 0, 3), -5), (near(r, 0, 3), 105))],
    "theta": lambda r: [oval(r), line((near(r, -26, 4), near(r, 50, 4)), (near(r, 26, 4), near(r, 50, 4)))],
}


def main() -> None:
    """Print the shares for each form and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", default=store.SHIPPED[:1])
    parser.add_argument("--repeats", type=int, default=40, help="drawings of each form")
    options = parser.parse_args()
    for name in options.runs:
        print(f"{name}:")
        rates = []
        for form, (label, make) in DIGITS.items():
            answers = read(name, make, options.repeats)
            right = np.array([guess == label for guess, _ in answers])
            sure = np.array([is_sure for _, is_sure in answers])
            rates.append([right.mean(), sure.mean(), (sure & ~right).mean()])
            print(
                "  {:<20} right {:4.0%}, sure {:4.0%}, sure and wrong {:4.0%}".format(form, *rates[-1]), flush=True
            )
        print(
            "  {:<20} right {:5.1%}, sure {:5.1%}, sure and wrong {:5.1%}".format("mean", *np.mean(rates, axis=0))
        )
        for form, make in OTHERS.items():
            print(
                f"  {form:<20} sure {np.mean([is_sure for _, is_sure in read(name, make, options.repeats)]):4.0%}"
            )


def read(name: str, make: Form, repeats: int) -> list[tuple[str, bool]]:
    """The guess for each drawing of a form, and whether it is sure."""
    run = store.open_run(name)
    model = Classifier.load(run.tflite_path)
    reference = load_reference(run, model)
    readings = [read_drawing(draw(make, seed), model, run, reference=reference) for seed in range(repeats)]
    return [(run.class_names[int(each.proba.argmax())], each.verdict.sure) for each in readings]


def draw(make: Form, seed: int) -> Ink:
    """A form as a hand might draw it: turned, slanted, bent, with a brush by chance."""
    rng = np.random.default_rng((7, seed))
    strokes = [stroke.astype(np.float32) for stroke in make(rng)]
    bent = pen_drawing.distort(strokes, rng, strength=rng.uniform(0.2, 1.0))
    return pen_drawing.render(pen_drawing.place(bent, size=rng.uniform(*SIZES)), width=rng.uniform(*WIDTHS))


if __name__ == "__main__":
    main()
