"""Data sets that a person made: whole or not there, found again, and no other's name or file taken."""

import json

import numpy as np
import pytest

from digitrec.data import loading, user_datasets
from digitrec.data.catalogue import DATASETS, DatasetError, Description
from digitrec.data.splits import Split
from digitrec.data.user_datasets import TrainTest

IMAGES = np.random.default_rng(4).integers(0, 256, (8, 28, 28), np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 1])
PARTS = TrainTest(Split(IMAGES[:6], LABELS[:6]), Split(IMAGES[6:], LABELS[6:]))
ABOUT = Description("mine", "Mine", ("a", "b", "c"), "made here", "mine")


@pytest.fixture
def cache(folders):
    return folders[1]


def test_what_is_written_is_found_listed_and_loaded(cache):
    user_datasets.write(cache, ABOUT, PARTS)
    loaded = loading.load("mine")
    assert [known.name for known in loading.list_datasets()] == [*DATASETS, "mine"]
    assert (loaded.title, loaded.class_names, loaded.source) == ("Mine", ("a", "b", "c"), "made here")
    for found, given in zip((*loaded.train, *loaded.test), (*PARTS.train, *PARTS.test), strict=True):
        assert np.array_equal(found, given) and not found.flags.writeable
    assert loading.is_available("mine") and loading.describe("mine").user_made[1:] == (6, 2, False)
    assert not list(cache.rglob("*.tmp"))


def test_the_same_set_has_the_same_checksum_and_each_change_another(cache):
    first = user_datasets.write(cache, ABOUT, PARTS).user_made.sha256
    changes = [
        (ABOUT, TrainTest(PARTS.test, PARTS.train)),
        (ABOUT, PARTS._replace(test=Split(IMAGES[6:], LABELS[1:3]))),
        (ABOUT._replace(class_names=("a", "b", "d")), PARTS),
    ]
    found = [user_datasets.write(cache, about._replace(name=f"s{i}"), p) for i, (about, p) in enumerate(changes)]
    assert len({first, *(each.user_made.sha256 for each in found)}) == 4
    assert user_datasets.write(cache, ABOUT._replace(name="again"), PARTS).user_made.sha256 == first


def test_a_set_that_is_replaced_is_loaded_anew(cache):
    user_datasets.write(cache, ABOUT, PARTS)
    assert len(loading.load("mine").train.labels) == 6
    user_datasets.remove(cache, "mine")
    assert not loading.is_available("mine") and loading.title("mine") == "mine"
    user_datasets.write(cache, ABOUT, TrainTest(PARTS.test, PARTS.test))
    assert len(loading.load("mine").train.labels) == 2


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        ".hidden",
        "x\0",
        "x ",
        "mnist",
        "MNIST",
        "digits",
        "own",
        "OWN",
        "own-0123abcd",
        "x" * 41,
        "mine",
        "Mine",
        "mnist+pen",
        "mnist+pen-3",
        "é",
    ],
)
def test_a_name_that_is_taken_or_no_name_is_refused(cache, name):
    user_datasets.write(cache, ABOUT, PARTS)
    before = sorted(cache.rglob("*"))
    with pytest.raises(DatasetError):
        user_datasets.write(cache, ABOUT._replace(name=name), PARTS)
    assert sorted(cache.rglob("*")) == before


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", "mnist\0", "a" * 5000])
def test_no_name_leads_out_of_the_folder(cache, name):
    for ask in (loading.describe, loading.find_folder, loading.load):
        with pytest.raises(DatasetError, match=r"there is no data set"):
            ask(name)
    with pytest.raises(DatasetError, match=r"cannot be removed"):
        user_datasets.remove(cache, name)


def test_a_known_data_set_is_not_removed(cache):
    with pytest.raises(DatasetError, match=r"not imported or drawn here"):
        user_datasets.remove(cache, "mnist")


def damaged(path, kind):
    data = path.read_bytes()
    if kind == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif kind == "changed":
        path.write_bytes(data.replace(IMAGES[2].tobytes()[:20], bytes(20)))
    elif kind == "other":
        np.savez(path, about=np.array(json.dumps([1, 2])))
    elif kind == "pickle":
        np.savez(path, about=np.array([{"title": "x"}], dtype=object), allow_pickle=True)


@pytest.mark.parametrize("kind", ["cut", "changed", "other", "pickle"])
def test_a_damaged_file_is_told_and_can_be_removed(cache, kind):
    user_datasets.write(cache, ABOUT, PARTS)
    damaged(user_datasets.file_path(cache, "mine"), kind)
    with pytest.raises(DatasetError, match=r"'mine' is damaged .* remove it"):
        loading.load("mine")
    known = "mine" in {known.name for known in loading.list_datasets()}
    assert known == (kind == "changed") == ("mine" not in loading.find_damaged())
    user_datasets.remove(cache, "mine")
    assert loading.find_damaged() == {}


def test_a_folder_that_cannot_be_written_is_told_and_leaves_what_was_there(cache, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(user_datasets, "replace", full)
    with pytest.raises(DatasetError, match=r"cannot be stored in .*No space left.*Make room"):
        user_datasets.write(cache, ABOUT, PARTS)
    assert not loading.is_available("mine")


@pytest.mark.parametrize("name", ["3", "A", "Kopf_2", "ü", "あ", "a-b c.d"])
def test_names_that_classes_may_have(name):
    user_datasets.check_class_names((name,))


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("",),
        ("a", "a"),
        ("x" * 25,),
        ("<b>",),
        ("=1+1",),
        ("-1",),
        ("a/b",),
        ("..",),
        (" a",),
        ("a\n",),
        ("$x$",),
        tuple(map(str, range(101))),
    ],
)
def test_names_that_classes_may_not_have(names):
    with pytest.raises(DatasetError):
        user_datasets.check_class_names(names)
