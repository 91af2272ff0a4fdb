"""A drawing on its way to a verdict, made once for each stroke and given to every panel."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from digitrec.imaging import Enlarged, Image, Ink, InkError, PictureError, Proba, Steps, normalise
from digitrec.inference.classifier import BATCH, Classifier
from digitrec.inference.reference import Reference
from digitrec.inference.verdict import Reason, Verdict, judge, judge_all, layout_reasons
from digitrec.runs import Run

ReadError: TypeAlias = OSError | PictureError | InkError  # why a picture cannot be read


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


def read_many(
    drawings: Iterable[Callable[[], Ink | Enlarged]], model: Classifier, run: Run, *, reference: Reference | None
) -> Iterator[Verdict | ReadError]:
    """Judge many drawings as `read_drawing` does, in batches; for one that cannot be read, yield the error.

    Args:
        drawings: functions that give the ink of a drawing. They are called in turn, and no ink is held: a batch of
            photos would take gigabytes.
        model: the run's.
        run: as for `read_drawing`.
        reference: as by `load_reference`.

    Raises:
        ClassifierError: the model cannot read the images.
    """
    turns = iter(drawings)
    while batch := [_prepare(load) for load in itertools.islice(turns, BATCH)]:
        ready = [each for each in batch if isinstance(each, _Prepared)]
        verdicts = iter(_judge_batch(ready, model, run, reference))
        for each in batch:
            yield next(verdicts) if isinstance(each, _Prepared) else each


class _Prepared(NamedTuple):
    """What of a drawing counts for its verdict."""

    image: Image
    layout: list[Reason]


def _prepare(load: Callable[[], Ink | Enlarged]) -> _Prepared | ReadError:
    try:
        drawing = load()
        image = normalise(drawing.ink if isinstance(drawing, Enlarged) else drawing).square
    except (OSError, PictureError, InkError) as error:
        return error
    return _Prepared(image, layout_reasons(image, drawing))


def _judge_batch(
    ready: Sequence[_Prepared], model: Classifier, run: Run, reference: Reference | None
) -> list[Verdict]:
    if not ready:
        return []
    images = np.stack([each.image for each in ready])  # (k, 28, 28)
    return judge_all(images, [each.layout for each in ready], model, run, reference=reference)
