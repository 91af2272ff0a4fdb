"""What `python -m digitrec datasets` does: list the data sets, download one, import images, remove them again."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from digitrec.data import catalogue, import_file, loading, user_datasets
from digitrec.data.catalogue import DatasetError
from digitrec.data.import_arrays import MAX_FILE_BYTES

MAX_LISTED = 10  # images left out that are named


def add_options(parser: argparse.ArgumentParser) -> None:
    """Make the command's options."""
    parser.set_defaults(command=_list)
    parser.add_argument("--download", choices=tuple(catalogue.DATASETS), help="download this one into the cache")
    commands = parser.add_subparsers(metavar="COMMAND")
    adding = commands.add_parser("import", help="make a data set of images in a file")
    adding.set_defaults(command=_import)
    adding.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="a ZIP of pictures, one folder a class; an .npz; a ZIP of IDX files; a CSV with the label first",
    )
    adding.add_argument("--name", help="the data set's name (default: the file's)")
    adding.add_argument("--only-test", action="store_true", help="for testing alone: no training learns from it")
    removing = commands.add_parser("remove", help="remove a data set that was imported, or the drawings kept")
    removing.set_defaults(command=_remove)
    removing.add_argument("name", metavar="NAME")


def _list(options: argparse.Namespace) -> None:
    if options.download:
        loading.download(options.download, _print_progress)
        print()
    for known in loading.list_datasets():
        where = "on this machine" if loading.find_folder(known.name) else "not on this machine"
        if known.user_made:
            where = f"{known.user_made.train:,} training and {known.user_made.test:,} test images"
        print(f"{known.name}: {known.title}, {where}. {known.licence}. {known.source}")
    for problem in loading.find_damaged().values():
        print(f"digitrec: {problem}", file=sys.stderr)


def _import(options: argparse.Namespace) -> None:
    name = options.name or import_file.suggest_name(options.file.name)
    user_datasets.check_name(loading.cache_folder(), name)  # before the work
    if options.file.stat().st_size > MAX_FILE_BYTES:
        raise DatasetError(
            f"{options.file} is too large: expected at most {MAX_FILE_BYTES / 1e6:.0f} MB. Divide it."
        )
    found = import_file.read(options.file.read_bytes(), _print_progress if sys.stdout.isatty() else None)
    known, notes, left_out = import_file.add_dataset(
        name, found, origin=options.file.name, only_test=options.only_test
    )
    print(
        f"{known.name}: {known.user_made.train:,} training and {known.user_made.test:,} test images of "
        f"{_describe_classes(known)}."
    )
    print(*notes, sep="\n")
    for line in left_out[:MAX_LISTED]:
        print(f"Left out: {line}.")
    if len(left_out) > MAX_LISTED:
        print(f"And {len(left_out) - MAX_LISTED:,} more, {len(left_out):,} in all.")


def _describe_classes(known: catalogue.Description) -> str:
    return f"{len(known.class_names)} classes: {', '.join(known.class_names)}"


def _remove(options: argparse.Namespace) -> None:
    if options.name not in user_datasets.list_names(loading.cache_folder()):
        raise DatasetError(f"{options.name!r} is no data set that was imported or drawn: it cannot be removed.")
    user_datasets.remove(loading.cache_folder(), options.name)
    print(f"{options.name} was removed.")


def _print_progress(what: str, share: float) -> None:
    print(f"\r{what}: {share:.0%}", end="", flush=True)
