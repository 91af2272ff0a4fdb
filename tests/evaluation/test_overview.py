"""Overview: a run in one row, the newest ended one, damaged folders."""

import hashlib
import os
import time

import numpy as np
import pytest

from digitrec.evaluation import overview
from digitrec.evaluation.record import Evaluation
from digitrec.runs import NETWORKS, count_parameters, store
from digitrec.runs.config import TrainConfig
from digitrec.runs.history import End, Epoch, Start
from digitrec.runs.jobs import Status
from digitrec.runs.run import Run

CONFIG = TrainConfig(dataset="digits", network="cnn", epochs=3)


@pytest.fixture(autouse=True)
def no_shipped_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "SHIPPED", ())


def new(name: str) -> Run:
    return store.create(CONFIG, tuple("abc"), name)


def ended(name: str) -> Run:
    run = new(name)
    run.append(Start(epochs=3, steps_per_epoch=10, parameters=77, train_images=9, validation_images=1))
    run.append(Epoch(epoch=1, loss=1, accuracy=0.1, val_loss=1, val_accuracy=0.2, learning_rate=1, seconds=1))
    run.append(End(reason="stopped", best_epoch=1, val_accuracy=0.2))
    return run


def test_a_new_run_knows_its_parameters_before_its_training_does():
    found = overview.summarise_run(new("run"))
    assert found.parameters == count_parameters(NETWORKS["cnn"], 3)
    assert found[3:7] == (0, None, None, None)
    assert found.seconds is None


def test_an_ended_run_tells_its_rows():
    run = ended("run")
    found = overview.summarise_run(run)
    assert found[:6] == (run, Status.STOPPED, 77, 1, 1, 0.2)
    assert found.seconds >= 0
    assert found == overview.summarise_run(run, run.history())


def test_the_test_accuracy_is_the_recorded_one_of_the_present_network():
    run = ended("run")
    run.keras_path.write_bytes(b"")
    run.tflite_path.write_bytes(b"network")
    sha256 = hashlib.sha256(b"network").hexdigest()
    confusion = np.array([[3, 1, 0], [0, 4, 0], [0, 0, 2]])
    kept = Evaluation(dataset="digits", split="test", confusion=confusion, log_loss=0.1, model_sha256=sha256)
    run.save_evaluation("digits", "test", kept.to_dict())
    assert overview.summarise_run(run).test_accuracy == 0.9
    run.tflite_path.write_bytes(b"another")
    assert overview.summarise_run(run).test_accuracy is None


def test_the_last_ended_run_is_the_newest_that_is_not_under_way(stand_in):
    assert overview.find_last_ended() is None
    first, second, third = ended("first"), ended("second"), new("third")
    process = stand_in(third)
    assert overview.find_last_ended() == second
    process.kill()
    process.wait()
    assert overview.find_last_ended() == third  # interrupted now
    os.utime(first.path / "history.jsonl", (time.time() + 9,) * 2)  # it was resumed, and has ended again
    assert overview.find_last_ended() == first
    os.utime(first.path / "history.jsonl", (first.created.timestamp(),) * 2)
    store.delete(third)
    store.delete(second)
    assert overview.find_last_ended() == first


def test_a_damaged_folder_is_named_with_its_reason():
    new("sound")
    (new("broken").path / "config.json").write_text("{")
    assert list(overview.find_damaged_runs()) == ["broken"]
    assert "config.json is damaged" in overview.find_damaged_runs()["broken"]


def test_how_a_training_ended_is_said_with_a_share_only_of_many_images():
    assert overview.describe_end("none") is None
    few = ended("few")
    assert overview.describe_end(few.name) == "few: stopped, 0 of 1 validation images right."
    many = new("many")
    many.append(Start(epochs=3, steps_per_epoch=10, parameters=77, train_images=900, validation_images=100))
    many.append(Epoch(epoch=1, loss=1, accuracy=0.1, val_loss=1, val_accuracy=0.25, learning_rate=1, seconds=1))
    many.append(End(reason="finished", best_epoch=1, val_accuracy=0.25))
    assert overview.describe_end(many.name) == "many: finished, 25.00% of the validation images right."
