"""How well a run reads digits that people drew with a pen: by brush width and place, by class, by writer.

    DIGITREC_DATA=... python benchmarks/drawing.py [RUN]

Draws the 7,494 digits of 30 writers (UCI Pen-Based Recognition of Handwritten Digits) as the canvas does and reads
them the page's own way: strokes -> ink -> `to_mnist` -> LiteRT.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from digitrec import evaluation, runs, strokes
from digitrec.preprocessing import to_mnist
from digitrec.serving import Classifier

WIDTHS = (8, 14, 20, 30)  # of the brush, pixels of the canvas
PLACES = {"large": (200, (140, 140)), "small": (90, (80, 190))}  # the digit's longer side and its middle, pixels


def main() -> None:
    """Print the accuracies."""
    run = runs.open_run(sys.argv[1] if len(sys.argv) > 1 else runs.SHIPPED[0])
    digits = list(strokes.read(Path(os.environ["DIGITREC_DATA"]) / "penstrokes" / "pendigits-train.ndjson.gz"))
    classifier = Classifier.load(run.tflite_path)
    labels = np.array([digit.label for digit in digits])
    writers = np.array([digit.writer for digit in digits])
    print(f"{run.name}: {len(digits):,} digits of {len(set(writers.tolist()))} writers")
    for place, (size, centre) in PLACES.items():
        for width in WIDTHS:
            inks = (
                strokes.render(strokes.place(d.strokes, size=size, centre=centre), width=width) for d in digits
            )
            images = np.stack([to_mnist(ink) for ink in inks])
            answers = classifier.predict_proba(images).argmax(1)
            _report(f"{place}, brush {width}", labels, answers, writers)


def _report(name: str, labels: np.ndarray, answers: np.ndarray, writers: np.ndarray) -> None:
    right = labels == answers
    confusion = evaluation.confusion_matrix(labels, answers, 10)
    recall = evaluation.per_class(confusion).recall
    by_writer = {int(writer): right[writers == writer].mean() for writer in np.unique(writers)}
    worst = min(by_writer, key=by_writer.__getitem__)
    np.fill_diagonal(confusion, 0)
    common = [divmod(int(cell), 10) for cell in confusion.ravel().argsort()[::-1][:6]]
    print(f"{name}: {right.mean():.2%}")
    print("  by class: " + ", ".join(f"{digit} {share:.1%}" for digit, share in enumerate(recall)))
    print(f"  by writer: median {np.median(list(by_writer.values())):.1%}, worst {by_writer[worst]:.1%} ({worst})")
    print("  read as another: " + ", ".join(f"{i} as {j} {confusion[i, j]}" for i, j in common))


if __name__ == "__main__":
    main()
