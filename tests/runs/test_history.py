"""The typed history: rows come back, old and new versions and half rows are read as far as they go."""

import dataclasses
import json

import pytest

from digitrec.runs.history import (
    PAUSED,
    Batch,
    Change,
    End,
    Epoch,
    Health,
    History,
    LayerHealth,
    Pinned,
    Resume,
    Start,
    TrainingData,
    parse_rows,
    to_json,
)

START = Start(
    epochs=3,
    steps_per_epoch=10,
    parameters=77,
    data_sha256="abc",
    learnt_before=(TrainingData("mnist", 0.1, 4, None),),
    validation_notes=("3 of 8.",),
    train_images=9,
    validation_images=1,
    time=100.0,
)
BATCH = Batch(step=4, epoch=1, loss=0.5, accuracy=0.25, images_per_second=640.0, time=101.5)
EPOCH = Epoch(
    epoch=1,
    loss=1.0,
    accuracy=0.1,
    val_loss=1.5,
    val_accuracy=0.2,
    learning_rate=0.01,
    seconds=2.5,
    time=103.0,
)
CHANGE = Change(setting="learning_rate", before=0.01, after=0.001, epoch=1, done=0.4, time=102.0)
PINNED = Pinned(epoch=1, done=0.25, answers=(("ab", (0.25, 0.75)),), time=101.0)
LAYERS = (LayerHealth("convolution 1", 0.01, 0.25), LayerHealth("output", None, None))
HEALTH = Health(epoch=1, gradient_norm=0.5, layers=LAYERS, time=103.5)
END = End(reason="stopped", best_epoch=1, val_accuracy=0.2, time=104.25)


def written(*rows) -> list[dict]:
    """Rows as they are in the file."""
    return [json.loads(json.dumps(to_json(row))) for row in rows]


def test_rows_come_back_as_they_were_written():
    assert parse_rows(written(START, BATCH, EPOCH, END)) == History(START, (BATCH,), (EPOCH,), END)
    assert parse_rows(written(START, PINNED, HEALTH)) == History(START, pinned=(PINNED,), health=(HEALTH,))


def test_the_names_in_the_file_never_change():
    start, batch, epoch, end = written(START, BATCH, EPOCH, END)
    assert (start["kind"], start["time"], start["data"]) == ("start", 100.0, "abc")
    assert start["learnt_before"] == [["mnist", 0.1, 4, None]]
    names = ["kind", "time", "step", "epoch", "loss", "accuracy", "images_per_second", "done", "learning_rate"]
    assert list(batch) == names
    change, resume = written(CHANGE, Resume(epoch=1, epochs=4, time=1.0))
    assert list(change) == ["kind", "time", "setting", "before", "after", "epoch", "done"]
    assert resume == {"kind": "resume", "time": 1.0, "epoch": 1, "epochs": 4}
    assert list(epoch)[:5] == ["kind", "time", "epoch", "loss", "accuracy"]
    assert end == {"kind": "end", "time": 104.25, "reason": "stopped", "kept_epoch": 1, "val_accuracy": 0.2}


def test_rows_of_older_versions_are_read_without_what_they_lack():
    rows = [
        {"kind": "start", "epochs": 3, "steps_per_epoch": 10},
        {"kind": "batch", "step": 1, "epoch": 1, "loss": 1, "accuracy": 0},
        {"kind": "epoch", "epoch": 1, "loss": 1, "accuracy": 0},
        {"kind": "end", "reason": "finished"},
    ]
    found = parse_rows(rows)
    assert found.start == Start(epochs=3, steps_per_epoch=10, time=0.0)
    assert found.batches == (Batch(step=1, epoch=1, loss=1.0, accuracy=0.0, time=0.0),)
    assert (found.epochs[0].val_loss, found.end) == (None, End(reason="finished", time=0.0))


def test_the_shortest_training_has_one_epoch_of_one_step():
    start = Start(epochs=1, steps_per_epoch=1, time=5.0)
    assert parse_rows(written(start)).start == start


def test_keys_and_kinds_of_newer_versions_are_ignored():
    rows = [row | {"colour": "blue"} for row in written(START, BATCH)]
    assert parse_rows([*rows, {"kind": "pause", "time": 1.0}]) == History(START, (BATCH,))


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"kind": "start"},
        {"kind": ["start"]},
        {"kind": "start", "epochs": 0, "steps_per_epoch": 1},
        {"kind": "start", "epochs": 1, "steps_per_epoch": 0},
        {"kind": "start", "epochs": 1, "steps_per_epoch": 1, "learnt_before": [["mnist"]]},
        {"kind": "batch", "step": 1, "epoch": 1, "loss": None, "accuracy": 0},
        {"kind": "batch", "step": float("inf"), "epoch": 1, "loss": 1, "accuracy": 0},
        {"kind": "epoch", "epoch": "first", "loss": 1, "accuracy": 0},
        {"kind": "end"},
    ],
)
def test_a_row_that_makes_no_sense_is_left_out_alone(row):
    assert parse_rows([row, *written(BATCH)]) == History(batches=(BATCH,))


