"""The command `digitrec datasets`: list data sets, download one, import a file, remove one."""

from __future__ import annotations

import argparse
import sys

from digitrec import files
from digitrec.cli import import_dataset
from digitrec.data import DatasetError, Description, catalogue, loading, user_datasets


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options and subcommands."""
    parser.set_defaults(command=_list)
    public = tuple(catalogue.DATASETS)
    parser.add_argument("--download", choices=public, help="download this data set into the cache folder first")
    commands = parser.add_subparsers(metavar="COMMAND")
    import_dataset.add_options(commands.add_parser("import", help="import a file as a data set"))
    renaming = commands.add_parser("rename-classes", help="give the classes of an imported data set other names")
    renaming.set_defaults(command=_rename_classes)
    renaming.add_argument("name", metavar="NAME", help="name of the data set")
    import_dataset.add_class_option(renaming)
    removing = commands.add_parser("remove", help="remove an imported data set or the saved drawings")
    removing.set_defaults(command=_remove)
    removing.add_argument("name", metavar="NAME", help="name of the data set")


def _list(options: argparse.Namespace) -> None:
    if options.download:
        files.refuse_if_read_only(f"the data set {options.download!r} cannot be downloaded")
        loading.download(options.download, import_dataset.print_progress)
        print()
    for description in loading.list_datasets():
        print(f"{description.name}: {description.title}, {_state(description)}. ", end="")
        print(f"{_describe_images(description)}Licence: {description.licence}. {description.source}")
        print("".join(f"    {line}\n" for line in _home_lines(description)), end="")
    for problem in loading.find_damaged().values():
        print(f"digitrec: {problem}", file=sys.stderr)


def _state(description: Description) -> str:
    if made := description.user_made:
        return f"{made.train:,} training and {made.test:,} test images"
    return "on this machine" if loading.is_available(description) else "not on this machine"


def _describe_images(description: Description) -> str:
    """The number of images and classes of a public data set: a sentence, or nothing where the state says it."""
    if not all(description.counts):
        return ""
    train, test = description.counts
    return f"{train:,} training and {test:,} test images of {len(description.class_names)} classes. "


def _home_lines(description: Description) -> list[str]:
    """Where a public data set comes from, how large its download is, and how it is checked."""
    if not description.home:
        return []
    size = f", {description.size / 1e6:,.1f} MB to download" if description.size else ""
    lines = [f"Home: {description.home}{size}"]
    if any(file.is_pinned for file in description.published):
        lines.append(
            "No checksum is published: the first download is trusted, and the next ones must be equal to it."
        )
    return lines + ([description.note] if description.note else [])


def _rename_classes(options: argparse.Namespace) -> None:
    names = import_dataset.read_class_option(options)
    old = loading.describe(options.name).class_names
    if unknown := sorted(set(names) - set(old)):
        raise DatasetError(f"{options.name!r} has no class {unknown[0]!r}: expected one of {', '.join(old)}.")
    new = tuple(names.get(each, each) for each in old)
    user_datasets.rename_classes(loading.cache_folder(), options.name, new)
    print(f"{options.name}: {', '.join(new)}.")


def _remove(options: argparse.Namespace) -> None:
    if options.name not in user_datasets.list_names(loading.cache_folder()):
        raise DatasetError(f"{options.name!r} cannot be removed: no imported or saved data set has this name.")
    user_datasets.remove(loading.cache_folder(), options.name)
    print(f"Removed: {options.name}.")
