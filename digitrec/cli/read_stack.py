"""The command `digitrec read-stack`, which the dashboard starts: it reads the pages of a stack."""

from __future__ import annotations

import argparse

from digitrec.runs import processes
from digitrec.stacks import work


def add_read_stack(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `read-stack`."""
    parser.set_defaults(command=_read)
    parser.add_argument("stack", help="id of the stack")
    parser.add_argument("--watch-stdin", action="store_true", help="end when standard input closes")


def _read(options: argparse.Namespace) -> None:
    if options.watch_stdin:
        processes.end_with_server()
        processes.lower_priority()
    work.work(options.stack)
