"""The command `digitrec read`: numbers in pictures, grids of boxes, or forms on pages, as lines, CSV or JSON."""

from __future__ import annotations

import argparse
import contextlib
import csv
import functools
import io
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from digitrec.cli import answer_files
from digitrec.cli.answer_files import STANDARD_OUTPUT
from digitrec.cli.evaluate import OutputError
from digitrec.cli.progress import write_answers
from digitrec.cli.train import add_cluster
from digitrec.data import picture_files
from digitrec.forms import (
    MAX_CELLS,
    GridReader,
    GridReading,
    NumberReader,
    PageReading,
    PictureReading,
    Template,
    TemplateReader,
    away,
    number_words,
    read_forms,
    read_grids,
    read_pictures,
    template_store,
    templates,
)
from digitrec.imaging import Gray
from digitrec.inference import Classifier
from digitrec.reporting import form_records, format_probability, grid_records, number_records, spreadsheets
from digitrec.runs import Run, places, store


class _Reader(NamedTuple):
    """How pictures are read, and what becomes of the answers."""

    read: Callable[[Iterable[Callable[[], Gray]]], Iterator[Any]]
    columns: tuple[str, ...]  # of the CSV
    to_rows: Callable[[str, Any], Iterable[list[Any]]]
    to_record: Callable[[str, Any], dict[str, object]]
    to_text: Callable[[str, Any], str]


