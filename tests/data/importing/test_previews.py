"""What is shown of a file before its import: what it is taken for, all classes, some images, and no more work."""

import json

import numpy as np
import pytest

from digitrec.data import importing
from digitrec.data.catalogue import DatasetError
from digitrec.data.importing import arrays, pictures, previews, tables
from digitrec.data.importing.columns import LabelColumnError
from digitrec.data.importing.content import Choices
from digitrec.data.importing.previews import SAMPLE_IMAGES, SHOWN_IMAGES, list_columns, preview
from support.image_files import DIGITS, csv, folders, hostile, idx_files, npz, optdigits, png, zipped

X, Y = DIGITS.images, DIGITS.labels
HOSTILE = hostile()
FILES = {
    "csv": csv(359, last=True),
    "npz": npz(x=X, y=Y),
    "npz, dark on light, in parts": npz(
        x_train=255 - X[:300], y_train=Y[:300], x_val=255 - X[300:320], y_val=Y[300:320],
        x_test=255 - X[320:], y_test=Y[320:],
    ),
    "idx": zipped(idx_files(100, "train-") | idx_files(50, "t10k-")),
    "pictures": zipped(folders(200)),
    "pictures of another size": zipped(folders(60, scale=3)),
}  # fmt: skip


@pytest.mark.parametrize("file", FILES)
def test_what_is_shown_is_what_is_imported(file):
    """Each image of the sample is imported as it is shown, with the class that is shown; and all are counted."""
    shown, content = preview(FILES[file]), importing.read(FILES[file])
    imported = {
        (image.tobytes(), content.class_names[label])
        for split in content.parts.values()
        for image, label in zip(*split, strict=True)
    }
    names = [shown.names[label] for label in shown.labels]
    assert {(image.tobytes(), name) for image, name in zip(shown.images, names, strict=True)} <= imported
    counts = {part: sum(each.values()) for part, each in shown.counts.items()}
    assert counts == {part: len(split.labels) for part, split in content.parts.items()}
    assert shown.class_names == content.class_names and not shown.left_out


@pytest.mark.parametrize("file", FILES)
def test_the_first_images_show_every_class_as_it_is_in_the_file(file):
    shown = preview(FILES[file])
    assert len(shown.originals) == SHOWN_IMAGES == len(shown.shown("none"))
    assert set(shown.labels[:10]) == {label for each in shown.counts.values() for label in each}
    if "another size" not in file:
        inverted = "dark on light" in shown.facts["Ink"]
        expected = [255 - image if inverted else image for image in shown.images[:SHOWN_IMAGES]]
        assert all(np.array_equal(old, new) for old, new in zip(shown.originals, expected, strict=True))


def test_a_large_file_costs_no_more_than_its_sample(monkeypatch):
    """Of lines, pictures and bytes only as many are read as the sample has, however many there are."""
    parsed, read = [], []
    parse, read_picture = tables.Table._parse, pictures._read_picture
    monkeypatch.setattr(tables.Table, "_parse", lambda self, rows: parsed.extend(rows) or parse(self, rows))
    monkeypatch.setattr(pictures, "_read_picture", lambda *given: read.append(1) or read_picture(*given))
    preview(csv(359))
    preview(zipped(folders(359)))
    assert len(parsed) == len(read) == SAMPLE_IMAGES
    read.clear()
    monkeypatch.setattr(previews, "_SAMPLE_BYTES", 1000)
    preview(zipped(folders(359)))
    assert len(read) == SHOWN_IMAGES


def test_facts_say_where_the_labels_are_and_how_the_pixels_are_read():
    assert preview(optdigits()).facts == {
        "File": "a CSV with the pixels of an image in each line",
        "Labels": "the last column, whose values are few, whole, and unlike the pixels beside them",
        "Size": "8 × 8 pixels, scaled to 28 × 28",
        "Values": "0 to 16",
        "Ink": "bright on dark paper",
    }
    both = np.concatenate([255 - X[:50], X[50:60]])
    facts = preview(npz(x=both, y=Y[:60])).facts
    assert facts["Ink"] == "dark on light paper, inverted (10 look the opposite)"
    files = folders(20) | {f"{Y[i]}/{i}.png": png(X[i], 3) for i in range(20, 40)}
    size = preview(zipped(files)).facts["Size"]
    assert size == "28 × 28 pixels; others cleaned and scaled to 28 × 28 pixels"
    labels = {f"{i}.png": int(Y[i]) for i in range(20)}
    files = {f"{i}.png": png(X[i]) for i in range(20)} | {"my labels.json": json.dumps(labels).encode()}
    assert preview(zipped(files)).facts["Labels"] == "in 'my labels.json'"


