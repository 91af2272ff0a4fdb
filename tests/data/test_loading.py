"""What data sets promise: where they are looked for, their arrays, and their parts."""

import subprocess

import numpy as np
import pytest
from sklearn.datasets import load_digits

from digitrec.data import loading, sklearn_digits, statistics, user_drawings
from digitrec.data.catalogue import DATASETS, DatasetError
from digitrec.data.splits import validation_split
from digitrec.runs import store
from support.places import ROOT

HOMES = DATASETS["mnist"].mirrors  # read here because no test sees them
LICENCES = {
    "mnist": "CC BY-SA 3.0",
    "digits": "CC BY 4.0",
    "mnist+pen": "CC BY-SA 3.0 (MNIST), CC BY 4.0 (pen digits)",
    "mnist+pen+forms": "CC BY-SA 3.0 (MNIST), CC BY 4.0 (pen digits)",
    **dict.fromkeys(
        (f"emnist-{part}" for part in ("balanced", "letters", "digits", "mnist", "byclass", "bymerge")),
        "not stated by its home, NIST",
    ),
    "kmnist": "CC BY-SA 4.0",
    "fashion-mnist": "MIT",
    "qmnist": "BSD 3-clause",
    "usps": "not stated by its home, LIBSVM",
    "pendigits": "CC BY 4.0",
}


def as_npz(tiny, path):
    path.parent.mkdir(parents=True)
    np.savez(path, **tiny.arrays)


# Where to look


def test_the_users_folder_goes_before_the_cache(tiny, folders):
    data, cache = folders
    assert loading.find_folder("tiny") is None
    tiny.write(cache, tiny.raw)
    assert loading.find_folder("tiny") == cache / "tiny"
    tiny.write(data, tiny.packed)
    assert loading.find_folder("tiny") == data / "tiny"
    assert np.array_equal(loading.load("tiny").train.images, tiny.arrays["x_train"])


def test_an_npz_in_the_users_folder_is_enough(tiny, folders):
    as_npz(tiny, folders[0] / "tiny" / "tiny.npz")
    loaded = loading.load("tiny")
    assert np.array_equal(loaded.test.images, tiny.arrays["x_test"])
    assert np.array_equal(loaded.test.labels, tiny.arrays["y_test"])


def test_files_put_into_the_cache_folder_by_hand_are_found(tiny, folders):
    tiny.write(folders[1], tiny.packed)
    assert np.array_equal(loading.load("tiny").train.images, tiny.arrays["x_train"])


def test_a_wrong_file_in_the_users_folder_is_told_not_passed_over(tiny, folders):
    data, cache = folders
    tiny.write(cache, tiny.raw)
    tiny.write(data, tiny.raw | {"t10k-labels-idx1-ubyte": b"short"})
    with pytest.raises(DatasetError, match=f"{data}/tiny/t10k-labels-idx1-ubyte is not a complete"):
        loading.load("tiny")


def test_once_the_wrong_file_is_replaced_it_loads(tiny, folders):
    tiny.write(folders[0], tiny.raw | {"t10k-labels-idx1-ubyte": b"short"})
    with pytest.raises(DatasetError):
        loading.load("tiny")
    tiny.write(folders[0], tiny.raw)
    assert np.array_equal(loading.load("tiny").test.labels, tiny.arrays["y_test"])


def test_an_incomplete_folder_is_told_where_nothing_else_helps(tiny, folders):
    tiny.write(folders[0], {name: data for name, data in tiny.raw.items() if "t10k" not in name})
    with pytest.raises(DatasetError) as raised:
        loading.load("tiny")
    assert f"{folders[0] / 'tiny'} has no t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte." in str(raised.value)


def test_a_folder_that_cannot_be_looked_into_holds_nothing(tiny, folders, monkeypatch):
    tiny.write(folders[1], tiny.raw)
    monkeypatch.setenv("DIGITREC_DATA", "x" * 5000)
    assert loading.find_folder("tiny") == folders[1] / "tiny"


def test_without_mnist_the_embedded_digits_are_the_default(folders, monkeypatch):
    assert loading.find_folder("mnist") is None and loading.default_name() == "digits"
    assert loading.find_folder("digits").is_dir()


def test_with_mnist_it_is_the_default(mnist):
    assert loading.default_name() == "mnist"


@pytest.mark.parametrize("ask", [loading.load, loading.find_folder, loading.download])
def test_an_unknown_name_is_refused_with_the_known_ones(ask):
    with pytest.raises(DatasetError, match="no data set 'emnist': expected one of mnist, digits"):
        ask("emnist")


