"""A training that is steered, paused, killed and resumed. Keras stays in other processes.

Each script asks for what a person would ask for at the moment when a certain row is written: no test waits.
"""

import pytest

from digitrec.runs import checkpoints, jobs, store
from digitrec.runs.config import TrainConfig
from digitrec.runs.jobs import Status
from digitrec.runs.run import Run

pytestmark = pytest.mark.slow
DIGITS = tuple("0123456789")
CONFIG = TrainConfig(dataset="digits", network="mlp", epochs=3, batch_size=64, dropout=0.3, rotation=8.0)
# `then(run)` is called after a row of this kind and epoch; a slice is one step, so that there is a row for each.
WHEN = """
import os
from digitrec.inference import ood_fit
ood_fit.calibrate = lambda *given: None
from digitrec.runs import jobs, run as runs
from digitrec.runs.history import Batch, Epoch
from digitrec.training import callback, loop
loop.SLICE_SECONDS, callback.MIN_REPORT_SECONDS, callback.MIN_REPORT_SHARE = 0.0, 0.0, 0.0
append, asked = runs.Run.append, set()
def watched(run, row):
    append(run, row)
    for i, (kind, epoch, step, then) in enumerate(ORDERS):
        if isinstance(row, kind) and row.epoch == epoch and getattr(row, "step", 0) >= step and i not in asked:
            asked.add(i)
            then(run)
runs.Run.append = watched
"""


@pytest.fixture
def train(keras_process):
    """Trains in another process; `orders` is code: a list of (kind of row, epoch, step, what is done then)."""

    def train(run: Run, orders: str = "[]") -> Run:
        script = f"{WHEN}\nORDERS = {orders}\n"
        script += f"from digitrec.cli.main import main\nmain(['train', '--run', {run.name!r}])"
        keras_process.run(script)
        return run

    return train


def create(name: str, **settings) -> Run:
    values = CONFIG.to_dict() | settings
    return store.create(TrainConfig.from_dict(values), DIGITS, name)


_undisturbed: list[tuple] = []


@pytest.fixture
def undisturbed(train) -> list[tuple]:
    """The numbers of a training that nobody disturbs; it is done once."""
    if not _undisturbed:
        _undisturbed.extend(numbers(train(create("undisturbed"))))
    return _undisturbed


def numbers(run: Run) -> list[tuple]:
    """What came of each epoch."""
    return [(row.epoch, row.loss, row.accuracy, row.val_loss, row.val_accuracy) for row in run.history().epochs]


def resume(run: Run, epochs: int | None = None) -> Run:
    jobs.prepare_to_go_on(run, epochs)
    return run


KILLED = "lambda run: os._exit(9)"


@pytest.mark.parametrize("when", ["(Batch, 1, 3", "(Batch, 2, 30", "(Epoch, 2, 0"])
def test_a_killed_training_goes_on_as_if_it_had_not_been_killed(train, undisturbed, when):
    run = train(create("killed"), f"[{when}, {KILLED})]")
    assert jobs.status(run) is Status.INTERRUPTED
    done = len(run.history().epochs)
    train(resume(run))
    assert run.history().resumes[-1].epoch >= done - 1  # at most one epoch is lost
    assert jobs.status(run) is Status.FINISHED and run.has_model
    assert numbers(run) == [pytest.approx(row, rel=1e-3) for row in undisturbed]


def test_a_pause_changes_nothing_but_the_time(train, undisturbed):
    orders = "[(Batch, 2, 30, lambda run: (run.ask(paused=True), woken.append(1)))]"
    woken = """
import types
woken = []
def sleep(seconds):
    from digitrec.runs import store
    store.open_run("paused").ask(paused=False)
"""
    run = create("paused")
    patched = (
        f"{orders}{woken}\ncallback.time = types.SimpleNamespace(monotonic=callback.time.monotonic, sleep=sleep)"
    )
    history = train(run, patched).history()
    assert [(change.setting, change.after) for change in history.changes] == [("paused", 1), ("paused", 0)]
    assert numbers(run) == [pytest.approx(row, rel=1e-3) for row in undisturbed]


