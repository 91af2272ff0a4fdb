"""The command `digitrec evaluate`: the numbers of an evaluation as text or JSON, its report and its tables."""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from digitrec import api, files
from digitrec.cli import import_dataset
from digitrec.cli.train import add_cluster
from digitrec.data import evaluation_dataset
from digitrec.evaluation import Score, scoring
from digitrec.reporting import LazyTable, describe_note, evaluation_tables, format_count, format_share, tables
from digitrec.runs import Run, places, store

PRINTED_TABLES = ("numbers", "labels", "classes", "calibration", "robustness", "attack")


class OutputError(Exception):
    """A file cannot be written: the message says which file and why."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("run", help="name of a run")
    parser.add_argument("--dataset", help="name of a data set (default: the run's own)")
    parser.add_argument("--split", choices=scoring.SPLITS, default="test")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the report as one HTML file")
    parser.add_argument("--csv", type=Path, metavar="FOLDER", help="write each table as a CSV file")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    add_cluster(parser)


def evaluate(options: argparse.Namespace) -> None:
    """Evaluate a run, print its numbers, and write the report and the tables if asked.

    Raises:
        OutputError: a file cannot be written.
        RunError: there is no such run.
        ScoringError: the run cannot be evaluated on these images.
        ClassifierError: the model cannot be loaded.
        DatasetError: the data set cannot be loaded.
    """
    if options.dataset:
        import_dataset.download_if_missing(options.dataset)
    if options.cluster:
        _evaluate_on(options.cluster, store.open_run(options.run), options)
    score = api.evaluate(options.run, dataset=options.dataset, split=options.split)
    run = score.run
    for note in score.notes:
        print(f"digitrec: {describe_note(note)}", file=sys.stderr)
    lazy_tables = {table.name: table for table in evaluation_tables.list_tables(score)}
    if options.json:
        print(json.dumps(_to_json(run, score, lazy_tables), indent=2))
    else:
        _print_score(run, score, lazy_tables)
    if options.csv:
        for name, table in lazy_tables.items():
            _write(options.csv / f"{name}.csv", tables.to_csv(table.make()))
        print(f"Wrote {len(lazy_tables)} tables to {options.csv}.", file=sys.stderr)
    if options.report:
        with _writing(options.report):
            api.report(score, options.report)
        print(f"Wrote {options.report} ({options.report.stat().st_size / 1e6:.1f} MB).", file=sys.stderr)


def _evaluate_on(cluster: str, run: Run, options: argparse.Namespace) -> None:
    """Have the network's answers made on a cluster; they are then stored with the run."""
    from digitrec.cluster import connection, jobs  # Dask takes a second, and is not installed everywhere

    dataset = options.dataset or evaluation_dataset(run.config.dataset)
    places.check_address(cluster)
    with connection.Connection(cluster) as connected:
        log = functools.partial(print, end="", file=sys.stderr)
        jobs.evaluate(connected, run, dataset, options.split, log)


def _print_score(run: Run, score: Score, lazy_tables: dict[str, LazyTable]) -> None:
    evaluation = score.evaluation
    accuracy, low, high = evaluation.accuracy
    print(
        f"{run.name} on {evaluation.dataset}, {evaluation.split}: "
        f"{evaluation.right:,} of {format_count(evaluation.n, 'image')} right\n"
        f"accuracy {format_share(accuracy)} (95% interval {format_share(low)} to {format_share(high)})\n"
        f"log loss {evaluation.log_loss:.4f}, before calibration"
    )
    if evaluation.split == "test":
        views = run.count_views(evaluation.dataset, evaluation.split)
        print(f"test images viewed {format_count(views, 'time')}")
    for name in filter(lazy_tables.__contains__, PRINTED_TABLES):
        print(f"\n{tables.to_text(tables.drop_column(lazy_tables[name].make(), 'Meaning'))}")


def _to_json(run: Run, score: Score, lazy_tables: dict[str, LazyTable]) -> dict[str, object]:
    evaluation = score.evaluation
    head = {"run": run.name, "looks": run.count_views(evaluation.dataset, evaluation.split)}
    rest = {name: tables.to_records(table.make()) for name, table in lazy_tables.items() if name != "answers"}
    return head | evaluation.to_dict() | {"tables": rest}


def _write(path: Path, text: str) -> None:
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        files.replace(path, text.encode())


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Say it in words where the file cannot be written."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}. Choose another file or folder.") from error
