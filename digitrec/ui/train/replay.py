"""The network after an epoch: its confusion matrix, its first filters, the images that it newly reads wrong."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import streamlit as st

from digitrec.imaging import data_uri
from digitrec.metrics import Confusion
from digitrec.runs import Run, Snapshot, snapshots
from digitrec.ui.components.digits import digit_gallery, map_picture

FILTER_SIDE, MIN_FILTER_SIDE = 56, 40  # pixels of a filter on the screen: of few, and of more than 32
MAX_CLASSES_WITH_NUMBERS = 12  # with more, the numbers do not fit the cells
MAX_TINT = 75  # per cent of the colour in the fullest cell


def choose_epoch(run: Run, *, key: str) -> int | None:
    """A slider over the epochs that can be looked back at; None where there is none."""
    stored = snapshots.epochs(run)
    if len(stored) < 2:
        return stored[0] if stored else None
    first = st.session_state.setdefault(key, stored[-1])
    if first not in stored:
        st.session_state[key] = stored[-1]
    epoch: int = st.select_slider(
        "Look back at epoch", stored, key=key, help="All below is as it was after that epoch. Arrow keys move it."
    )
    return epoch


def show_snapshot(run: Run, epoch: int | None, *, is_last: bool) -> None:
    """What a network was after an epoch; of a run without such files nothing.

    Args:
        run: one that trains, or has ended.
        epoch: that is stored.
        is_last: whether it is the latest epoch of the training.
    """
    if epoch is None:
        return
    snapshot = snapshots.load(run, epoch)
    if snapshot is None:
        st.caption(f"Epoch {epoch} cannot be shown: its file is damaged or was removed.")
        return
    if not is_last:
        st.caption(f"As it was after epoch {epoch}.")
    matrix, errors, filters = st.columns(3, gap="large")
    with matrix:
        _show_confusion(snapshot, run.class_names)
    with errors:
        _show_errors(snapshot, run.class_names)
    with filters:
        _show_filters(snapshot)


def _show_confusion(snapshot: Snapshot, names: Sequence[str]) -> None:
    st.subheader("Confusion matrix", anchor=False)
    n, wrong = int(snapshot.confusion.sum()), int(snapshot.confusion.sum() - np.trace(snapshot.confusion))
    if not n:
        st.caption("There are no validation images.")
        return
    st.html(_confusion_html(snapshot.confusion, names))
    st.caption(f"{wrong:,} of {n:,} validation images read wrong. Rows: true class. Columns: answer.")


def _confusion_html(confusion: Confusion, names: Sequence[str]) -> str:
    has_room = len(names) <= MAX_CLASSES_WITH_NUMBERS
    off = confusion - np.diag(np.diag(confusion))
    shares = confusion / np.maximum(confusion.sum(1, keepdims=True), 1)  # of the true class
    strength = np.where(np.eye(len(names), dtype=bool), shares, np.sqrt(off / max(int(off.max()), 1)))
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in names)
    rows = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th>'
        + "".join(
            f'<td{" class=right" if i == j else ""} style="--tint:{MAX_TINT * strength[i, j]:.0f}%" '
            f'title="{html.escape(f"{name} read as {names[j]}: {count}", quote=True)}">'
            f"{count if has_room and count else ''}</td>"
            for j, count in enumerate(confusion[i].tolist())
        )
        + "</tr>"
        for i, name in enumerate(names)
    )
    label = "Confusion matrix of the validation images: a row for each true class, a column for each answer"
    return f'<table class="digit-confusion" aria-label="{label}"><tr><td></td>{head}</tr>{rows}</table>'


def _show_errors(snapshot: Snapshot, names: Sequence[str]) -> None:
    st.subheader("Newest errors", anchor=False)
    if not snapshot.confusion.sum():
        st.caption("There are no validation images.")
        return
    right = f" {snapshot.newly_right:,} others are right now." if snapshot.newly_right else ""
    if snapshot.epoch == 1:
        text = f"{snapshot.newly_wrong:,} read wrong after the first epoch."
    else:
        text = f"{snapshot.newly_wrong:,} read wrong that were right an epoch before.{right}"
    if len(snapshot.errors) < snapshot.newly_wrong:
        text += f" The first {len(snapshot.errors)}:"
    st.caption(text)
    captions = [
        f"{names[label]}, not {names[answer]}"
        for label, answer in zip(snapshot.error_labels, snapshot.error_answers, strict=True)
    ]
    digit_gallery(snapshot.error_images, captions, size=56)


def _show_filters(snapshot: Snapshot) -> None:
    st.subheader("First-layer filters", anchor=False)
    values = snapshot.filters.astype(np.float32)
    full = float(np.abs(values).max()) if values.size and np.isfinite(values).all() else 0.0
    if not full:
        st.caption("The filters cannot be drawn: their weights are all 0, or not finite.")
        return
    side = FILTER_SIDE if len(values) <= 32 else MIN_FILTER_SIDE
    pictures = "".join(
        f'<img src="{data_uri(map_picture(each, full, signed=True))}" alt="Filter {number}" '
        f'title="Filter {number}" width="{side}" height="{side}">'
        for number, each in enumerate(values, start=1)
    )
    st.html(f'<div class="digit-filters">{pictures}</div>')
    st.caption(f"The first {len(values)}. Blue looks for ink, orange for paper.")
