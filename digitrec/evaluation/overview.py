"""A run in one row of a table, from the files in its folder."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from digitrec.data import evaluation_dataset
from digitrec.evaluation import scoring
from digitrec.runs import History, Run, RunError, Status, count_parameters, jobs, store

MIN_SHARE_IMAGES = 100  # of which a share with two decimals says something


class RunSummary(NamedTuple):
    """A run in one row; a value that is unknown, now or for ever, is None."""

    run: Run
    status: Status
    parameters: int
    epochs: int  # finished ones
    best_epoch: int | None  # the epoch whose weights the model has
    val_accuracy: float | None  # with those weights
    test_accuracy: float | None  # where the run was evaluated on its data set's test images
    created: datetime
    seconds: float | None  # from the start to the last row of the history


def summarise_run(run: Run, history: History | None = None) -> RunSummary:
    """A run in one row.

    Args:
        run: the run.
        history: what happened, where the caller has just read it.
    """
    history = run.history() if history is None else history
    start, end = history.start, history.end
    parameters = start.parameters if start else None
    test = scoring.load_evaluation(run, evaluation_dataset(run.config.dataset), "test")
    return RunSummary(
        run=run,
        status=jobs.status(run, history),
        parameters=parameters or count_parameters(run.config.architecture, len(run.class_names)),
        epochs=len(history.epochs),
        best_epoch=end.best_epoch if end else None,
        val_accuracy=end.val_accuracy if end else None,
        test_accuracy=None if test is None else test.accuracy.value,
        created=run.created,
        seconds=history.seconds,
    )


def find_last_ended() -> Run | None:
    """The own run that ended last, or None; an older one that was resumed ends after a newer one."""
    own = [run for run in store.list_runs() if not run.is_shipped]
    own.sort(key=lambda run: max(run.changed, run.created.timestamp()), reverse=True)
    return next((run for run in own if not jobs.status(run).is_live), None)


def describe_end(name: str) -> str | None:
    """How a training ended in one sentence; None where there is no such run, as after a cancelled one."""
    try:
        run = store.open_run(name)
    except RunError:
        return None
    history = run.history()
    found = summarise_run(run, history)
    images = history.start.validation_images if history.start else None
    if found.val_accuracy is None:
        return f"{name}: {found.status}."
    share = f"{found.val_accuracy:.2%} of the"
    if images is not None and images < MIN_SHARE_IMAGES:
        share = f"{round(found.val_accuracy * images)} of {images}"
    return f"{name}: {found.status}, {share} validation images right."


def find_damaged_runs() -> dict[str, str]:
    """Run folders that cannot be read: name to what is wrong."""
    found = {}
    for path in sorted(store.models_folder().glob("[!.]*/config.json")):  # a dot: about to be deleted
        try:
            store.open_run(path.parent.name)
        except RunError as error:
            found[path.parent.name] = str(error)
    return found
