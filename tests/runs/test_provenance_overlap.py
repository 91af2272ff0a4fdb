"""That a network has learnt from the images it is tested on is told; nothing is told where all is well."""

import contextlib

import numpy as np
import pytest

from digitrec.data import loading, splits, user_datasets, user_drawings
from digitrec.data.catalogue import DIGITS, DatasetError, Description
from digitrec.data.user_datasets import TrainTest
from digitrec.runs import provenance, store
from digitrec.runs.config import TrainConfig
from digitrec.runs.history import Start


@pytest.fixture(autouse=True)
def empty(folders):
    """No data set but the known ones."""


def a_run(dataset: str = "digits", name: str = "net", **others):
    config = TrainConfig(dataset=dataset, network="mlp", **{"validation_share": 0.2} | others)
    run = store.create(config, DIGITS, name)
    data_sha256 = None
    with contextlib.suppress(DatasetError):  # a test may learn from one that is gone
        data_sha256 = provenance.describe_training_data(config, loading.describe(dataset)).data_sha256
    before = tuple(provenance.list_inherited_data(config))
    run.append(Start(epochs=1, steps_per_epoch=1, data_sha256=data_sha256, learnt_before=before))
    return run


def imported(train, test, name="mine"):
    about = Description(name, name, DIGITS, "x", "x")
    return user_datasets.write(loading.cache_folder(), about, TrainTest(train, test))


def told(run, dataset, split="test"):
    part = splits.select_part(
        loading.load(dataset), split, share=run.config.validation_share, seed=run.config.seed
    )
    return provenance.overlap_notes(run, loading.describe(dataset), split, part)


def test_images_that_were_learnt_from_are_counted():
    run, digits = a_run(), loading.load("digits")
    learnt = splits.select_part(digits, "train", share=run.config.validation_share, seed=run.config.seed)
    images = np.concatenate([learnt.images[:3], digits.test.images[:5]])
    for image in images:
        user_drawings.save(image, 1, DIGITS)
    assert told(run, "own") == ["The network has learnt from 3 of these 8 images: these numbers are too high."]
    imported(digits.test, digits.test)
    assert told(run, "mine") == []


def test_the_same_images_in_both_parts_of_an_imported_set_are_told():
    digits = loading.load("digits")
    imported(digits.test, digits.test)
    run = a_run("mine")
    assert told(run, "mine", "train") == []
    assert "images: these numbers are too high" in told(run, "mine")[0]


def test_of_the_known_data_sets_nothing_is_told():
    run = a_run()
    assert [told(run, "digits", split) for split in ("train", "validation", "test")] == [[], [], []]


SHARED = {
    ("qmnist", "mnist", "test"): False,  # its training images are MNIST's, and its test images are others
    ("qmnist", "mnist", "train"): True,
    ("mnist", "qmnist", "test"): False,
    ("emnist-digits", "mnist", "test"): True,
    ("mnist", "emnist-mnist", "test"): True,
    ("emnist-letters", "mnist", "train"): False,
    ("emnist-letters", "emnist-byclass", "test"): True,
    ("mnist+pen", "pendigits", "test"): False,  # 14 people who drew none of the others
    ("mnist+pen", "pendigits", "train"): True,
    ("pendigits", "mnist+pen-1", "test"): True,
    ("qmnist", "mnist+pen-1", "test"): False,
    ("mnist", "mnist+pen", "train"): False,  # their pixels are compared
    ("usps", "mnist", "train"): False,
}


@pytest.mark.parametrize(("learnt", "tested", "split"), SHARED)
def test_the_same_handwriting_in_another_public_data_set_is_told(learnt, tested, split):
    source, dataset = loading.describe(learnt), loading.describe(tested)
    nothing = splits.make_split(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.int64))
    data = provenance.TrainingData(learnt, 0.1, 0, None)
    notes = " ".join(provenance.overlap_notes_for([data], dataset, split, nothing))
    assert (f"{source.title} and {dataset.title} both hold some of the" in notes) == SHARED[learnt, tested, split]


