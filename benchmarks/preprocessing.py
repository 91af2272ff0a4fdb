"""What bringing a drawing or a photo to an image costs: `python benchmarks/preprocessing.py`."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from digitrec.data import loading
from digitrec.imaging.ink_to_image import to_mnist
from digitrec.imaging.photos import to_ink
from digitrec.imaging.pictures import read_gray

CALLS = 1000


def main() -> None:
    """Print median and 95th percentile of the milliseconds that each step takes."""
    digits = loading.load("digits").test.images
    drawings = [np.asarray(Image.fromarray(digit).resize((280, 280))) for digit in digits]
    photo = np.asarray(Image.fromarray(255 - digits[0]).resize((4000, 3000), Image.Resampling.BICUBIC))
    buffer = io.BytesIO()
    Image.fromarray(photo).save(buffer, "JPEG")
    _print("to_mnist, a drawing of 280 x 280", to_mnist, drawings, CALLS)
    _print("to_mnist, an image of 28 x 28", to_mnist, list(digits), CALLS)
    _print("to_ink, a picture of 280 x 280", to_ink, drawings, CALLS // 5)
    _print("to_ink, a photo of 4000 x 3000", to_ink, [photo], 10)
    _print("read_gray, a JPEG of 4000 x 3000", read_gray, [buffer.getvalue()], 10)


def _print(title: str, function: Callable[..., object], inputs: list, calls: int) -> None:
    function(inputs[0])  # imports what it needs
    times = []
    for call in range(calls):
        start = time.perf_counter()
        function(inputs[call % len(inputs)])
        times.append(1000 * (time.perf_counter() - start))
    print(f"{title}: median {np.median(times):.2f} ms, 95% within {np.quantile(times, 0.95):.2f} ms")


if __name__ == "__main__":
    main()
