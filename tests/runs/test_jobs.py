"""Jobs: what a run's status is derived from, the line, and progress. No process trains here: see test_workers."""

from datetime import UTC, datetime, timedelta

import psutil
import pytest

from digitrec.runs import checkpoints, jobs
from digitrec.runs.checkpoints import Checkpoint
from digitrec.runs.config import ConfigError
from digitrec.runs.history import PAUSED, Batch, Change, End, Epoch, History, Start
from digitrec.runs.jobs import Progress, Status
from digitrec.runs.run import Run, Worker
from digitrec.runs.store import RunError
from digitrec.runs.wishes import Wishes
from support.stand_ins import create, wait_until

BEGIN = Start(epochs=4, steps_per_epoch=50, time=100.0)
ROWS = {
    "start": BEGIN,
    "batch": Batch(step=1, epoch=1, loss=1.0, accuracy=0.5),
    "epoch": Epoch(epoch=1, loss=1.0, accuracy=0.5),
}


@pytest.fixture
def run() -> Run:
    return create("run")


def backdate(run: Run) -> None:
    path = run.path / "config.json"
    then = datetime.now(UTC) - timedelta(minutes=5)
    path.write_text(path.read_text().replace(run.created.isoformat(), then.isoformat()))
    vars(run).clear()  # what was read of the config before
    vars(run)["path"] = path.parent


# --- what status is derived from ---


def test_a_new_run_waits_for_its_worker_but_not_for_ever(run):
    assert jobs.status(run) is Status.QUEUED and jobs.failure_reason(run) is None
    backdate(run)
    assert jobs.status(run) is Status.INTERRUPTED
    assert "The server ended before it started the training" in jobs.failure_reason(run)


@pytest.mark.parametrize(
    ("kinds", "living", "dead"),
    [
        ([], Status.QUEUED, Status.INTERRUPTED),
        (["start"], Status.TRAINING, Status.INTERRUPTED),
        (["start", "batch", "epoch"], Status.TRAINING, Status.INTERRUPTED),
        (["start", "epoch", "finished"], Status.FINISHED, Status.FINISHED),
        (["start", "epoch", "early stopping"], Status.FINISHED, Status.FINISHED),
        (["start", "epoch", "stopped"], Status.STOPPED, Status.STOPPED),
        (["stopped"], Status.STOPPED, Status.STOPPED),
    ],
)
def test_status_follows_from_the_rows_and_the_process(run, stand_in, kinds, living, dead):
    process = stand_in(run)
    for kind in kinds:
        run.append(ROWS.get(kind) or End(reason=kind))
    assert jobs.status(run) is living
    process.kill()
    process.wait()
    assert jobs.status(run) is dead
    run.record_error("the reason")
    assert (jobs.status(run), jobs.failure_reason(run)) == (Status.FAILED, "the reason")


def test_a_worker_that_ended_after_the_rows_were_read_is_not_called_interrupted(run, stand_in):
    process = stand_in(run)
    run.append(BEGIN)
    read = run.history()
    run.append(End(reason="finished"))
    process.kill()
    process.wait()
    assert jobs.status(run, read) is Status.FINISHED


def test_a_process_that_only_has_the_same_pid_is_not_the_worker(run, stand_in):
    worker = stand_in(run) and run.worker
    run.record_worker(worker._replace(started=worker.started - 60))
    assert not jobs.is_live(run)
    run.record_worker(worker._replace(started=worker.started - 1))  # the clock was set meanwhile
    assert jobs.is_live(run)


def test_a_process_that_nobody_has_reaped_is_dead(run, stand_in):
    process = stand_in(run)
    process.kill()
    wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
    assert not jobs.is_live(run)


def test_the_reason_of_an_interruption_has_our_last_words_and_none_of_tensorflow_s(run):
    backdate(run)
    run.record_worker(Worker(2**22 + 1, 0.0, 0.0))
    assert jobs.failure_reason(run).endswith("Resume the training.")
    run.log_path.write_text("digitrec: one\ndigitrec: the server has ended.\nE0000 failed call to cuInit\n")
    assert jobs.failure_reason(run).endswith("Its last message: the server has ended.")


