"""Time to measure stroke width, slant, ink and more of all test images: `python -m benchmarks.measures`."""

from __future__ import annotations

import time

from digitrec.data import loading
from digitrec.imaging.shape import measure

REPEATS = 3


def main() -> None:
    """Print the lowest of `REPEATS` times, in seconds."""
    images = loading.load(loading.default_name()).test.images
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        measure(images)
        times.append(time.perf_counter() - start)
    print(f"{len(images):,} images measured in {min(times):.2f} s")


if __name__ == "__main__":
    main()
