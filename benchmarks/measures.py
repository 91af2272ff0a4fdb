"""What measuring images costs: `python benchmarks/measures.py`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from digitrec.data import loading
from digitrec.imaging.shape import measure


def main() -> None:
    """Print the seconds that measuring all test images takes, the best of three."""
    images = loading.load(loading.default_name()).test.images
    times = []
    for _ in range(3):
        start = time.perf_counter()
        measure(images)
        times.append(time.perf_counter() - start)
    print(f"{len(images):,} images measured in {min(times):.2f} s")


if __name__ == "__main__":
    main()
