"""Public data sets over real HTTP from loopback: fetched, resumed, checked, put upright, and kept as arrays."""

import io
import shutil
import zipfile

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.data.catalogue import DATASETS, DatasetError
from digitrec.data.public import Cancelled, store, transfers
from digitrec.imaging import to_mnist
from support import public_files
from support.homes import Reply

MADE = {
    "emnist-letters": lambda: public_files.make_emnist(["emnist-letters"]),
    "emnist-byclass": lambda: public_files.make_emnist(["emnist-byclass"]),
    "kmnist": lambda: public_files.make_idx_files("kmnist"),
    "fashion-mnist": lambda: public_files.make_idx_files("fashion-mnist"),
    "qmnist": public_files.make_qmnist,
}


def parts(dataset):
    return {"train": dataset.train, "test": dataset.test}


@pytest.mark.parametrize("name", MADE)
def test_a_data_set_is_fetched_by_name_and_lies_upright(home, folders, monkeypatch, name):
    known = public_files.publish(monkeypatch, home, name, MADE[name]())
    assert not loading.is_available(name)
    dataset = loading.load(name)
    for part, (images, labels) in parts(dataset).items():
        assert np.array_equal(images, public_files.make_images(name, part))
        assert np.array_equal(labels, public_files.make_labels(name, part)) and labels.dtype == np.int64
        assert not images.flags.writeable and isinstance(images, np.memmap)
    assert (loading.find_folder(name), dataset.description) == (folders[1] / name, known)
    asked = len(home.asked)
    assert asked == len(known.published) and loading.load(name) is dataset and len(home.asked) == asked
    kept = [path.name for path in (folders[1] / "downloads").rglob("*.*") if path.suffix != ".lock"]
    assert kept == (["gzip.zip"] if name.startswith("emnist") else [])  # the other five come out of it


def test_of_emnist_one_file_is_fetched_for_all(home, folders, monkeypatch):
    files = public_files.make_emnist(["emnist-digits", "emnist-mnist"])
    for name in ("emnist-digits", "emnist-mnist"):
        public_files.publish(monkeypatch, home, name, files)
        assert np.array_equal(loading.load(name).test.images, public_files.make_images(name, "test"))
    assert home.asked == ["/gzip.zip"]


def test_qmnist_has_the_writers(home, folders, monkeypatch):
    public_files.publish(monkeypatch, home, "qmnist", public_files.make_qmnist())
    train, test = loading.load("qmnist").writers
    assert np.array_equal(train, np.arange(200) + 7) and np.array_equal(test, np.arange(12) + 7)


def test_usps_becomes_28_by_28(home, folders, monkeypatch):
    public_files.publish(monkeypatch, home, "usps", public_files.make_usps())
    dataset = loading.load("usps")
    assert np.array_equal(dataset.train.labels, public_files.make_labels("usps", "train"))
    bar = np.zeros((160, 160), np.uint8)
    bar[20:140, 40:80] = 255
    bar[80:90, 50:60] = 128
    likeness = np.corrcoef(dataset.train.images[0].ravel(), to_mnist(bar).ravel())[0, 1]  # edges are soft
    assert dataset.train.images.shape == (200, 28, 28) and likeness > 0.9
    assert dataset.train.images[0, 17, 13] < dataset.train.images[0, 12, 13] == 255  # what is left out is 0: grey