def test_settings_change_while_it_trains_and_the_history_says_when(train):
    orders = """[
        (Batch, 1, 3, lambda run: run.ask(learning_rate=1e-5)),
        (Batch, 1, 8, lambda run: run.ask(augmentation=0.0)),
        (Batch, 1, 9, lambda run: run.ask(batch_size=128)),
        (Epoch, 2, 0, lambda run: run.ask(epochs=4)),
    ]"""
    history = train(create("steered"), orders).history()
    changes = {change.setting: (change.before, change.after, change.epoch) for change in history.changes}
    assert changes == {
        "learning_rate": (1e-3, 1e-5, 1),
        "augmentation": (1.0, 0.0, 1),
        "batch_size": (64, 128, 1),
        "epochs": (3, 4, 3),
    }
    rates = [row.learning_rate for row in history.batches]
    assert rates[0] == pytest.approx(1e-3) and rates[-1] == pytest.approx(1e-5)
    assert len(history.epochs) == 4 == history.planned_epochs and history.end.reason == "finished"
    steps, whole = (
        [sum(row.epoch == epoch for row in history.batches) for epoch in (1, 2)],
        history.start.steps_per_epoch,
    )
    assert steps == [pytest.approx(10 + (whole - 10) / 2, abs=1), pytest.approx(whole / 2, abs=1)]
    assert [row.done for row in history.batches] == sorted(row.done for row in history.batches)


def test_what_was_steered_is_steered_after_a_resume_too(train):
    asked = "lambda run: run.ask(learning_rate=1e-5, batch_size=128, epochs=5)"
    run = train(create("steered"), f"[(Batch, 1, 3, {asked}), (Batch, 3, 5, {KILLED})]")
    history = train(resume(run)).history()
    assert history.batches[-1].learning_rate == pytest.approx(1e-5)
    assert sum(row.epoch == 4 for row in history.batches) == sum(row.epoch == 2 for row in history.batches)
    assert len(history.epochs) == 5


def test_the_best_weights_come_back(train):
    # So high a rate ruins the network after its first epoch.
    ruined = "(Batch, 2, 24, lambda run: run.ask(learning_rate=0.1))"
    asked = "(Batch, 3, 48, lambda run: run.ask(restores=1, learning_rate=1e-5))"
    run = train(create("back", learning_rate=1e-3, epochs=3), f"[{ruined}, {asked}]")
    history = run.history()
    (change,) = [change for change in history.changes if change.setting == "weights"]
    assert change.after == min(history.epochs[:2], key=lambda row: row.val_loss).epoch
    first, second, third = (row.val_loss for row in history.epochs)
    assert third == pytest.approx(min(first, second), rel=0.2)


def test_a_finished_training_goes_on_for_more_epochs(train):
    run = train(create("short", epochs=1))
    with pytest.raises(store.RunError, match="has done its 1 epochs"):
        jobs.prepare_to_go_on(run)
    before = numbers(run)
    train(resume(run, epochs=2))
    assert numbers(run)[:1] == before and len(numbers(run)) == 2
    assert jobs.status(run) is Status.FINISHED and run.history().planned_epochs == 2


def test_a_training_that_is_killed_while_it_saves_its_network_saves_it_when_it_goes_on(train):
    killed = "from digitrec.training import export\nexport.save_checked = lambda *given: os._exit(9)"
    run = train(create("killed", epochs=1), f"[]\n{killed}")
    assert jobs.status(run) is Status.INTERRUPTED and not run.has_model
    before = numbers(run)
    train(resume(run))
    assert jobs.status(run) is Status.FINISHED and run.has_model and numbers(run) == before
    assert run.history().end.best_epoch == 1


def test_a_stopped_training_goes_on_from_its_last_whole_epoch(train, undisturbed):
    run = train(create("stopped"), "[(Batch, 2, 30, lambda run: run.ask(wish='stop'))]")
    assert jobs.status(run) is Status.STOPPED and checkpoints.epochs(run) == [1]
    train(resume(run))
    assert numbers(run) == [pytest.approx(row, rel=1e-3) for row in undisturbed]


def test_a_discarded_training_leaves_nothing(train):
    run = train(create("unwanted"), "[(Batch, 2, 30, lambda run: run.ask(wish='discard'))]")
    assert not run.path.exists() and not list(run.path.parent.iterdir())


def test_a_checkpoint_that_does_not_fit_is_refused_with_the_reason(train):
    run = train(create("killed"), f"[(Batch, 2, 30, {KILLED})]")
    last = checkpoints.load_last(run)
    checkpoints.save(run, last._replace(arrays=last.arrays[:-1]), keep=())
    train(resume(run))
    assert jobs.status(run) is Status.FAILED and "does not fit the network" in run.error


def test_a_new_run_starts_from_a_kept_epoch_of_another(train):
    parent = train(create("parent", epochs=2))
    assert checkpoints.epochs(parent) == [2]
    # So small a step teaches nothing: the child is where its parent was after that epoch.
    child = train(create("child", epochs=1, learning_rate=1e-5, start_from="parent@2"))
    assert child.history().epochs[0].val_loss == pytest.approx(parent.history().epochs[1].val_loss, rel=0.05)
    orphan = train(create("orphan", epochs=1, start_from="parent@1"))
    assert jobs.status(orphan) is Status.FAILED and "Epochs that are kept: 2." in orphan.error
