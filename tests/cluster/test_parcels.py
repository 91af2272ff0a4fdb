"""What a job needs on another machine, by name and checksum; without a cluster."""

import hashlib

import numpy as np
import pytest

from digitrec.cluster import parcels
from digitrec.data import corrections, data_files, loading, splits, user_datasets
from digitrec.data.catalogue import Description
from digitrec.data.corrections import Decision, ImageKey
from digitrec.data.user_datasets import TrainTest
from digitrec.runs import Measurement, RunError, TrainConfig, checkpoints, store
from digitrec.runs.checkpoints import Checkpoint
from support.made_runs import ended, new
from support.stand_ins import create


@pytest.fixture
def letters(folders):
    """A data set that a person has made, with a decision about one of its images."""
    images = np.zeros((4, 28, 28), np.uint8)
    part = splits.make_split(images, np.array([0, 1, 0, 1]))
    description = Description("letters", "Letters", ("a", "b"), "mine", "mine")
    user_datasets.write(loading.cache_folder(), description, TrainTest(part, part))
    corrections.decide("letters", Decision(ImageKey("train", "0" * 32, 0, 0), "keep"))
    return "letters"


def test_a_data_set_goes_with_the_decisions_about_it(letters):
    files = data_files.list_files(letters)
    assert sorted(files) == ["cache/label-corrections/letters.jsonl", "cache/sets/letters.npz"]
    assert all(path.is_file() for path in files.values())
    assert data_files.list_files("digits") == {}  # every installation has it


def test_mnist_goes_as_its_files(mnist_folder):
    assert {name.rpartition("/")[0] for name in data_files.list_files("mnist")} == {"data/mnist"}


def test_a_training_needs_its_start_and_what_that_came_from(letters):
    ancestor, start = ended(new("ancestor")), create("start", TrainConfig(dataset="digits", start_from="ancestor"))
    ended(start)
    checkpoints.save(start, Checkpoint(2, [], {}), keep=())
    run = create("mine", TrainConfig(dataset="letters", start_from="start"))
    (run.path / "worker.json").write_text("of this machine")
    (run.path / "half.tmp").write_text("half")
    found = parcels.for_training(run)
    assert {name for name in found if name.startswith("models/mine/")} == {"models/mine/config.json"}
    files = ("config.json", "history.jsonl", "model.keras", "model.tflite")
    needed = {*(f"models/{name}/{file}" for name in ("start", "ancestor") for file in files)}
    assert needed | {"models/start/checkpoints/epoch-0002.npz", "cache/sets/letters.npz"} <= set(found)
    store.delete(ancestor)  # long after the training from it
    assert "models/start/model.keras" in parcels.for_training(run)
    store.delete(start)
    with pytest.raises(RunError, match="no run 'start'"):
        parcels.for_training(run)


def test_a_measurement_of_a_built_in_run_needs_what_this_machine_added(folders):
    run = store.open_run("mnist")
    run.save_reject_threshold(0.5)
    found = parcels.for_measurement(Measurement("robustness", run, "digits", "test"))
    assert list(found) == ["cache/runs/mnist/reject.json"]


def test_a_parcel_has_size_and_checksum_and_what_is_gone_is_left_out(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    found = parcels.describe({"data/a": tmp_path / "a", "data/b": tmp_path / "b"})
    assert found == [("data/a", 3, hashlib.sha256(b"abc").hexdigest())]
