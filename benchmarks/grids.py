"""How many cells of photographed puzzles are read: `python -m benchmarks.grids [--model NAME]`.

20 photos of sudoku pages in `grids/` under DIGITREC_DATA, with printed and handwritten digits and small notes.
Corners and size are found. For all 81 cells of each: digit, empty, or notes. The limits of the grid reader were
set while looking at these photos; the networks have seen none of them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from digitrec.forms import GridReader
from digitrec.imaging import InkError, read_gray
from digitrec.inference import Classifier
from digitrec.metrics import wilson_interval
from digitrec.runs import store

FOLDER = Path(os.environ["DIGITREC_DATA"]) / "grids"
NOTES = 10  # in the labels


def main() -> None:
    """Read all photos, and print what was right, what was surely wrong, and how long it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=store.SHIPPED[0])
    run = store.open_run(parser.parse_args().model)
    reader = GridReader(Classifier.load(run.tflite_path), run)
    states: Counter[str] = Counter()
    right = wrong_sure = total = 0
    distance, began, cpu = 0.0, time.perf_counter(), time.process_time()
    for page in json.loads((FOLDER / "labels.json").read_text()):
        total += 81
        gray = read_gray((FOLDER / page["file"]).read_bytes())
        try:
            reading = reader.read(gray)
        except InkError as error:
            print(f"{page['file']}: {error}")
            continue
        if (reading.rows, reading.columns) != (9, 9):
            print(f"{page['file']}: found {reading.rows} x {reading.columns} cells")
            continue
        distance = max(distance, float(np.linalg.norm(reading.corners - page["corners"], axis=1).max()))
        for cell in reading.cells:
            is_right = _said(cell) == page["cells"][cell.row][cell.column]
            right += is_right
            wrong_sure += cell.sure and not is_right
            states[cell.state] += 1
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    for name, count in (("right", right), ("surely wrong", wrong_sure)):
        share, low, high = wilson_interval(count, total)
        print(f"{name}: {count} of {total} cells, {share:.2%} ({low:.2%} to {high:.2%})")
    print(f"states: {dict(states)}; corners at most {distance:.1f} pixels beside the marked ones")
    print(f"{total / seconds:.0f} cells a second, {total / cpu:.0f} a second of the processor")


def _said(cell) -> int:
    """What a cell was read as, as the labels say it."""
    return int(cell.answer) if cell.kind == "digit" else {"empty": 0, "notes": NOTES}[cell.kind]


if __name__ == "__main__":
    main()
