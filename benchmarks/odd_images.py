"""What the search for odd images finds: MNIST's wrong test labels, and planted errors.

    python -m benchmarks.odd_images [--seeds N]

MNIST as it is: how many of the ten test labels that people agreed are wrong (Northcutt et al. 2021) are among the
first 50 test images of the queue. And 10,000 of MNIST's training images, drawn by the seed, of which 100 get
another label at random: how many of them are among the first 120. No network sees the images that it judges.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from digitrec.curation import LABEL, neighbours
from digitrec.curation.label_issues import find_label_issues
from digitrec.data import Dataset, Split, loading
from digitrec.evaluation import label_errors
from digitrec.runs import processes

IMAGES, PLANTED = 10_000, 100
FIRST_OF_MNIST, FIRST_OF_PLANTED = 50, 120


def main() -> None:
    """Print both numbers for each seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1, help="how often, with other networks and other errors")
    seeds = range(parser.parse_args().seeds)
    processes.prepare_tensorflow()
    mnist = loading.load("mnist")
    began = time.process_time()
    points = neighbours.project(mnist)
    labels = np.concatenate([mnist.train.labels, mnist.test.labels])
    near = neighbours.find_near_duplicates(mnist, points, lambda share: None, most=1000)
    far = neighbours.find_outliers(points, labels, lambda share: None, most=1000)
    seconds = time.process_time() - began
    print(
        f"near-duplicates: {len(near.rows)}, outliers: {len(far.rows)}, {seconds:.0f} s of the processor",
        flush=True,
    )
    for seed in seeds:
        print(f"planted, seed {seed}: {find_planted(mnist, seed)}", flush=True)
    for seed in seeds:
        print(f"{LABEL}s of MNIST's test images, seed {seed}: {find_agreed(mnist, seed)}", flush=True)


def find_agreed(mnist: Dataset, seed: int) -> str:
    """How many of the agreed errors are among the first of the queue, and their places in it."""
    from digitrec.training import cross_validation

    began, of_processor = time.perf_counter(), time.process_time()
    _, proba = cross_validation.predict_out_of_sample(mnist, lambda done, of: None, seed=seed)
    rows = find_label_issues(mnist.test.labels, proba, most=1000).rows.tolist()
    places = sorted(rows.index(wrong) + 1 for wrong in label_errors.CORRECTIONS if wrong in rows)
    first = sum(place <= FIRST_OF_MNIST for place in places)
    return (
        f"{first} of {len(label_errors.CORRECTIONS)} among the first {FIRST_OF_MNIST}, at {places} of "
        f"{len(rows)}; "
        f"{time.perf_counter() - began:.0f} s, {time.process_time() - of_processor:.0f} s of the processor"
    )


def find_planted(mnist: Dataset, seed: int) -> str:
    """How many of the planted errors are among the first of the queue."""
    from digitrec.training import cross_validation

    began, rng = time.perf_counter(), np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(len(mnist.train.labels))[:IMAGES])
    labels, wrong = mnist.train.labels[chosen].copy(), rng.permutation(IMAGES)[:PLANTED]
    labels[wrong] = (labels[wrong] + rng.integers(1, 10, PLANTED)) % 10
    nothing = Split(mnist.test.images[:0], mnist.test.labels[:0])
    made = Dataset(mnist.description, Split(mnist.train.images[chosen], labels), nothing)
    proba, _ = cross_validation.predict_out_of_sample(made, lambda done, of: None, seed=seed)
    found = find_label_issues(labels, proba, most=1000)
    first = int(np.isin(found.rows[:FIRST_OF_PLANTED], wrong).sum())
    seconds = time.perf_counter() - began
    return f"{first} of {PLANTED} among the first {FIRST_OF_PLANTED}, {found.estimate} estimated; {seconds:.0f} s"


if __name__ == "__main__":
    main()
