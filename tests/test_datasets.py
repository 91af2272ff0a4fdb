"""What data sets promise: where they are looked for, their arrays, and their parts."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from digitrec import datasets, embedded
from digitrec.catalogue import DATASETS, DatasetError
from digitrec.datasets import part, validation_split

ROOT = Path(__file__).resolve().parent.parent
HOMES = DATASETS["mnist"].homes  # read here because no test sees them


def as_npz(tiny, path):
    path.parent.mkdir(parents=True)
    np.savez(path, **tiny.arrays)


# Where to look


def test_the_users_folder_goes_before_the_cache(tiny, folders):
    data, cache = folders
    assert datasets.find("tiny") is None
    tiny.write(cache, tiny.raw)
    assert datasets.find("tiny") == cache / "tiny"
    tiny.write(data, tiny.packed)
    assert datasets.find("tiny") == data / "tiny"
    assert np.array_equal(datasets.load("tiny").train.images, tiny.arrays["x_train"])


def test_an_npz_in_the_users_folder_is_enough(tiny, folders):
    as_npz(tiny, folders[0] / "tiny" / "tiny.npz")
    loaded = datasets.load("tiny")
    assert np.array_equal(loaded.test.images, tiny.arrays["x_test"])
    assert np.array_equal(loaded.test.labels, tiny.arrays["y_test"])


def test_files_put_into_the_cache_folder_by_hand_are_found(tiny, folders):
    tiny.write(folders[1], tiny.packed)
    assert np.array_equal(datasets.load("tiny").train.images, tiny.arrays["x_train"])


def test_a_wrong_file_in_the_users_folder_is_told_not_passed_over(tiny, folders):
    data, cache = folders
    tiny.write(cache, tiny.raw)
    tiny.write(data, tiny.raw | {"t10k-labels-idx1-ubyte": b"short"})
    with pytest.raises(DatasetError, match=f"{data}/tiny/t10k-labels-idx1-ubyte does not hold the whole"):
        datasets.load("tiny")


def test_once_the_wrong_file_is_replaced_it_loads(tiny, folders):
    tiny.write(folders[0], tiny.raw | {"t10k-labels-idx1-ubyte": b"short"})
    with pytest.raises(DatasetError):
        datasets.load("tiny")
    tiny.write(folders[0], tiny.raw)
    assert np.array_equal(datasets.load("tiny").test.labels, tiny.arrays["y_test"])


def test_an_incomplete_folder_is_told_where_nothing_else_helps(tiny, folders):
    tiny.write(folders[0], {name: data for name, data in tiny.raw.items() if "t10k" not in name})
    with pytest.raises(DatasetError) as raised:
        datasets.load("tiny")
    assert f"{folders[0] / 'tiny'} lacks t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte." in str(raised.value)


def test_a_folder_that_cannot_be_looked_into_holds_nothing(tiny, folders, monkeypatch):
    tiny.write(folders[1], tiny.raw)
    monkeypatch.setenv("DIGITREC_DATA", "x" * 5000)
    assert datasets.find("tiny") == folders[1] / "tiny"


def test_without_mnist_the_embedded_digits_are_the_default(folders, monkeypatch):
    assert datasets.find("mnist") is None and datasets.default_name() == "digits"
    assert datasets.find("digits").is_dir()


def test_with_mnist_it_is_the_default(mnist):
    assert datasets.default_name() == "mnist"


@pytest.mark.parametrize("ask", [datasets.load, datasets.find, datasets.download])
def test_an_unknown_name_is_refused_with_the_known_ones(ask):
    with pytest.raises(DatasetError, match="no data set 'emnist': expected one of mnist, digits"):
        ask("emnist")


def test_the_cache_folder_is_the_users_own_unless_named(monkeypatch, tmp_path):
    monkeypatch.setenv("DIGITREC_CACHE", str(tmp_path / "here"))
    assert datasets.cache_folder() == tmp_path / "here"
    monkeypatch.delenv("DIGITREC_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert datasets.cache_folder().name == "digitrec"


# What is loaded


def test_what_is_loaded_is_the_same_object_each_time_and_read_only(tiny, folders):
    tiny.write(folders[0], tiny.raw)
    loaded = datasets.load("tiny")
    assert datasets.load("tiny") is loaded
    for array in (*loaded.train, *loaded.test):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0


@pytest.mark.parametrize("name", ["tiny", "digits"])
def test_images_and_labels_keep_the_contract(tiny, folders, name):
    tiny.write(folders[0], tiny.raw)
    loaded = datasets.load(name)
    for images, labels in (loaded.train, loaded.test):
        assert images.dtype == np.uint8 and images.shape == (len(labels), 28, 28)
        assert labels.dtype == np.int64
        assert 0 <= labels.min() <= labels.max() < len(loaded.class_names)
    known = DATASETS[name]
    assert (loaded.name, loaded.title, loaded.class_names) == (name, known.title, known.class_names)
    assert (loaded.source, loaded.licence) == (known.source, known.licence)


def test_mnist_is_mnist(mnist):
    assert mnist.train.images.shape == (60_000, 28, 28) and mnist.test.images.shape == (10_000, 28, 28)
    assert mnist.test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    mean, square = mnist.train.images.mean(), (mnist.train.images.astype(np.uint16) ** 2).mean()
    assert [round(mean / 255, 4), round((square - mean**2) ** 0.5 / 255, 4)] == [0.1307, 0.3081]
    assert mnist.class_names == tuple("0123456789") and mnist.licence == "CC BY-SA 3.0"


def test_the_embedded_digits_are_divided_the_same_each_time():
    digits = datasets.load("digits")
    train, test = validation_split(load_digits().target, 0.2, seed=0)
    assert (len(train), len(test)) == (1438, 359)
    assert np.array_equal(digits.train.images, embedded.read()[0][train])
    assert np.array_equal(digits.test.labels, load_digits().target[test])


def test_an_embedded_data_set_needs_no_download(folders):
    datasets.download("digits")
    assert not folders[1].exists()


def test_each_description_says_whose_the_data_is_and_how_to_check_it():
    for name, known in DATASETS.items():
        assert known.name == name and known.title and known.source and known.licence.startswith("CC BY")
        assert (known.is_embedded or known.base is not None) == (known.size == 0)
        assert all(len(file.sha256) == 64 for file in known.files)
    assert DATASETS["mnist"].stored_size == 54_950_048
    assert len(HOMES) == 3 and all(home.url.startswith("https://") for home in HOMES)
    assert [home.url.endswith(".npz") for home in HOMES] == [bool(home.npz_sha256) for home in HOMES]


# Parts

LABELS = np.random.default_rng(3).choice([0, 1, 2, 7], 500, p=[0.7, 0.2, 0.09, 0.01])


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.37, 0.5, 0.99])
def test_the_two_parts_are_all_of_it_and_share_nothing(share):
    train, validation = validation_split(LABELS, share, seed=1)
    assert np.array_equal(np.sort(np.concatenate([train, validation])), np.arange(500))
    for indices in (train, validation):
        assert indices.dtype == np.int64 and (np.diff(indices) > 0).all()


@pytest.mark.parametrize("share", [0.01, 0.1, 0.37, 0.5, 0.99])
def test_every_class_keeps_its_share_and_is_in_both_parts(share):
    train, validation = validation_split(LABELS, share, seed=1)
    for label in np.unique(LABELS):
        kept, left = (LABELS[validation] == label).sum(), (LABELS[train] == label).sum()
        assert kept >= 1 and left >= 1
        assert abs(kept - share * (kept + left)) <= 1


def test_a_single_image_is_trained_on_and_a_pair_is_divided():
    train, validation = validation_split(np.array([0, 1, 1, 2]), 0.4, seed=0)
    assert {0, 3} < set(train) and len(validation) == 1 and validation[0] in (1, 2)


def test_a_share_of_zero_keeps_nothing_and_no_labels_give_nothing():
    train, validation = validation_split(LABELS, 0, seed=1)
    assert train.size == 500 and validation.size == 0 and validation.dtype == np.int64
    assert [part.size for part in validation_split(LABELS[:0], 0.5, seed=1)] == [0, 0]


def test_the_seed_decides():
    first, again, other = (validation_split(LABELS, 0.2, seed=seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize("share", [-0.1, 1, 1.5, float("nan")])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match=f"share is {share}: expected a number from 0 to below 1"):
        validation_split(LABELS, share, seed=1)


def test_versions_of_one_drawing_stay_in_one_part():
    groups = np.arange(500) // 5 + 7
    labels = np.repeat(LABELS[::5], 5)
    train, validation = validation_split(labels, 0.2, seed=1, groups=groups)
    assert np.array_equal(np.sort(np.concatenate([train, validation])), np.arange(500))
    assert set(groups[train]).isdisjoint(groups[validation])
    assert len(validation) == 5 * len(validation_split(LABELS[::5], 0.2, seed=1)[1])


def test_parts_of_a_data_set_are_what_the_indices_say():
    digits = datasets.load("digits")
    indices = validation_split(digits.train.labels, 0.1, seed=4)
    for name, chosen in zip(("train", "validation"), indices, strict=True):
        split = part(digits, name, share=0.1, seed=4)
        assert np.array_equal(split.images, digits.train.images[chosen])
        assert np.array_equal(split.labels, digits.train.labels[chosen])
        assert not split.images.flags.writeable and not split.labels.flags.writeable


def test_the_test_part_does_not_depend_on_share_and_all_of_train_is_no_copy():
    digits = datasets.load("digits")
    assert part(digits, "test", share=0.3, seed=1) is digits.test
    assert part(digits, "train", share=0, seed=1) is digits.train
    assert part(digits, "validation", share=0, seed=1).images.shape == (0, 28, 28)


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="no part 'dev' of a data set: expected train, validation or test"):
        part(datasets.load("digits"), "dev", share=0.1, seed=1)


# The project's own files


def test_no_data_set_is_in_the_project():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    endings = {".npz", ".npy", ".gz", ".zip", ".ndjson", ".csv", ".parquet", ".idx"}
    assert [file.name for file in files if file.suffix in endings or "ubyte" in file.name] == []
    sizes = {file: file.stat().st_size for file in files if file.is_file() and ROOT / "models" not in file.parents}
    assert [file.name for file, size in sizes.items() if size > 1_000_000] == []
