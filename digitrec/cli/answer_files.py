"""The answers of `digitrec predict` as a CSV or a JSON file, written row by row: their number has no limit."""

from __future__ import annotations

import contextlib
import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO, TypeAlias

from digitrec import files
from digitrec.inference import Verdict
from digitrec.reporting import tables, verdict_records

STANDARD_OUTPUT = "-"
Write: TypeAlias = Callable[[str, Verdict], None]  # takes the name of a file and its verdict


@contextlib.contextmanager
def csv_file(target: str, class_names: Sequence[str]) -> Iterator[Write]:
    """Write a CSV (RFC 4180): a line of titles, and a line for each picture.

    Args:
        target: a path, or `STANDARD_OUTPUT`; the file is there when all is written.
        class_names: of the model.

    Raises:
        OSError: it cannot be written.
    """
    with open_target(target) as file:
        writer = csv.writer(file)
        titles = ("file", "answer", "sure", *(f"probability of {name}" for name in class_names), "reasons")
        writer.writerow(map(tables.escape_formula, titles))

        def write(name: str, verdict: Verdict) -> None:
            texts = [
                tables.escape_formula(text)
                for text in (name, verdict.answer, " ".join(verdict_records.list_reasons(verdict)))
            ]
            writer.writerow([*texts[:2], verdict.sure, *verdict_records.list_probabilities(verdict), texts[2]])

        yield write


@contextlib.contextmanager
def json_file(target: str) -> Iterator[Write]:
    """Write a JSON array: an object for each picture; see `csv_file`."""
    with json_array(target) as write_record:
        yield lambda name, verdict: write_record(verdict_records.to_record(name, verdict))


@contextlib.contextmanager
def json_array(target: str) -> Iterator[Callable[[Mapping[str, object]], None]]:
    """Write a JSON array object by object.

    Args:
        target: a path, or `STANDARD_OUTPUT`; the file is there when all is written.

    Raises:
        OSError: it cannot be written.
    """
    with open_target(target) as file:
        written = 0

        def write(record: Mapping[str, object]) -> None:
            nonlocal written
            file.write(",\n" if written else "[\n")
            json.dump(record, file, ensure_ascii=False)
            written += 1

        yield write
        file.write("\n]\n" if written else "[]\n")


@contextlib.contextmanager
def open_target(target: str) -> Iterator[TextIO]:
    """A file to write to, which is there when all is written; or standard output.

    Raises:
        OSError: it cannot be written.
    """
    if target == STANDARD_OUTPUT:
        yield sys.stdout
        sys.stdout.flush()
        return
    path = Path(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.replacing(path) as file:
        yield file
