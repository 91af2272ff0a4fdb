"""Arrays from files: which parts they are, and exact limits."""

import numpy as np
import pytest

from digitrec.data.catalogue import DatasetError
from digitrec.data.importing import arrays
from digitrec.data.importing.arrays import Archive, MemberError, read_idx, read_npz
from support.image_files import DIGITS, idx_files, npz, zipped

X, Y = DIGITS.images[:6], DIGITS.labels[:6]


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


def test_a_member_is_read_up_to_the_limit_and_no_further():
    archive = Archive(zipped({"a": b"12345"}))
    (member,) = archive.members()
    assert archive.read(member, 5) == b"12345"
    with pytest.raises(MemberError, match="more than 0 MB"):
        archive.read(member, 4)


def test_all_members_together_are_read_up_to_the_limit(monkeypatch):
    monkeypatch.setattr(arrays, "MAX_UNPACKED_BYTES", 10)
    archive = Archive(zipped({"a": b"12345"}))
    (member,) = archive.members()
    assert archive.read(member, 9) == archive.read(member, 9) == b"12345"
    with pytest.raises(DatasetError, match="once unpacked"):
        archive.read(member, 9)


def test_an_archive_has_at_most_the_limit_of_files(monkeypatch):
    monkeypatch.setattr(arrays, "MAX_MEMBERS", 2)
    assert len(Archive(zipped({"a": b"", "b": b""})).members()) == 2
    with pytest.raises(DatasetError, match="more than 2 files"):
        Archive(zipped({"a": b"", "b": b"", "c": b""}))


def test_files_of_operating_systems_are_no_members():
    junk = ["__MACOSX/a.png", "3/.DS_Store", "3/Thumbs.db", "desktop.ini", ".git/a", "3/"]
    archive = Archive(zipped(dict.fromkeys([*junk, "./3/a.png", "../b.png"], b"x")))
    assert [member.name for member in archive.members()] == ["./3/a.png", "../b.png"]
