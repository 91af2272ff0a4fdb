"""Time to corrupt 10,000 images in 15 ways, and to read them: `python -m benchmarks.robustness [RUN ..]`.

Over MNIST's test images, each corruption at the severity of MNIST-C, as the command `robustness` does it. The
processor time at the end shows how many of the seconds went to other work on the machine.
"""

from __future__ import annotations

import argparse
import resource
import time

from digitrec.data import loading
from digitrec.data.catalogue import DatasetError
from digitrec.inference.classifier import Classifier, ClassifierError
from digitrec.robustness import corruptions
from digitrec.robustness.corruptions import CORRUPTIONS
from digitrec.runs import store
from digitrec.runs.store import RunError


def main() -> None:
    """Print the seconds and the accuracy of each corruption, and the sums for each run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", default=["mnist"], help="names of runs (default: the shipped mnist)")
    options = parser.parse_args()
    try:
        test = loading.load("mnist").test
        classifiers = {name: Classifier.load(store.open_run(name).tflite_path) for name in options.runs}
    except (RunError, ClassifierError, DatasetError) as error:
        parser.error(str(error))
    corrupting, reading = 0.0, dict.fromkeys(classifiers, 0.0)
    before = _megabytes()
    print(f"{'':>14} {'corrupt':>8}" + "".join(f" {name:>12.12} {'right':>7}" for name in classifiers))
    for name, found in CORRUPTIONS.items():
        began = time.perf_counter()
        images = corruptions.corrupt(test.images, name, severity=found.paper)
        took = time.perf_counter() - began
        corrupting += took
        line = f"{name:>14} {took:6.2f} s"
        for run, classifier in classifiers.items():
            began = time.perf_counter()
            answers = classifier.predict_proba(images).argmax(1)
            took = time.perf_counter() - began
            reading[run] += took
            line += f" {took:10.2f} s {(answers == test.labels).mean():7.2%}"
        print(line, flush=True)
    for run, seconds in reading.items():
        print(f"{run}: {corrupting:.1f} s to corrupt + {seconds:.1f} s to read = {corrupting + seconds:.1f} s")
    more = _megabytes() - before
    print(f"processor time {time.process_time():.1f} s; peak memory {more:.0f} MB higher than before")


def _megabytes() -> float:
    """The peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
