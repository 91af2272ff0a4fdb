"""The files of a run: stored with it, bounded, and beside the program's own files for a shipped run."""

import json
import os
import threading

import pytest

from digitrec.runs import run as run_folder
from digitrec.runs import store
from digitrec.runs.config import TrainConfig

CONFIG = TrainConfig(dataset="digits", network="mlp")


@pytest.fixture(autouse=True)
def nothing_shipped(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "SHIPPED_FOLDER", tmp_path / "nothing shipped")
    monkeypatch.setenv("DIGITREC_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def run(models_folder):
    return store.create(CONFIG, ("a", "b"), "mine")


@pytest.fixture
def shipped(run, monkeypatch, models_folder):
    run.path.rename(models_folder / "mnist")
    monkeypatch.setattr(store, "SHIPPED_FOLDER", models_folder)
    return store.open_run("mnist")


def kept(run):
    return sorted(path.name for path in (run.local_path / "evaluations").iterdir())


def test_answers_come_back_and_replace_older_ones(run):
    assert run.load_answers("digits", "test") is None
    run.save_answers("digits", "test", b"old")
    run.save_answers("digits", "test", b"new")
    assert run.load_answers("digits", "test") == b"new"
    assert run.load_answers("digits", "train") is None


def test_answers_take_no_more_than_their_room_and_the_oldest_go_first(run, monkeypatch):
    monkeypatch.setattr(run_folder, "MAX_ANSWERS_BYTES", 10)
    for age, split in enumerate(("first", "second", "third")):
        run.save_answers("digits", split, b"1234")
        found = run.path / "evaluations" / f"digits-{split}.npz"
        if found.is_file():
            os.utime(found, (age, age))
    assert kept(run) == ["digits-second.npz", "digits-third.npz"]
    run.save_answers("digits", "second", b"123456")  # in its own place: nobody else has to go
    assert kept(run) == ["digits-second.npz", "digits-third.npz"]
    run.save_answers("digits", "second", b"12345678901")
    assert kept(run) == ["digits-third.npz"]


def test_whatever_a_data_set_is_called_its_files_stay_in_the_folder(run):
    run.save_evaluation("../../evil", "test", {"n": 1})
    run.save_answers("a/b", "test", b"x")
    assert len(kept(run)) == 2 and run.load_evaluation("../../evil", "test") == {"n": 1}


def test_looks_are_counted_for_each_split_of_each_data_set(run):
    for split in ("test", "test", "train"):
        run.record_view("digits", split, "sha")
    assert [run.count_views("digits", split) for split in ("test", "train", "validation")] == [2, 1, 0]
    assert run.count_views("mnist", "test") == 0


def test_looks_of_many_at_once_are_all_counted(run):
    threads = [threading.Thread(target=run.record_view, args=("digits", "test", None)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert run.count_views("digits", "test") == 20


def test_nothing_is_written_into_a_shipped_run(shipped):
    before = {path.name for path in shipped.path.iterdir()}
    shipped.record_view("digits", "test", None)
    shipped.save_evaluation("digits", "test", {"n": 1})
    shipped.save_answers("digits", "test", b"x")
    assert {path.name for path in shipped.path.iterdir()} == before
    assert (shipped.load_evaluation("digits", "test"), shipped.load_answers("digits", "test")) == ({"n": 1}, b"x")
    assert shipped.count_views("digits", "test") == 1


def test_what_a_run_was_shipped_with_is_found_and_what_was_found_since_goes_before(shipped):
    (shipped.path / "evaluations").mkdir()
    (shipped.path / "evaluations" / "digits-test.json").write_text(json.dumps({"n": 1}))
    (shipped.path / "looks.jsonl").write_text('{"dataset": "digits", "split": "test"}\n')
    assert shipped.load_evaluations("digits", "test") == [{"n": 1}]
    shipped.save_evaluation("digits", "test", {"n": 2})
    shipped.record_view("digits", "test", None)
    assert shipped.load_evaluations("digits", "test") == [{"n": 2}, {"n": 1}]
    assert shipped.count_views("digits", "test") == 2


@pytest.mark.parametrize("text", ["", "[" * 100_000, "1" * 5000, '{"n": ', "\udcff"])
def test_a_damaged_file_is_as_good_as_none(run, text):
    run.save_evaluation("digits", "test", {})
    path = run.path / "evaluations" / "digits-test.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert run.load_evaluation("digits", "test") is None


def test_a_deleted_run_does_not_come_back_by_an_evaluation(run):
    store.delete(run)
    for keep in (lambda: run.save_evaluation("digits", "test", {}), lambda: run.record_view("digits", "test", "")):
        with pytest.raises(FileNotFoundError):
            keep()
    assert not run.path.exists()
