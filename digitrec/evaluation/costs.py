"""What a run's network costs: parameters, multiply-adds, size, training time, and the time for one answer."""

from __future__ import annotations

import json
import time
from typing import NamedTuple

import numpy as np

from digitrec import files
from digitrec.data import cache_folder
from digitrec.evaluation.durations import machine_name
from digitrec.evaluation.overview import RunSummary
from digitrec.inference import Classifier
from digitrec.metrics import Estimate, wilson_interval
from digitrec.runs import IMAGE_SIDE, IMPORTED, measure_size, summarise

ROUNDS, MAX_SECONDS = 30, 0.15  # of the measurement of a latency
_ANSWERS = 3  # a round: so short that it is seldom interrupted


class Costs(NamedTuple):
    """What a network costs; a number that is unknown is None. The fields are the choices of a chart's axis."""

    parameters: int
    multiply_adds: int | None  # for one image; unknown of a network that was trained elsewhere
    latency: float | None  # seconds for one image on this machine, on one processor
    size: int | None  # bytes of the .tflite file
    seconds: float | None  # of the training


def measure_costs(found: RunSummary) -> Costs:
    """What a run's network costs. The latency is measured once for each network file on this machine, then stored.

    Raises:
        ClassifierError: the model is damaged.
    """
    run = found.run
    latency = find_latency(Classifier.load(run.tflite_path)) if run.has_model else None
    return count_costs(found)._replace(latency=latency)


def count_costs(found: RunSummary) -> Costs:
    """What a run's network costs, as far as that is known without running it."""
    run = found.run
    size = run.tflite_path.stat().st_size if run.has_model else None
    rows = summarise(run.config.architecture, len(run.class_names))
    multiply_adds = None if run.config.network == IMPORTED else measure_size(rows).multiply_adds
    return Costs(found.parameters, multiply_adds, None, size, found.seconds)


def estimate_validation(found: RunSummary) -> Estimate | None:
    """The accuracy on a run's validation images with its interval; None where it, or their number, is unknown."""
    start = found.run.history().start
    if found.val_accuracy is None or start is None or not start.validation_images:
        return None
    return wilson_interval(round(found.val_accuracy * start.validation_images), start.validation_images)


def find_latency(model: Classifier) -> float:
    """Seconds for the answer to one image, as stored for this network and machine, or measured now and stored."""
    kind = "-dynamic" if model.is_quantised else ""
    path = cache_folder() / "latencies" / f"{model.sha256}{kind}.json"
    stored = files.read_json(path) or {}
    seconds = stored.get("seconds")
    if stored.get("machine") == machine_name() and isinstance(seconds, float) and seconds > 0:
        return seconds
    seconds = measure_latency(model)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.replace(path, json.dumps({"machine": machine_name(), "seconds": seconds}).encode())
    except OSError:  # the disk is full: it is measured again the next time
        pass
    return seconds


def measure_latency(model: Classifier, *, rounds: int = ROUNDS, max_seconds: float = MAX_SECONDS) -> float:
    """Seconds for the answer to one image: the quickest round counts, as what else the machine does is not its.

    Args:
        model: the network.
        rounds: at most.
        max_seconds: after which no round begins.
    """
    images = np.random.default_rng(0).integers(0, 256, (1, IMAGE_SIDE, IMAGE_SIDE)).astype(np.uint8)
    model.predict_proba(images)  # the first answer also allocates
    found: list[float] = []
    end = time.perf_counter() + max_seconds
    while not found or (len(found) < rounds and time.perf_counter() < end):
        began = time.perf_counter()
        for _ in range(_ANSWERS):
            model.predict_proba(images)
        found.append((time.perf_counter() - began) / _ANSWERS)
    return min(found)
