"""The other machine's side of a job in this process: files are stored when right, and news come in order."""

import hashlib

import pytest

from digitrec.cluster import agent
from digitrec.cluster.parcels import Order, Parcel
from digitrec.runs import ClusterError

DATA = b"content of a file"
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def slot(tmp_path, monkeypatch):
    made = agent._Slot(tmp_path / "there", None)
    monkeypatch.setitem(agent._slots, "job", made)
    return made


def test_a_file_that_arrives_in_pieces_is_checked(slot):
    parcel = Parcel("data/a", len(DATA), SHA256)
    assert agent.offer("job", [parcel]) == [SHA256]
    assert agent.deliver("job", SHA256, 0, DATA[:5], is_last=False)
    assert agent.deliver("job", SHA256, 5, DATA[5:], is_last=True)
    assert agent.offer("job", [parcel]) == []
    other = hashlib.sha256(b"other").hexdigest()
    assert agent.deliver("job", other, 0, b"damaged", is_last=True) is False
    assert agent.offer("job", [Parcel("data/b", 5, other)]) == [other]


def test_a_file_that_the_machine_has_itself_is_not_sent(slot, tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITREC_DATA", str(tmp_path))
    (tmp_path / "a").write_bytes(DATA)
    (tmp_path / "b").write_bytes(DATA.upper())
    parcels = [Parcel("data/a", len(DATA), SHA256), Parcel("data/b", len(DATA), "0" * 64)]
    assert agent.offer("job", parcels) == ["0" * 64]


def test_rows_come_after_the_files_that_they_tell_of_and_in_whole_lines(slot, monkeypatch):
    monkeypatch.setattr(agent, "MAX_BYTES", 6)
    slot.order, slot.home = Order("models/mine", arguments=("x",)), slot.root
    slot.folder.mkdir(parents=True)
    (slot.folder / "model.keras").write_bytes(b"123456789")
    (slot.folder / "history.jsonl").write_bytes(b"row 1\nhalf")
    (slot.folder / "worker.json").write_bytes(b"of that machine")
    first = agent.read_news("job", {}, {"control.json": b"{}"})
    assert [(each.path, each.data) for each in first.pieces] == [("model.keras", b"123456")] and not first.rows
    tag = first.pieces[0].tag
    second = agent.read_news("job", {"model.keras": f"{tag}@6"}, {})
    assert [each.data for each in second.pieces] == [b"789"]
    assert [(each.offset, each.data) for each in second.rows] == [(0, b"row 1\n")]
    third = agent.read_news("job", {"model.keras": tag, "history.jsonl": 6}, {})
    assert third.is_complete and third.is_ended and third.paths == ("model.keras",)
    assert (slot.folder / "control.json").read_bytes() == b"{}"


def test_a_job_without_a_place_and_a_name_that_is_no_checksum_are_refused(slot):
    assert agent.greet("other") is None and agent.offer("other", []) is None
    assert (
        agent.read_news("other", {}, {}) is None and agent.deliver("other", SHA256, 0, b"", is_last=True) is None
    )
    with pytest.raises(ClusterError, match="no checksum"):
        agent.offer("job", [Parcel("data/a", 1, "../../a")])


def test_a_silent_client_loses_its_place(slot):
    assert agent.greet("job").token == slot.token and not slot.is_abandoned
    slot.touched -= 2 * agent.LEASE_SECONDS
    assert slot.is_abandoned
