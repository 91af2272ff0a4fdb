"""Jobs on a Dask cluster of one and two workers with one thread each, beside the same work without a cluster.

    python -m benchmarks.cluster [pages] [overhead] [trials] [--trials 12] [--pages 60]

All processes are on this machine, and compute with one thread.

pages     a picture of two numbers, read again and again
overhead  trials that take no time, with the rows of three epochs and a network of 1 MB
trials    the network `fast` on the scikit-learn digits, three epochs, alike

Before the clock starts, each worker has done the same a few times, so that all is loaded. Rounds are interleaved,
and the median counts: on a machine that does other work, look at the ratios. The processor's time is that of the
process that asks, which is what a cluster costs here.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
import queue
import signal
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
from digitrec.runs import TrainConfig, processes, store
from digitrec.search.cluster_trainings import ClusterTrainers
from digitrec.search.trainings import Trainer
from digitrec.search.work import Task
from digitrec.ui.read.example import example_picture

ROOT = Path(__file__).resolve().parent.parent
THREADS = dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1")
# In place of the command line: a training that takes no time, with the rows and files of a small one.
TRAINER = """
from digitrec.runs import Checkpoint, End, Epoch, Start, checkpoints, jobs, spare, store
for name in spare.wait_for_runs():
    run = store.open_run(name)
    jobs.claim(run)
    run.append(Start(epochs=3, steps_per_epoch=10, parameters=99, validation_images=200))
    for epoch in range(1, 4):
        run.append(Epoch(epoch=epoch, loss=1.0, accuracy=0.9, val_loss=1.0, val_accuracy=0.9))
        checkpoints.save(run, Checkpoint(epoch, [], {}), keep=())
    run.tflite_path.write_bytes(b"x" * 500_000)
    run.keras_path.write_bytes(b"x" * 500_000)
    run.append(End(reason="finished", best_epoch=3, val_accuracy=0.9))
"""
WORKER = """
import sys
from digitrec.runs import processes
if {trainer!r}:
    processes._PROGRAM = (sys.executable, "-c", {trainer!r})
from distributed.cli.dask_worker import main
main()
"""
PARTS = ("pages", "overhead", "trials")
CONFIG = TrainConfig(dataset="digits", network="fast", epochs=3, batch_size=64)


def main() -> None:
    """Print the seconds per trial and per page, here and on one and two workers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # its processes end with it
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    for part in options.parts or PARTS:
        with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
            os.environ.update(THREADS)
            os.environ.update({"DIGITREC_MODELS": f"{place}/models", "DIGITREC_CACHE": f"{place}/cache"})
            trainer = TRAINER if part == "overhead" else ""
            clusters = {count: stack.enter_context(running(Path(place), count, trainer)) for count in (1, 2)}
            if part == "pages":
                ways = {"here": time_pages_here}
                ways |= {f"{n} workers": functools.partial(time_pages, clusters[n]) for n in clusters}
                report("page", measure(ways, options.pages, options.rounds))
                continue
            if trainer:
                processes._PROGRAM = (sys.executable, "-c", trainer)
            ways = {"here": functools.partial(time_trials, stack.enter_context(Trainer("here", threads=1)), 1)}
            for n in clusters:
                trainers = stack.enter_context(ClusterTrainers(f"on {n}", clusters[n]))
                ways[f"{n} workers"] = functools.partial(time_trials, trainers, n)
            report("trial", measure(ways, options.trials, options.rounds))
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
            # At once: a benchmark that is stopped has said something.
            print(f"  {name}: {found[name][-1][0]:.3f} s each", flush=True)
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


def time_trials(train: Callable[[Task], object], at_once: int, count: int) -> None:
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
def running(place: Path, workers: int, trainer: str = "") -> Iterator[str]:
    """The address of a cluster with so many workers of one thread; `trainer` takes the place of the program."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    folder = place / f"cluster-{workers}"
    folder.mkdir()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error"}
    python = [sys.executable, "-m"]
    scheduler = [*python, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
    worker = [sys.executable, "-c", WORKER.format(trainer=trainer), address, "--nthreads", "1", "--no-nanny"]
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
