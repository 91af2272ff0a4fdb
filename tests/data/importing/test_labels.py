"""The classes of pictures: from tables beside them, and class names that mean digits."""

import json

import numpy as np
import pytest

from digitrec.data import importing
from digitrec.data.catalogue import DIGITS as TEN
from digitrec.data.catalogue import DatasetError
from digitrec.data.importing import labels
from digitrec.data.importing.labels import read_class_names
from support.image_files import DIGITS, png, zipped

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LABELS = [int(label) for label in DIGITS.labels[:60]]
NAMES = [f"IMG_{i:03d}.png" for i in range(60)]


def pictures(above: str = "", names: list[str] | None = None) -> dict[str, bytes]:
    return {above + name: png(image) for name, image in zip(names or NAMES, DIGITS.images, strict=False)}


def lines(*columns: object) -> bytes:
    return "\n".join(",".join(map(str, row)) for row in zip(*columns, strict=True)).encode()


def with_titles(titles: str, *columns: object) -> bytes:
    return titles.encode() + b"\n" + lines(*columns)


STEMS = [name[:-4] for name in NAMES]
FIFTYONE = {"classes": [f"{i} - {WORDS[i]}" for i in range(10)], "labels": dict(zip(STEMS, LABELS, strict=True))}
OBJECTS = [{"file_name": name, "label": label} for name, label in zip(NAMES, LABELS, strict=True)]
FORMS = {
    "csv": pictures("images/") | {"labels.csv": with_titles("file,label", NAMES, LABELS)},
    "csv without titles": pictures("images/") | {"labels.csv": lines(NAMES, LABELS)},
    "csv, the label first, no endings": pictures() | {"l.csv": with_titles("class,image", LABELS, STEMS)},
    "csv of paths and more": pictures("a/b/") | {
        "a/t.csv": with_titles("n,path,label,hand", range(60), [f"b/{name}" for name in NAMES], LABELS, range(60))
    },
    "csv of another land": pictures() | {"l.csv": with_titles("file,label", NAMES, LABELS).replace(b",", b";")},
    "csv of words": pictures() | {"l.csv": with_titles("file,y", NAMES, [WORDS[i] for i in LABELS])},
    "csv among the pictures": pictures("a/") | {"a/metadata.csv": with_titles("file_name,label", NAMES, LABELS)},
    "FiftyOne": pictures("data/") | {"labels.json": json.dumps(FIFTYONE).encode()},
    "FiftyOne in a folder": pictures("x/data/") | {"x/labels.json": json.dumps(FIFTYONE).encode()},
    "json of names": pictures() | {"l.json": json.dumps(dict(zip(NAMES, LABELS, strict=True))).encode()},
    "json of objects": pictures() | {"l.json": json.dumps(OBJECTS).encode()},
    "Teachable Machine": pictures(names=[f"Class {LABELS[i]}-samples/{i}.png" for i in range(60)]),
    "folders with class_": pictures(names=[f"class_{LABELS[i]}/{i}.png" for i in range(60)]),
    "folders with words": pictures(names=[f"{WORDS[LABELS[i]]}/{i}.png" for i in range(60)]),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_each_form_gives_every_picture_its_digit(form):
    found = importing.read(zipped(FORMS[form]))
    (split,) = found.parts.values()
    expected = sorted((image.tobytes(), label) for image, label in zip(DIGITS.images, LABELS, strict=False))
    assert sorted((image.tobytes(), int(label)) for image, label in zip(*split, strict=True)) == expected
    assert (found.class_names, found.left_out) == (TEN, ())


@pytest.mark.parametrize(
    "name", ["3", "class_3", "digit_3", "Class 3", "Digit-3", "label3", "THREE", "3 - three", "03", "class three"]
)  # fmt: skip
def test_a_name_means_a_digit(name):
    assert read_class_names([name, "7"]) == {name: "3", "7": "7"}


@pytest.mark.parametrize("name", ["33", "class_10", "3 - four", "A", "three-ish", "Class", "thirty", "-3", "3b"])
def test_a_name_means_no_digit_and_then_no_name_does(name):
    assert read_class_names([name, "class_7"]) == {name: name, "class_7": "class_7"}


def test_what_names_of_classes_became_is_said_and_a_person_may_say_otherwise():
    data = zipped(FORMS["folders with class_"])
    assert "Class names are shortened, such as 'class_0' to '0'." in importing.read(data).notes
    names = {f"class_{i}": f"kind {i % 2}" for i in range(10)}
    found = importing.read(data, choices=importing.Choices(class_names=names))
    assert found.class_names == ("kind 0", "kind 1")
    assert np.bincount(found.parts["all"].labels).tolist() == np.bincount(np.array(LABELS) % 2).tolist()
    with pytest.raises(DatasetError, match="no class 'A'"):
        importing.read(data, choices=importing.Choices(class_names={"A": "B"}))


def test_splits_come_from_the_folders_the_table_or_its_column():
    parts = ["train"] * 40 + ["val"] * 5 + ["test"] * 15
    by_column = pictures() | {"l.csv": with_titles("file,label,split", NAMES, LABELS, parts)}
    by_table = pictures() | {
        f"{part}.csv": with_titles("file,label", NAMES[where], LABELS[where])
        for part, where in (("train", slice(40)), ("val", slice(40, 45)), ("test", slice(45, 60)))
    }
    names = [f"{part}/data/{name}" for part, name in zip(parts, NAMES, strict=True)]
    by_folder = pictures(names=names) | {
        f"{part}/labels.json": json.dumps(FIFTYONE).encode() for part in set(parts)
    }
    for files in (by_column, by_table, by_folder):
        found = importing.read(zipped(files))
        assert {part: len(each.labels) for part, each in found.parts.items()} == {
            "train": 40,
            "validation": 5,
            "test": 15,
        }


def test_what_a_table_does_not_name_or_names_without_need_is_said():
    files = pictures() | {"lost.png": png(DIGITS.images[70]), "readme.txt": b"x", "other.csv": b"a,b\n1,2\n"}
    files |= {"l.csv": with_titles("file,label", [*NAMES, "gone.png"], [*LABELS, 3])}
    found = importing.read(zipped(files))
    assert len(found.parts["all"].labels) == 60
    assert sorted(found.left_out) == [
        "'l.csv': the ZIP lacks 1 of the 61 pictures it names",
        "'lost.png': 'l.csv' has no label for it",
        "'other.csv': it names no picture of the ZIP",
        "'readme.txt': the file is not a picture",
    ]


def test_a_table_with_two_columns_that_may_be_labels_is_refused():
    files = pictures() | {"l.csv": with_titles("file,hand,digit?", NAMES, range(60), LABELS)}
    with pytest.raises(DatasetError, match=r"which column of 'l.csv' has the labels: expected one titled label"):
        importing.read(zipped(files))


@pytest.mark.parametrize(
    "table",
    [b"", b"{", b"[" * 100_000, b"[1, 2]", b'{"labels": 3}', b'{"a.png": {"b": []}}', b"\xff\xfe\0", b'""""'],
)
@pytest.mark.parametrize("name", ["l.json", "l.csv"])
def test_a_damaged_table_is_named_and_the_folders_count(table, name):
    files = pictures(names=[f"{LABELS[i]}/{i}.png" for i in range(60)])
    found = importing.read(zipped(files | {name: table}))
    assert len(found.parts["all"].labels) == 60 and found.left_out[0].startswith(f"'{name}': ")


def test_a_table_has_at_most_the_limit_of_bytes(monkeypatch):
    monkeypatch.setattr(labels, "_MAX_BYTES", 100)
    found = importing.read(
        zipped(pictures(names=[f"{LABELS[i]}/{i}.png" for i in range(60)]) | {"l.json": b" " * 101})
    )
    assert found.left_out == ("'l.json': it has more than 0 MB",)
