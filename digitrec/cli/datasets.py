"""The command `digitrec datasets`: list data sets, download one, import a file, remove one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from digitrec.data import MAX_FILE_BYTES, DatasetError, Description, catalogue, import_file, loading, user_datasets

MAX_LISTED = 10  # images left out


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options and subcommands."""
    parser.set_defaults(command=_list)
    public = tuple(catalogue.DATASETS)
    parser.add_argument("--download", choices=public, help="download this data set into the cache folder first")
    commands = parser.add_subparsers(metavar="COMMAND")
    adding = commands.add_parser("import", help="import a file as a data set")
    adding.set_defaults(command=_import)
    adding.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="a ZIP of pictures, one folder per class; an .npz; a ZIP of IDX files; a CSV with the label first",
    )
    adding.add_argument("--name", help="name of the data set (default: the name of the file)")
    adding.add_argument(
        "--only-test", action="store_true", help="use all images for testing and none for training"
    )
    removing = commands.add_parser("remove", help="remove an imported data set or the saved drawings")
    removing.set_defaults(command=_remove)
    removing.add_argument("name", metavar="NAME", help="name of the data set")


def _list(options: argparse.Namespace) -> None:
    if options.download:
        loading.download(options.download, _print_progress)
        print()
    for description in loading.list_datasets():
        print(f"{description.name}: {description.title}, {_state(description)}. ", end="")
        print(f"Licence: {description.licence}. {description.source}")
    for problem in loading.find_damaged().values():
        print(f"digitrec: {problem}", file=sys.stderr)


def _state(description: Description) -> str:
    if made := description.user_made:
        return f"{made.train:,} training and {made.test:,} test images"
    return "on this machine" if loading.is_available(description) else "not on this machine"


def _import(options: argparse.Namespace) -> None:
    name = options.name or import_file.suggest_name(options.file.name)
    user_datasets.check_name(loading.cache_folder(), name)  # before the long work
    if options.file.stat().st_size > MAX_FILE_BYTES:
        raise DatasetError(
            f"{options.file} is too large: expected at most {MAX_FILE_BYTES / 1e6:.0f} MB. Divide it."
        )
    content = import_file.read(options.file.read_bytes(), _print_progress if sys.stdout.isatty() else None)
    description, notes, left_out = import_file.add_dataset(
        name, content, origin=options.file.name, only_test=options.only_test
    )
    classes = description.class_names
    print(f"{name}: {_state(description)} of {len(classes)} classes: {', '.join(classes)}.")
    print(*notes, sep="\n")
    for line in left_out[:MAX_LISTED]:
        print(f"Left out: {line}.")
    if len(left_out) > MAX_LISTED:
        print(f"And {len(left_out) - MAX_LISTED:,} more, {len(left_out):,} in all.")


def _remove(options: argparse.Namespace) -> None:
    if options.name not in user_datasets.list_names(loading.cache_folder()):
        raise DatasetError(f"{options.name!r} cannot be removed: no imported or saved data set has this name.")
    user_datasets.remove(loading.cache_folder(), options.name)
    print(f"Removed: {options.name}.")


def _print_progress(what: str, share: float) -> None:
    print(f"\r{what}: {share:.0%}", end="", flush=True)
