"""Runs: folders that come, are read, renamed and go, whatever befell them."""

import json
import re
import shutil
import threading

import platformdirs
import pytest

from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from digitrec.runs.history import End, Epoch, History, Start
from digitrec.runs.run import Worker
from digitrec.runs.store import RunError
from support.places import ROOT

CONFIG = TrainConfig(dataset="digits", network="mlp", rotation=5)
NAMES = ("a", "b", "ä")


@pytest.fixture
def run(models_folder):
    return store.create(CONFIG, NAMES, "mine")


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A shipped run, outside the models folder."""
    run = store.create(CONFIG, NAMES, "to ship")
    folder = tmp_path / "program" / "models"
    folder.mkdir(parents=True)
    run.path.rename(folder / "mnist")
    monkeypatch.setattr(store, "SHIPPED_FOLDER", folder)
    return store.open_run("mnist")


@pytest.fixture(autouse=True)
def nothing_shipped(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "SHIPPED_FOLDER", tmp_path / "nothing shipped")


def test_a_run_is_opened_as_it_was_created(run):
    again = store.open_run("mine")
    assert (again, again.name) == (run, "mine")
    assert (again.config, again.class_names, again.created) == (CONFIG, NAMES, run.created)
    assert not again.has_model and not again.history() and again.error is None and again.worker is None


def test_a_run_without_a_name_has_the_time_and_the_network_for_one():
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d mlp", store.create(CONFIG, NAMES).name)


def test_runs_without_a_name_created_at_once_get_names_of_their_own():
    made, count = [], 8
    barrier = threading.Barrier(count)

    def create():
        barrier.wait()
        made.append(store.create(CONFIG, NAMES))

    threads = [threading.Thread(target=create) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({run.name for run in made}) == count
    assert set(store.list_runs()) == set(made)


@pytest.mark.parametrize("name", ["x", "A b-c_d.9", "7" * 64])
def test_names_that_are_allowed(name):
    assert store.create(CONFIG, NAMES, name).name == name


@pytest.mark.parametrize(
    "name", ["", " ", ".", "..", "a/b", "/tmp", "../out", ".hidden", "dot.", "7" * 65, "a\nb", "ü"]
)
def test_names_that_are_not_allowed(run, name, models_folder):
    for attempt in (lambda: store.create(CONFIG, NAMES, name), lambda: store.rename(run, name)):
        with pytest.raises(RunError, match="cannot be a run's name: expected 1 to 64 letters"):
            attempt()
    assert [path.name for path in models_folder.iterdir()] == ["mine"]


@pytest.mark.parametrize("name", ["mine", " mine ", "mnist"])
def test_a_name_is_given_once(run, name):
    for attempt in (lambda: store.create(CONFIG, NAMES, name), lambda: store.rename(run, name)):
        with pytest.raises(RunError, match="already: choose another name"):
            attempt()


def test_no_run_can_be_opened_from_outside_the_models_folder(run, models_folder):
    shutil.copytree(run.path, models_folder.parent / "outside")
    for name in ("../outside", "..", str(models_folder.parent / "outside"), "", "mine/../mine"):
        with pytest.raises(RunError, match=r"there is no run .* expected one of: mine"):
            store.open_run(name)


def test_the_newest_run_comes_first_and_the_shipped_one_before_all(run, shipped):
    later = store.create(CONFIG, NAMES, "a later one")
    assert store.list_runs() == [shipped, later, run]


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[]", "{}", '{"config": {"epochs": 0}, "class_names": [], "created": "2026-01-01"}']
)
def test_a_damaged_run_is_left_out_and_says_so_when_opened(run, text):
    damaged = store.create(CONFIG, NAMES, "damaged")
    (damaged.path / "config.json").write_text(text)
    assert store.list_runs() == [run]
    with pytest.raises(RunError, match=r"'damaged' cannot be read: its config.json is damaged"):
        store.open_run("damaged")


@pytest.mark.parametrize("name", ["my run!", ".hidden", "ü"])
def test_a_folder_with_a_foreign_name_is_left_out(run, name, models_folder):
    shutil.copytree(run.path, models_folder / name)
    assert store.list_runs() == [run]


def test_without_a_models_folder_there_are_no_runs_and_the_first_makes_it(monkeypatch, tmp_path):
    monkeypatch.setenv("DIGITREC_MODELS", str(tmp_path / "not" / "yet"))
    assert store.list_runs() == []
    assert store.create(CONFIG, NAMES, "first").path == tmp_path / "not" / "yet" / "first"


def test_runs_are_in_the_checkout_and_of_an_installed_package_in_the_user_s_data_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("DIGITREC_MODELS")
    monkeypatch.setattr(store, "SHIPPED_FOLDER", ROOT / "models")
    assert store.models_folder() == ROOT / "models"
    monkeypatch.setattr(store, "app_root", lambda: tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert store.models_folder() == platformdirs.user_data_path("digitrec") / "models"


def test_a_models_folder_that_cannot_be_written_is_named(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DIGITREC_MODELS", str(tmp_path / "file" / "models"))
    for name in (None, "named"):
        with pytest.raises(RunError, match=f"cannot be written to {tmp_path}/file/models: Not a directory"):
            store.create(CONFIG, NAMES, name)


def test_a_run_that_cannot_be_written_leaves_no_folder(monkeypatch, models_folder):
    def full(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "replace", full)
    with pytest.raises(RunError, match=r"'mine' cannot be written to .*: No space left on device"):
        store.create(CONFIG, NAMES, "mine")
    assert list(models_folder.iterdir()) == []


def test_history_comes_back_row_for_row(run):
    start, end = Start(epochs=3, steps_per_epoch=1), End(reason="stopped", best_epoch=1)
    epochs = [Epoch(epoch=epoch, loss=1.0, accuracy=0.5, val_loss=None) for epoch in (1, 2)]
    for row in (start, *epochs, end):
        run.append(row)
    assert run.history() == History(start=start, epochs=tuple(epochs), end=end)
    times = [row.time for row in (start, *epochs, end)]
    assert times == sorted(times)


def test_rows_that_are_none_of_ours_are_left_out(run):
    end = '{"kind": "end", "time": 3.5, "reason": "finished"}'
    (run.path / "history.jsonl").write_text(f'{end}\n\n12\nnull\n{{"epoch": 1}}\n{{"kind": "batch"\n')
    assert run.history() == History(end=End(reason="finished", time=3.5))


def test_wish_worker_error_and_evaluations_come_back(run):
    assert run.wish is None and run.load_evaluation("digits", "test") is None
    run.ask(wish="stop")
    run.record_worker(Worker(12, 34.5, 67.125))
    run.record_error("The disk is full: ä")
    run.save_evaluation("digits", "test", {"accuracy": 0.1 + 0.2})
    assert (run.wish, run.worker, run.error) == ("stop", Worker(12, 34.5, 67.125), "The disk is full: ä")
    assert run.load_evaluation("digits", "test") == {"accuracy": 0.1 + 0.2}
    assert run.load_evaluation("digits", "train") is None


@pytest.mark.parametrize("text", ["", "{", "{}", '{"pid": 1}', "[1, 2]"])
def test_a_damaged_worker_file_is_no_worker(run, text):
    (run.path / "worker.json").write_text(text)
    assert run.worker is None


def test_recording_an_error_makes_room_but_touches_no_other_process_s_file(run):
    others = run.path / "control.json.1-2.tmp"
    for path in (others, run.path / "model.tmp.keras", run.path / "model.tmp.tflite"):
        path.touch()
    run.record_error("full")
    assert {path.name for path in run.path.iterdir()} == {"config.json", "error.txt", others.name}


def test_a_model_is_there_once_both_files_are(run):
    run.keras_path.touch()
    assert not run.has_model
    run.tflite_path.touch()
    assert run.has_model


def test_renaming_moves_the_run_with_all_it_holds(run):
    run.append(Start(epochs=1, steps_per_epoch=1))
    renamed = store.rename(run, " other ")
    assert renamed == store.open_run("other") and renamed.history().start.epochs == 1
    assert store.list_runs() == [renamed]


def test_a_deleted_run_is_gone_and_a_second_delete_is_quiet(run, models_folder):
    run.append(Start(epochs=1, steps_per_epoch=1))
    run.save_evaluation("digits", "test", {})
    store.delete(run)
    store.delete(run)
    assert list(models_folder.iterdir()) == []


def test_a_delete_that_was_cut_off_does_not_stop_the_next_of_that_name(run, models_folder):
    shutil.copytree(run.path, models_folder / ".mine.deleted")
    assert store.list_runs() == [run]
    store.delete(run)
    assert list(models_folder.iterdir()) == []


def test_renaming_a_run_that_is_gone_says_so(run):
    store.delete(run)
    with pytest.raises(RunError, match="'mine' cannot be renamed: No such file"):
        store.rename(run, "other")


def test_the_shipped_run_is_found_from_anywhere_and_stays(shipped):
    assert shipped.is_shipped and shipped.path.is_dir()
    with pytest.raises(RunError, match="'mnist' is built in: it cannot be deleted"):
        store.delete(shipped)
    with pytest.raises(RunError, match="'mnist' is built in: it cannot be renamed"):
        store.rename(shipped, "other")
    assert store.list_runs() == [shipped]


def test_one_s_own_copy_of_the_shipped_run_hides_it(shipped, models_folder):
    shutil.copytree(shipped.path, models_folder / "mnist")
    (own,) = store.list_runs()
    assert own.path.parent == models_folder and not own.is_shipped
    assert own == store.open_run("mnist")


def test_the_layout_on_disk_is_plain_json(run):
    about = json.loads((run.path / "config.json").read_text())
    assert about == {"config": CONFIG.to_dict(), "class_names": list(NAMES), "created": run.created.isoformat()}


def trained(name, accuracy, images=1000, names=tuple("0123456789")):
    run = store.create(CONFIG, names, name)
    run.append(Start(epochs=1, steps_per_epoch=1, validation_images=images))
    run.append(End(reason="finished", best_epoch=1, val_accuracy=accuracy))
    run.keras_path.write_bytes(b"keras")
    run.tflite_path.write_bytes(b"tflite")
    return run


def test_the_default_is_the_built_in_run_however_good_or_new_others_are(shipped):
    trained("newer and better", 1.0)
    assert store.default_run(store.list_runs()) == shipped


def test_without_built_in_runs_the_default_is_the_best_on_validation_and_not_the_newest():
    good, weak = trained("good", 0.99), trained("weak and just trained", 0.6)
    untrained = store.create(CONFIG, tuple("0123456789"), "no network yet")
    lucky = trained("lucky on ten images", 1.0, images=10)
    assert store.default_run([untrained, lucky, weak, good]) == good
    assert store.default_run([untrained, weak]) == weak and store.default_run([untrained]) == untrained


def test_digits_come_before_other_classes_and_then_those_of_the_newest_run():
    letters, newest = trained("letters", 0.999, names=NAMES), trained("others", 0.5, names=("x", "y"))
    assert store.default_run([letters, newest]) == newest
    assert store.default_run([letters, newest, digits := trained("digits", 0.4)]) == digits
