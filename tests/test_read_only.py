"""DIGITREC_READ_ONLY=1: what reads works, what changes something refuses below the pages, which say so."""

import numpy as np
import pytest

from digitrec import exchange, files, stacks
from digitrec.cli.main import main
from digitrec.data import corrections, drawn_samples, loading, user_datasets, user_drawings
from digitrec.data.catalogue import DIGITS
from digitrec.data.corrections import Decision, ImageKey
from digitrec.exchange import proofs
from digitrec.files import ReadOnlyError
from digitrec.forms import Template, template_store
from digitrec.runs import Notes, jobs, pins, places, processes, spare, store
from digitrec.search import folder
from support import made_stacks
from support.image_files import DIGITS as EMBEDDED
from support.image_files import png
from support.made_runs import open_page, words
from support.searches import PLAN
from support.stand_ins import LONG, create

IMAGE = EMBEDDED.images[0]
PROOF = exchange.Proof(kind="h5", model_sha256="", size=1, runtime="Keras 2")
ORIGIN = exchange.Origin("a.onnx", "onnx", "", (784,), "digits", "validation", 1, (), "logits")
DECISION = Decision(ImageKey("train", "0" * 64, 0, 0), "keep")


@pytest.fixture
def run(folders):
    """A run of one's own, made before the server only reads."""
    return create("mine")


@pytest.fixture
def search(run):
    return folder.create(PLAN, "looked")


@pytest.fixture
def locked(run, search, monkeypatch):
    """From here on it only reads."""
    user_drawings.save(IMAGE, 0, DIGITS)
    made_stacks.new()
    monkeypatch.setenv("DIGITREC_READ_ONLY", "1")


CHANGES = {
    "create a run": lambda run, search: store.create(LONG, DIGITS, "other"),
    "rename a run": lambda run, search: store.rename(run, "other"),
    "delete a run": lambda run, search: store.delete(run),
    "train": lambda run, search: jobs.start(run),
    "claim": lambda run, search: jobs.claim(run),
    "send to a cluster": lambda run, search: places.record(run, "tcp://a:1"),
    "resume": lambda run, search: jobs.go_on(run),
    "stop": lambda run, search: jobs.stop(run),
    "discard": lambda run, search: jobs.discard(run),
    "pause": lambda run, search: jobs.pause(run),
    "steer": lambda run, search: jobs.steer(run, epochs=5),
    "restore": lambda run, search: jobs.restore_best(run),
    "cancel": lambda run, search: jobs.cancel(run),
    "overtake": lambda run, search: jobs.overtake(run, run),
    "note": lambda run, search: run.save_notes(Notes(("a",), "b")),
    "set a threshold": lambda run, search: run.save_reject_threshold(0.5),
    "forget a threshold": lambda run, search: run.save_reject_threshold(None),
    "calibrate": lambda run, search: run.save_calibration({"temperature": 1.0}),
    "store an evaluation": lambda run, search: run.save_evaluation("digits", "test", {}),
    "count a view": lambda run, search: run.record_view("digits", "test", None),
    "pin": lambda run, search: pins.save(run, []),
    "take in a run": lambda run, search: store.adopt({"config.json": b"{}"}, "other"),
    "take in a bundle": lambda run, search: exchange.read_bundle(b""),
    "make an export": lambda run, search: proofs.save_proof(PROOF, run.exports_path),
    "name an origin": lambda run, search: exchange.save_origin(run, ORIGIN),
    "start a process": lambda run, search: processes.start_worker(run, ["train"], models=run.path.parent),
    "start a spare process": lambda run, search: processes.start_spare(run.path.parent),
    "save a drawing": lambda run, search: user_drawings.save(IMAGE, 1, DIGITS),
    "remove a drawing": lambda run, search: user_drawings.remove(IMAGE, DIGITS),
    "remove a data set": lambda run, search: user_datasets.remove(loading.cache_folder(), "own"),
    "decide about an image": lambda run, search: corrections.decide("digits", DECISION),
    "store a sample": lambda run, search: drawn_samples.put("own", IMAGE, 0),
    "name classes": lambda run, search: drawn_samples.set_classes("own", ("a", "b")),
    "delete samples": lambda run, search: drawn_samples.clear("own"),
    "save a form": lambda run, search: template_store.save(Template("mine", 184.0, 271.0)),
    "delete a form": lambda run, search: template_store.delete("mine"),
    "create a search": lambda run, search: folder.create(PLAN, "other"),
    "start a search": lambda run, search: folder.start(search),
    "stop a search": lambda run, search: folder.stop(search),
    "extend a search": lambda run, search: folder.extend(search, trials=50),
    "delete a search": lambda run, search: folder.delete(search),
    "save drawings": lambda run, search: user_drawings.save_all(IMAGE[None], np.array([1]), DIGITS),
    "store pages": lambda run, search: stacks.create([("a.png", b"1")], made_stacks.MODEL, made_stacks.GRID),
    "add a page": lambda run, search: stack().add_page(made_stacks.page(0, ["4"])),
    "set the share": lambda run, search: stack().set(share=0.1),
    "delete pages": lambda run, search: stacks.delete(stack()),
    "read pages": lambda run, search: stacks.work.start(stack()),
    "read pages here": lambda run, search: stacks.work.read_stack(stack()),
    "pause reading": lambda run, search: stacks.work.pause(stack()),
    "stop reading": lambda run, search: stacks.work.stop(stack()),
    "say what stands there": lambda run, search: stacks.log.say(stack(), [], cause="seen"),
    "take it back": lambda run, search: stacks.log.undo(stack()),
}


