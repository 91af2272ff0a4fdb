"""What is imported: the same images from every form of file, words for every fault, and a split that is stated."""

import io
import zipfile

import numpy as np
import pytest

from digitrec.data import importing, loading, user_datasets, user_drawings
from digitrec.data.catalogue import DatasetError
from digitrec.data.importing import arrays, opening
from digitrec.data.splits import Split
from digitrec.inference import Classifier
from digitrec.runs import store
from support.image_files import (
    DIGITS,
    arff,
    bomb,
    csv,
    folders,
    hdf5,
    hostile,
    idx_files,
    npz,
    optdigits,
    parquet,
    png,
    semeion,
    zipped,
)

X, Y = DIGITS.images[:60], DIGITS.labels[:60]
TEN = tuple("0123456789")
HOSTILE = hostile()
FORMS = {
    "npz": lambda: npz(x=X, y=Y),
    "npz, in capitals, with a channel": lambda: npz(Images=X[..., None], Labels=Y[:, None]),
    "npz, flat, from 0 to 1": lambda: npz(data=(X / 255).reshape(60, -1), target=Y.astype(float)),
    "npz, names and one-hot labels": lambda: npz(x=X, y=np.eye(10)[Y], class_names=np.array(TEN)),
    "npz, by columns": lambda: npz(x=np.asfortranarray(X), y=Y.astype("U")),
    "npz, dark on light": lambda: npz(x=255 - X, y=Y),
    "idx": lambda: zipped(idx_files()),
    "csv": csv,
    "csv with titles": lambda: csv(header="label," + ",".join(f"pixel{i}" for i in range(784))),
    "csv with numbers for titles": lambda: csv(header="label," + ",".join(map(str, range(784)))),
    "csv of another land": lambda: csv().replace(b",", b";").replace(b"\n", b"\r\n"),
    "csv in a zip": lambda: zipped({"train.csv": csv(), "test.csv": b"no labels", "more.csv": b""}),
    "parquet": parquet,
    "parquet, with names, small groups and another packing": lambda: parquet(
        names=TEN, rows_in_group=7, compression="zstd", use_dictionary=False
    ),
    "parquet in a zip": lambda: zipped({"data/train-00000-of-00001.parquet": parquet(), "README.md": b"x"}),
    "arff": arff,
    "arff of another land": lambda: arff().replace(b"\n", b"\r\n").replace(b"@RELATION", b"@relation 'x'"),
    "hdf5": lambda: hdf5(all=(X.reshape(60, -1) / 255, Y)),
    "pictures": lambda: zipped(folders()),
    "pictures deep down, from Windows": lambda: zipped(folders(above="my digits\\")),
}


@pytest.fixture
def cache(folders):
    return folders[1]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_images_and_labels(form):
    found = importing.read(FORMS[form]())
    (split,) = found.parts.values()
    expected = sorted((image.tobytes(), int(label)) for image, label in zip(X, Y, strict=True))
    assert sorted((image.tobytes(), int(label)) for image, label in zip(*split, strict=True)) == expected
    assert (found.class_names, found.left_out) == (TEN, ())


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_in_words_and_leaves_nothing(kind, cache, monkeypatch):
    monkeypatch.setattr(arrays, "MAX_ARRAY_BYTES", 10_000_000)  # so that no bomb needs to be large
    with pytest.raises(DatasetError) as raised:
        importing.add_dataset("mine", importing.read(HOSTILE[kind]), origin="a test")
    assert 20 < len(str(raised.value)) < 400 and not cache.exists()


@pytest.mark.parametrize("form", FORMS)
def test_a_damaged_file_is_read_or_refused_in_words(form):
    whole, rng = FORMS[form](), np.random.default_rng(7)
    for _ in range(30):
        data = bytearray(whole)
        for place in rng.integers(0, rng.choice([300, len(data)]), rng.integers(1, 20)):
            data[-place if rng.random() < 0.5 else place] = rng.integers(256)
        try:
            importing.read(bytes(data[: rng.choice([len(data), rng.integers(len(data))])]))
        except DatasetError as error:
            assert len(str(error)) < 500


def test_a_file_without_images_is_refused_as_such():
    with pytest.raises(DatasetError, match="the file has no images: expected 1 to 100,000"):
        importing.read(npz(x=X[:0], y=Y[:0]))