def test_pen_digits_are_drawn_with_their_strokes_and_writers(home, folders, monkeypatch):
    public_files.publish(monkeypatch, home, "pendigits", public_files.make_pendigits())
    dataset = loading.load("pendigits")
    one, seven = dataset.test.images[:2] > 127
    assert dataset.test.labels[:4].tolist() == [1, 7, 1, 7]
    assert one.any(0).sum() <= 4 and one.any(1).sum() == 20
    rows = np.flatnonzero(seven.any(1))
    assert seven[rows[0]].sum() > seven[rows[-1]].sum()  # the long line of a 7 is above: y was turned
    assert seven[rows.mean().astype(int)].sum() > 6  # its bar is there
    train, test = dataset.writers
    assert train.tolist() == [i // 4 + 1 for i in range(200)] and not set(train) & set(test)


def test_files_in_the_data_folder_need_no_network(home, folders, monkeypatch):
    files = public_files.make_idx_files("kmnist")
    public_files.publish(monkeypatch, home, "kmnist", files)
    (folders[0] / "kmnist").mkdir(parents=True)
    for name, data in files.items():
        (folders[0] / "kmnist" / name).write_bytes(data)
    assert loading.find_folder("kmnist") == folders[0] / "kmnist"
    assert np.array_equal(loading.load("kmnist").train.images, public_files.make_images("kmnist", "train"))
    assert home.asked == [] and len(list((folders[0] / "kmnist").iterdir())) == 4


def big(monkeypatch, home, tag='"first"'):
    """QMNIST, whose first file has 157 kB; returns this file."""
    files = public_files.make_qmnist()
    public_files.publish(monkeypatch, home, "qmnist", files, tag=tag)
    return files["qmnist-train-images-idx3-ubyte.gz"]


def test_after_a_cut_the_rest_is_asked_for(home, folders, monkeypatch):
    data = big(monkeypatch, home)
    home.pages["/qmnist-train-images-idx3-ubyte.gz"].cuts = 3
    assert len(loading.load("qmnist").train.labels) == 200
    first, *parts_asked, last = home.ranges[:5]
    assert first == last == 0 and 0 < parts_asked[0] < parts_asked[1] < parts_asked[2] < len(data)


@pytest.mark.parametrize("change", ["nothing", "the file", "the server forgets"])
def test_a_cancelled_download_is_continued_if_the_file_is_the_same(home, folders, monkeypatch, change):
    big(monkeypatch, home)

    def cancel(what, share):
        if share > 0.4:
            raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        loading.download("qmnist", cancel)
    assert not loading.is_available("qmnist") and not (folders[1] / "qmnist").exists()
    page = home.pages["/qmnist-train-images-idx3-ubyte.gz"]
    page.tag = {"nothing": page.tag, "the file": '"second"', "the server forgets": ""}[change]
    loading.download("qmnist")
    assert loading.is_available("qmnist")
    assert (home.ranges[1] > 5000) == (change == "nothing") and home.ranges[0] == 0
    assert not list((folders[1] / "downloads").rglob("*.part*"))


def test_a_download_that_was_killed_before_its_check_is_checked(home, folders, monkeypatch):
    data = big(monkeypatch, home)
    shelf = folders[1] / "downloads" / "qmnist"
    shelf.mkdir(parents=True)
    file = DATASETS["qmnist"].published[0]
    (shelf / f"{file.name}.part").write_bytes(data)
    (shelf / f"{file.name}.part.json").write_text(f'{{"url": "{file.urls[0]}", "tag": "\\"first\\""}}')
    loading.download("qmnist")
    assert home.ranges[0] == len(data) and loading.is_available("qmnist")


def test_a_server_that_only_cuts_is_given_up_and_the_next_one_is_asked(home, folders, monkeypatch):
    big(monkeypatch, home)
    first, *others = DATASETS["qmnist"].published
    home.pages["/other"] = Reply(home.pages[f"/{first.name}"].body)
    home.pages[f"/{first.name}"].cuts = 10**9
    both = first._replace(urls=(*first.urls, f"{home.url}other"))
    monkeypatch.setitem(DATASETS, "qmnist", DATASETS["qmnist"]._replace(published=(both, *others)))
    loading.download("qmnist")
    assert 2 < home.asked.count(f"/{first.name}") <= transfers.MAX_CUTS + 1 and home.asked.count("/other") == 1


def test_a_file_that_is_not_the_published_one_is_refused_and_not_kept(home, folders, monkeypatch):
    big(monkeypatch, home)
    home.pages["/qmnist-test-labels-idx2-int.gz"] = Reply(b"another file")
    with pytest.raises(
        DatasetError, match=r"(?s)QMNIST could not be.*labels-idx2-int\.gz is not the published one"
    ):
        loading.load("qmnist")
    there = {path.name for path in (folders[1] / "downloads" / "qmnist").glob("*.gz")}
    assert len(there) == 3 and not (folders[1] / "qmnist").exists()


def test_without_a_published_checksum_the_first_file_is_trusted_and_the_next_must_be_equal(
    home, folders, monkeypatch
):
    files = public_files.make_pendigits()
    known = public_files.publish(monkeypatch, home, "pendigits", files, is_checked=False)
    monkeypatch.setitem(DATASETS, "pendigits", known._replace(shelf=""))  # a file that is not kept
    assert DATASETS["pendigits"].published[0].is_pinned
    loading.download("pendigits")
    loading.download("pendigits")  # the same once more
    home.pages["/pendigits.zip"] = Reply(files["pendigits.zip"] + b"more")
    with pytest.raises(DatasetError, match=r"another file than the first one.*Nobody has published its checksum"):
        loading.download("pendigits")
    assert len(loading.load("pendigits").test.labels) == 12  # the first one is still there
    (folders[1] / "downloads" / "sha256.json").unlink()
    loading.download("pendigits")


def test_without_room_not_a_byte_is_stored(home, folders, monkeypatch):
    data = big(monkeypatch, home)
    usage = shutil.disk_usage(folders[1].parent)._replace(free=store.ALMOST_FULL + len(data) - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(DatasetError, match=r"QMNIST does not fit on the disk.*Make room"):
        loading.load("qmnist")
    assert not [path for path in folders[1].rglob("*") if path.is_file() and path.stat().st_size]


def test_a_full_disk_is_told(home, folders, monkeypatch):
    big(monkeypatch, home)
    (folders[1] / "downloads").mkdir(parents=True)
    (folders[1] / "downloads" / "qmnist").write_text("a file where the folder should be")
    with pytest.raises(DatasetError, match=r"QMNIST cannot be stored in .*DIGITREC_CACHE"):
        loading.load("qmnist")


BAD_FILES = {
    "no gzip": (lambda name, data: b"<html>" if "train-images" in name else data, "Not a gzipped file"),
    "cut": (lambda name, data: data[:-50] if "train-images" in name else data, "ended before"),
    "fewer images": (
        lambda name, data: (
            public_files.make_idx_files("kmnist")["t10k-images-idx3-ubyte.gz"] if "train-images" in name else data
        ),
        "200 labels: expected equal numbers",
    ),
    "labels for images": (
        lambda name, data: public_files.make_idx_files("kmnist")["train-images-idx3-ubyte.gz"],
        r"it begins with the bytes \[00000803\]",
    ),
    "labels out of range": (
        lambda name, data: (
            public_files.gzip.compress(public_files.idx(np.full(200, 99, np.uint8)))
            if "train-labels" in name
            else data
        ),
        "its labels are not 0 to 9",
    ),
}


@pytest.mark.parametrize("bad", BAD_FILES)
def test_published_files_that_cannot_be_read_are_named(home, folders, monkeypatch, bad):
    change, words = BAD_FILES[bad]
    files = {name: change(name, data) for name, data in public_files.make_idx_files("kmnist").items()}
    public_files.publish(monkeypatch, home, "kmnist", files)
    with pytest.raises(DatasetError, match=rf"KMNIST cannot be read from .*{words}.*Delete it"):
        loading.load("kmnist")
    assert not (folders[1] / "kmnist").exists() and not list(folders[1].glob("*.part"))


@pytest.mark.parametrize("bad", ["altered", "missing", "foreign", "of another version"])
def test_what_was_altered_in_the_cache_is_not_loaded(home, folders, monkeypatch, bad):
    known = public_files.publish(monkeypatch, home, "kmnist", public_files.make_idx_files("kmnist"))
    loading.download("kmnist")
    path = folders[1] / "kmnist" / "test-images.npy"
    if bad == "altered":
        path.write_bytes(path.read_bytes()[:-1] + b"\7")
    elif bad == "missing":
        path.unlink()
    else:
        (path.parent / "about.json").write_text('{"version": 1}' if bad == "foreign" else '{"version": 7}')
    with pytest.raises(DatasetError, match=r"KMNIST is damaged in .*kmnist: .*Delete this folder"):
        store.open_stored(known, folders[1])


def test_an_archive_without_the_member_is_named(home, folders, monkeypatch):
    buffer = io.BytesIO()
    zipfile.ZipFile(buffer, "w").close()
    public_files.publish(monkeypatch, home, "emnist-letters", {"gzip.zip": buffer.getvalue()})
    with pytest.raises(DatasetError, match=r"it has no member emnist-letters-train-labels-idx1-ubyte\.gz"):
        loading.load("emnist-letters")


def test_each_public_set_has_its_classes():
    counts = {name: len(known.class_names) for name, known in DATASETS.items() if known.published}
    assert counts == {
        "emnist-balanced": 47,
        "emnist-letters": 26,
        "emnist-digits": 10,
        "emnist-mnist": 10,
        "emnist-byclass": 62,
        "emnist-bymerge": 47,
        "kmnist": 10,
        "fashion-mnist": 10,
        "qmnist": 10,
        "usps": 10,
        "pendigits": 10,
    }
    merged = "".join(DATASETS["emnist-balanced"].class_names)
    assert merged == "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"  # emnist-balanced-mapping.txt
    for known in DATASETS.values():
        assert known.home.startswith("https://") or known.base
        assert len(set(known.class_names)) == len(known.class_names) and (min(known.counts) > 0 or known.base)
