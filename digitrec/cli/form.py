"""The command `digitrec form`: make a form with a grid of fields, and print forms as PDF."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from digitrec import files
from digitrec.cli.read import load_form
from digitrec.forms import PAPERS, Template, TemplateError, page_size, print_form, templates

_BOX = (0.06, 0.07, 0.94, 0.95)  # shares of the page in which a grid stands


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `form`."""
    commands = parser.add_subparsers(required=True, metavar="WHAT")
    make = commands.add_parser("grid", help="write the JSON of a form with fields in rows and columns")
    make.set_defaults(command=_make)
    make.add_argument("target", metavar="FORM.json", help="the file to write")
    make.add_argument("--rows", type=int, default=10, help="of fields (default: 10)")
    make.add_argument("--columns", type=int, default=10, help="of fields (default: 10)")
    make.add_argument(
        "--kind", choices=templates.FIELD_KINDS[:3], default="digit", help="of each (default: digit)"
    )
    make.add_argument("--length", type=int, metavar="N", help="digits of a number at most (default: any)")
    make.add_argument("--decimals", type=int, metavar="N", help="digits of a number behind the point")
    make.add_argument("--boxes", action="store_true", help="print a box for each digit of a number")
    make.add_argument("--name", help="of the form (default: that of the file)")
    what = "of the fields; {row}, {column} and {number} count from 1 (default: %(default)s)"
    make.add_argument("--names", default="{row}, {column}", metavar="PATTERN", help=what)
    make.add_argument("--paper", choices=PAPERS, default="A4", help="(default: A4)")
    show = commands.add_parser("print", help="write a form as a PDF to print and to fill in")
    show.set_defaults(command=_print)
    show.add_argument("form", metavar="FORM", help="the JSON that describes it, or the name of a saved one")
    show.add_argument("target", metavar="OUT.pdf", help="the file to write")


def _make(options: argparse.Namespace) -> None:
    width, height = page_size(options.paper)
    target = Path(options.target)
    fields = templates.make_grid(options.names, _BOX, options.rows, options.columns, kind=options.kind, gap=0.25)
    if options.kind == "number":
        numbers = {"length": options.length, "decimals": options.decimals, "boxed": options.boxes}
        fields = [field._replace(**numbers) for field in fields]
    elif options.boxes or options.length is not None or options.decimals is not None:
        raise TemplateError(
            f"--length, --decimals and --boxes are of numbers, and the fields are of the kind {options.kind!r}: "
            "expected --kind number."
        )
    form = templates.check(Template(options.name or target.stem, width, height, tuple(fields)))
    _write(target, templates.to_json(form).encode())


def _print(options: argparse.Namespace) -> None:
    _write(Path(options.target), print_form(load_form(options.form)))


def _write(target: Path, content: bytes) -> None:
    files.replace(target, content)
    print(f"Wrote {target}.", file=sys.stderr)