def test_more_is_not_unpacked_than_the_limit(monkeypatch):
    monkeypatch.setattr(arrays, "MAX_UNPACKED_BYTES", 3000)
    with pytest.raises(DatasetError, match="once unpacked: divide it"):
        importing.read(zipped(folders()))
    monkeypatch.setattr(arrays, "MAX_MEMBERS", 59)
    with pytest.raises(DatasetError, match="more than 59 files"):
        importing.read(zipped(folders()))
    monkeypatch.setattr(opening, "MAX_FILE_BYTES", 1000)
    with pytest.raises(DatasetError, match="expected at most 0 MB"):
        importing.read(bomb(2))


def test_what_cannot_be_read_is_named_and_the_rest_is_kept():
    more = {"3/broken.png": b"\x89PNG\r\n\x1a\n", "3/notes.txt": b"x", "lost.png": png(X[0])}
    more |= {"<b>/x.png": png(X[0]), "3/blank.png": png(X[0] * 0), "__MACOSX/3/._a.png": b"", "3/.DS_Store": b""}
    found = importing.read(zipped(folders() | more))
    assert len(found.parts["all"].labels) == 60
    assert sorted(line.partition("'")[2].partition("'")[0] for line in found.left_out) == sorted(
        ["3/broken.png", "3/notes.txt", "lost.png", "<b>/x.png", "3/blank.png"]
    )


def test_blank_images_are_left_out_by_their_number():
    found = importing.read(npz(x=np.concatenate([X, X[:2] * 0]), y=np.append(Y, [1, 2])))
    assert found.left_out == ("image 61: it is blank", "image 62: it is blank")


def test_large_pictures_go_the_way_of_the_draw_page():
    found = importing.read(zipped(folders(12, scale=6)))
    assert found.notes == ("12 pictures were cleaned and scaled to 28 x 28.",)
    distance = np.abs(found.parts["all"].images.astype(int) - X[:12]).mean((1, 2))
    assert distance.max() < 25  # of 255: the digits are drawn coarsely, and were not centred by their mass


def test_arrays_of_another_size_and_scale_are_brought_to_ours():
    small = X.reshape(60, 14, 2, 14, 2).mean((2, 4)) / 255 * 16
    found = importing.read(npz(x=np.rint(small).astype(int), y=Y))
    assert found.notes == (
        "The largest pixel value is 16: it counts as full ink.",
        "The images had 14 x 14 pixels: each was scaled to 28 x 28.",
    )
    assert found.parts["all"].images.shape == (60, 28, 28) and not found.left_out


def test_a_set_of_both_ways_round_is_told():
    both = np.concatenate([255 - X[:50], X[50:]])
    assert importing.read(npz(x=both, y=Y)).notes == (
        "Most images were dark on light: all were inverted, so that 0 is paper.",
        "Check 10 of 60 images: their border suggests the opposite.",
    )


