"""How long a run's network takes for one image and for 10,000: `python -m benchmarks.serving [RUN]`.

The images are random, which takes as long as any: the time does not depend on what they show.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from digitrec import runs
from digitrec.runs import RunError
from digitrec.serving import Classifier, ClassifierError

ONE, MANY = 1000, 10  # how often one image, and 10,000 images, are read


def main() -> None:
    """Print the loading time, then the median and the 95th percentile of reading, in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", nargs="?", default="mnist", help="name of the run (default: the shipped mnist)")
    try:
        run = runs.open_run(parser.parse_args().run)
        began = time.perf_counter()
        classifier = Classifier.load(run.tflite_path)
    except (RunError, ClassifierError) as error:
        parser.error(str(error))
    print(f"{run.name}: {run.config.network}, {classifier.classes} classes")
    print(f"loaded in {1000 * (time.perf_counter() - began):.1f} ms")
    images = np.random.default_rng(0).integers(0, 256, (10_000, 28, 28), dtype=np.uint8)
    report("one image", ONE, lambda: classifier.predict_proba(images[:1]))
    report("10,000 images", MANY, lambda: classifier.predict_proba(images))


def report(what: str, times: int, read: Callable[[], object]) -> None:
    """Time `read` so often, after one unmeasured call, and print the percentiles."""
    read()
    milliseconds = []
    for _ in range(times):
        began = time.perf_counter()
        read()
        milliseconds.append(1000 * (time.perf_counter() - began))
    median, late = np.percentile(milliseconds, [50, 95])
    print(f"{what}: median {median:.3f} ms, 95th percentile {late:.3f} ms, over {times} times")


if __name__ == "__main__":
    main()
