"""Measures the time and memory to load MNIST, each time in a new process: `python benchmarks/datasets.py`.

From the cache folder, as a download stores it, and from the packed files in the folder that DIGITREC_DATA names.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from digitrec.data import loading  # noqa: E402, the path comes first

TIMES = 7


def main() -> None:
    """Print the median time and the largest peak of memory."""
    packed = loading.find_folder("mnist")
    if packed is None:
        sys.exit("MNIST is not on this machine: set DIGITREC_DATA, or download it.")
    with tempfile.TemporaryDirectory() as folder:
        _fill_cache(packed, Path(folder))
        cached = {"DIGITREC_DATA": "", "DIGITREC_CACHE": folder}
        for title, environment in (("cache", cached), (str(packed.name), {})):
            measured = [_measured("mnist", environment) for _ in range(TIMES)]
            _print(f"MNIST from {title}", measured)
        _print("embedded digits", [_measured("digits", cached) for _ in range(TIMES)])


def _print(title: str, measured: list[tuple[float, float]]) -> None:
    seconds, megabytes = zip(*measured, strict=True)
    print(f"{title}: {statistics.median(seconds):.3f} s, at most {max(megabytes):.0f} MB more at its peak")


def _fill_cache(packed: Path, cache: Path) -> None:
    """Put MNIST into a cache folder as a download does: unpacked IDX files."""
    mnist = loading.load("mnist")
    (cache / "mnist").mkdir()
    for file, array in zip(mnist.description.files, (*mnist.train, *mnist.test), strict=True):
        (cache / "mnist" / file.name).write_bytes(file.header + array.astype("uint8").tobytes())


def _measured(name: str, environment: dict[str, str]) -> tuple[float, float]:
    command = [sys.executable, __file__, name]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True)
    seconds, megabytes = map(float, done.stdout.split())
    return seconds, megabytes


def load_once(name: str) -> None:
    """Print the seconds of one load, and the megabytes that it adds to the peak memory."""
    before, start = _peak(), time.perf_counter()
    loading.load(name)
    print(time.perf_counter() - start, _peak() - before)


def _peak() -> float:
    # From /proc, because getrusage starts with the peak of the parent process.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    load_once(sys.argv[1]) if len(sys.argv) > 1 else main()