def test_optdigits_of_uci_come_out_as_the_digits_that_they_are():
    """Its labels are last, its values go to 16, and its digits touch the border."""
    split = importing.read(optdigits()).parts["all"]
    embedded = loading.load("digits")
    assert np.bincount(split.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # as published
    proba = Classifier.load(store.open_run("draw").path).predict_proba(split.images)
    assert (proba.argmax(1) == split.labels).mean() > 0.98
    assert len(split.labels) == len(embedded.train.labels) + len(embedded.test.labels)


@pytest.mark.parametrize(
    "data", [csv(labels=[3] * 60), csv(labels=[3] * 60, last=True), npz(x=X, y=Y * 0), csv(2, labels=["a", "a"])]
)
def test_one_class_alone_is_refused_with_the_reason(data):
    with pytest.raises(DatasetError, match=r"all \d+ images have the label"):
        importing.read(data)


def test_pictures_of_both_polarities_are_told_one_by_one():
    """Each picture is a file of its own, drawn by somebody else perhaps; arrays have one polarity."""
    files = {f"{Y[i]}/{i:03d}.png": png(255 - X[i] if i % 3 else X[i]) for i in range(60)}
    found = importing.read(zipped(files))
    assert {image.tobytes() for image in found.parts["all"].images} == {image.tobytes() for image in X}
    assert found.notes == ("40 of 60 pictures of 28 x 28 were dark on light: these were inverted.",)
    few = importing.read(zipped(files | {f"{Y[i]}/{i:03d}.png": png(X[i]) for i in range(58)}))
    assert few.notes == ("Check 2 of 60 images: their border suggests the opposite.",)


def test_letters_come_in_order_and_numbers_by_their_size():
    assert importing.read(npz(x=X[:4], y=np.array(["b", "A", "10", "9"]))).class_names == ("9", "10", "A", "b")
    assert importing.read(npz(x=X[:3], y=["k10", "k9", "K9"])).class_names == ("K9", "k9", "k10")
    assert importing.read(npz(x=X[:2], y=["a", "0"])).class_names == ("0", "a")
    named = npz(x=X[:4], y=np.array([1, 0, 1, 0]), class_names=np.array(["zig", "zag"]))
    found = importing.read(named)
    assert (found.parts["all"].labels.tolist(), found.class_names) == ([1, 0, 1, 0], ("zig", "zag"))


# What becomes of it


def added(data: bytes, name: str = "mine", **how: bool) -> importing.ImportResult:
    return importing.add_dataset(name, importing.read(data), origin="digits.zip", **how)


def test_a_fifth_of_each_class_is_for_the_test_and_that_is_said(cache):
    known, notes, _ = added(zipped(folders()))
    loaded = loading.load("mine")
    counts = np.bincount(Y, minlength=10)
    assert np.array_equal(np.bincount(loaded.test.labels, minlength=10), np.maximum(np.rint(0.2 * counts), 1))
    assert known.user_made[1:] == (len(loaded.train.labels), len(loaded.test.labels), False)
    assert notes[-1].startswith("20% of each class, chosen at random (seed 0)") and notes[-1][:-1] in loaded.source
    added(zipped(folders()), "again")
    assert np.array_equal(loading.load("again").test.images, loaded.test.images)


def test_the_same_image_is_never_on_both_sides(cache):
    added(npz(x=np.repeat(X, 3, 0), y=np.repeat(Y, 3)))
    loaded = loading.load("mine")
    sides = [{image.tobytes() for image in split.images} for split in (loaded.train, loaded.test)]
    assert all(sides) and not sides[0] & sides[1]


def test_a_file_s_own_test_part_stays_one(cache):
    added(npz(x_train=X[:40], y_train=Y[:40], x_test=X[40:], y_test=Y[40:]))
    added(zipped(folders(40, "train/") | {f"test/{name}": data for name, data in folders(15).items()}), "pictures")
    added(zipped(idx_files(40, "train-") | idx_files(20, "t10k-")), "idx")
    kept = [loading.describe(name).user_made for name in ("mine", "pictures", "idx")]
    assert [each[1:3] for each in kept] == [(40, 20), (40, 15), (40, 20)]
    assert np.array_equal(loading.load("mine").test.images, X[40:])


def test_validation_images_are_not_lost_and_what_becomes_of_them_is_said(cache):
    both = npz(x_train=X[:40], y_train=Y[:40], x_val=X[40:45], y_val=Y[40:45], x_test=X[45:], y_test=Y[45:])
    whole = added(both)
    assert whole.description.user_made[1:3] == (45, 15)
    assert "Its 5 validation images are training images" in whole.notes[-1]
    no_test = npz(train_images=X[:40], train_labels=Y[:40], val_images=X[40:], val_labels=Y[40:])
    kept = added(no_test, "no test")
    assert kept.description.user_made[1:3] == (40, 20)
    assert kept.notes[-1] == "The file has no test images: its validation images are the test images."
    assert np.array_equal(loading.load("no test").test.images, X[40:])
    added(zipped(idx_files(40, "train-") | idx_files(20, "val-")), "idx")
    assert loading.describe("idx").user_made[1:3] == (40, 20)


@pytest.mark.parametrize(
    "names",
    [("mnist_train.csv", "mnist_test.csv"), ("optdigits.tra", "optdigits.tes"), ("a/train.csv", "a/val.csv")],
)
def test_a_zip_has_one_csv_for_each_part(names, cache):
    lines = csv(60, last=True).splitlines()
    files = dict(zip(names, (b"\n".join(lines[:45]), b"\n".join(lines[45:])), strict=True))
    kept = added(zipped(files | {"readme.names": b"x"}))
    assert kept.description.user_made[1:3] == (45, 15)
    stored = loading.load("mine")
    assert np.array_equal(stored.train.images, X[:45]) and np.array_equal(stored.test.images, X[45:])
    assert np.array_equal(stored.train.labels, Y[:45]) and np.array_equal(stored.test.labels, Y[45:])


def test_a_csv_without_labels_beside_the_one_for_training_is_left_out_and_named():
    unlabelled = b"\n".join(line.partition(b",")[2] for line in csv(20).splitlines())
    found = importing.read(zipped({"train.csv": csv(), "test.csv": unlabelled}))
    assert {part: len(split.labels) for part, split in found.parts.items()} == {"train": 60}
    assert "CSV files that are left out: 'test.csv'." in found.notes
    with pytest.raises(DatasetError, match="expected one with train in its name"):
        importing.read(zipped({"digits.csv": csv(), "test.csv": unlabelled}))


def test_arrays_that_are_not_read_are_named():
    found = importing.read(npz(x=X, y=Y, weights=Y, class_names=np.array(TEN)))
    assert found.notes == ("Arrays that are left out: 'weights'.",)


def test_images_are_turned_as_a_person_says():
    turned = importing.read(npz(x=X.transpose(0, 2, 1), y=Y), choices=importing.Choices(turn="transpose"))
    assert np.array_equal(turned.parts["all"].images, X) and "turned (transpose)" in turned.notes[-1]


def test_few_images_and_those_for_testing_are_not_learnt_from(cache):
    assert added(npz(x=X[:1], y=Y[:1]), "one").description.user_made[1:3] == (0, 1)
    assert added(zipped(folders(49)), "few").description.user_made[1:3] == (0, 49)
    assert added(zipped(folders(50)), "enough").description.user_made.train > 0
    assert added(zipped(folders(60)), "asked", only_test=True).description.user_made[1:3] == (0, 60)
    assert added(npz(x_test=X, y_test=Y), "test").description.user_made[1:3] == (0, 60)
    with pytest.raises(DatasetError, match="import it again for training"):
        loading.check_trainable("few")


def test_a_name_that_is_taken_loses_nothing(cache):
    added(zipped(folders()))
    before = user_datasets.file_path(cache, "mine").read_bytes()
    with pytest.raises(DatasetError, match="already a data set named 'mine'"):
        added(csv())
    assert user_datasets.file_path(cache, "mine").read_bytes() == before


def test_kept_drawings_that_are_downloaded_come_back_the_same():
    found = importing.read(user_drawings.to_zip(Split(X, Y), TEN))
    there = {(image.tobytes(), int(label)) for image, label in zip(*found.parts["all"], strict=True)}
    assert there == {(image.tobytes(), int(label)) for image, label in zip(X, Y, strict=True)}


def test_a_downloaded_zip_leads_nowhere_whatever_the_classes_are_called():
    with zipfile.ZipFile(io.BytesIO(user_drawings.to_zip(Split(X[:2], Y[:2] % 2), ("../up", "b")))) as archive:
        assert all(name.startswith("class ") for name in archive.namelist())


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("my digits.zip", "my digits"),
        ("../a<b>.npz", "a b"),
        ("C:\\x\\y.csv", "y"),
        ("é.zip", ""),
        (f"{'x' * 50}.zip", "x" * 40),
    ],
)
def test_a_file_s_name_becomes_a_set_s(file, name):
    assert importing.suggest_name(file) == name