@pytest.mark.parametrize("rows", [[START], [BATCH], [EPOCH], [END]])
def test_a_history_is_false_before_its_first_row(rows):
    assert parse_rows(written(*rows)) and not parse_rows([])


@pytest.mark.parametrize(
    ("rows", "seconds"),
    [
        ([], None),
        ([BATCH], None),
        ([START], 0.0),
        ([START, BATCH], 1.5),
        ([START, BATCH, EPOCH], 3.0),
        ([START, BATCH, EPOCH, END], 4.25),
    ],
)
def test_the_time_of_a_training_is_from_its_start_to_its_latest_row(rows, seconds):
    assert parse_rows(written(*rows)).seconds == seconds


# --- trainings that are steered, paused and resumed ---


def batch(epoch: int, done: float, time: float) -> Batch:
    return Batch(step=round(10 * done), epoch=epoch, loss=1.0, accuracy=0.0, done=done, time=time)


def epoch(number: int, time: float) -> Epoch:
    return Epoch(epoch=number, loss=1.0, accuracy=0.0, time=time)


def test_what_came_after_the_epoch_of_a_resume_is_void():
    rows = (START, batch(1, 1.0, 101), epoch(1, 102), batch(2, 1.5, 103), CHANGE, epoch(2, 104), END)
    found = parse_rows(written(*rows, Resume(epoch=1, epochs=5, time=200.0), batch(2, 1.2, 210)))
    assert [row.done for row in found.batches] == [1.0, 1.2] and [row.epoch for row in found.epochs] == [1]
    assert found.changes == (CHANGE,)  # of the first epoch
    later = [dataclasses.replace(row, epoch=2) for row in (PINNED, HEALTH)]
    found = parse_rows(written(START, PINNED, HEALTH, *later, Resume(epoch=1, epochs=5)))
    assert found.pinned == (PINNED,) and found.health == (HEALTH,)
    assert found.end is None and found.planned_epochs == 5


def test_a_training_that_was_asked_to_go_on_has_not_begun_to():
    rows = (START, batch(1, 1.0, 101), epoch(1, 102), END, Resume(epoch=1, epochs=5, time=200.0))
    assert parse_rows(written(*rows)).is_to_go_on
    assert not parse_rows(written(*rows[:-1])).is_to_go_on


@pytest.mark.parametrize(
    "later", [-3600.0, 0.0, 10.0], ids=["the clock was set back", "in one millisecond", "later"]
)
def test_what_follows_a_resume_shows_that_it_has_begun_whatever_the_clock_says(later):
    change = dataclasses.replace(CHANGE_LATER, epoch=2, time=200.0 + later)
    rows = (START, batch(1, 1.0, 101), epoch(1, 102), END, Resume(epoch=1, epochs=5, time=200.0))
    for row in (batch(2, 1.2, 200.0 + later), epoch(2, 200.0 + later), change):
        assert not parse_rows(written(*rows, row)).is_to_go_on
    assert parse_rows(written(*rows, change)).planned_epochs == 7


def test_pauses_and_the_time_before_a_resume_are_no_work():
    def pause(after: int, time: float) -> Change:
        return Change(setting=PAUSED, before=1 - after, after=after, epoch=1, done=0.5, time=time)

    rows = (START, batch(1, 0.5, 110), pause(1, 112), CHANGE_LATER, pause(0, 142), batch(1, 0.9, 150))
    found = parse_rows(written(*rows))
    assert (found.idle, found.seconds) == (30, 20) and not found.is_paused
    assert parse_rows(written(*rows[:3])).is_paused
    resumed = parse_rows(written(*rows, Resume(epoch=0, epochs=3, time=1150.0), batch(1, 0.1, 1160)))
    assert resumed.seconds == 30 and not resumed.is_paused


CHANGE_LATER = Change(setting="epochs", before=3, after=7, epoch=1, done=0.5, time=122.0)


def test_the_latest_word_on_the_number_of_epochs_counts():
    assert parse_rows(written(START)).planned_epochs == 3
    assert parse_rows(written(START, CHANGE_LATER)).planned_epochs == 7
    assert parse_rows(written(START, CHANGE_LATER, Resume(epoch=1, epochs=9, time=130.0))).planned_epochs == 9
    assert parse_rows(written(Resume(epoch=0, epochs=9, time=START.time - 1), START)).planned_epochs == 9
    assert parse_rows([]).planned_epochs == 0


def test_a_row_knows_how_many_epochs_are_done_also_where_an_older_version_wrote_it():
    history = parse_rows(written(START, batch(2, 1.25, 110)))
    assert history.epochs_at(history.batches[0]) == 1.25
    assert history.epochs_at(Batch(step=25, epoch=3, loss=1.0, accuracy=0.0)) == 2.5
