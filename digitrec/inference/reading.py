"""A drawing on its way to a verdict, made once for each stroke and given to every panel."""

from __future__ import annotations

from typing import NamedTuple

from digitrec.imaging import Image, Ink, Proba, Steps, normalise
from digitrec.inference.classifier import Classifier
from digitrec.inference.reference import Reference
from digitrec.inference.verdict import Verdict, judge
from digitrec.runs import Run


class Reading(NamedTuple):
    """A drawing, its image and what a run's network says about it.

    Attributes:
        ink: uint8 (height, width), as it was drawn.
        steps: of its normalisation.
        image: uint8 (28, 28), their result: what the network sees.
        proba: float32 (c,), calibrated.
        verdict: on the drawing.
    """

    ink: Ink
    steps: Steps
    image: Image
    proba: Proba
    verdict: Verdict

    @property
    def answer(self) -> int:
        """Index of the most probable class."""
        return int(self.proba.argmax())


def read_drawing(ink: Ink, model: Classifier, run: Run, *, reference: Reference | None) -> Reading:
    """Normalise and predict a drawing once, and judge the answer.

    Args:
        ink: uint8 (height, width) of any size.
        model: the run's.
        run: its temperature, reject threshold and class names count.
        reference: as by `load_reference`.

    Raises:
        InkError: there is no ink, or too little.
        ClassifierError: the model cannot read the image.
    """
    steps = normalise(ink)
    verdict = judge(steps.square, model, run, reference=reference, ink=ink)
    return Reading(ink, steps, steps.square, verdict.proba, verdict)
