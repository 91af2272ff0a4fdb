"""Stacks of pages: read in the background, kept on disk, checked by a person, given out as files."""

from digitrec.stacks import drawings, log, old_corrections, rules, work
from digitrec.stacks.pages import Page
from digitrec.stacks.stack import (
    Model,
    Settings,
    Stack,
    StackError,
    Upload,
    Way,
    create,
    delete,
    list_stacks,
    open_stack,
)
from digitrec.stacks.sureness import Outlook
from digitrec.stacks.table import FinalState, Table, Task, load_table

__all__ = [
    "FinalState",
    "Model",
    "Outlook",
    "Page",
    "Settings",
    "Stack",
    "StackError",
    "Table",
    "Task",
    "Upload",
    "Way",
    "create",
    "delete",
    "drawings",
    "list_stacks",
    "load_table",
    "log",
    "old_corrections",
    "open_stack",
    "rules",
    "work",
]
