"""What is said of a stack of pages: how far it is read, what is sure, and what is to be expected."""

from __future__ import annotations

import re

from digitrec.reporting.formatting import format_count, format_duration, format_probability
from digitrec.stacks import Stack, Table
from digitrec.stacks.drawings import Saved
from digitrec.stacks.work import Progress

_CELL = re.compile(r"(\d+), (\d+)")  # the name of a field in a row and a column
ROWS_EXAMPLE = "such as *, 1-5"  # of names of fields in rows and columns
_WAYS = {"numbers": "numbers", "grid": "a grid of boxes", "template": "the form"}


def describe_progress(progress: Progress) -> str:
    """How far the reading is, beside its bar."""
    if progress.state == "queued":
        return "Starting ..."
    left = "" if progress.seconds_left is None else f" · {format_duration(progress.seconds_left)} left"
    return f"{progress.done:,} of {format_count(progress.of, 'page')} read{left}"


def describe_stack(stack: Stack) -> str:
    """What is read, and by which model."""
    way = stack.way
    size = f" of {way.size[0]} x {way.size[1]}" if way.size else ""
    name = f" {(way.template or {}).get('name', '')}".rstrip() if way.kind == "template" else ""
    return f"Read as {_WAYS[way.kind]}{size}{name} by the model {stack.about['run']}."


def describe_states(table: Table) -> str:
    """How many fields are in each state, Markdown."""
    counts = table.count_states()
    words = {
        "sure": "sure",
        "empty": "empty",
        "look": "to look at",
        "checked": "checked",
        "corrected": "corrected",
    }
    shown = [f"{counts[state]:,} {words[state]}" for state in counts if counts[state] or state == "look"]
    read = [page for page in table.pages if not page.problem]
    pages, fields = format_count(len(read), "page"), format_count(len(table), "field")
    return f"**{fields} on {pages}: {', '.join(shown)}.**"


def describe_outlook(table: Table) -> str:
    """How many of the sure fields are expected to be wrong, and what that rests on."""
    outlook = table.outlook
    accepted = int(outlook.accepted.sum())
    if not accepted:
        return "No field is sure enough for this share of errors."
    value, low, high = outlook.errors
    threshold = (
        "" if outlook.threshold != outlook.threshold else f" ({format_probability(outlook.threshold)} and more)"
    )
    expected = f"{value:,.1f}" if value < 10 else f"{value:,.0f}"
    fields = format_count(accepted, "sure or empty field")
    text = (
        f"Of the {fields}{threshold}, {expected} are expected to be wrong, with 95% "
        f"probability {low:,.0f} to {high:,.0f}."
    )
    if not outlook.checked:
        which = "None of them" if table.said else "Nothing"
        return f"{text} {which} was checked yet: this is the calibrated confidence alone."
    checked = format_count(outlook.checked, "checked field")
    return (
        f"{text} Wrong so far: {outlook.found:,} of {checked} of like confidence. A few of the sure "
        "fields are checked at random for this."
    )


def describe_queue(table: Table) -> str:
    """What is left to check."""
    tasks = table.queue
    if not tasks:
        return ""
    causes = [task.cause for task in tasks]
    words = {
        "seen": "marked as wrong",
        "rule": "break a rule",
        "doubt": "doubtful",
        "random": "sure ones at random",
    }
    parts = [f"{causes.count(cause):,} {text}" for cause, text in words.items() if cause in causes]
    return f"{len(tasks):,} to check: {', '.join(parts)}."


def describe_place(stack: Stack, name: str) -> str:
    """Where a field is on its page."""
    if found := _CELL.fullmatch(name):
        return f"row {found[1]}, column {found[2]}"
    return f"number {name}" if stack.way.kind == "numbers" else name


def has_rows(stack: Stack) -> bool:
    """Whether fields are named by row and column."""
    read = next((page.fields for page in stack.pages if page.fields), ())
    return any(is_cell(field.name) for field in read)


def is_cell(name: str) -> bool:
    """Whether a field is named by row and column."""
    return _CELL.fullmatch(name) is not None


def example_fields(stack: Stack) -> str:
    """How fields of such pages are named, as an example."""
    if has_rows(stack):
        return ROWS_EXAMPLE
    return "such as 1" if stack.way.kind == "numbers" else "such as a name"


def describe_saved(saved: Saved) -> str:
    """What became of corrected digits that were to be drawings."""
    words = [f"{format_count(saved.total, 'drawing')} added."]
    if saved.total:
        words.append("Evaluate and Train offer them as a data set.")
    if saved.without_ink:
        words.append(f"No ink can be cut out of {format_count(saved.without_ink, 'digit')}.")
    if saved.left_out:
        is_one = saved.left_out == 1
        why = saved.problem or (
            f"the ink is not divided into the digits that you say {'it has' if is_one else 'they have'}."
        )
        words.append(f"{format_count(saved.left_out, 'number')} {'is' if is_one else 'are'} left out: {why}")
    return " ".join(words)
