"""What `python -m digitrec evaluate` does: the page's numbers in plain text, and the page's report and tables."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from pathlib import Path

from digitrec import files
from digitrec.data.catalogue import evaluation_dataset
from digitrec.evaluation import scoring
from digitrec.evaluation.scoring import Score
from digitrec.report import evaluation_tables, tables
from digitrec.report.evaluation_tables import LazyTable
from digitrec.report.evaluation_texts import describe_note
from digitrec.report.formatting import format_share
from digitrec.runs import store
from digitrec.runs.run import Run

PRINTED_TABLES = ("numbers", "labels", "classes", "calibration", "robustness", "attack")


class OutputError(Exception):
    """A file cannot be written: the message says which and why."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Make the command's options."""
    parser.add_argument("run", help="name of a run")
    parser.add_argument("--dataset", help="name of a data set (default: the run's own)")
    parser.add_argument("--split", choices=scoring.SPLITS, default="test")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the whole evaluation as one HTML file")
    parser.add_argument("--csv", type=Path, metavar="FOLDER", help="write each table as a CSV file")
    parser.add_argument("--json", action="store_true", help="print JSON in place of words")


def evaluate(options: argparse.Namespace) -> None:
    """Evaluate a run, print its numbers, and write what is asked for.

    Raises:
        OutputError: a file cannot be written.
        RunError: there is no such run.
        ScoringError: it cannot be evaluated on these images; ClassifierError, DatasetError likewise.
    """
    run = store.open_run(options.run)
    score = scoring.score(run, options.dataset or evaluation_dataset(run.config.dataset), options.split)
    evaluation = score.evaluation
    with contextlib.suppress(OSError):  # another person's run: the numbers are right all the same
        if evaluation.split == "test":
            run.record_view(evaluation.dataset, evaluation.split, evaluation.model_sha256)
    for note in score.notes:
        print(f"digitrec: {describe_note(note)}", file=sys.stderr)
    found = {table.name: table for table in evaluation_tables.list_tables(score)}
    if options.json:
        print(json.dumps(_to_json(run, score, found), indent=2))
    else:
        _print_score(run, score, found)
    if options.csv:
        for name, table in found.items():
            _write(options.csv / f"{name}.csv", tables.to_csv(table.make()))
        print(f"Wrote {len(found)} tables to {options.csv}.", file=sys.stderr)
    if options.report:
        from digitrec.report import report  # Plotly, for this alone

        _write(options.report, report.make_report(score))
        print(f"Wrote {options.report} ({options.report.stat().st_size / 1e6:.1f} MB).", file=sys.stderr)


def _print_score(run: Run, score: Score, found: dict[str, LazyTable]) -> None:
    evaluation = score.evaluation
    accuracy, low, high = evaluation.accuracy
    print(
        f"{run.name} on {evaluation.dataset}, {evaluation.split}: "
        f"{evaluation.right:,} of {evaluation.n:,} images right\n"
        f"accuracy {format_share(accuracy)} (95% interval {format_share(low)} to "
        f"{format_share(high)}), "
        f"log loss {evaluation.log_loss:.4f}"
    )
    if evaluation.split == "test":
        print(
            f"looked at on these test images, this time included: {run.count_views(evaluation.dataset, 'test'):,}"
        )
    for name in filter(found.__contains__, PRINTED_TABLES):
        print(f"\n{tables.to_text(tables.drop_column(found[name].make(), 'Meaning'))}")


def _to_json(run: Run, score: Score, found: dict[str, LazyTable]) -> dict[str, object]:
    evaluation = score.evaluation
    head = {"run": run.name, "looks": run.count_views(evaluation.dataset, evaluation.split)}
    rest = {name: tables.to_records(table.make()) for name, table in found.items() if name != "answers"}
    return head | evaluation.to_dict() | {"tables": rest}


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.replace(path, text.encode())
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}. Choose another place.") from error
