"""Where a network comes from that was trained elsewhere, and how it was found out what it wants to see."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from digitrec import files
from digitrec.runs import Run

# How a pixel x, 0 = paper and 1 = ink, becomes what a network was trained on: a factor, and what is added.
SCALINGS: Mapping[str, tuple[float, float]] = {
    "0 to 1": (1.0, 0.0),
    "0 to 255": (255.0, 0.0),
    "-1 to 1": (2.0, -1.0),
    "standardised": (1 / 0.3081, -0.1307 / 0.3081),  # by MNIST's mean and deviation, as PyTorch's example does
}
INVERTED = {"0 to 1": (-1.0, 1.0), "0 to 255": (-255.0, 255.0), "-1 to 1": (-2.0, 1.0)}
INVERTED_STANDARDISED = (-1 / 0.3081, 0.1307 / 0.3081)  # of the inverted images, by their own mean
WHITE_ON_BLACK, BLACK_ON_WHITE = "white on black", "black on white"


class Trial(NamedTuple):
    """One way to give a network its images, and how many of them it then read right."""

    polarity: str  # WHITE_ON_BLACK or BLACK_ON_WHITE
    scaling: str  # a key of `SCALINGS`
    accuracy: float


class Origin(NamedTuple):
    """Where a network comes from.

    Attributes:
        file: its name.
        kind: "keras", "h5", "tflite" or "onnx".
        sha256: of the file.
        input: the shape that it takes, without the batch.
        dataset: on whose images the ways were tried.
        split: the part of them.
        images: how many.
        trials: all ways that were tried, the best one first: it was chosen.
        answers: "probabilities", or "logits", which got a softmax.
    """

    file: str
    kind: str
    sha256: str
    input: tuple[int, ...]
    dataset: str
    split: str
    images: int
    trials: tuple[Trial, ...]
    answers: str


def list_ways() -> dict[tuple[str, str], tuple[float, float]]:
    """Each polarity and scaling with its factor and what is added."""
    ways = {(WHITE_ON_BLACK, name): numbers for name, numbers in SCALINGS.items()}
    inverted = {**INVERTED, "standardised": INVERTED_STANDARDISED}
    return ways | {(BLACK_ON_WHITE, name): numbers for name, numbers in inverted.items()}


def save_origin(run: Run, origin: Origin) -> None:
    """Store where a run's network comes from.

    Raises:
        OSError: the folder cannot be written.
    """
    files.refuse_if_read_only("no network can be brought in")
    values = {**origin._asdict(), "trials": [trial._asdict() for trial in origin.trials]}
    files.replace(run.origin_path, json.dumps(values, indent=1).encode())


def load_origin(run: Run) -> Origin | None:
    """Where a run's network comes from; None of one that was trained here, or where the file is damaged."""
    values: dict[str, Any] | None = files.read_json(run.origin_path)
    if values is None:
        return None
    try:
        trials = tuple(Trial(**trial) for trial in values["trials"])
        return Origin(**{**values, "trials": trials, "input": tuple(values["input"])})
    except (TypeError, KeyError):
        return None
