"""The command `digitrec datasets import`: say what a file is taken for, and import it as a data set."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import PIL.Image

from digitrec.data import DatasetError, catalogue, importing, loading, user_datasets
from digitrec.imaging import TURNS, Turn
from digitrec.inference import Classifier, ClassifierError, TurnFinding, find_turn
from digitrec.runs import RunError, store

MAX_LISTED = 10  # images left out
_SHEET_SIDE = 120  # pixels of an image on a sheet, with its margin


def add_options(adding: argparse.ArgumentParser) -> None:
    """Add the options of `digitrec datasets import`."""
    adding.set_defaults(command=_import)
    adding.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="a ZIP of pictures, with class folders or a table of labels; an .npz; a ZIP of IDX files; a CSV; a "
        "Parquet, ARFF or HDF5 file; one picture with a grid of digits",
    )
    adding.add_argument("--name", help="name of the data set (default: the name of the file)")
    adding.add_argument(
        "--only-test", action="store_true", help="use all images for testing and none for training"
    )
    adding.add_argument(
        "--dry-run", action="store_true", help="say what the file is taken for, and import nothing"
    )
    adding.add_argument(
        "--sheet", type=Path, metavar="PNG", help="write a picture of twelve images before and after the import"
    )
    adding.add_argument("--label-column", metavar="COLUMN", help="of a CSV: its title, its number, first or last")
    adding.add_argument("--ink", choices=("bright", "dark"), help="the ink is brighter or darker than the paper")
    adding.add_argument("--turn", choices=TURNS, help="turn the images upright; none: import them as they lie")
    adding.add_argument("--grid", metavar="ROWSxCOLUMNS", help="cut one picture into so many rows and columns")
    adding.add_argument(
        "--grid-by", choices=("row", "column", "list"), default="row", help="what the names are of"
    )
    adding.add_argument("--grid-names", default="", metavar="NAMES", help="such as 0123456789, or cat,dog")
    add_class_option(adding)


def add_class_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that gives a class another name."""
    parser.add_argument(
        "--class",
        dest="classes",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="give a class another name; can be repeated",
    )


def read_class_option(options: argparse.Namespace) -> dict[str, str]:
    """The new names of classes, by the old ones.

    Raises:
        DatasetError: a value has no equals sign.
    """
    names = dict(each.split("=", 1) for each in options.classes if "=" in each)
    if len(names) < len(options.classes):
        raise DatasetError(f"--class {options.classes[-1]!r} has no new name: expected OLD=NEW.")
    return names


def _import(options: argparse.Namespace) -> None:
    name = options.name or importing.suggest_name(options.file.name)
    if not options.dry_run:
        user_datasets.check_name(loading.cache_folder(), name)  # before the long work
    if options.file.stat().st_size > importing.MAX_FILE_BYTES:
        raise DatasetError(
            f"{options.file} is too large: expected at most {importing.MAX_FILE_BYTES / 1e6:.0f} MB. Divide it."
        )
    data = options.file.read_bytes()
    progress = print_progress if sys.stdout.isatty() else None
    choices = _read_choices(options, data)
    preview = importing.preview(data, choices)
    finding = _find_turn(preview) if options.turn is None else None
    if options.sheet:
        _write_sheet(options.sheet, preview, choices.turn)
    if options.dry_run:
        _print_preview(preview, options.only_test)
        if finding:
            print(f"Check the images: {_describe_turn(finding)}.")
        return
    if finding:
        raise DatasetError(
            f"{_describe_turn(finding)}. Add --turn {finding.turn} to turn them, or --turn none to import them as "
            "they are."
        )
    content = importing.read(data, progress, choices)
    description, notes, left_out = importing.add_dataset(
        name, content, origin=options.file.name, only_test=options.only_test
    )
    classes = description.class_names
    if made := description.user_made:
        images = f"{made.train:,} training and {made.test:,} test images"
        print(f"{name}: {images} of {len(classes)} classes: {', '.join(classes)}.")
    print(*notes, sep="\n")
    _print_left_out(left_out)


def _read_choices(options: argparse.Namespace, data: bytes) -> importing.Choices:
    """What the options say about the file.

    Raises:
        DatasetError: an option does not fit the file.
    """
    column = None
    if options.label_column is not None:
        if not (columns := importing.list_columns(data)):
            raise DatasetError("--label-column is for a CSV of pixels: this file is not one.")
        column = importing.find_column(columns, options.label_column)
    names = read_class_option(options)
    inverted = None if options.ink is None else options.ink == "dark"
    return importing.Choices(column, inverted, options.turn or "none", names, _read_grid(options))