def test_a_full_disk_is_named(run, monkeypatch):
    backdate(run)
    run.record_worker(Worker(2**22 + 1, 0.0, 0.0))
    usage = type("Usage", (), {"free": 4096})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    assert jobs.failure_reason(run).startswith("The disk is full")


# --- the line ---


def test_jobs_stand_in_line_as_they_came(stand_in):
    made = [create(name) for name in "bac"]
    processes = [stand_in(run) for run in made]
    assert jobs.queue() == made
    processes[0].kill()
    processes[0].wait()
    assert jobs.queue() == made[1:]


def test_a_turn_comes_when_all_that_came_earlier_are_gone(stand_in):
    first, mine, later = create("first"), create("mine"), create("later")
    ahead = stand_in(first)
    jobs.claim(mine)
    stand_in(later)
    waits = iter(range(3))
    assert not jobs.wait_for_turn(mine, cancelled=lambda: next(waits, None) is None)
    ahead.kill()
    ahead.wait()
    assert jobs.wait_for_turn(mine, cancelled=lambda: False)


def test_a_place_in_line_is_taken_when_it_is_claimed_not_when_the_process_began(stand_in):
    stand_in(create("training"))
    mine = create("claimed later by an older process")
    jobs.claim(mine)
    assert mine.worker.started < Run(mine.path.with_name("training")).worker.started
    assert [run.name for run in jobs.queue()] == ["training", mine.name]


def test_a_run_is_claimed_once(run, stand_in):
    jobs.claim(run)
    mine = run.worker
    jobs.claim(run)
    assert run.worker == mine
    stand_in(run)
    with pytest.raises(RunError, match="'run' is queued: only a new run can be trained"):
        jobs.claim(run)


@pytest.mark.parametrize(("reason", "shown"), [("finished", "finished"), ("stopped", "stopped")])
def test_a_run_that_has_been_trained_is_not_claimed_again(run, reason, shown):
    run.append(End(reason=reason))
    with pytest.raises(RunError, match=f"'run' is {shown}"):
        jobs.claim(run)


# --- progress ---


def batch(step: int, epoch: int, at: float) -> Batch:
    return Batch(step=step, epoch=epoch, loss=1.0, accuracy=0.5, images_per_second=640, time=at)


def test_progress_before_the_first_rows():
    assert jobs.progress(History()) is None
    assert jobs.progress(History(BEGIN)) == Progress(0.0, 0, 4, None, None)
    assert jobs.progress(History(BEGIN, (batch(1, 1, 109.0),))) == Progress(1 / 200, 1, 4, 640, None)


def test_the_time_left_goes_on_at_the_pace_since_the_first_batch():
    epoch = Epoch(epoch=1, loss=1.0, accuracy=0.5, time=134.0)
    rows = History(BEGIN, (batch(10, 1, 130.0), batch(60, 2, 140.0)), (epoch,))
    # 50 steps in 10 s; 140 of 200 steps to go.
    assert jobs.progress(rows) == Progress(0.3, 2, 4, 640, pytest.approx(28.0))


def test_progress_ends_at_one():
    end = End(reason="finished", time=151.0)
    rows = History(BEGIN, (batch(1, 1, 101.0), batch(200, 4, 150.0)), end=end)
    assert jobs.progress(rows) == Progress(1.0, 4, 4, 640, 0.0)


# --- paused, steered, resumed ---


def ended_after(run: Run, epoch: int) -> Run:
    for row in (
        BEGIN,
        Batch(step=50, epoch=epoch, loss=1.0, accuracy=0.5),
        Epoch(epoch=epoch, loss=1, accuracy=0.5),
    ):
        run.append(row)
    checkpoints.save(run, Checkpoint(epoch, [], {}), keep=())
    run.append(End(reason="stopped", best_epoch=epoch))
    return run


def test_a_worker_that_rests_is_paused_until_it_goes_on_or_dies(run, stand_in):
    process = stand_in(run)
    run.append(BEGIN)
    for after, expected in ((1, Status.PAUSED), (0, Status.TRAINING), (1, Status.PAUSED)):
        run.append(Change(setting=PAUSED, before=1 - after, after=after, epoch=1, done=0.5))
        assert jobs.status(run) is expected and expected.is_live
    process.kill()
    process.wait()
    assert jobs.status(run) is Status.INTERRUPTED


