"""Numbers by thin and thick pens: `python -m benchmarks.pens [RUN] [--numbers 100]`.

Numbers of four digits, each of one of the 30 writers of the UCI pen digits, drawn at two heights with pens of many
thicknesses. `draw` has learnt from these writers' digits: so how rows differ counts here, not how many are right.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from digitrec.data import pen_digits
from digitrec.forms import NumberReader
from digitrec.imaging import pen_drawing
from digitrec.inference import Classifier
from digitrec.runs import store

HEIGHTS = (60, 300)  # of a digit, pixels
THICKNESSES = (0.008, 0.015, 0.03, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3)  # of a stroke, of a digit's height
DIGITS, SMOOTH = 4, 4  # of a number; how many times larger a low one is drawn


def main() -> None:
    """Print a row for each height and thickness."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?", default=store.SHIPPED[0])
    parser.add_argument("--numbers", type=int, default=100, help="numbers of each kind")
    options = parser.parse_args()
    run = store.open_run(options.run)
    reader = NumberReader(Classifier.load(run.tflite_path), run)
    hands: dict[int, list[pen_drawing.PenDigit]] = {}
    for digit in pen_drawing.read(Path(os.environ["DIGITREC_DATA"]) / pen_digits.STROKE_FILE):
        hands.setdefault(digit.writer, []).append(digit)
    for height in HEIGHTS:
        for thickness in THICKNESSES:
            rng = np.random.default_rng(3)
            right = sure = surely_wrong = 0
            for _ in range(options.numbers):
                hand = hands[rng.choice(list(hands))]
                digits = [hand[place] for place in rng.integers(0, len(hand), DIGITS)]
                found = reader.read(draw(digits, height, max(1, round(thickness * height)), rng))
                is_right = " ".join(number.text for number in found) == "".join(str(each.label) for each in digits)
                is_sure = bool(found) and all(number.sure for number in found)
                right, sure, surely_wrong = right + is_right, sure + is_sure, surely_wrong + (is_sure > is_right)
            print(
                f"{height} pixels high, a pen of {thickness:.1%} of that: {right} of {options.numbers} right, "
                f"{sure} sure, {surely_wrong} of these wrong",
                flush=True,
            )


def draw(digits: list[pen_drawing.PenDigit], height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """A number as ink, uint8 (h, w): digits of one height, side by side, by a round pen of so many pixels."""
    lines, x = [], 0.3 * height
    for digit in digits:
        strokes = [np.asarray(stroke, float) for stroke in digit.strokes]
        low, high = (getattr(np.concatenate(strokes), end)(0) for end in ("min", "max"))
        scale = (height - width) / max(high[1] - low[1], 1)
        lines += [(stroke - low) * scale + [x, 0.3 * height] for stroke in strokes]
        x += (high[0] - low[0]) * scale + width + height * rng.uniform(0.1, 0.35)
    larger = SMOOTH if height < 100 else 1
    size = round(x + 0.3 * height), round(1.7 * height)
    picture = Image.new("L", (size[0] * larger, size[1] * larger))
    pen, half = ImageDraw.Draw(picture), width * larger / 2
    for line in lines:
        points = [tuple(point * larger) for point in line]
        pen.line(points, 255, width * larger, joint="curve")
        for x, y in points:
            pen.ellipse((x - half, y - half, x + half, y + half), 255)
    return np.asarray(picture.resize(size, Image.Resampling.BOX))


if __name__ == "__main__":
    main()