def _read_grid(options: argparse.Namespace) -> importing.Grid | None:
    """How one picture is cut; None if the options do not say so.

    Raises:
        DatasetError: the number of rows and columns cannot be read.
    """
    names = importing.grids.parse_names(options.grid_names)
    if options.grid is None:
        if names or options.grid_by != "row":
            raise DatasetError("--grid-names and --grid-by are for a picture that --grid cuts: add --grid 10x8.")
        return None
    rows, by, columns = options.grid.casefold().partition("x")
    if not (by and rows.isdecimal() and columns.isdecimal()):
        raise DatasetError(f"--grid is {options.grid!r}: expected rows and columns, such as 10x8.")
    return importing.Grid(int(rows), int(columns), options.grid_by, names)


def _find_turn(preview: importing.Preview) -> TurnFinding | None:
    """Whether the images lie turned; None as well if the built-in network cannot judge."""
    try:
        run = store.open_run(store.SHIPPED[0])
        return find_turn(*preview.digits(), Classifier.load(run.path))
    except (RunError, ClassifierError):
        return None


def _describe_turn(finding: TurnFinding) -> str:
    return (
        f"the images seem to be turned or mirrored: the model {store.SHIPPED[0]} reads {finding.right} of "
        f"{finding.images} digits right after the turn {finding.turn!r}, and {finding.right_before} as they are"
    )


def _print_preview(preview: importing.Preview, only_test: bool) -> None:
    for about, fact in preview.facts.items():
        print(f"{about}: {fact}")
    print(f"Training and test: {preview.division(only_test=only_test)}")
    for note in preview.notes:
        print(f"Note: {note}")
    print("Classes:")
    for old in sorted(preview.names, key=lambda old: preview.class_names.index(preview.names[old])):
        parts = {"" if part == "all" else f" {part}": each.get(old, 0) for part, each in preview.counts.items()}
        counts = ", ".join(f"{count:,}{part}" for part, count in parts.items())
        new = preview.names[old]
        print(f"  {new}{'' if new == old else f' (in the file: {old})'}: {counts}")
    _print_left_out(preview.left_out)


def _print_left_out(left_out: Sequence[str]) -> None:
    for line in left_out[:MAX_LISTED]:
        print(f"Left out: {line}.")
    if len(left_out) > MAX_LISTED:
        print(f"And {len(left_out) - MAX_LISTED:,} more, {len(left_out):,} in all.")


def _write_sheet(path: Path, preview: importing.Preview, turn: Turn) -> None:
    """Write the images as they are in the file, and below each the image that is imported.

    Raises:
        DatasetError: the picture cannot be written.
    """
    images = preview.shown(turn)
    sheet = PIL.Image.new("L", (len(images) * _SHEET_SIDE, 2 * _SHEET_SIDE), 128)
    for i, (original, image) in enumerate(zip(preview.originals, images, strict=True)):
        for row, each in enumerate((original, image)):
            picture = PIL.Image.fromarray(each)
            scale = (_SHEET_SIDE - 8) / max(picture.size)
            width, height = (max(1, round(side * scale)) for side in picture.size)
            place = (i * _SHEET_SIDE + 4, row * _SHEET_SIDE + 4)
            sheet.paste(picture.resize((width, height), PIL.Image.Resampling.NEAREST), place)
    try:
        sheet.save(path, "PNG")
    except OSError as error:
        raise DatasetError(f"the picture {path} cannot be written: {error.strerror or error}.") from error
    print(f"Wrote {path}: the images as they are in the file, and below as they are imported.")


def download_if_missing(name: str) -> None:
    """Download a public data set that is not on this machine; on a terminal the progress is shown.

    Raises:
        DatasetError: it cannot be downloaded.
    """
    description = catalogue.DATASETS.get(name)
    if description is None or loading.is_available(description):
        return
    if description.base:
        download_if_missing(description.base)
    source = catalogue.DATASETS["pendigits"] if description.base else description
    if not description.base or loading.locate_strokes() is None:
        print(f"Downloading {source.title} from {source.home}", file=sys.stderr)
    loading.load(description, print_progress if sys.stdout.isatty() else None)
    if sys.stdout.isatty():
        print()


def print_progress(what: str, share: float) -> None:
    """Show the progress of a step on one line."""
    print(f"\r{what}: {share:.0%}", end="", flush=True)
