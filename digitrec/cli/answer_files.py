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
from digitrec.inference import Verdict, verdict_words
from digitrec.reporting import tables

STANDARD_OUTPUT = "-"
DIGITS = 6  # decimal places of a probability
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
            texts = [tables.escape_formula(text) for text in (name, verdict.answer, " ".join(_reasons(verdict)))]
            writer.writerow([*texts[:2], verdict.sure, *_probabilities(verdict), texts[2]])

        yield write


@contextlib.contextmanager
def json_file(target: str) -> Iterator[Write]:
    """Write a JSON array: an object for each picture; see `csv_file`."""
    with json_array(target) as write_record:
        yield lambda name, verdict: write_record(_to_json(name, verdict))


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


def _to_json(name: str, verdict: Verdict) -> dict[str, object]:
    return {
        "file": name,
        "answer": verdict.answer,
        "sure": verdict.sure,
        "probabilities": dict(zip(verdict.class_names, _probabilities(verdict), strict=True)),
        "reasons": _reasons(verdict),
    }


def _probabilities(verdict: Verdict) -> list[float]:
    return [round(value, DIGITS) for value in verdict.proba.tolist()]


def _reasons(verdict: Verdict) -> list[str]:
    return [verdict_words.describe_reason(reason, verdict) for reason in verdict.reasons]


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
