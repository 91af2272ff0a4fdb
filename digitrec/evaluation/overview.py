"""What there is to say of a run in one row, read off its folder; and words for times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from digitrec.data.catalogue import evaluation_dataset
from digitrec.evaluation import scoring
from digitrec.runs import architectures, jobs, store
from digitrec.runs.jobs import Status
from digitrec.runs.store import Run, RunError


class RunSummary(NamedTuple):
    """A run in one row; what is not known yet, or never will be, is None."""

    run: Run
    status: Status
    parameters: int
    epochs: int  # finished ones
    kept_epoch: int | None  # the epoch whose weights the model has
    val_accuracy: float | None  # with those weights
    test_accuracy: float | None  # where the run was evaluated on its data set's test images
    created: datetime
    seconds: float | None  # from the first step to the last row


def summarise_run(run: Run, history: Sequence[dict[str, Any]] | None = None) -> RunSummary:
    """A run in one row.

    Args:
        run: the run.
        history: its rows, where the caller has just read them.
    """
    rows = run.history() if history is None else history
    of_kind = {kind: [row for row in rows if row["kind"] == kind] for kind in ("start", "epoch", "end")}
    begin = of_kind["start"][-1] if of_kind["start"] else {}
    end = of_kind["end"][-1] if of_kind["end"] else {}
    test = scoring.load_evaluation(run, evaluation_dataset(run.config.dataset), "test")
    return RunSummary(
        run=run,
        status=jobs.status(run, rows),
        parameters=begin.get("parameters")
        or architectures.count_parameters(run.config.network, len(run.class_names)),
        epochs=len(of_kind["epoch"]),
        kept_epoch=end.get("kept_epoch"),
        val_accuracy=end.get("val_accuracy"),
        test_accuracy=None if test is None else test.accuracy.value,
        created=run.created,
        seconds=rows[-1]["time"] - begin["time"] if begin else None,
    )


def find_last_ended() -> Run | None:
    """The newest run that is neither shipped nor waiting nor in work, or None: what the Train page tells of."""
    under_way = (Status.WAITING, Status.TRAINING)
    own = (run for run in store.list_runs() if not run.is_shipped)
    return next((run for run in own if jobs.status(run) not in under_way), None)


def find_damaged_runs() -> dict[str, str]:
    """Folders that look like runs but cannot be read: name to what is wrong."""
    found = {}
    for path in sorted(store.models_folder().glob("[!.]*/config.json")):  # a dot: on its way to deletion
        try:
            store.open_run(path.parent.name)
        except RunError as error:
            found[path.parent.name] = str(error)
    return found


def format_duration(seconds: float) -> str:
    """A time span as a person would say it: "12 s", "3 min 20 s", "2 h 5 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes < 10 and rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
