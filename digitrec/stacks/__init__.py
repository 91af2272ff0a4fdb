"""Stacks of pages: read in the background, kept on disk, checked by a person, given out as files."""

from digitrec.stacks import log, work
from digitrec.stacks.stack import Page, Stack, StackError, Way, create, delete, list_stacks, open_stack

__all__ = [
    "Page",
    "Stack",
    "StackError",
    "Way",
    "create",
    "delete",
    "list_stacks",
    "log",
    "open_stack",
    "work",
]
