"""The typed history: rows come back, old and new versions and half rows are read as far as they go."""

import json

import pytest

from digitrec.runs.history import Batch, End, Epoch, History, Start, TrainingData, parse_rows, to_json

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
END = End(reason="stopped", best_epoch=1, val_accuracy=0.2, time=104.25)


def written(*rows) -> list[dict]:
    """Rows as they are in the file."""
    return [json.loads(json.dumps(to_json(row))) for row in rows]


def test_rows_come_back_as_they_were_written():
    assert parse_rows(written(START, BATCH, EPOCH, END)) == History(START, (BATCH,), (EPOCH,), END)


def test_the_names_in_the_file_never_change():
    start, batch, epoch, end = written(START, BATCH, EPOCH, END)
    assert (start["kind"], start["time"], start["data"]) == ("start", 100.0, "abc")
    assert start["learnt_before"] == [["mnist", 0.1, 4, None]]
    assert list(batch) == ["kind", "time", "step", "epoch", "loss", "accuracy", "images_per_second"]
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
