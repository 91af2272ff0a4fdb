"""How often a run says "not sure" to what is no digit, and to digits: `python -m benchmarks.certainty [RUN]`.

Draws 500 non-digits (tests/nondigits.py) and the 7,494 pen digits at four brush widths, as the canvas does, and
judges them the page's own way; and MNIST's test images. Nothing is fitted here. The non-digits of the default seed
were first looked at when all was settled. The outliers that runs are fitted on are scribbles, lines,
noise, pairs and halves too, by other code; it has none of the letters, faces, things and symbols that are here.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from digitrec.data import loading
from digitrec.data import pen_digits as drawings
from digitrec.imaging import pen_drawing
from digitrec.inference.classifier import Classifier
from digitrec.inference.reading import read_drawing
from digitrec.inference.reference import load_reference
from digitrec.inference.verdict import Verdict
from digitrec.runs import store
from support.nondigits import nondigits

WIDTHS = (8, 14, 20, 30)  # of the brush, pixels of the canvas
SIZE = 200  # of the digits, pixels


def main() -> None:
    """Print the shares refused, and how long a verdict takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", nargs="?", default=store.SHIPPED[0])
    parser.add_argument("--seed", type=int, default=21, help="of the non-digits")
    parser.add_argument("--every", type=int, default=1, help="judge every so manieth digit only")
    parser.add_argument("--fold", type=int, help="judge only the digits of the writers that this fold leaves out")
    options = parser.parse_args()
    judge = Judge(options.run)
    digits = list(pen_drawing.read(Path(os.environ["DIGITREC_DATA"]) / drawings.STROKE_FILE))
    judge.non_digits(options.seed, digits)
    if options.fold:
        writers = np.array([digit.writer for digit in digits])
        digits = [digits[i] for i in np.flatnonzero(drawings.mask_left_out(writers, options.fold))]
    judge.pen_digits(digits[:: options.every])
    judge.mnist(options.every)
    late = 1000 * np.percentile(judge.seconds, [50, 95])
    print(f"a verdict takes {late[0]:.1f} ms (median), {late[1]:.1f} ms (95th percentile) in the library")


class Judge:
    """A run, ready to judge, and how long its verdicts took."""

    def __init__(self, name: str) -> None:
        self.run = store.open_run(name)
        self.model = Classifier.load(self.run.tflite_path)
        self.reference = load_reference(self.run, self.model)
        self.seconds: list[float] = []
        if self.reference is None:
            print(f"{name} was never calibrated: python -m digitrec calibrate {name}")

    def verdict(self, ink: np.ndarray) -> Verdict:
        """What is said of a page of ink."""
        began = time.perf_counter()
        found = read_drawing(ink, self.model, self.run, reference=self.reference).verdict
        self.seconds.append(time.perf_counter() - began)
        return found

    def non_digits(self, seed: int, digits: list[pen_drawing.PenDigit]) -> None:
        """Print which non-digits are refused."""
        made = nondigits(seed, digits)
        sure = np.array([self.verdict(one.ink).sure for one in made])
        print(f"non-digits refused: {1 - sure.mean():.1%} of {len(made)}")
        kinds = np.array([one.kind for one in made])
        for kind in dict.fromkeys(kinds):
            taken = [one.what for one, answered in zip(made, sure, strict=True) if answered and one.kind == kind]
            print(
                f"  {kind:15} {1 - sure[kinds == kind].mean():6.1%}  taken for digits: {', '.join(taken) or '-'}"
            )

    def pen_digits(self, digits: list[pen_drawing.PenDigit]) -> None:
        """Print how many pen digits are refused at each brush width, and what spoke against them."""
        for width in WIDTHS:
            inks = (
                pen_drawing.render(pen_drawing.place(digit.strokes, size=SIZE), width=width) for digit in digits
            )
            self._digits(f"pen digits, brush {width}", inks)

    def mnist(self, every: int) -> None:
        """Print how many of MNIST's test images are refused."""
        self._digits("MNIST's test images", iter(loading.load("mnist").test.images[::every]))

    def _digits(self, name: str, inks: Iterable[np.ndarray]) -> None:
        verdicts = [self.verdict(ink) for ink in inks]
        refused = [verdict for verdict in verdicts if not verdict.sure]
        spoke = [kind for verdict in refused for kind in verdict.reason_groups]
        counts = ", ".join(f"{kind} {spoke.count(kind)}" for kind in dict.fromkeys(spoke))
        print(f"{name}: {len(refused) / len(verdicts):.2%} of {len(verdicts):,} refused ({counts})", flush=True)


if __name__ == "__main__":
    main()
