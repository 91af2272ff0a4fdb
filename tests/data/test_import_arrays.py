"""Arrays from files: which parts they are, how a CSV is read, and exact limits."""

import numpy as np
import pytest

from digitrec.data import import_arrays
from digitrec.data.catalogue import DatasetError
from digitrec.data.import_arrays import Archive, MemberError, read_csv, read_idx, read_npz
from support.image_files import DIGITS, csv, idx_files, npz, zipped

X, Y = DIGITS.images[:6], DIGITS.labels[:6]


def line(label: object, pixels: int = 16, value: int = 0) -> bytes:
    return ",".join([str(label), *[str(value)] * pixels]).encode()


def test_a_divided_npz_has_its_parts_and_no_other():
    whole = read_npz(Archive(npz(x=X, y=Y)))
    assert list(whole.parts) == ["all"] and np.array_equal(whole.parts["all"].images, X)
    divided = read_npz(Archive(npz(x=X, y=Y, x_train=X[:4], y_train=Y[:4], x_test=X[4:], y_test=Y[4:])))
    assert {part: len(raw.labels) for part, raw in divided.parts.items()} == {"train": 4, "test": 2}
    assert divided.class_names is None


def test_idx_files_are_paired_by_their_names():
    found = read_idx(Archive(zipped(idx_files(6, "train-") | idx_files(4, "t10k-"))))
    assert {part: raw.images.shape for part, raw in found.parts.items()} == {
        "train": (6, 28, 28),
        "test": (4, 28, 28),
    }


def test_idx_files_without_a_part_in_their_names_are_not_divided():
    assert list(read_idx(Archive(zipped(idx_files(6)))).parts) == ["all"]


def test_a_csv_is_read_in_chunks_and_reports_its_progress(monkeypatch):
    monkeypatch.setattr(import_arrays, "_CHUNK_LINES", 4)
    reports = []
    (raw,) = read_csv(csv(10), lambda what, share: reports.append(share)).parts.values()
    assert np.array_equal(raw.images, DIGITS.images[:10].reshape(10, -1))
    assert raw.labels.tolist() == [str(label) for label in DIGITS.labels[:10]]
    assert reports == [0, 0.4, 0.8]


def test_a_fault_in_a_csv_is_named_by_its_image(monkeypatch):
    monkeypatch.setattr(import_arrays, "_CHUNK_LINES", 2)
    lines = [line(1), line(2), line(3), line(4, pixels=15)]
    with pytest.raises(DatasetError, match="image 4 of the CSV has 15 pixels: expected 16"):
        read_csv(b"\n".join(lines))
    for value, words in (("x", "not a number"), ("256", "out of range"), ("-1", "out of range")):
        lines[3] = line(4, value=value)
        with pytest.raises(DatasetError, match=f"after image 2 of the CSV, a pixel is {words}"):
            read_csv(b"\n".join(lines))
    lines[3] = line(4, value=255)
    assert read_csv(b"\n".join(lines)).parts["all"].images[3].tolist() == [255] * 16


@pytest.mark.parametrize("pixels", [9, 15, 17])
def test_the_pixels_of_a_csv_are_a_square_of_at_least_four_by_four(pixels):
    with pytest.raises(DatasetError, match=f"has {pixels + 1} values"):
        read_csv(line(1, pixels))


@pytest.mark.parametrize(
    ("text", "label"), [("3", "3"), ("3.0", "3"), ("3.5", "3.5"), (" a", "a"), ("'b'", "b"), ("inf", "inf")]
)
def test_labels_of_a_csv(text, label):
    assert read_csv(line(text) + b"\n" + line("other")).parts["all"].labels[0] == label


@pytest.mark.parametrize("first", [0, 1])
def test_a_header_may_be_names_or_consecutive_numbers(first):
    numbers = ",".join(str(first + i) for i in range(16)).encode()
    for header in (b"label," + numbers, b"label," + b",".join(b"p%d" % i for i in range(16))):
        assert len(read_csv(header + b"\n" + line(7)).parts["all"].labels) == 1
    assert len(read_csv(b"5," + numbers + b"\n" + line(7)).parts["all"].labels) == 2  # its label is a number


def test_a_csv_has_at_most_the_limit_of_images(monkeypatch):
    monkeypatch.setattr(import_arrays, "MAX_IMAGES", 3)
    assert len(read_csv(b"\n".join([line(1)] * 3)).parts["all"].labels) == 3
    with pytest.raises(DatasetError, match="4 lines of numbers: expected 1 to 3"):
        read_csv(b"\n".join([line(1)] * 4))


def test_a_member_is_read_up_to_the_limit_and_no_further():
    archive = Archive(zipped({"a": b"12345"}))
    (member,) = archive.members()
    assert archive.read(member, 5) == b"12345"
    with pytest.raises(MemberError, match="more than 0 MB"):
        archive.read(member, 4)


def test_all_members_together_are_read_up_to_the_limit(monkeypatch):
    monkeypatch.setattr(import_arrays, "MAX_UNPACKED_BYTES", 10)
    archive = Archive(zipped({"a": b"12345"}))
    (member,) = archive.members()
    assert archive.read(member, 9) == archive.read(member, 9) == b"12345"
    with pytest.raises(DatasetError, match="once unpacked"):
        archive.read(member, 9)


def test_an_archive_has_at_most_the_limit_of_files(monkeypatch):
    monkeypatch.setattr(import_arrays, "MAX_MEMBERS", 2)
    assert len(Archive(zipped({"a": b"", "b": b""})).members()) == 2
    with pytest.raises(DatasetError, match="more than 2 files"):
        Archive(zipped({"a": b"", "b": b"", "c": b""}))


def test_files_of_operating_systems_are_no_members():
    junk = ["__MACOSX/a.png", "3/.DS_Store", "3/Thumbs.db", "desktop.ini", ".git/a", "3/"]
    archive = Archive(zipped(dict.fromkeys([*junk, "./3/a.png", "../b.png"], b"x")))
    assert [member.name for member in archive.members()] == ["./3/a.png", "../b.png"]