@pytest.mark.parametrize("how", ["start_from", "teachers"])
def test_what_the_networks_before_it_have_learnt_from_counts(how):
    digits = loading.load("digits")
    imported(digits.train, digits.test, "mine")
    imported(digits.test, digits.test, "tests")
    first = a_run("tests", "first")
    a_run(name="second", **{how: "first"})
    later = a_run(name="later", **{how: "second"})
    store.delete(first)  # what it had learnt from is still known
    learnt = int(splits.select_part(loading.load("tests"), "train", share=0.2, seed=0).labels.size)
    for dataset in ("tests", "mine", "digits"):
        assert f"learnt from {learnt} of these {len(digits.test.labels)} images" in told(later, dataset)[0]
    assert told(later, "digits", "train") == []


def test_a_network_before_that_kept_other_images_for_validation_is_told():
    a_run(name="first", seed=1)
    assert told(a_run(name="same", seed=1, start_from="first"), "digits", "validation") == []
    other = a_run(name="other", start_from="first")
    assert "images: these numbers are too high" in told(other, "digits", "validation")[0]
    assert told(other, "digits", "test") == []


@pytest.mark.parametrize(
    ("learnt", "tested", "known"),
    [
        ("mnist+pen", "mnist+pen-1", True),
        ("mnist+pen-2", "mnist+pen-1", True),
        ("mnist+pen-1", "mnist+pen-1", False),
    ],
)
def test_other_digits_by_the_writers_of_a_fold_are_told(learnt, tested, known):
    part = loading.load("digits").test
    found = provenance.overlap_notes(a_run(learnt), loading.describe(tested), "test", part)
    assert bool(found) == known and all("other digits by these writers" in note for note in found)


def test_a_data_set_that_took_the_place_of_the_one_learnt_from_is_told():
    digits = loading.load("digits")
    imported(digits.train, digits.test)
    run = a_run("mine")
    assert told(run, "mine") == []
    user_datasets.remove(loading.cache_folder(), "mine")
    imported(digits.test, digits.train)
    assert "is not the one of the same name that the network learnt from" in told(run, "mine")[0]
    assert "another data set has the name mine now" in told(a_run(name="next", start_from="net"), "mine")[0]


def test_where_the_data_learnt_from_is_gone_that_is_told():
    user_drawings.save(loading.load("digits").test.images[0], 1, DIGITS)
    (note,) = told(a_run("removed"), "own")
    assert note == "The network may have learnt from some of these images: removed is not on this machine."


@pytest.mark.parametrize("name", ["mnist+pen", "mnist+pen-2"])
def test_drawings_that_joined_a_data_set_are_not_made_for_it(name, monkeypatch):
    looked_at = []
    monkeypatch.setattr(provenance.loading, "is_available", lambda name: looked_at.append(name))
    user_drawings.save(loading.load("digits").test.images[0], 1, DIGITS)
    assert told(a_run(name), "own") == [] and looked_at == ["mnist"]


def test_where_other_drawings_had_joined_the_same_images_the_validation_drawings_may_have_been_learnt():
    """They are divided anew: the base's images alike, the drawings not."""
    a_run("mnist+pen", "first")
    later, alone = a_run("mnist+pen+forms", "later", start_from="first"), a_run("mnist+pen+forms", "alone")

    def notes(run, dataset: str, split: str) -> list[str]:
        return provenance.overlap_notes(run, loading.describe(dataset), split, loading.load("digits").test)

    (note,) = notes(later, "mnist+pen+forms", "validation")
    assert note.endswith("It has learnt from mnist+pen, where other drawings are held out.")
    assert notes(later, "mnist", "validation") == notes(later, "mnist+pen+forms", "test") == []
    assert notes(alone, "mnist+pen+forms", "validation") == []
