"""How much a person has to check, and how many errors remain: `python -m benchmarks.checking`.

A simulated checker works through stacks of made pages: 100 pages with a grid of 10 x 10 boxes, each filled with a
digit of one writer of MNIST's test images (writers that nothing was fitted to), some left empty. It answers what
the page asks, the most doubtful first and the random few, and is always right. Then the fields that are still
accepted are compared with the truth: the share of all fields that nobody had to look at, the errors among them,
and whether the page's 95% interval held.

To see what corrections are worth, the same is done with confidences that are wrong: `--overconfident` makes each
doubt so many times smaller than it was read. Nothing is fitted or chosen here.
"""

from __future__ import annotations

import argparse
import gzip
import io
import os
import struct
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from digitrec import files
from digitrec.data import loading
from digitrec.forms import GridReader, made_strings
from digitrec.imaging import InkError
from digitrec.inference import Classifier
from digitrec.metrics import wilson_interval
from digitrec.runs import store
from digitrec.stacks import Model, Stack, Way, create, load_table, log
from digitrec.stacks.pages import to_page
from digitrec.stacks.readers import from_grid

ROWS = COLUMNS = 10
CELL, MARGIN = 64, 40  # pixels of a made page
EMPTY = 0.1  # share of the fields
FOLDER = Path(os.environ["DIGITREC_DATA"]) / "mnist" / "writers"


def main() -> None:
    """Make and read the pages once, then check them for each wanted share of errors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--stacks", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1017)
    parser.add_argument("--noise", type=float, default=0.0, help="deviation of the pages' noise, in grey levels")
    parser.add_argument("--overconfident", type=float, default=1.0)
    parser.add_argument("--half", choices=("report", "tune"), default="report", help="of the writers")
    parser.add_argument("--run", default=store.SHIPPED[0])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITREC_CACHE"] = folder
        stacks = read_stacks(options)
        print(f"{len(stacks)} stacks of {options.pages} pages, {ROWS * COLUMNS} fields each")
        for share in (0.001, 0.003, 0.01, 0.02, 0.03):
            print_share(stacks, share)


def read_stacks(options: argparse.Namespace) -> list[tuple[Stack, dict]]:
    """Make stacks of pages and read them; with each, what was written: the text of each place."""
    run = store.open_run(options.run)
    model = Classifier.load(run.tflite_path)
    reader = GridReader(model, run)
    hands = load_hands(options.half)
    stacks = []
    for number in range(options.stacks):
        rng = np.random.default_rng([options.seed, number])
        made = [make_page(hands, rng, options.noise) for _ in range(options.pages)]
        uploads = [(f"{at}.png", bytes([number, at % 256, at // 256])) for at in range(options.pages)]
        stack = create(uploads, Model(run.name, model.sha256, tuple(run.class_names)), Way("grid"))
        truth = {}
        for at, (gray, texts) in enumerate(made):
            try:
                page = to_page(at, str(at), "", from_grid(reader.read(gray, (ROWS, COLUMNS))))
            except InkError as error:
                print(error)
                continue
            doubts = [
                field._replace(confidence=1 - (1 - field.confidence) / options.overconfident)
                if field.text
                else field
                for field in page.fields
            ]
            stack.add_page(page._replace(fields=tuple(doubts)))
            truth |= {(at, f"{r + 1}, {c + 1}"): texts[r][c] for r in range(ROWS) for c in range(COLUMNS)}
        stacks.append((stack, truth))
    return stacks


def print_share(stacks: list[tuple[Stack, dict]], share: float) -> None:
    """Check all stacks for one wanted share of errors, and print what came of it."""
    accepted = wrong = total = checked = held = expected = before = before_wrong = 0
    for stack, truth in stacks:
        (stack.path / "log.jsonl").unlink(missing_ok=True)
        stack.set(share=share)
        table = load_table(stack)
        before += int(table.outlook.accepted.sum())
        before_wrong += count_wrong(table, truth)
        while True:
            table = load_table(stack)
            if not table.queue:
                break
            for task in table.queue[:25]:
                place = table.place(task.field)
                text = truth[place]
                kind = "digit" if text else "empty"
                log.say(stack, [(place, kind, text)], cause=task.cause)
        outlook = table.outlook
        errors = count_wrong(table, truth)
        accepted += int(outlook.accepted.sum())
        wrong, total, checked = wrong + errors, total + len(table), checked + len(table.said)
        expected += outlook.errors.value
        held += outlook.errors.low <= errors <= outlook.errors.high
    value, low, high = wilson_interval(wrong, accepted)
    print(
        f"wanted {share:.1%}: {accepted / total:.1%} accepted, {checked / total:.1%} checked; wrong {wrong} of "
        f"{accepted:,}, {value:.2%} ({low:.2%} to {high:.2%}), expected {expected:.0f}; interval right in {held} "
        f"of {len(stacks)}; before any check {before / total:.1%} accepted, {before_wrong / before:.2%} wrong"
    )


def count_wrong(table, truth: dict) -> int:
    """How many of the accepted fields are not what was written."""
    accepted = np.flatnonzero(table.outlook.accepted)
    return sum(table.reading(index).text != truth[table.place(index)] for index in accepted)


def load_hands(half: str) -> made_strings.Hands:
    """The digits of every other writer of MNIST's test images: one half to tune by, the other to report."""
    test = loading.load("mnist").test
    data = gzip.decompress((FOLDER / "qmnist-test-labels-idx2-int.gz").read_bytes())
    n, columns = struct.unpack(">ii", data[4:12])
    writers = np.frombuffer(data[12:], ">i4").reshape(n, columns)[: len(test.labels), 2].astype(np.int64)
    hands = made_strings.group_by_writer(test.images, test.labels, writers)
    return hands._replace(groups=hands.groups[half == "tune" :: 2])


def make_page(
    hands: made_strings.Hands, rng: np.random.Generator, noise: float
) -> tuple[np.ndarray, list[list[str]]]:
    """A page with a grid in one writer's hand, uint8, and the text of each field."""
    hand = hands.groups[rng.integers(len(hands.groups))]
    high, wide = ROWS * CELL + 2 * MARGIN, COLUMNS * CELL + 2 * MARGIN
    ink = np.zeros((high, wide), np.uint8)
    texts = [[""] * COLUMNS for _ in range(ROWS)]
    for row in range(ROWS):
        for column in range(COLUMNS):
            if rng.random() < EMPTY:
                continue
            chosen = hand[rng.integers(len(hand))]
            image = hands.images[chosen]
            side = int(rng.integers(40, 54))
            small = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))
            top = MARGIN + row * CELL + int(rng.integers(4, CELL - side - 3))
            left = MARGIN + column * CELL + int(rng.integers(4, CELL - side - 3))
            place = ink[top : top + side, left : left + side]
            np.maximum(place, small, out=place)
            texts[row][column] = str(hands.labels[chosen])
    page = 230 - 0.75 * ink.astype(np.float32)
    for line in range(ROWS + 1):
        at = MARGIN + line * CELL
        page[at - 1 : at + 2, MARGIN : wide - MARGIN] = 60
        page[MARGIN : high - MARGIN, at - 1 : at + 2] = 60
    page += rng.normal(0, noise + 2, page.shape)
    return np.clip(page, 0, 255).astype(np.uint8), texts


def to_png(gray: np.ndarray) -> bytes:
    """A page as a file."""
    buffer = io.BytesIO()
    Image.fromarray(gray).save(buffer, "PNG")
    return buffer.getvalue()


if __name__ == "__main__":
    assert not files.is_read_only()
    main()
