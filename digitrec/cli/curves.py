"""The command `digitrec curves`: the histories of runs as files for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path

from digitrec import files
from digitrec.reporting import curve_files
from digitrec.runs import Run, RunError, store


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `curves`."""
    parser.set_defaults(command=_write)
    parser.add_argument("runs", nargs="+", metavar="RUN", help="names of runs")
    parser.add_argument("--format", choices=("csv", "tensorboard"), default="csv")
    shown = "file of the CSV, or folder of TensorBoard's event files (default: curves.csv, or curves)"
    parser.add_argument("--output", type=Path, help=shown)


def _write(options: argparse.Namespace) -> None:
    runs = [store.open_run(name) for name in options.runs]
    if options.format == "csv":
        path = options.output or Path("curves.csv")
        files.replace(path, curve_files.write_csv(runs).encode())
        print(f"Wrote {path}.")
        return
    path = options.output or Path("curves")
    for run in runs:
        _write_events(run, path)
    print(f"Wrote {path}. Open it: tensorboard --logdir {path}")


def _write_events(run: Run, folder: Path) -> None:
    found = curve_files.event_files(run)
    if not found:
        raise RunError(f"the run {run.name!r} has no curves yet: let its training begin first.")
    for name, data in found.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        files.replace(target, data)
