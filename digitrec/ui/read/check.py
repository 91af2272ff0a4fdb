"""Checking the fields of a stack: the most doubtful one after the other, or all of a class side by side."""

from __future__ import annotations

import functools
import secrets

import streamlit as st

from digitrec import files
from digitrec.reporting import format_count, format_probability, stack_texts
from digitrec.stacks import Stack, StackError, Table, Task, load_table, log, old_corrections
from digitrec.ui.components.checker import Answer, Item, checker
from digitrec.ui.read import crops

AHEAD = 10  # fields of the queue that the browser has: those come at once
WALL = 48  # fields side by side
_AROUND, _WALL_AROUND = 0.4, 0.05  # shorter sides of a field that are shown around it
_WHO = "read-who"  # in the session: names it in the log
_FOCUS = "read-focus"  # the field that was taken back last


def show_queue(stack: Stack) -> None:
    """One field after the other, the most doubtful first; each answer is stored, and the next one comes."""
    st.fragment(_queue)(stack)


def show_wall(stack: Stack) -> None:
    """All fields that were read as one class, side by side."""
    st.fragment(_wall)(stack)


def _queue(stack: Stack) -> None:
    table = load_table(stack)
    st.markdown(f"{stack_texts.describe_states(table)} {stack_texts.describe_queue(table)}")
    tasks = table.queue
    focus = st.session_state.get(f"{_FOCUS} {stack.id}")
    if focus is not None and focus not in [task.field for task in tasks[:AHEAD]]:
        tasks = [Task(focus, table.cause(focus)), *tasks]
    items = [_item(table, task, _AROUND) for task in tasks[:AHEAD]]
    checker(
        "read-check",
        stack.id,
        items,
        functools.partial(_store, stack),
        classes=stack.classes,
        nothing="Nothing is left to check.",
        locked=files.is_read_only(),
    )
    _share(table)


def _wall(stack: Stack) -> None:
    table = load_table(stack)
    st.markdown(stack_texts.describe_states(table))
    counts = table.count_values()
    if not counts:
        st.caption("No field was read as a digit.")
        return
    values = [value for value in stack.classes if value in counts]
    values += [value for value in sorted(counts) if value not in values]
    text = st.pills(
        "Read as",
        values,
        default=values[0],
        required=True,
        format_func=lambda value: f"{value} ({counts[value]:,})",
        key=f"read-wall-class {stack.id}",
    )
    found = table.find_unchecked(str(text))
    items = [_item(table, Task(index, "page"), _WALL_AROUND) for index in found[:WALL]]
    how = (
        ", the most doubtful first. Click on a wrong one, or go to it with the arrows and press the right digit, "
        "or X. Enter confirms the others."
    )
    st.caption(f"Read as {text}: {format_count(len(found), 'field')} to check{how if found else '.'}")
    checker(
        "read-wall",
        f"{stack.id} {text}",
        items,
        functools.partial(_store, stack, is_wall=True),
        classes=stack.classes,
        mode="side",
        label=f"Fields that were read as {text}",
        nothing=f"All fields that were read as {text} are checked.",
        locked=files.is_read_only(),
    )


def _share(table: Table) -> None:
    """The wanted share of errors, and what is to be expected."""
    left, right = st.columns([1, 3], vertical_alignment="center")
    with left:
        key = f"read-share {table.stack.id}"
        st.number_input(
            "Wrong among the sure, %",
            0.01,
            50.0,
            100 * table.settings.share,
            step=0.1,
            format="%.4g",
            key=key,
            on_change=_set_share,
            args=(table.stack, key),
            disabled=files.is_read_only(),
            help="The threshold is set so that at most this share of the sure fields is expected to be wrong.",
        )
    with right:
        st.caption(stack_texts.describe_outlook(table))


def _set_share(stack: Stack, key: str) -> None:
    stack.set(share=float(st.session_state[key]) / 100)


def _item(table: Table, task: Task, around: float) -> Item:
    index = task.field
    reading, page = table.reading(index), table.page(index)
    crop = crops.cut(table.stack, page.number, reading.box, around)
    said = table.said.get(index)
    return Item(
        index,
        crop.src,
        crop.inset,
        f"{page.name} · {stack_texts.describe_place(table.stack, reading.name)}",
        reading.kind,
        reading.text,
        format_probability(reading.confidence) if reading.text else "",
        to_sentence(table.why(index))
        or ("Chosen at random among the sure ones." if task.cause == "random" else ""),
        task.cause,
        table.text_kind(index),
        tuple(table.find_mends(index)),
        (said.kind, said.text) if said else None,
    )


def to_sentence(text: str) -> str:
    """A reason as a sentence: with a capital letter and a full stop; empty if there is none."""
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}." if text else ""


def _store(stack: Stack, answer: Answer, *, is_wall: bool = False) -> int | None:
    """Store what a person says; the field that was taken back, if one was.

    Raises:
        OSError: it cannot be stored.
    """
    who = st.session_state.setdefault(_WHO, secrets.token_hex(4))
    focus = f"{_FOCUS} {stack.id}"
    st.session_state.pop(focus, None)
    try:
        table = load_table(stack)
    except StackError:
        return None
    if answer.what == "undo":
        places = log.undo(stack, by=who) or log.undo(stack)
        old_corrections.put(stack, places)
        found = table.find(places[0]) if places else None
        st.session_state[focus] = found
        return found
    ids = [index for index in answer.ids if 0 <= index < len(table)]
    if answer.what == "page":
        said = [(table.place(index), *table.value(index)) for index in ids]
        marked = {index for index in ids if index in table.said and not table.said[index].is_final}
        said = [
            (place, log.MARKED, "") if index in marked else (place, kind, text)
            for index, (place, kind, text) in zip(ids, said, strict=True)
        ]
        log.say(stack, said, cause="page", by=who)
    elif ids:
        said = [(table.place(ids[0]), answer.kind, answer.text)]
        log.say(stack, said, cause="wall" if is_wall else table.cause(ids[0]), by=who)
    old_corrections.put(stack, [place for place, *_ in said] if ids else [])
    return None
