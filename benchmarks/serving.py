"""How long the library takes for a drawing, an image and 10,000 images: `python -m benchmarks.serving [RUN]`.

A drawing is what the Draw page's answer costs in the library, from the canvas's ink to the probabilities:
`to_mnist`, then one image. The strokes are random walks, short ones and long, at several brush widths; the images
are random, which takes as long as any: a network's time does not depend on what they show.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable

import numpy as np

from digitrec.explain.feature_maps import feature_layers
from digitrec.imaging import pen_drawing
from digitrec.imaging.ink_to_image import normalise, to_mnist
from digitrec.inference.classifier import Classifier, ClassifierError
from digitrec.runs import store
from digitrec.runs.store import RunError

ONE, MANY = 1000, 10  # how often one image, and 10,000 images, are read


def main() -> None:
    """Print the loading time, then the median and the 95th percentile of reading, in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", nargs="?", default="mnist", help="name of the run (default: the shipped mnist)")
    try:
        run = store.open_run(parser.parse_args().run)
        began = time.perf_counter()
        classifier = Classifier.load(run.tflite_path)
    except (RunError, ClassifierError) as error:
        parser.error(str(error))
    print(f"{run.name}: {run.config.network}, {classifier.classes} classes")
    print(f"loaded in {1000 * (time.perf_counter() - began):.1f} ms")
    inks = itertools.cycle(drawings(40))
    report("a drawing, from ink to answer", ONE, lambda: classifier.predict_proba(to_mnist(next(inks))[None]))
    report("the steps of a drawing", ONE, lambda: normalise(next(inks)))
    image = to_mnist(next(inks))
    report("the maps of all layers", 100, lambda: feature_layers(classifier.trace(image)))
    images = np.random.default_rng(0).integers(0, 256, (10_000, 28, 28), dtype=np.uint8)
    report("one image", ONE, lambda: classifier.predict_proba(images[:1]))
    report("10,000 images", MANY, lambda: classifier.predict_proba(images))


def drawings(count: int) -> list[np.ndarray]:
    """So many drawings on the canvas, uint8 (280, 280), of one to three strokes each."""
    rng, found = np.random.default_rng(0), []
    for turn in range(count):
        walks = [np.cumsum(rng.normal(size=(30, 2)), axis=0).astype(np.float32) for _ in range(1 + turn % 3)]
        placed = pen_drawing.place(walks, size=rng.uniform(60, 240))
        found.append(pen_drawing.render(placed, width=(8, 14, 20, 30)[turn % 4]))
    return found


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
