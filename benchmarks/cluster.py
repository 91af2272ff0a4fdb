"""Jobs on a Dask cluster of one and two workers with one thread each, beside the same work without a cluster.

    python benchmarks/cluster.py [--trials 12] [--pages 60]

All processes are on this machine, and compute with one thread. Trials: the network `fast` on the scikit-learn
digits, three epochs, alike. Before the clock starts, each worker has trained once, so that its process has loaded
TensorFlow. Pages: a picture of two numbers, read again and again; each worker has read one before. Rounds are
interleaved, and the median counts: on a machine that does other work, look at the ratios. The seconds of the
processor are those of the process that asks, which is what a cluster costs here.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from digitrec.cluster.connection import Connection
from digitrec.forms import NumberReader, away, read_pictures
from digitrec.inference import Classifier
from digitrec.runs import TrainConfig, store
from digitrec.search.cluster_trainings import ClusterTrainers
from digitrec.search.trainings import Trainer
from digitrec.search.work import Task
from digitrec.ui.read.example import example_picture

ROOT = Path(__file__).resolve().parent.parent
THREADS = dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1")
CONFIG = TrainConfig(dataset="digits", network="fast", epochs=3, batch_size=64)


def main() -> None:
    """Print the seconds per trial and per page, here and on one and two workers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        os.environ.update(THREADS)
        os.environ.update({"DIGITREC_MODELS": f"{place}/models", "DIGITREC_CACHE": f"{place}/cache"})
        clusters = {count: stack.enter_context(running(Path(place), count)) for count in (1, 2)}
        print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
        ways = {"here": time_pages_here}
        ways |= {f"{n} workers": lambda pages, n=n: time_pages(clusters[n], pages) for n in clusters}
        report("page", measure(ways, options.pages, options.rounds))
        trainer = stack.enter_context(Trainer("here", threads=1))
        trainers = {n: stack.enter_context(ClusterTrainers(f"on {n}", clusters[n])) for n in clusters}
        trials = {"here": lambda count: time_trials(trainer, count, 1)}
        trials |= {f"{n} workers": lambda count, n=n: time_trials(trainers[n], count, n) for n in trainers}
        report("trial", measure(trials, options.trials, options.rounds))
        print(f"load of the machine: {os.getloadavg()[0]:.1f}", flush=True)


def measure(
    ways: dict[str, Callable[[int], None]], count: int, rounds: int
) -> dict[str, list[tuple[float, float]]]:
    """Seconds, and seconds of this process's processor, of each thing by each way, round by round."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for do in ways.values():
        do(4)  # what has to be loaded is loaded
    for _ in range(rounds):
        for name, do in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            do(count)
            found[name].append(((time.perf_counter() - wall) / count, (time.process_time() - cpu) / count))
    return found


def report(what: str, found: dict[str, list[tuple[float, float]]]) -> None:
    """Print the medians, and the ratios to the work without a cluster."""
    here = statistics.median(wall for wall, _ in found["here"])
    for name, rounds in found.items():
        wall, cpu = (statistics.median(values) for values in zip(*rounds, strict=True))
        spread = ", ".join(f"{each:.3f}" for each, _ in rounds)
        print(f"{what}, {name}: {wall:.3f} s ({spread}), {1000 * cpu:.1f} ms of the processor here, ", end="")
        print(f"{here / wall:.2f} times as fast as here", flush=True)


def time_pages_here(count: int) -> None:
    """Read a picture so many times without a cluster."""
    run = store.open_run("mnist")
    reader = NumberReader(Classifier.load(run.tflite_path), run)
    assert len(list(read_pictures([example_picture] * count, reader))) == count


def time_pages(address: str, count: int) -> None:
    """Read a picture so many times on a cluster."""
    run = store.open_run("mnist")
    assert len(list(away.read_pictures_away(address, [example_picture] * count, run, sys.exit))) == count


_numbers = iter(range(100_000))


def time_trials(train: Callable[[Task], object], count: int, at_once: int) -> None:
    """Train so many trials, so many of them at the same time."""
    left: queue.SimpleQueue[int] = queue.SimpleQueue()
    for _ in range(count):
        left.put(next(_numbers))

    def work() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                name = f"trial {left.get_nowait()}"
                outcome = train(Task(name, CONFIG, lambda *_: False, lambda _: None, lambda: False))
                assert outcome.accuracy is not None, outcome.error
                store.delete(store.open_run(name))

    threads = [threading.Thread(target=work) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextlib.contextmanager
def running(place: Path, workers: int) -> Iterator[str]:
    """The address of a cluster with so many workers of one thread."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    folder = place / f"cluster-{workers}"
    folder.mkdir()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error"}
    python = [sys.executable, "-m"]
    scheduler = [*python, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
    worker = [*python, "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"]
    worker += ["--local-directory", str(folder), "--memory-limit", "0"]
    commands = [scheduler, *[worker] * workers]
    started = [
        subprocess.Popen([*command, "--no-dashboard"], cwd=folder, env=environment, stdout=subprocess.DEVNULL)
        for command in commands
    ]
    try:
        while True:
            with contextlib.suppress(Exception), Connection(address) as connection:
                if connection.count_places() == workers:
                    break
            time.sleep(0.2)
        yield address
    finally:
        for process in started:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
