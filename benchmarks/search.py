"""A search of 20 short trials against its preset: `python -m benchmarks.search [--trials 20] [--full 8]`.

10,000 of MNIST's training images, chosen by chance; a tenth of them is for validation. First the preset is trained
several times, one after the other, with another seed each. This says how long full trials take, and how much of a
difference is luck. Then comes the search, which begins with the preset. Times are in seconds and
in seconds of the processor: on a machine that does other work, the second is the fair one. The test images are
read once at the end, by the best trial and by the preset. Needs MNIST under DIGITREC_DATA.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from digitrec.data import Description, cache_folder, loading, user_datasets
from digitrec.data.splits import make_split
from digitrec.inference import Classifier
from digitrec.metrics import intervals
from digitrec.runs import PRESETS, TrainConfig, open_run
from digitrec.search import Choices, Plan, Trial, folder, results, session, space
from digitrec.search.trainings import Trainer
from digitrec.search.work import Task

IMAGES = 10_000
DATASET = "ten thousand"
# What one would tick who wants a better network soon: the quick networks, the rate and how it changes, the size of
# a batch, dropout. Chosen before the first search.
NETWORKS = Choices(("cnn-dropout", "fast", "strided"))
VARIED = ("learning_rate", "schedule", "batch_size", "dropout")


class Cost(NamedTuple):
    """What work takes: seconds, and seconds of the processor in all its processes."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.0f} s, {self.cpu:.0f} s of the processor"


def main() -> None:
    """Print the times, and the accuracies on validation and test images."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="balanced", choices=tuple(PRESETS))
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--at-once", type=int, help="trials at the same time (default: as a search chooses)")
    parser.add_argument("--full", type=int, default=8, help="full trials of the preset")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ.update({"DIGITREC_MODELS": f"{place}/models", "DIGITREC_CACHE": f"{place}/cache"})
        make_dataset()
        config = dataclasses.replace(PRESETS[options.preset], dataset=DATASET, epochs=options.epochs)
        full, accuracies = measure(lambda: train_full(config, options.full))
        spread = f"{min(accuracies):.2%} to {max(accuracies):.2%}, mean {statistics.mean(accuracies):.2%}"
        print(f"{options.full} full trials of {options.preset}: {full}")
        print(f"validation accuracy by seed: {spread}")
        varied = {name: space.suggest_dimension(name, config) for name in VARIED}
        plan = Plan(
            config=config, space={"network": NETWORKS, **varied}, trials=options.trials, at_once=options.at_once
        )
        cost, found = measure(lambda: run_search(plan))
        pruned, together = found.count("pruned"), plan.count_at_once()
        print(f"search of {found.done} trials, {together} at once, {pruned} of them pruned: {cost}")
        print(f"ratio to 8 full trials: {cost.wall / full.wall * options.full / 8:.2f}, ", end="")
        print(f"of the processor {cost.cpu / full.cpu * options.full / 8:.2f}")
        print(results.describe_best(found, plan))
        for name, (before, now) in results.list_changes(plan, found.best).items():
            print(f"  {name}: {before} -> {now}")
        for name, trial in (("preset", found.first), ("best", found.best)):
            print(f"{name} on the test images: {test_accuracy(trial)}")


def measure(work: Callable[[], object]) -> tuple[Cost, object]:
    """Do work, whose processes end with it; what it took, and its result."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = work()
    time.sleep(1)  # until the last process is reaped
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.perf_counter() - began - 1, cpu), done


def make_dataset() -> None:
    """Store 10,000 of MNIST's training images, with its test images, as a data set of its own."""
    mnist = loading.load("mnist")
    chosen = np.sort(np.random.default_rng(0).permutation(len(mnist.train.labels))[:IMAGES])
    train = make_split(mnist.train.images[chosen], mnist.train.labels[chosen])
    description = Description(DATASET, "Ten thousand of MNIST", mnist.class_names, "MNIST", "CC BY-SA 3.0")
    user_datasets.write(cache_folder(), description, user_datasets.TrainTest(train, mnist.test))


def train_full(config: TrainConfig, count: int) -> Sequence[float]:
    """Train the preset so many times to its end, each with another seed; the validation accuracies."""
    found = []
    with Trainer("full") as trainer:
        for seed in range(count):
            seeded = dataclasses.replace(config, seed=seed)
            task = Task(f"full {seed}", seeded, lambda *_: False, lambda _: None, lambda: False)
            outcome = trainer(task)
            if outcome.accuracy is None:
                sys.exit(f"the preset could not be trained: {outcome.error}")
            found.append(outcome.accuracy)
            print(f"full trial {seed}: {outcome.accuracy:.2%}, {outcome.seconds:.0f} s", flush=True)
    return found


def run_search(plan: Plan) -> results.Findings:
    """Search as the command does."""
    search = folder.create(plan, "benchmark")
    folder.claim(search)
    at_once = plan.count_at_once()
    with session.make_trainers(search.name, at_once) as trainers:
        session.run_search(search, trainers, lambda line: print(line, flush=True), at_once=at_once)
    return results.read(search)


def test_accuracy(trial: Trial) -> str:
    """The share of MNIST's test images that a trial's network reads right, with its interval."""
    test = loading.load("mnist").test
    proba = Classifier.load(open_run(trial.run).tflite_path).predict_proba(test.images)
    right = int((proba.argmax(1) == test.labels).sum())
    low, high = intervals.wilson_interval(right, len(test.labels))[1:]
    return f"{right / len(test.labels):.2%} ({low:.2%} to {high:.2%})"


if __name__ == "__main__":
    main()