def test_a_run_that_goes_on_waits_then_trains_and_is_not_new(run, stand_in, monkeypatch):
    ended_after(run, 2)
    run.record_error("The disk was full.")
    run.ask(wish="stop")
    monkeypatch.setattr(jobs, "start", lambda run: None)
    jobs.go_on(run)
    assert jobs.status(run) is Status.QUEUED and run.error is None and run.wish is None
    stand_in(run)
    assert jobs.status(run) is Status.QUEUED
    run.append(Batch(step=101, epoch=3, loss=1.0, accuracy=0.5))
    assert jobs.status(run) is Status.TRAINING
    with pytest.raises(RunError, match="goes on already"):
        jobs.go_on(run)


def test_more_epochs_than_are_done_are_needed(run):
    ended_after(run, 4)
    with pytest.raises(RunError, match="ask for more than 4"):
        jobs.prepare_to_go_on(run)
    with pytest.raises(ConfigError, match="epochs is 1000"):
        jobs.prepare_to_go_on(run, 1000)
    assert run.history().end is not None  # nothing has changed
    jobs.prepare_to_go_on(run, 5)
    assert run.history().resumes[0].epoch == 4 and run.history().planned_epochs == 5


def test_a_run_that_was_asked_to_go_on_is_claimed_and_one_that_has_ended_is_not(run):
    ended_after(run, 2)
    with pytest.raises(RunError, match="only a new run can be trained"):
        jobs.claim(run)
    jobs.prepare_to_go_on(run)
    jobs.claim(run)
    assert jobs.is_live(run)


def test_a_resumed_run_that_is_cancelled_is_as_it_was(run):
    ended_after(run, 2)
    jobs.prepare_to_go_on(run)
    jobs.cancel(run)
    assert jobs.status(run) is Status.STOPPED and len(run.history().epochs) == 1 and run.path.is_dir()


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"learning_rate": 7.0}, "learning_rate is 7"),
        ({"epochs": 0}, "epochs"),
        ({"augmentation": 4.0}, "strength"),
    ],
)
def test_what_no_training_may_have_is_refused_and_not_asked(run, asked, word):
    with pytest.raises(ConfigError, match=word):
        jobs.steer(run, **asked)
    assert run.wishes == Wishes()


def test_wishes_add_up_and_what_cannot_be_read_is_no_wish(run):
    jobs.steer(run, learning_rate=0.01)
    jobs.pause(run)
    jobs.restore_best(run)
    assert run.wishes == Wishes(learning_rate=0.01, paused=True, restores=1)
    for text in ("[]", '{"paused": 1, "epochs": 2.5, "learning_rate": NaN, "wish": 3}', '{"restores": true'):
        (run.path / "control.json").write_text(text)
        assert run.wishes == Wishes()


def test_progress_counts_epochs_whatever_the_batch_size_is_now():
    rows = [
        Batch(step=step, epoch=1, loss=1.0, accuracy=0.0, done=done, time=100 + 10 * done)
        for step, done in ((10, 1.0), (15, 2.0))
    ]
    change = Change(setting="epochs", before=4, after=10, epoch=2, done=1.5, time=115.0)
    found = jobs.progress(History(BEGIN, tuple(rows), changes=(change,)))
    assert (found.fraction, found.epochs, found.seconds_left) == (0.2, 10, pytest.approx(80))


def test_a_pause_before_the_first_batch_does_not_hide_the_time_that_is_left():
    pause = [
        Change(setting=PAUSED, before=0, after=1, epoch=1, done=0.0, time=101.0),
        Change(setting=PAUSED, before=1, after=0, epoch=1, done=0.0, time=181.0),
    ]
    batches = [Batch(step=s, epoch=1, loss=1, accuracy=0, time=180.0 + 2 * s) for s in (1, 2, 3)]
    found = jobs.progress(
        History(Start(epochs=1, steps_per_epoch=5, time=100.0), tuple(batches), changes=tuple(pause), idle=80.0)
    )
    assert found.seconds_left == pytest.approx(4.0)
