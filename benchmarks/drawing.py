"""How well runs read digits that people drew with a pen: by brush width and place, by class, by writer.

    DIGITREC_DATA=... python benchmarks/drawing.py [RUN ...]

Draws the 7,494 digits of 30 writers (UCI Pen-Based Recognition of Handwritten Digits) as the canvas does and reads
them the page's own way: strokes -> ink -> `to_mnist` -> LiteRT. A run that learnt from drawings with a fifth of
the writers left out reads only those writers' digits; the five such runs together read every digit once.
"""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from digitrec.data import pen_digits
from digitrec.data.loading import describe
from digitrec.imaging import pen_drawing
from digitrec.imaging.ink_to_image import to_mnist
from digitrec.inference.classifier import Classifier
from digitrec.metrics import classification
from digitrec.runs import store
from digitrec.runs.run import Run

WIDTHS = (8, 14, 20, 30)  # of the brush, pixels of the canvas
PLACES = {"large": (200, (140, 140)), "small": (90, (80, 190))}  # the digit's longer side and its middle, pixels


def main() -> None:
    """Print the accuracies."""
    chosen = [store.open_run(name) for name in sys.argv[1:] or store.SHIPPED[:1]]
    digits = list(pen_drawing.read(Path(os.environ["DIGITREC_DATA"]) / pen_digits.STROKE_FILE))
    labels = np.array([digit.label for digit in digits])
    writers = np.array([digit.writer for digit in digits])
    whose = {run.name: _unseen(run, writers) for run in chosen}
    for run in chosen:
        print(f"{run.name}: {whose[run.name].sum():,} digits of {len(set(writers[whose[run.name]]))} writers")
        if describe(run.config.dataset).base and describe(run.config.dataset).fold is None:
            print("  This run learnt from these writers' digits: the numbers flatter it.")
    for place in PLACES:
        for width in WIDTHS:
            answers, read = np.full(len(labels), -1), np.zeros(len(labels), bool)
            for run in chosen:
                mine = whose[run.name]
                answers[mine] = _classifier(run).predict_proba(_drawn(digits, place, width)[mine]).argmax(1)
                read |= mine
            _report(f"{place}, brush {width}", labels[read], answers[read], writers[read])


def _unseen(run: Run, writers: np.ndarray) -> np.ndarray:
    fold = describe(run.config.dataset).fold
    return np.ones(len(writers), bool) if fold is None else pen_digits.mask_left_out(writers, fold)


@functools.cache
def _classifier(run: Run) -> Classifier:
    return Classifier.load(run.tflite_path)


def _drawn(digits: list[pen_drawing.PenDigit], place: str, width: int) -> np.ndarray:
    """All digits so drawn, as images uint8 (n, 28, 28)."""
    size, centre = PLACES[place]
    key = (place, width)
    if key not in _DRAWN:
        _DRAWN.clear()
        inks = (
            pen_drawing.render(pen_drawing.place(d.strokes, size=size, centre=centre), width=width) for d in digits
        )
        _DRAWN[key] = np.stack([to_mnist(ink) for ink in inks])
    return _DRAWN[key]


_DRAWN: dict[tuple[str, int], np.ndarray] = {}  # the last ones only


def _report(name: str, labels: np.ndarray, answers: np.ndarray, writers: np.ndarray) -> None:
    right = labels == answers
    confusion = classification.confusion_matrix(labels, answers, 10)
    recall = classification.per_class(confusion).recall
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