def test_semeion_is_read_with_its_digits():
    content = importing.read(semeion())
    assert content.class_names == TEN and content.parts["all"].images.shape == (60, 28, 28)
    assert content.parts["all"].labels.tolist() == [
        int(row.rsplit(b",")[-1]) for row in optdigits().splitlines()[:60]
    ]
    assert "16 x 16 pixels: each was scaled to 28 x 28" in " ".join(content.notes)


def test_the_names_of_a_parquet_are_the_classes_in_their_order():
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "the ninth"]
    content = importing.read(parquet(names=names))
    assert content.class_names == tuple(names) and np.array_equal(content.parts["all"].labels, Y)
    train_and_test = zipped({"train-0.parquet": parquet(40), "test-0.parquet": parquet(10)})
    parts = importing.read(train_and_test).parts
    assert {part: len(split.labels) for part, split in parts.items()} == {"train": 40, "test": 10}


def test_usps_in_hdf5_has_its_own_parts():
    parts = importing.read(hdf5(train=(X[:40] / 255, Y[:40]), test=(X[40:] / 255, Y[40:]))).parts
    assert np.array_equal(parts["train"].images, X[:40]) and np.array_equal(parts["test"].labels, Y[40:])


@pytest.mark.parametrize("kind", ["parquet", "arff", "hdf5"])
def test_a_new_kind_is_previewed_as_the_others_are(kind):
    made = {"parquet": lambda: parquet(names=TEN), "arff": arff, "hdf5": FORMS["hdf5"]}[kind]()
    preview = importing.preview(made)
    assert np.array_equal(preview.originals[0], preview.images[0]) and preview.class_names == TEN
    assert {"parquet": "Parquet", "arff": "ARFF", "hdf5": "HDF5"}[kind] in preview.facts["File"]
    assert sum(preview.counts["all"].values()) == 60
