"""How forms are read: `python -m benchmarks.templates [--pages 20] [--model NAME] [--threads 2]`.

The program's own forms with all kinds of fields, printed as PDF, filled in with MNIST's test digits, some of them
struck out, with stains and notes. They are photographed: in perspective, turned, shadowed, blurred, with noise,
as JPEG. Corners are found. The networks have not seen these digits. What is struck out or stained is made in
another way than by `forms.made_cells`. Printed for each kind of field: right (kind and text), sure, surely wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from digitrec.data import loading  # noqa: E402
from digitrec.forms import Field, PageReading, Template, TemplateReader, page_size, templates  # noqa: E402
from digitrec.imaging import InkError, read_page  # noqa: E402
from digitrec.inference import Classifier  # noqa: E402
from digitrec.metrics import wilson_interval  # noqa: E402
from digitrec.runs import store  # noqa: E402
from support.made_forms import Glyph, fill, pen_glyph, photograph  # noqa: E402

SEED = 20_000
STRUCK, DIRTY = ("strike", "cross", "scribble"), ("stain", "blob", "notes")
KIND = {"stain": "stain", "blob": "stain", "notes": "notes"} | dict.fromkeys(STRUCK, "struck out")


class Page(NamedTuple):
    """A photo of a filled page, and what it should be read as: kind and text of each field."""

    photo: bytes
    wanted: dict[str, tuple[str, str]]


def main() -> None:
    """Read made pages, and print what was right, what was surely wrong, and how long it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--model", default=store.SHIPPED[0])
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    form, digits = make_form(), loading.load("mnist").test
    pages = [make_page(form, digits, seed) for seed in range(SEED, SEED + options.pages)]
    run = store.open_run(options.model)
    reader = TemplateReader(Classifier.load(run.tflite_path), run, form)
    began, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(options.threads) as pool:
        readings = list(pool.map(lambda page: read(reader, page), pages))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    counts: dict[str, Counter[str]] = {}
    for number, (page, reading) in enumerate(zip(pages, readings, strict=True)):
        if isinstance(reading, InkError):
            print(f"page {number}: {reading}")
        count(form, page, reading, counts)
    for name, found in counts.items():
        print(f"{name}: {found['all']:,}")
        for what in ("right", "sure", "surely wrong"):
            share, low, high = wilson_interval(found[what], found["all"])
            print(f"  {what}: {found[what]:,}, {share:.2%} ({low:.2%} to {high:.2%})")
    cells = len(pages) * sum(len(field.cells) for field in form.read_fields)
    print(f"{cells:,} boxes on {len(pages)} pages: {cells / seconds:.0f} a second in {options.threads} threads,")
    print(f"{cells / cpu:.0f} a second of the processor, photos decoded and pages found")


def make_form() -> Template:
    """A4 with 70 digits, 10 ticks, 6 numbers in boxes, 6 free numbers and 10 fields to be left empty."""
    fields = templates.make_grid("digit {row}, {column}", (0.05, 0.06, 0.95, 0.45), 7, 10, gap=0.2)
    fields += templates.make_grid("tick {number}", (0.05, 0.47, 0.95, 0.53), 1, 10, kind="tick", gap=0.5)
    for boxed, top in ((True, 0.57), (False, 0.70)):
        for at in range(6):
            x, y = 0.05 + 0.3 * (at % 3), top + 0.06 * (at // 3)
            decimals = 2 if at % 2 else None
            name = f"{'boxed' if boxed else 'free'} {at + 1}"
            fields.append(Field(name, (x, y, x + 0.25, y + 0.037), "number", 5, decimals, boxed))
    fields += templates.make_grid("empty {number}", (0.05, 0.83, 0.95, 0.88), 1, 10, kind="empty", gap=0.3)
    return Template("Benchmark", *page_size("A4"), tuple(fields))


def make_page(form: Template, digits, seed: int) -> Page:
    """A page that is filled in by chance and photographed, one in four of each way to lie."""
    rng = np.random.default_rng(seed)
    values, marks, wanted = {}, {}, {}
    for field in form.read_fields:
        text, mark = _choose(field, rng)
        values[field.name] = text
        if mark:
            marks[field.name] = mark
        wanted[field.name] = _wanted(field, text, mark)
    page = fill(form, values, make_glyph(digits, rng), rng, marks=marks)
    return Page(photograph(page, rng, turns=seed % 4), wanted)


def make_glyph(digits, rng: np.random.Generator) -> Glyph:
    """What gives the ink of a symbol: a test digit by chance, or a point or x of the pen."""

    def glyph(symbol: str) -> np.ndarray:
        if not symbol.isdigit():
            return np.full((8, 8), 255, np.uint8) if symbol == "." else pen_glyph(symbol)
        image = digits.images[rng.choice(np.flatnonzero(digits.labels == int(symbol)))]
        rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
        return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]

    return glyph


def _choose(field: Field, rng: np.random.Generator) -> tuple[str, str]:
    """What is written in a field, and what else happens there."""
    chance = rng.random()
    if field.kind == "digit":
        text = str(rng.integers(10)) if chance < 0.65 else ""
        return text, str(rng.choice(STRUCK)) if chance < 0.1 else str(rng.choice(DIRTY)) if chance > 0.93 else ""
    if field.kind == "tick":
        return "x" if chance < 0.5 else "", ""
    if field.kind == "empty":
        return "", ""
    count = int(rng.integers((field.decimals or 0) + 1, 6))
    text = "".join(map(str, rng.integers(0, 10, count)))
    if field.decimals and not field.boxed:
        text = f"{text[: -field.decimals]}.{text[-field.decimals :]}"
    return text, ""


def _wanted(field: Field, text: str, mark: str) -> tuple[str, str]:
    if mark:
        return KIND[mark], ""
    if not text:
        return "empty", ""
    if field.boxed and field.decimals:
        text = f"{text[: -field.decimals]}.{text[-field.decimals :]}"
    return field.kind, text


def read(reader: TemplateReader, page: Page) -> PageReading | InkError:
    """What stands on a page, or why it cannot be read."""
    try:
        return reader.read(read_page(page.photo))
    except InkError as error:
        return error


def count(
    form: Template, page: Page, reading: PageReading | InkError, counts: Mapping[str, Counter[str]] | dict
) -> None:
    """Add a page's fields to the counts of their kinds; those of a page that is not read are not right."""
    found = {} if isinstance(reading, InkError) else {field.name: field for field in reading.fields}
    for field in form.read_fields:
        name, read_as = field.name.split()[0], found.get(field.name)
        wanted = page.wanted[field.name]
        if wanted[0] in ("struck out", "stain", "notes"):
            name = wanted[0]
        is_right = read_as is not None and (read_as.kind, read_as.text) == wanted
        is_sure = read_as is not None and read_as.sure
        for group in (name, "all"):
            mine = counts.setdefault(group, Counter())
            mine["all"] += 1
            mine["right"] += is_right
            mine["sure"] += is_sure
            mine["surely wrong"] += is_sure and not is_right


if __name__ == "__main__":
    main()
