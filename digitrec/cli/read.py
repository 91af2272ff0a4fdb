"""The command `digitrec read`: the numbers in pictures, as lines, CSV or JSON."""

from __future__ import annotations

import argparse
import contextlib
import csv
import functools
import sys
from collections.abc import Callable, Iterator
from typing import TypeAlias

from digitrec.cli import answer_files
from digitrec.cli.answer_files import STANDARD_OUTPUT
from digitrec.cli.evaluate import OutputError
from digitrec.cli.predict import PredictError
from digitrec.cli.progress import Bar, describe_error, print_end
from digitrec.data import picture_files
from digitrec.forms import NumberReader, PictureReading, number_words, read_pictures
from digitrec.inference import Classifier
from digitrec.reporting import format_probability, number_records
from digitrec.runs import store

Write: TypeAlias = Callable[[str, PictureReading], None]  # takes the name of a file and what it says


def add_read(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `read`."""
    parser.set_defaults(command=_read, refuse=parser.error)
    what = "pictures of numbers: files, folders, ZIP files, or patterns such as 'scans/*.png'"
    parser.add_argument("places", nargs="+", metavar="PICTURE", help=what)
    parser.add_argument("--run", help="name of the run that reads the digits (default: the built-in one)")
    parser.add_argument(
        "--json", metavar="FILE", help="write text, confidence, boxes and digits; - is standard output"
    )
    parser.add_argument("--csv", metavar="FILE", help="the same as a CSV, one line for each picture")


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
    reader = NumberReader(Classifier.load(run.tflite_path), run)
    found = picture_files.list_pictures(options.places)
    opener, total = picture_files.PictureReader(), len(found.files)
    answers = read_pictures((functools.partial(opener.read, file) for file in found.files), reader)
    prints_lines = options.csv is None and options.json is None
    bar = Bar(total, shown=sys.stderr.isatty() and not (prints_lines and sys.stdout.isatty()))
    failed = 0
    with _writing(options) as writers:
        for done, (file, answer) in enumerate(zip(found.files, answers, strict=True), start=1):
            if isinstance(answer, PictureReading):
                for write in writers:
                    write(file.name, answer)
            else:
                failed += 1
                bar.clear()
                print(f"{file.name}: {describe_error(answer)}", file=sys.stderr)
            bar.show(done)
    bar.clear()
    print_end((options.csv, options.json), total - failed, found.others)
    if failed:
        raise PredictError(f"{failed:,} of {total:,} pictures could not be read.")


@contextlib.contextmanager
def _writing(options: argparse.Namespace) -> Iterator[list[Write]]:
    """What takes each answer: the files that were asked for, or else standard output."""
    try:
        with contextlib.ExitStack() as stack:
            writers: list[Write] = [_print_line] if options.csv is None and options.json is None else []
            if options.json is not None:
                write_record = stack.enter_context(answer_files.json_array(options.json))
                writers.append(lambda name, reading: write_record(number_records.to_record(name, reading)))
            if options.csv is not None:
                rows = csv.writer(stack.enter_context(answer_files.open_target(options.csv)))
                rows.writerow(number_records.COLUMNS)
                writers.append(lambda name, reading: rows.writerow(number_records.to_row(name, reading)))
            yield writers
    except OSError as error:  # a picture's own is no exception here, but an answer
        raise OutputError(f"the answers cannot be written: {error.strerror}. Choose another file.") from error


def _print_line(name: str, reading: PictureReading) -> None:
    print(f"{name}: {format_reading(reading)}")
