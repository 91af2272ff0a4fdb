"""How many numbers are read whole, beside other readers: `python -m benchmarks.numbers`.

Strings: made ones of MNIST's test digits (writers that nothing was fitted to), plain and as photos; and the
pictures of several digits in `photos/labels.csv`, by group. Nothing is fitted or chosen here. Other readers are
measured where they are installed: `--reader tesseract` (the Debian package) and `--reader rapidocr` (PyPI:
rapidocr-onnxruntime).

For each source: how many texts are whole, by the digits alone and with points and signs, with a 95% interval
(Wilson); how many are accepted as sure, and how many of these are wrong; and the share that could be accepted with
at most 1% errors, if the threshold were set on these very strings.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import importlib
import os
import re
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from digitrec.data import loading
from digitrec.forms import NumberReader, made_strings, number_fit, read_picture
from digitrec.imaging import InkError, PictureError, read_gray
from digitrec.inference import Classifier
from digitrec.metrics import wilson_interval
from digitrec.runs import store

DATA = Path(os.environ["DIGITREC_DATA"])
NOT_DIGITS = re.compile(r"[^0-9]")
MAX_ERRORS = 0.01


class String(NamedTuple):
    """A picture of a number."""

    source: str
    text: str
    data: bytes


class Answer(NamedTuple):
    """What a reader says: the text, its confidence, and whether it accepts it."""

    text: str
    confidence: float = 0.0
    sure: bool = False


def main() -> None:
    """Print a row for each source."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reader", choices=("digitrec", "tesseract", "rapidocr"), default="digitrec")
    parser.add_argument("--run", default=store.SHIPPED[0])
    parser.add_argument("--made", type=int, default=300, help="made strings of each kind")
    parser.add_argument("--only", help="sources whose name starts so")
    parser.add_argument("--csv", type=Path, help="write each string, its text and the answer to this file")
    options = parser.parse_args()
    read = {"digitrec": lambda: our_reader(options.run), "tesseract": lambda: tesseract, "rapidocr": rapidocr}
    answer = read[options.reader]()
    rows = []
    for string in (*made(options.made), *real()):
        if not options.only or string.source.startswith(options.only):
            start = time.perf_counter()
            rows.append((string, answer(string.data), time.perf_counter() - start))
    print_table(rows)
    if options.csv:
        with options.csv.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("source", "text", *Answer._fields))
            writer.writerows((string.source, string.text, *said) for string, said, _ in rows)


def made(count: int) -> Iterator[String]:
    """Strings of the writers of MNIST's test digits: as drawn, with only digits, and as photos."""
    test = loading.load("mnist").test
    data = gzip.decompress((DATA / "mnist" / "writers" / "qmnist-test-labels-idx2-int.gz").read_bytes())
    n, columns = struct.unpack(">ii", data[4:12])
    writers = np.frombuffer(data[12:], ">i4").reshape(n, columns)[: len(test.labels), 2].astype(np.int64)
    hands = made_strings.group_by_writer(test.images, test.labels, writers)
    for source in ("made: digits only", "made: with signs and dirt", "made: photos"):
        rng = np.random.default_rng(1017)
        for _ in range(count):
            string = made_strings.make_string(hands, rng, plain=source.endswith("only"))
            gray = made_strings.to_photo(string, rng) if source.endswith("photos") else 255 - string.ink
            yield String(source, string.text, to_png(gray))


def real() -> Iterator[String]:
    """The pictures of several digits."""
    with (DATA / "photos" / "labels.csv").open(newline="") as file:
        for each in csv.DictReader(file):
            if each["kind"] == "multi":
                path = DATA / "photos" / each["file"]
                yield String(f"real: {each['group']}", each["label"], path.read_bytes())


def to_png(gray: np.ndarray) -> bytes:
    """A picture as a PNG."""
    import io

    buffer = io.BytesIO()
    Image.fromarray(gray).save(buffer, "PNG")
    return buffer.getvalue()


def our_reader(name: str) -> Callable[[bytes], Answer]:
    """digitrec with a run."""
    run = store.open_run(name)
    reader = NumberReader(Classifier.load(run.tflite_path), run)

    def read(data: bytes) -> Answer:
        try:
            found = read_picture(data, reader)
        except (PictureError, InkError):
            return Answer("")
        return Answer(found.text, found.confidence, found.sure)

    return read


def tesseract(data: bytes) -> Answer:
    """Tesseract, told that it is one line of digits."""
    command = ["tesseract", "stdin", "stdout", "--psm", "7", "-c", "tessedit_char_whitelist=0123456789.,-"]
    environment = os.environ | {"OMP_THREAD_LIMIT": "1"}
    done = subprocess.run(command, input=data, capture_output=True, env=environment, check=False)
    return Answer(done.stdout.decode(errors="replace").strip())


def rapidocr() -> Callable[[bytes], Answer]:
    """RapidOCR with its own models."""
    engine = importlib.import_module("rapidocr_onnxruntime").RapidOCR(intra_op_num_threads=1)  # installed by hand

    def read(data: bytes) -> Answer:
        gray = read_gray(data)
        found, _ = engine(np.stack([np.pad(gray, 8, mode="edge")] * 3, -1))
        return Answer(
            " ".join(text for _, text, _ in found or []), min((score for *_, score in found or [(0, 0)]))
        )

    return read


def print_table(rows: list[tuple[String, Answer, float]]) -> None:
    """Print the shares of each source."""
    print(f"{'source':28s} {'n':>4s}  digits right (95%)     whole right  sure: wrong of  at 1% errors  a second")
    groups = list(dict.fromkeys(string.source for string, *_ in rows))
    for source in [*groups, "real:"] if len(groups) > 1 else groups:
        mine = [
            row
            for row in rows
            if row[0].source == source or (source == "real:" and row[0].source.startswith(source))
        ]
        if not mine:
            continue
        digits = [NOT_DIGITS.sub("", string.text) == NOT_DIGITS.sub("", said.text) for string, said, _ in mine]
        whole = [string.text.replace(" ", "") == said.text.replace(" ", "") for string, said, _ in mine]
        _, low, high = wilson_interval(sum(digits), len(digits))
        sure = [right for right, (_, said, _) in zip(digits, mine, strict=True) if said.sure]
        confidence = np.array([said.confidence for _, said, _ in mine])
        least = number_fit.find_threshold(confidence, np.array(digits), errors=MAX_ERRORS)
        print(
            f"{source:28s} {len(mine):4d}  {np.mean(digits):6.1%} ({low:.1%} to {high:.1%})  {np.mean(whole):6.1%}"
            f"  {len(sure) - sum(sure):3d} of {len(sure):4d}  {np.mean(confidence >= least):9.1%}"
            f"  {len(mine) / sum(seconds for *_, seconds in mine):8.1f}"
        )


if __name__ == "__main__":
    main()
