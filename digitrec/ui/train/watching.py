"""What is seen of a training while it runs and afterwards: curves, pinned digits, the network after an epoch."""

from __future__ import annotations

import dataclasses

from digitrec.runs import History, Run, pins, snapshots
from digitrec.ui.train import coach, curves, health, pinned, replay


def show_progress(run: Run, *, is_live: bool) -> None:
    """The curves of a training, the coach, the answers to pinned digits, and the network after its latest epoch.

    Args:
        run: one that trains, or has ended.
        is_live: whether it trains. Of one that has ended a slider chooses the epoch.
    """
    history, key = run.history(), "live" if is_live else "ended"
    curves.show_curves(run, history, key=key)
    if is_live:
        coach.show_findings(run, history)
    stored = snapshots.epochs(run)
    epoch = stored[-1] if stored else None
    if not is_live:
        epoch = replay.choose_epoch(run, key=f"{key} epoch {run.name}")
    is_last = epoch is None or epoch == stored[-1]
    _show_pinned(run, history, None if is_last else epoch)
    replay.show_snapshot(run, epoch, is_last=is_last)
    health.show_health(history, until=None if is_last else epoch)


def _show_pinned(run: Run, history: History, until: int | None) -> None:
    """The answers to the pinned digits, up to an epoch or all of them."""
    rows = tuple(row for row in history.pinned if until is None or row.done <= until)
    pinned.show_pinned(pins.load(run), dataclasses.replace(history, pinned=rows), run.class_names)