def test_the_cache_folder_is_the_users_own_unless_named(monkeypatch, tmp_path):
    monkeypatch.setenv("DIGITREC_CACHE", str(tmp_path / "here"))
    assert loading.cache_folder() == tmp_path / "here"
    monkeypatch.delenv("DIGITREC_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert loading.cache_folder().name == "digitrec"


# What is loaded


def test_what_is_loaded_is_the_same_object_each_time_and_read_only(tiny, folders):
    tiny.write(folders[0], tiny.raw)
    loaded = loading.load("tiny")
    assert loading.load("tiny") is loaded
    for array in (*loaded.train, *loaded.test):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0


@pytest.mark.parametrize("name", ["tiny", "digits"])
def test_images_and_labels_keep_the_contract(tiny, folders, name):
    tiny.write(folders[0], tiny.raw)
    loaded = loading.load(name)
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
    digits = loading.load("digits")
    train, test = validation_split(load_digits().target, 0.2, seed=0)
    assert (len(train), len(test)) == (1438, 359)
    assert np.array_equal(digits.train.images, sklearn_digits.read()[0][train])
    assert np.array_equal(digits.test.labels, load_digits().target[test])


def test_an_embedded_data_set_needs_no_download(folders):
    loading.download("digits")
    assert not folders[1].exists()


def test_each_description_says_whose_the_data_is_and_how_to_check_it():
    for name, known in DATASETS.items():
        assert known.name == name and known.title and known.source
        assert (known.is_embedded or known.base is not None) == (not known.files and not known.published)
        assert all(len(file.sha256) == 64 for file in known.files)
    assert {name: known.licence for name, known in DATASETS.items()} == LICENCES
    assert DATASETS["mnist"].stored_size == 54_950_048
    assert len(HOMES) == 3 and all(home.url.startswith("https://") for home in HOMES)
    assert [home.url.endswith(".npz") for home in HOMES] == [bool(home.npz_sha256) for home in HOMES]


def test_a_description_that_is_passed_on_is_not_looked_up_again(tiny, folders, monkeypatch):
    tiny.write(folders[0], tiny.raw)
    digits = loading.describe("digits")
    user_drawings.save(np.eye(28, dtype=np.uint8), 1, digits.class_names)
    own = loading.describe("own")

    def fail(*_):
        raise AssertionError("a name was looked up")

    monkeypatch.setattr(loading, "describe", fail)
    for description in (tiny.known, digits, own):
        assert loading.is_available(description) and loading.find_folder(description).is_dir()
        dataset = loading.load(description)
        assert dataset.description is description and dataset.title == description.title
        assert statistics.compute_statistics(dataset).class_counts["test"].sum() == len(dataset.test.labels)
    loading.download(digits)
    loading.check_trainable(digits)
    with pytest.raises(DatasetError, match="only test images"):
        loading.check_trainable(own)


def test_data_sets_that_a_user_removed_are_not_available(folders):
    user_drawings.save(np.eye(28, dtype=np.uint8), 1, loading.describe("digits").class_names)
    own = loading.describe("own")
    user_drawings.remove_last(own.class_names)
    assert not loading.is_available(own) and loading.find_folder(own) is None
    with pytest.raises(DatasetError, match="'own' was removed"):
        loading.load(own)


# The project's own files


def test_no_data_set_is_in_the_project():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    endings = {".npz", ".npy", ".gz", ".zip", ".ndjson", ".csv", ".parquet", ".idx"}
    # A shipped model's reference.npz holds means and directions in its embedding, numbers.npz the weights of the
    # number reader, lines.npz and content_kinds.npz those of two small networks. None holds images. outliers.npz
    # holds what `inference.outliers` draws of no class, nobody's data.
    fitted = {ROOT / "models" / name / "reference.npz" for name in store.SHIPPED}
    forms = ROOT / "digitrec" / "forms"
    fitted |= {forms / name for name in ("numbers/numbers.npz", "numbers/lines.npz", "content_kinds.npz")}
    drawn = {ROOT / "digitrec" / "inference" / "outliers.npz"}
    data = {file for file in files if file.suffix in endings or "ubyte" in file.name}
    assert data - fitted - drawn == set()
    sizes = {file: file.stat().st_size for file in files if file.is_file() and ROOT / "models" not in file.parents}
    assert [file.name for file, size in sizes.items() if size > 1_000_000] == []
