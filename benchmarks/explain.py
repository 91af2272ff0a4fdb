"""How long an explanation and a search for a flip take: `python -m benchmarks.explain [RUN]`.

Over test images of MNIST, one after the other, as the Draw page asks.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec.data import loading
from digitrec.data.catalogue import DatasetError
from digitrec.explain.counterfactual import find_counterfactual
from digitrec.explain.occlusion import explain_by_occlusion
from digitrec.inference.classifier import Classifier, ClassifierError
from digitrec.runs import store
from digitrec.runs.store import RunError


def main() -> None:
    """Print the median and the 95th percentile in milliseconds, and how often a flip was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?", default="mnist", help="name of the run (default: the shipped mnist)")
    parser.add_argument("--images", type=int, default=50, help="how many test images (default: 50)")
    options = parser.parse_args()
    try:
        run = store.open_run(options.run)
        classifier = Classifier.load(run.tflite_path)
        images = loading.load("mnist").test.images[: options.images]
    except (RunError, ClassifierError, DatasetError) as error:
        parser.error(str(error))
    print(f"{run.name}: {run.config.network}, the first {len(images)} test images of MNIST")
    report("an explanation", images, lambda image: explain_by_occlusion(classifier, image))
    flips = report("a search for a flip", images, lambda image: find_counterfactual(classifier, image))
    pixels = [flip.pixels for flip in flips if flip is not None]
    changed = f", by {np.median(pixels):.0f} pixels (median)" if pixels else ""
    print(f"flips found: {len(pixels)} of {len(flips)}{changed}")


def report(what: str, images: np.ndarray, make: Callable[[np.ndarray], Any]) -> list[Any]:
    """Time `make` on each image, after one unmeasured call, and print the percentiles; give what it made."""
    make(images[0])
    made, milliseconds = [], []
    for image in images:
        began = time.perf_counter()
        made.append(make(image))
        milliseconds.append(1000 * (time.perf_counter() - began))
    median, late = np.percentile(milliseconds, [50, 95])
    print(f"{what}: median {median:.1f} ms, 95th percentile {late:.1f} ms")
    return made


if __name__ == "__main__":
    main()