def test_each_choice_is_followed():
    noise = np.random.default_rng(0).integers(0, 10, (60, 17))
    data = "\n".join(",".join(map(str, row)) for row in noise.tolist()).encode()
    assert len(list_columns(data)) == 17 and list_columns(npz(x=X, y=Y)) == ()
    counts = preview(data, Choices(label_column=7)).counts["all"]
    assert list(counts.values()) == np.bincount(noise[:, 7]).tolist()
    dark = preview(npz(x=X, y=Y), Choices(inverted=True))
    assert np.array_equal(dark.images, 255 - preview(npz(x=X, y=Y)).images)
    renamed = preview(npz(x=X, y=Y), Choices(class_names={"3": "three", "4": "three"}))
    assert renamed.names["4"] == "three" and "three" in renamed.class_names and "3" not in renamed.class_names
    assert np.array_equal(dark.shown("transpose"), dark.images[:SHOWN_IMAGES].transpose(0, 2, 1))


def test_a_csv_whose_labels_cannot_be_classes_says_its_columns_to_choose_another():
    rows = np.column_stack([np.arange(150) * 7, X[:150].reshape(150, -1)])
    titles = ",".join(["label", *(f"p{i}" for i in range(784))])
    data = "\n".join([titles, *(",".join(map(str, row)) for row in rows.tolist())]).encode()
    with pytest.raises(
        LabelColumnError, match="the first column, 'label' of the CSV: there are 150 classes"
    ) as raised:
        preview(data)
    assert len(raised.value.columns) == 785


def test_what_is_left_out_is_known_before_as_far_as_it_was_looked_at():
    assert preview(npz(x=np.concatenate([X, X[:2] * 0]), y=np.append(Y, [1, 2]))).left_out == (
        "image 360: it is blank",
        "image 361: it is blank",
    )
    files = folders(60) | {"3/a.txt": b"x", "lost.png": png(X[0]), "3/damaged.png": b"\x89PNG\r\n\x1a\n"}
    assert sorted(line.partition("'")[2].partition("'")[0] for line in preview(zipped(files)).left_out) == [
        "3/a.txt",
        "3/damaged.png",
        "lost.png",
    ]


def test_digits_for_a_network_are_those_of_the_classes_0_to_9():
    names = np.array(["A", *"0123456789"])[Y + 1]
    names[Y == 4] = "A"
    images, labels = preview(npz(x=X, y=names)).digits()
    known = {image.tobytes(): int(label) for image, label in zip(X, Y, strict=True)}
    assert [known[image.tobytes()] for image in images] == labels.tolist()
    assert set(labels.tolist()) == set(range(10)) - {4}


@pytest.mark.parametrize("only_test", [True, False])
def test_the_division_is_said_as_it_will_be(only_test, folders):
    for i, data in enumerate(FILES.values()):
        said = preview(data).division(only_test=only_test)
        made = importing.add_dataset(f"set {i}", importing.read(data), origin="a test", only_test=only_test)
        assert made.notes[-1] == said


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_in_words_before_it_is_imported(kind, monkeypatch):
    monkeypatch.setattr(arrays, "MAX_ARRAY_BYTES", 10_000_000)  # so that no bomb needs to be large
    try:
        preview(HOSTILE[kind])
    except DatasetError as error:
        assert 20 < len(str(error)) < 400
    else:  # a fault that only the whole file shows
        assert kind in (
            "csv with a short line",
            "csv with a word",
            "csv with a large number",
            "csv with a fraction",
        )


@pytest.mark.parametrize("file", FILES)
def test_a_damaged_file_is_shown_or_refused_in_words(file):
    whole, rng = FILES[file], np.random.default_rng(7)
    for _ in range(10):
        data = bytearray(whole)
        for place in rng.integers(0, rng.choice([300, len(data)]), rng.integers(1, 20)):
            data[-place if rng.random() < 0.5 else place] = rng.integers(256)
        try:
            preview(bytes(data[: rng.choice([len(data), rng.integers(len(data))])]))
        except DatasetError as error:
            assert len(str(error)) < 500
