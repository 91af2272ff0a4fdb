"""Time to compute the numbers of an evaluation: `python -m benchmarks.evaluation_numbers [RUN]`.

Over MNIST's test images, with the answers at hand: everything that the Evaluate page computes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from digitrec.data.catalogue import DatasetError
from digitrec.evaluation import scoring
from digitrec.evaluation.scoring import ScoringError
from digitrec.inference.classifier import ClassifierError
from digitrec.metrics import calibration, classification, curves
from digitrec.runs import store
from digitrec.runs.store import RunError

REPEATS = 7


def main() -> None:
    """Print the median time of each computation, in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?", default="mnist", help="name of the run (default: the shipped mnist)")
    options = parser.parse_args()
    try:
        run = store.open_run(options.run)
        score = scoring.score(run, "mnist", "test")
    except (RunError, ScoringError, ClassifierError, DatasetError) as error:
        parser.error(str(error))
    labels, proba = score.split.labels, score.proba
    print(f"{run.name}: {run.config.network}, answers {proba.shape} on MNIST's test images")
    report("all numbers with their intervals", lambda: classification.summarize(labels, proba))
    report("the numbers of each class", lambda: classification.estimate_per_class(score.evaluation.confusion))
    report("ROC and precision-recall curves", lambda: curves.class_curves(labels, proba))
    report("calibration with its intervals", lambda: calibration.reliability_diagram(proba, labels))
    report("risk-coverage curve", lambda: curves.risk_coverage_curve(proba.argmax(1) == labels, proba.max(1)))


def report(what: str, make: Callable[[], object]) -> None:
    """Print the median time of `make` over `REPEATS` calls, after one that is not measured."""
    make()
    milliseconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        make()
        milliseconds.append(1000 * (time.perf_counter() - began))
    print(f"{what}: median {np.median(milliseconds):.1f} ms")


if __name__ == "__main__":
    main()
