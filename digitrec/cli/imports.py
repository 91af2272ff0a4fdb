"""The commands `digitrec import-model` and `digitrec bundle`: networks that come in, runs that travel whole."""

from __future__ import annotations

import argparse
from pathlib import Path

from digitrec import files
from digitrec.cli import import_dataset
from digitrec.cli.train import CommandError
from digitrec.exchange import ForeignFileError, import_bundle, import_network, make_bundle, read_bundle
from digitrec.reporting import describe_origin
from digitrec.runs import Run, processes, store


def add_import(parser: argparse.ArgumentParser) -> None:
    """Add the options of `import-model`."""
    parser.set_defaults(command=_import)
    parser.add_argument("file", type=Path, help="a network: .keras, .h5, .tflite or .onnx")
    parser.add_argument("--name", required=True, help="name of the new run")
    parser.add_argument(
        "--dataset", default="mnist", help="data set whose classes the network's outputs are (default: mnist)"
    )
    parser.add_argument("--file-name", help=argparse.SUPPRESS)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)


def _import(options: argparse.Namespace) -> None:
    if not processes.has_tensorflow():
        raise CommandError(processes.explain_missing_tensorflow("Bringing in a network"))
    files.refuse_if_read_only("no network can be brought in")
    name = options.file_name or options.file.name
    if options.here:
        _import_here(options.file, name, options)
        return
    import_dataset.download_if_missing(options.dataset)
    print(f"Trying {name} on images of {options.dataset} ...", flush=True)
    # In a process of its own: a damaged file may end it.
    run = import_network(options.file.resolve(), file=name, name=options.name, dataset=options.dataset)
    print(*describe_origin(run), sep="\n")
    print(f"The run {run.name!r} is in {run.path}")


def _import_here(path: Path, name: str, options: argparse.Namespace) -> Run:
    data = _read(path)
    processes.prepare_tensorflow()
    from digitrec.training import export, foreign  # TensorFlow takes seconds and hundreds of megabytes

    processes.limit_resources()
    try:
        return foreign.bring_in(data, name, options.name, options.dataset)
    except (export.ExportError, MemoryError) as error:
        why = "it takes too much memory" if isinstance(error, MemoryError) else str(error)
        raise ForeignFileError(f"the network cannot be used here: {why}") from error


def add_bundle(parser: argparse.ArgumentParser) -> None:
    """Add the options of `bundle`."""
    parser.set_defaults(command=_bundle, refuse=parser.error)
    parser.add_argument("run", nargs="?", help="name of a run")
    parser.add_argument(
        "output",
        nargs="?",
        type=Path,
        metavar="OUT.zip",
        help="file to write (default: the name of the run, in this folder)",
    )
    parser.add_argument("--import", dest="bundle", type=Path, metavar="FILE", help="make a run of a bundle")
    parser.add_argument("--name", help="name of the new run (default: the one in the bundle)")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)


def _bundle(options: argparse.Namespace) -> None:
    if (options.bundle is None) == (options.run is None):
        options.refuse("expected the name of a run, or --import with a file.")
    if options.run is not None:
        path = options.output or Path(f"{options.run}-bundle.zip")
        files.replace(path, make_bundle(store.open_run(options.run)))
        print(f"Wrote {path} ({path.stat().st_size / 1e6:.2f} MB).")
    elif options.here:
        processes.limit_resources()
        run = read_bundle(_read(options.bundle), options.name)
        print(f"The run {run.name!r} is in {run.path}")
    else:
        before = {run.name for run in store.list_runs()}
        import_bundle(options.bundle.resolve(), options.name)  # in a process: a damaged file may end it
        (name,) = {run.name for run in store.list_runs()} - before or {options.name}
        print(f"Took in the run {name!r}.")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ForeignFileError(f"{path} cannot be read: {error.strerror}.") from error
