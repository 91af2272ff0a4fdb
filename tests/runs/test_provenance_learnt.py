"""What a network has learnt from is its own data set, whole and the same, or nothing."""

import numpy as np
import pytest

from digitrec.data import DatasetError, Description, loading, user_datasets
from digitrec.data.splits import make_split
from digitrec.data.user_datasets import TrainTest
from digitrec.runs import TrainConfig, store
from digitrec.runs.history import Start
from digitrec.runs.provenance import describe_training_data, find_learnt_dataset

DIGITS = tuple("0123456789")


def imported(name: str, seed: int = 0) -> Description:
    """A data set with the ten digits' names for its classes, which may be other digits."""
    rng = np.random.default_rng(seed)
    parts = [make_split(rng.integers(0, 256, (20, 28, 28), np.uint8), np.arange(20) % 10) for _ in range(2)]
    description = Description(name, f"Title of {name}", DIGITS, "made here", "yours")
    return user_datasets.write(loading.cache_folder(), description, TrainTest(*parts))


def trained_on(name: str, description: Description | None = None):
    run = store.create(TrainConfig(dataset=name, network="mlp"), DIGITS, "trained")
    data_sha256 = describe_training_data(run.config, description).data_sha256 if description else None
    run.append(Start(epochs=1, steps_per_epoch=1, data_sha256=data_sha256))
    return run


def test_an_imported_data_set_is_found_and_mnist_does_not_replace_it(mnist, monkeypatch, tmp_path):
    monkeypatch.setenv("DIGITREC_CACHE", str(tmp_path / "cache"))
    made = imported("devanagari")
    run = trained_on("devanagari", made)
    assert find_learnt_dataset(run) == made
    user_datasets.remove(loading.cache_folder(), "devanagari")
    with pytest.raises(DatasetError, match="training data set, devanagari, is not on this machine"):
        find_learnt_dataset(run)


def test_another_data_set_of_the_same_name_and_classes_is_not_the_one(folders):
    run = trained_on("mine", imported("mine"))
    user_datasets.remove(loading.cache_folder(), "mine")
    imported("mine", seed=1)
    with pytest.raises(DatasetError, match="not the one of the same name"):
        find_learnt_dataset(run)


def test_a_damaged_one_is_called_damaged(folders):
    run = trained_on("mine", imported("mine"))
    user_datasets.file_path(loading.cache_folder(), "mine").write_bytes(b"half")
    with pytest.raises(DatasetError, match="is damaged"):
        find_learnt_dataset(run)


def test_with_pen_drawings_it_is_what_they_were_added_to(mnist):
    assert {find_learnt_dataset(store.open_run(name)).name for name in ("draw", "mnist")} == {"mnist"}


def test_without_mnist_nothing_replaces_it(folders):
    with pytest.raises(DatasetError, match="MNIST, is not on this machine"):
        find_learnt_dataset(store.open_run("draw"))
