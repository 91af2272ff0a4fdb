"""The command `digitrec odd`: what is odd in a data set, as a table or a CSV file."""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import Any

from digitrec import files
from digitrec.cli import import_dataset
from digitrec.cli.measure import Report, measure_in_turn, report_and_print
from digitrec.curation import KINDS, Finding, Findings, find_odd, load_findings, make_search
from digitrec.data import Dataset, corrections, loading
from digitrec.reporting import change_log, format_count
from digitrec.runs import measurements, processes

SHOWN = 20  # of each kind, without a file
COLUMNS = ("kind", "split", "index", "label", "suggested", "share", "score", "other split", "other index")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `odd`."""
    parser.set_defaults(command=_odd)
    parser.add_argument("dataset", help="name of a data set")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write all that is found to this file")
    log = "write the decisions that were made on Explore to this file, as JSON or as CSV by its ending, and end"
    parser.add_argument("--change-log", type=Path, metavar="FILE", help=log)
    parser.add_argument("--again", action="store_true", help="search, even if the result is stored")
    parser.add_argument("--watch-stdin", action="store_true", help="end when standard input closes")


def _odd(options: argparse.Namespace) -> None:
    if not options.watch_stdin:
        import_dataset.download_if_missing(options.dataset)
    dataset = loading.load(options.dataset)
    if options.change_log:
        _write_log(options.change_log, dataset)
        return
    found = None if options.again or options.watch_stdin else load_findings(dataset)
    if found is None:
        with measure_in_turn(make_search(dataset), 0, by_server=options.watch_stdin) as (folder, report):
            shown = report if options.watch_stdin else report_and_print(report)
            found = find_odd(dataset, _predict if processes.has_tensorflow() else None, shown)
            measurements.finish(folder, found.to_dict())
    if options.watch_stdin:
        return
    if options.csv:
        with files.replacing(options.csv) as file:
            writer = csv.writer(file)
            writer.writerows([COLUMNS, *(_row(each, dataset) for each in found.found)])
        print(f"Wrote {options.csv}: {format_count(len(found.found), 'image')}.")
    else:
        _print(found, dataset)
    if not found.estimates:
        print(f"digitrec: labels were not judged. {processes.explain_missing_tensorflow('That')}", file=sys.stderr)


def _write_log(path: Path, dataset: Dataset) -> None:
    decisions = corrections.read(dataset.name)
    write = change_log.to_json if path.suffix.lower() == ".json" else change_log.to_csv
    files.replace(path, write(dataset.name, dataset.class_names, decisions).encode())
    print(f"Wrote {path}: {format_count(len(decisions), 'decision')}.")


def _predict(dataset: Dataset, report: Report) -> Any:
    from digitrec.training import cross_validation  # TensorFlow takes seconds and hundreds of megabytes

    return cross_validation.predict_out_of_sample(dataset, report)


def _row(finding: Finding, dataset: Dataset) -> list[object]:
    names, part = dataset.class_names, dataset.train if finding.split == "train" else dataset.test
    suggested = "" if finding.suggested is None else names[finding.suggested]
    share = "" if finding.share is None else finding.share
    label = names[part.labels[finding.place]]
    return [finding.kind, *finding[1:3], label, suggested, share, finding.score, *(finding.other or ("", ""))]


def _print(found: Findings, dataset: Dataset) -> None:
    print(*COLUMNS, sep="\t")
    for kind in KINDS:
        chosen = found.select(kind)
        for each in chosen[:SHOWN]:
            print(*_row(each, dataset), sep="\t")
        if len(chosen) > SHOWN:
            print(f"... and {len(chosen) - SHOWN:,} more of this kind: --csv FILE writes all.")