def add_read(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `read`."""
    parser.set_defaults(command=_read, refuse=parser.error)
    what = (
        "pictures of numbers, or pages with a grid or of a form: pictures, PDF and TIFF files with any number of "
        "pages, folders, ZIP files, or patterns such as 'scans/*.png'"
    )
    parser.add_argument("places", nargs="+", metavar="PICTURE", help=what)
    parser.add_argument("--run", help="name of the run that reads the digits (default: the built-in one)")
    what = (
        "read a grid of boxes with one digit each in place of numbers: its size, such as 9x9, or auto to find it"
    )
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--grid", type=_read_size, metavar="ROWSxCOLUMNS", help=what)
    what = "read pages of a form in place of numbers: the JSON that describes it, or the name of a saved one"
    kinds.add_argument("--template", metavar="FORM", help=what)
    parser.add_argument("--json", metavar="FILE", help="write text, confidence and boxes; - is standard output")
    parser.add_argument("--csv", metavar="FILE", help="the same as a CSV: a line for each picture, cell or field")
    parser.add_argument("--xlsx", metavar="FILE", help="the same as a spreadsheet")
    add_cluster(parser)


def format_reading(reading: PictureReading) -> str:
    """What a picture says as a line of text."""
    parts = [number_words.UPSIDE_DOWN] if reading.upside_down else []
    for number in reading.numbers:
        if number.sure:
            parts.append(f"{number.text} ({format_probability(number.confidence)} sure)")
        else:
            parts.append(f"not sure, best guess {number.text}. {number_words.describe(number)}")
    return "; ".join(parts)


def _read(options: argparse.Namespace) -> None:
    if options.csv == options.json == STANDARD_OUTPUT:
        options.refuse("--csv and --json are both -: only one of them can go to standard output.")
    run = store.open_run(options.run or store.SHIPPED[0])
    model = Classifier.load(run.tflite_path)
    reader = _choose(options, model, run)
    found = picture_files.list_pages(picture_files.list_pictures(options.places))
    opener = picture_files.PictureReader()
    if options.cluster:
        answers = _read_away(options, [functools.partial(_page_bytes, opener, file) for file in found.files], run)
    else:
        answers = reader.read(functools.partial(opener.read_page, file) for file in found.files)
    write_answers(found, answers, _writing(options, reader), (options.csv, options.json, options.xlsx))


def load_form(place: str) -> Template:
    """The form in a file, or the saved one of this name.

    Raises:
        TemplateError: there is none, or it cannot be used.
    """
    path = Path(place)
    return templates.from_json(path.read_bytes()) if path.is_file() else template_store.load(place)


def _choose(options: argparse.Namespace, model: Classifier, run: Run) -> _Reader:
    if options.template is not None:
        return _forms(TemplateReader(model, run, load_form(options.template)))
    if options.grid is not None:
        return _grids(GridReader(model, run), options.grid or None)
    return _numbers(NumberReader(model, run))


def _page_bytes(opener: picture_files.PictureReader, file: picture_files.PictureFile) -> bytes:
    """A picture's file as it is, or a page of a file that may have several, as a PNG."""
    name = file.path.name if file.member is None else file.name
    if not file.page and not re.search(r"\.(pdf|tiff?)\b", name.casefold()):
        return opener.read(file)
    buffer = io.BytesIO()
    Image.fromarray(opener.read_page(file)).save(buffer, "PNG")
    return buffer.getvalue()


def _read_away(options: argparse.Namespace, loads: Sequence[Callable[[], bytes]], run: Run) -> Iterator[Any]:
    """The answers of a cluster, one for each picture."""
    if options.template is not None:
        options.refuse("--template and --cluster: forms are read on this machine. Leave --cluster out.")
    places.reach(options.cluster)  # before a file is opened

    def echo(text: str) -> None:
        print(f"digitrec: {text}", file=sys.stderr)

    if options.grid is None:
        return away.read_pictures_away(options.cluster, loads, run, echo)
    return away.read_grids_away(options.cluster, loads, run, options.grid or None, echo)


@contextlib.contextmanager
def _writing(options: argparse.Namespace, reader: _Reader) -> Iterator[list[Callable[[str, Any], object]]]:
    """What takes each answer: the files that were asked for, or else standard output."""
    try:
        with contextlib.ExitStack() as stack:
            writers: list[Callable[[str, Any], object]] = []
            if options.csv is None and options.json is None and options.xlsx is None:
                writers.append(lambda name, answer: print(reader.to_text(name, answer)))
            if options.json is not None:
                write_record = stack.enter_context(answer_files.json_array(options.json))
                writers.append(lambda name, answer: write_record(reader.to_record(name, answer)))
            if options.csv is not None:
                rows = csv.writer(stack.enter_context(answer_files.open_target(options.csv)))
                rows.writerow(reader.columns)
                writers.append(lambda name, answer: rows.writerows(reader.to_rows(name, answer)))
            if options.xlsx is not None:
                book = stack.enter_context(spreadsheets.workbook(Path(options.xlsx)))
                add = book.add_sheet("Readings", reader.columns)
                writers.append(lambda name, answer: [add(row) for row in reader.to_rows(name, answer)])
            yield writers
    except OSError as error:  # a picture's own is no exception here, but an answer
        raise OutputError(f"the answers cannot be written: {error.strerror}. Choose another file.") from error


def _numbers(reader: NumberReader) -> _Reader:
    return _Reader(
        lambda loads: read_pictures(loads, reader),
        number_records.COLUMNS,
        lambda name, reading: [number_records.to_row(name, reading)],
        number_records.to_record,
        lambda name, reading: f"{name}: {format_reading(reading)}",
    )


def _grids(reader: GridReader, size: tuple[int, int] | None) -> _Reader:
    return _Reader(
        lambda loads: read_grids(loads, reader, size),
        grid_records.COLUMNS,
        grid_records.to_rows,
        grid_records.to_record,
        lambda name, reading: f"{name}:\n{format_grid(reading)}",
    )


def _forms(reader: TemplateReader) -> _Reader:
    return _Reader(
        lambda loads: read_forms(loads, reader),
        form_records.COLUMNS,
        form_records.to_rows,
        form_records.to_record,
        lambda name, reading: f"{name}:\n{format_page(reading)}",
    )


def format_page(reading: PageReading) -> str:
    """A page of a form as lines of text: name and text of each field, "?" behind one to look at."""
    width = max((len(field.name) for field in reading.fields), default=0)
    return "\n".join(
        f"  {field.name.ljust(width)}  {field.text or f'({field.kind})'}{'' if field.sure else f' ? {field.why}'}"
        for field in reading.fields
    )


def format_grid(reading: GridReading) -> str:
    """A page as lines of text: "." for an empty cell, "?" behind an answer to look at, "*" for notes."""
    rows = [
        reading.cells[start : start + reading.columns] for start in range(0, len(reading.cells), reading.columns)
    ]
    said = [
        [(cell.answer or ("*" if cell.kind == "notes" else ".")) + "?" * (not cell.sure) for cell in row]
        for row in rows
    ]
    width = max(len(text) for row in said for text in row)
    return "\n".join("  " + " ".join(text.ljust(width) for text in row).rstrip() for row in said)


def _read_size(text: str) -> tuple[int, int] | tuple[()]:
    """The value of `--grid`: rows and columns, or nothing where they are to be found."""
    if text.strip().lower() == "auto":
        return ()
    found = re.fullmatch(r"(\d{1,3})[x×](\d{1,3})", text.strip().lower())
    size = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(1 <= count <= MAX_CELLS for count in size):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no size of a grid: expected rows x columns, 1 to {MAX_CELLS} each, such as 9x9, or auto"
        )
    return size
