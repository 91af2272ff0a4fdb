"""The command `digitrec export`: a trained network as a file that its own runtime has run, with the comparison."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from digitrec import files
from digitrec.cli.train import CommandError
from digitrec.exchange import FORMATS, Proof, export_path, find_proof, read_export
from digitrec.offline import PAGES
from digitrec.reporting import describe_proof
from digitrec.runs import Run, processes, store

if TYPE_CHECKING:
    from digitrec.training.converting import ConversionError

ALL = "all"


def add_export(parser: argparse.ArgumentParser) -> None:
    """Add the options of `export`."""
    parser.set_defaults(command=_export)
    parser.add_argument("run", help="name of a run")
    kinds = f"all makes each of {', '.join(FORMATS)} in a folder"
    parser.add_argument("--format", choices=(*FORMATS, *PAGES, ALL), default="keras", help=kinds)
    parser.add_argument(
        "--output",
        type=Path,
        help="file to write, or the folder for all (default: the name of the run, in this folder)",
    )
    parser.add_argument("--leave", action="store_true", help="leave the file with the run, as the dashboard does")


def _export(options: argparse.Namespace) -> None:
    run, kind = store.open_run(options.run), options.format
    if not run.has_model:
        raise CommandError(f"the run {run.name!r} has no trained network to export: train it to the end first.")
    if page := PAGES.get(kind):
        path = options.output or Path(f"{run.name}{page.suffix}")
        files.replace(path, page.make(run))
        _print_written(path, page.title)
    elif kind == ALL:
        folder = options.output or Path(run.name)
        _make(run, list(FORMATS), {each: folder / f"{run.name}{FORMATS[each].suffix}" for each in FORMATS})
    else:
        path = options.output or Path(f"{run.name}{FORMATS[kind].suffix}")
        _export_one(run, kind, None if options.leave else path)


def _export_one(run: Run, kind: str, path: Path | None) -> None:
    """Write the file of a format; what was made and proven before is not made again."""
    proof = find_proof(run, kind)
    if proof is not None:
        _print_proof(proof, export_path(run, kind), path)
    elif FORMATS[kind].is_stored and not processes.has_tensorflow():
        if path is not None:
            files.replace(path, read_export(run, kind))
            _print_written(path, FORMATS[kind].title)
        print(f"digitrec: {processes.explain_missing_tensorflow('The comparison with Keras')}", file=sys.stderr)
    else:
        _make(run, [kind], {} if path is None else {kind: path})


def _make(run: Run, kinds: Sequence[str], paths: dict[str, Path]) -> None:
    if not processes.has_tensorflow():
        raise CommandError(processes.explain_missing_tensorflow("This format"))
    processes.prepare_tensorflow()
    from digitrec.training import exports  # TensorFlow takes seconds and hundreds of megabytes

    failed: list[str] = []

    def report(kind: str, found: Proof | ConversionError, made: Path) -> None:
        if isinstance(found, Proof):
            _print_proof(found, made, paths.get(kind))
        else:
            failed.append(str(found))
            print(f"digitrec: {found}", file=sys.stderr)

    exports.make_exports(run, kinds, report=report)
    if failed:
        raise CommandError(failed[-1] if len(kinds) == 1 else f"{len(failed)} of {len(kinds)} formats failed.")


def _print_proof(proof: Proof, made: Path, path: Path | None) -> None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.tmp")
        try:
            shutil.copyfile(made, temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _print_written(path, FORMATS[proof.kind].title)
    for line in describe_proof(proof):
        print(f"  {line}")


def _print_written(path: Path, title: str) -> None:
    print(f"Wrote {path} ({path.stat().st_size / 1e6:.2f} MB): {title}.")
