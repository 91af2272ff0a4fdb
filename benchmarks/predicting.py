"""How fast `digitrec predict FOLDER` reads, and its peak memory: `python -m benchmarks.predicting [FOLDER]`.

Without a folder, made pictures are read: scikit-learn's digits, enlarged, dark on shaded and noisy paper, as JPEG.
Each row is a process of its own. Its time includes the start and the loading of the model: the first row has
little else. The memory must not grow with the number of pictures.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from digitrec.data import loading

COUNTS = (1, 500, 5000)
COMMAND = """
import resource, sys
from digitrec.cli.main import main
main(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def main() -> None:
    """Print a row for each number of pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="a folder of pictures to read instead")
    parser.add_argument("--side", type=int, default=200, help="of a made picture, pixels (default: 200)")
    options = parser.parse_args()
    print(f"{'pictures':>9} {'s':>8} {'per s':>8} {'per CPU s':>10} {'peak MB':>8}")
    if options.folder:
        report(options.folder, sum(path.is_file() for path in options.folder.rglob("*")))
        return
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), count, options.side)
            report(Path(folder), count)


def make(folder: Path, count: int, side: int) -> None:
    """Write so many pictures of `side` x `side` pixels."""
    images, rng = loading.load("digits").test.images, np.random.default_rng(0)
    for i in range(count):
        large = Image.fromarray(images[i % len(images)]).resize((side * 2 // 3,) * 2, Image.Resampling.BICUBIC)
        ink = np.zeros((side, side))
        top, left = rng.integers(0, side // 3, 2)
        ink[top : top + large.height, left : left + large.width] = large
        paper = np.linspace(225, 190, side)[:, None] + rng.normal(0, 3, (side, side))
        Image.fromarray(np.clip(paper - ink * 0.6, 0, 255).astype(np.uint8)).save(folder / f"{i:05}.jpg")


def report(folder: Path, count: int) -> None:
    """Read a folder in a process of its own."""
    began = time.perf_counter()
    command = [sys.executable, "-c", COMMAND, "predict", str(folder), "--csv", str(folder / "answers.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - began
    (folder / "answers.csv").unlink()
    cpu_seconds, peak = map(float, done.stdout.split())  # peak in KB, as Linux counts
    speeds = f"{count / seconds:8.1f} {count / cpu_seconds:10.1f}"
    print(f"{count:9,} {seconds:8.1f} {speeds} {peak / 1024:8.0f}", flush=True)


if __name__ == "__main__":
    main()