def stack():
    """A stack that was stored before the server only reads."""
    return stacks.list_stacks()[0]


def snapshot(*places):
    """All files below these folders, with their content."""
    return {path: path.read_bytes() for place in places for path in place.rglob("*") if path.is_file()}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changes_something_refuses(change, run, search, locked, folders, models_folder):
    before = snapshot(models_folder, *folders)
    with pytest.raises(ReadOnlyError, match="only reads, by DIGITREC_READ_ONLY"):
        change(run, search)
    assert snapshot(models_folder, *folders) == before


def test_no_spare_process_is_started_and_that_is_no_error(locked, models_folder):
    spare.prepare(models_folder)


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--dataset", "digits", "--name", "other"],
        ["calibrate", "draw"],
        ["bundle", "--import", "a.zip"],
        ["datasets", "remove", "own"],
        ["datasets", "--download", "mnist"],
    ],
    ids=" ".join,
)
def test_the_command_line_refuses(arguments, locked, folders, models_folder, capsys):
    before = snapshot(models_folder, *folders)
    assert main(arguments) == 1
    assert "only reads" in capsys.readouterr().err
    assert snapshot(models_folder, *folders) == before


def test_reading_works(locked, tmp_path, capsys):
    (tmp_path / "a.png").write_bytes(png(IMAGE))
    assert main(["predict", str(tmp_path / "a.png")]) == 0
    assert len(user_drawings.load(DIGITS).labels) == 1


@pytest.mark.parametrize(
    ("value", "is_set"), [("1", True), ("true", True), ("0", False), ("", False), ("no", False)]
)
def test_the_variable_has_two_values(value, is_set, monkeypatch):
    monkeypatch.setenv("DIGITREC_READ_ONLY", value)
    assert files.is_read_only() is is_set


LINES = {
    "train": ("train a network", ("Start training", "Name")),
    "search": ("search for settings", ("Start the search",)),
    "models": ("change, rename or delete a run", ("Rename", "Delete ...", "Bring in", "Make and check")),
    "draw": ("save drawings", ("Save", "Pin it on Train")),
    "teach": ("teach a network", ("Train",)),
    "explore": ("import, download or change data sets", ("Import", "Download")),
}


@pytest.mark.parametrize("page", LINES)
def test_a_page_says_so_and_has_no_controls_for_it(page, locked, monkeypatch):
    what, labels = LINES[page]
    shown = open_page(page)
    assert not shown.exception
    assert f"This server only reads: you cannot {what} here." in words(shown)
    assert not [button.label for button in shown.button if button.label in labels]
