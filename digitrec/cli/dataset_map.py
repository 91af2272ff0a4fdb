"""The command `digitrec map`: the images of a data set on a plane, as Explore shows them."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable
from pathlib import Path

from digitrec import files
from digitrec.cli.measure import measure_in_turn
from digitrec.cli.train import CommandError
from digitrec.data import Dataset, loading
from digitrec.explain import DatasetMap, MapRequest, dataset_maps, tsne
from digitrec.inference import Classifier
from digitrec.runs import MAPS_FOLDER, measurements, store

Report = Callable[[int, int], None]


def add_map(parser: argparse.ArgumentParser) -> None:
    """Add the options of `map`."""
    parser.set_defaults(command=_map)
    parser.add_argument("--dataset", required=True, help="name of a data set")
    parser.add_argument("--model", metavar="RUN", help="compare the embedding of this run (default: the pixels)")
    sizes = ", ".join(f"{size:,}" for size in dataset_maps.SIZES)
    parser.add_argument(
        "--images",
        type=int,
        choices=dataset_maps.SIZES,
        default=dataset_maps.DEFAULT_SIZE,
        help=f"how many images at most: {sizes} (default: {dataset_maps.DEFAULT_SIZE:,})",
        metavar="N",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the positions to a table")
    parser.add_argument("--watch-stdin", action="store_true", help="end when standard input closes")


def _map(options: argparse.Namespace) -> None:
    if not tsne.has_opentsne():
        raise CommandError(tsne.explain_missing_opentsne())
    dataset = loading.load(options.dataset)
    run = None if options.model is None else store.open_run(options.model)
    model = None if run is None else Classifier.load(run.tflite_path)
    request = MapRequest(dataset, options.images, run, model)
    found = None if options.watch_stdin else dataset_maps.find_map(request)
    found = found or _make(request, by_server=options.watch_stdin)
    if options.csv is not None:
        _write_table(options.csv, dataset, found)
    if not options.watch_stdin:
        print(f"The map of {len(found.rows):,} images is stored. Explore shows it: section Map.")


def _make(request: MapRequest, *, by_server: bool) -> DatasetMap:
    with measure_in_turn(request, request.size, by_server=by_server) as (folder, report):
        found = dataset_maps.make_map(request, report if by_server else _print_too(report))
        measurements.finish(folder, {"images": len(found.rows)})
    measurements.forget_oldest(measurements.cached_home(MAPS_FOLDER), dataset_maps.MAX_MAPS)
    return found


def _print_too(report: Report) -> Report:
    def report_and_print(done: int, of: int) -> None:
        report(done, of)
        print(f"\r{done / of:.0%}", end="\n" if done == of else "", file=sys.stderr, flush=True)

    return report_and_print


def _write_table(path: Path, dataset: Dataset, found: DatasetMap) -> None:
    n_train = len(dataset.train.labels)
    with files.replacing(path) as file:
        table = csv.writer(file)
        table.writerow(("split", "index", "label", "x", "y"))
        for row, (x, y) in zip(found.rows.tolist(), found.positions.tolist(), strict=True):
            part, index = (dataset.train, row) if row < n_train else (dataset.test, row - n_train)
            name = dataset.class_names[part.labels[index]]
            table.writerow(("train" if row < n_train else "test", index, name, f"{x:.4f}", f"{y:.4f}"))
