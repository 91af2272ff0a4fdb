"""How fast a stack is read, in how much memory: `python -m benchmarks.stacks [--pages 1000]`.

Pages of 10 x 10 boxes, made as in `benchmarks.checking`, are stored as PNG files and read by the process that the
dashboard starts, at the priority that it has there. Some pages are made, and repeated until there are as many as
asked for. Then the time that the server takes to show the stack, and to store an answer.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.checking import load_hands, make_page, to_png
from digitrec.inference import Classifier
from digitrec.runs import store
from digitrec.stacks import Model, Way, create, load_table, log, work

DIFFERENT = 20  # pages that are made


def main() -> None:
    """Read the stack, and print a line at each tenth of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=1000)
    pages = parser.parse_args().pages
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITREC_CACHE"] = folder
        rng, hands = np.random.default_rng(1017), load_hands("tune")
        made = [to_png(make_page(hands, rng, 0.0)[0]) for _ in range(min(DIFFERENT, pages))]
        run = store.open_run(store.SHIPPED[0])
        model = Model(run.name, Classifier.load(run.tflite_path).sha256, tuple(run.class_names))
        uploads = ((f"{at:04d}.png", made[at % len(made)]) for at in range(pages))
        stack = create(uploads, model, Way("grid"))
        work.start(stack)
        while (progress := work.find_progress(stack)).done == 0 and progress.is_live:
            time.sleep(0.1)
        worker, began, first = psutil.Process(stack.work.worker.pid), time.perf_counter(), progress.done
        cpu = sum(worker.cpu_times()[:2])
        step = max(1, pages // 10)
        shown = 0
        while progress.is_live:
            time.sleep(0.2)
            progress = work.find_progress(stack)
            if progress.done // step > shown and worker.is_running():
                shown = progress.done // step
                seconds = time.perf_counter() - began
                busy = sum(worker.cpu_times()[:2]) - cpu
                fields = 100 * (progress.done - first)
                print(
                    f"{progress.done} pages: {fields / seconds:.0f} fields a second, {fields / busy:.0f} a second "
                    f"of the processor; {worker.memory_info().rss / 1e6:.0f} MB; "
                    f"load {psutil.getloadavg()[0]:.1f}",
                    flush=True,
                )
        print(progress)
        print_server(stack)


def print_server(stack) -> None:
    """Print how long the server takes."""
    before = psutil.Process().memory_info().rss
    for name in ("first", "after an answer"):
        began = time.perf_counter()
        table = load_table(stack)
        place = table.place(table.queue[0].field)
        took = time.perf_counter() - began
        began = time.perf_counter()
        log.say(stack, [(place, "digit", "7")], cause="doubt")
        stored = time.perf_counter() - began
        print(
            f"the queue of {len(table):,} fields, {name}: {took:.2f} s; to store an answer: {stored * 1000:.1f} ms"
        )
    print(f"{(psutil.Process().memory_info().rss - before) / 1e6:.0f} MB for the fields")


if __name__ == "__main__":
    main()
