"""How pictures of single digits are read, by kind: `python -m benchmarks.pictures`.

Reads every picture of `photos/labels.csv` as `digitrec predict` does and prints, for each kind, how many are
answered rightly, refused and answered wrongly. A picture of several digits must be refused: then it counts as
right. Nothing is fitted here. `--csv FILE` stores each picture's outcome, `--compare OLD NEW` compares two files.

`--ink` measures instead whether the cleaning keeps clean ink: MNIST's test digits and the Devanagari numerals,
with 0 to 2 pixels of paper round them, dark on light and light on dark, in three sizes.
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import os
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from digitrec import api
from digitrec.data import loading
from digitrec.imaging import InkError, PictureError, to_ink
from digitrec.imaging.paper import otsu_threshold
from digitrec.imaging.photos import thicken
from digitrec.runs import store

KINDS = ("photo", "crop", "wide", "cell", "draw", "figure", "multi")
FIELDS = ("file", "kind", "group", "label", "guess", "sure", "outcome", "reason")
MARGINS, SCALES = (0, 1, 2), (1, 4, 10)  # pixels of paper round the ink, and how often a pixel is repeated
MIN_OVERLAP = 0.9  # of cleaned and true ink: with less, the digit is damaged


def main() -> None:
    """Print the table that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", default=store.SHIPPED[0])
    parser.add_argument("--labels", type=Path, default=Path(os.environ["DIGITREC_DATA"]) / "photos" / "labels.csv")
    parser.add_argument("--kind", action="append", help="only pictures of this kind")
    parser.add_argument("--csv", type=Path, help="write the outcome of each picture to this file")
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("OLD", "NEW"), help="compare two such files")
    parser.add_argument("--ink", action="store_true", help="measure whether clean ink is kept")
    parser.add_argument("--every", type=int, default=1, help="with --ink, take every so manieth digit only")
    options = parser.parse_args()
    if options.compare:
        print_changes(*options.compare)
    elif options.ink:
        print_ink_kept(options.every)
    else:
        rows = list(read_pictures(options.labels, options.run, options.kind or KINDS))
        print_table(rows)
        if options.csv:
            write_rows(options.csv, rows)


class Row(NamedTuple):
    """The outcome of one picture; `guess` is empty where it could not be read at all."""

    file: str
    kind: str
    group: str
    label: str
    guess: str
    sure: bool
    outcome: str
    reason: str


def read_pictures(labels: Path, run: str, kinds: Iterable[str]) -> Iterator[Row]:
    """Read every picture of a table of labels as `digitrec predict` does."""
    model = api.load_model(run)
    with labels.open(newline="") as file:
        for each in csv.DictReader(file):
            if each["kind"] not in kinds:
                continue
            try:
                verdict = model.predict(labels.parent / each["file"])
            except (PictureError, InkError) as error:
                guess, sure, reason = "", False, str(error)
            else:
                guess, sure = verdict.answer, verdict.sure
                reason = "; ".join(f"{one.kind} {one.value:.3g}" for one in verdict.reasons)
            outcome = judge(each["kind"], each["label"], guess, sure)
            yield Row(each["file"], each["kind"], each["group"], each["label"], guess, sure, outcome, reason)


def judge(kind: str, label: str, guess: str, sure: bool) -> str:
    """Whether a picture is answered right or wrong, or refused."""
    if kind == "multi":
        return "wrong" if sure else "right"
    if sure:
        return "right" if guess == label else "wrong"
    return "unsure"


def print_table(rows: list[Row]) -> None:
    """Print the counts of each kind, and what the refused digits would have been read as."""
    print(
        "kind     n  right (share)  not sure  surely wrong | if not sure: guess right, guess wrong, nothing read"
    )
    for kind in KINDS:
        mine = [row for row in rows if row.kind == kind]
        if not mine:
            continue
        count = Counter(row.outcome for row in mine)
        unsure = [row for row in mine if row.outcome == "unsure"]
        guessed = sum(row.guess == row.label for row in unsure)
        nothing = sum(row.guess == "" for row in unsure)
        right = f"{count['right']:4d} ({count['right'] / len(mine):6.1%})"
        print(
            f"{kind:7s}{len(mine):4d}  {right}  {count['unsure']:8d}  {count['wrong']:12d}"
            f" | {guessed:24d}, {len(unsure) - guessed - nothing:11d}, {nothing:12d}"
        )


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write the outcomes as CSV."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        writer.writerows(rows)


def print_changes(old: Path, new: Path) -> None:
    """Print the pictures whose outcome differs between two files of `--csv`."""
    before, after = (
        {each["file"]: each for each in csv.DictReader(path.read_text().splitlines())} for path in (old, new)
    )
    counts: Counter[tuple[str, str, str]] = Counter()
    for name in sorted(before.keys() & after.keys()):
        was, now = before[name], after[name]
        if was["outcome"] != now["outcome"]:
            counts[now["kind"], was["outcome"], now["outcome"]] += 1
            print(
                f"{name}: {now['label']}, {was['outcome']} -> {now['outcome']} as {now['guess']} ({now['reason']})"
            )
    for (kind, was_outcome, outcome), count in sorted(counts.items()):
        print(f"{kind}: {was_outcome} -> {outcome}: {count}")


def print_ink_kept(every: int) -> None:
    """Print how many digits are damaged by the cleaning, by source, margin, polarity and size."""
    mnist = loading.load("mnist").test.images[::every]
    devanagari = list(load_devanagari())[::every]
    for margin, scale, dark in itertools.product(MARGINS, SCALES, (True, False)):
        damaged = sum(measure_overlap(image, margin, scale, dark) < MIN_OVERLAP for image in mnist)
        side = "dark on light" if dark else "light on dark"
        print(f"mnist, {margin} px of paper, x{scale}, {side}: {damaged} of {len(mnist)} damaged", flush=True)
    for scale, dark in itertools.product(SCALES, (True, False)):
        damaged = sum(overlap_of_picture(image, scale, dark) < MIN_OVERLAP for image in devanagari)
        side = "dark on light" if dark else "light on dark"
        print(f"devanagari, x{scale}, {side}: {damaged} of {len(devanagari)} damaged", flush=True)


def load_devanagari() -> Iterator[np.ndarray]:
    """The Devanagari numerals as ink, uint8 (36, 36): the files are dark on light."""
    with zipfile.ZipFile(Path(os.environ["DIGITREC_DATA"]) / "devanagari" / "devnum.zip") as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".jpg"):
                yield 255 - np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("L"))


def measure_overlap(image: np.ndarray, margin: int, scale: int, dark: bool) -> float:
    """The overlap for an image cropped to its ink, with some pixels of paper round it."""
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    crop = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return overlap_of_picture(np.pad(crop, margin), scale, dark)


def overlap_of_picture(ink: np.ndarray, scale: int, dark: bool) -> float:
    """Intersection over union of true and cleaned strokes, each by its own threshold between ink and paper."""
    large = np.kron(ink, np.ones((scale, scale), np.uint8))
    cleaned = to_ink(255 - large if dark else large)
    true, found = (each > otsu_threshold(each) for each in (thicken(large), cleaned))
    return float((true & found).sum() / max(1, (true | found).sum()))


if __name__ == "__main__":
    main()
