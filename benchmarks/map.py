"""Time of a map, and where new images land on it: `python -m benchmarks.map [--model RUN]`.

The map is made of training images alone, in this process; the new images are test images.
"""

from __future__ import annotations

import argparse
import dataclasses
import time

import numpy as np
from numpy.typing import NDArray

from digitrec.data import DatasetError, loading
from digitrec.data.splits import make_split
from digitrec.explain import tsne
from digitrec.explain.dataset_maps import MapRequest, choose_rows, find_nearest
from digitrec.explain.neighbours import scale_to_unit
from digitrec.inference.classifier import Classifier, ClassifierError
from digitrec.runs import store
from digitrec.runs.store import RunError


def main() -> None:
    """Print the seconds of each step, and the share of new images that land among their class."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=5000, help="images on the map (default: 5000)")
    parser.add_argument("--new", type=int, default=500, help="test images that are placed on it (default: 500)")
    parser.add_argument("--model", help="compare the embedding of this run (default: the pixels)")
    options = parser.parse_args()
    try:
        dataset = loading.load("mnist")
        model = Classifier.load(store.open_run(options.model).tflite_path) if options.model else None
    except (DatasetError, ClassifierError, RunError) as error:
        parser.error(str(error))
    empty = make_split(dataset.test.images[:0], dataset.test.labels[:0])
    request = MapRequest(dataclasses.replace(dataset, test=empty), options.images, None, model)
    rows = choose_rows(request.dataset, options.images)

    def values(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        if model is not None:
            return scale_to_unit(model.embed(images))
        return images.reshape(len(images), -1).astype(np.float32) / 255

    began = time.perf_counter()
    compared = values(request.dataset.take_images(rows))
    components = tsne.fit_components(compared)
    known = components.project(compared)
    prepared, processor = time.perf_counter(), time.process_time()
    positions = tsne.fit_positions(known)
    ended, processor = time.perf_counter(), time.process_time() - processor
    print(f"{len(rows):,} images: {prepared - began:.1f} s to compare, {ended - prepared:.1f} s to place")
    print(f"processor time to place: {processor:.1f} s, on one core")
    labels, times, places = dataset.test.labels[: options.new], [], []
    for image in dataset.test.images[: options.new]:
        began = time.perf_counter()
        places.append(tsne.transform(components.project(values(image[None])), known, positions)[0])
        times.append(1000 * (time.perf_counter() - began))
    median, late = np.percentile(times, [50, 95])
    print(f"one new image: median {median:.0f} ms, 95th percentile {late:.0f} ms")
    near = dataset.train.labels[rows][find_nearest(positions, np.array(places))]  # (n, 10)
    most = [np.bincount(row).argmax() for row in near]
    print(f"{np.mean(most == labels):.1%} of {len(labels)} new images: most of the 10 nearest have their class")


if __name__ == "__main__":
    main()
