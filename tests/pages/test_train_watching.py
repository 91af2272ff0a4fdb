"""What is shown of a training besides its curves: the network after an epoch and its health."""

import json

import numpy as np
import pytest

from digitrec.runs import jobs, snapshots
from digitrec.runs.history import Health, LayerHealth, Pinned
from digitrec.runs.pins import Pin, save
from digitrec.runs.run import Run
from digitrec.runs.snapshots import Snapshot
from support import made_runs
from support.made_runs import open_page, rerun, words


@pytest.fixture(autouse=True)
def no_training(monkeypatch: pytest.MonkeyPatch, alone) -> None:
    """No process is started."""
    monkeypatch.setattr(jobs, "start", lambda run: None)


def watched(run: Run, epochs: int = 3, dead: float = 0.0) -> Run:
    """The files and rows that a worker writes for those who watch: in epoch e, e of 20 images are read wrong."""
    labels = np.arange(20) % 10
    image = np.eye(28, dtype=np.uint8) * 200
    pin = Pin(image, "own drawing", 7)
    save(run, [pin])
    for epoch in range(1, epochs + 1):
        answers = np.where(np.arange(20) < epoch, (labels + 1) % 10, labels)
        confusion = np.bincount(10 * labels + answers, minlength=100).reshape(10, 10)
        filters = np.full((4, 5, 5), epoch, np.float16)
        shown = np.array([epoch - 1])
        more = {"error_images": image[None], "error_labels": labels[shown], "newly_wrong": epoch, "newly_right": 0}
        snapshots.save(run, Snapshot(epoch, filters, answers, confusion, shown, **more))
        layers = (LayerHealth("dense 1", 0.005, dead), LayerHealth("output", 0.006, None))
        run.append(Health(epoch=epoch, gradient_norm=epoch / 10, layers=layers))
        proba = tuple(np.eye(10)[7 if epoch > 1 else 3].tolist())
        run.append(Pinned(epoch=epoch, done=epoch, answers=((pin.key, proba),)))
    return run


def shown(page) -> str:
    """All words of a page, with those in blocks of HTML, numbers and tables."""
    blocks = [block.proto.body for block in page.get("html")]
    return "\n".join([words(page), *blocks, *(f"{m.label}: {m.value}" for m in page.metric)])


def test_a_training_that_runs_shows_its_network_after_the_latest_epoch_and_its_health():
    run = watched(made_runs.in_epoch(made_runs.new("first"), 3), epochs=2)
    with made_runs.at_work(run):
        text = shown(open_page("train"))
    assert "2 of 20 validation images read wrong" in text and "2 read wrong that were right" in text
    assert "The first 4. Blue looks for ink" in text and "Read as 3 from epoch 1, then 7 from epoch 2." in text
    assert "Gradient norm: 0.2" in text and "In the usual range, 0.01 to 2.5." in text
    assert "look back" not in text.lower()  # there is no slider while it runs


def test_a_slider_shows_an_ended_training_as_it_was():
    watched(made_runs.ended(made_runs.new("first")))
    page = open_page("train")
    page.button(key="curves").click()
    assert "3 of 20 validation images read wrong" in shown(rerun(page))
    (slider,) = [each for each in page.select_slider if each.label == "Look back at epoch"]
    slider.set_value(1)
    text = shown(rerun(page))
    assert "As it was after epoch 1." in text and "1 of 20 validation images read wrong" in text
    assert "Read as 3 from epoch 1." in text and "then 7" not in text
    assert "Gradient norm: 0.1" in text


def test_a_half_written_file_of_an_epoch_is_said_and_the_rest_is_there():
    run = watched(made_runs.ended(made_runs.new("first")))
    (run.path / "epochs" / "0003.npz").write_bytes(b"PK")
    page = open_page("train")
    page.button(key="curves").click()
    text = shown(rerun(page))
    assert "Epoch 3 cannot be shown" in text and "Gradient norm" in text


def test_a_run_of_an_older_version_shows_its_curves_as_before():
    made_runs.ended(made_runs.new("first"))
    page = open_page("train")
    page.button(key="curves").click()
    text = shown(rerun(page))
    assert "Validation accuracy" in text and "Confusion matrix" not in text and "Health" not in text


def test_the_curves_are_seen_as_a_person_chooses_with_earlier_runs_behind():
    made_runs.ended(made_runs.new("older"))
    run = made_runs.in_epoch(made_runs.new("first"), 3)
    with made_runs.at_work(run):
        page = open_page("train")
        (axis,) = [
            each for each in page.main.get("button_group") if each.options and "Batches" in str(each.options)
        ]
        axis.set_value("Batches")
        for toggle in page.toggle:
            toggle.set_value(True)
        text = words(rerun(page))
    assert "Grey: earlier runs with the same validation images." in text
    charts = page.get("vega_lite_chart") or page.get("arrow_vega_lite_chart")
    specs = [json.loads(chart.proto.spec) for chart in charts]
    titles = [spec["encoding"]["y"]["title"] for spec in specs if "layer" in spec]
    assert titles == ["Loss", "Accuracy (%)"]
    assert {spec["encoding"]["x"]["title"] for spec in specs if "layer" in spec} == {"Batches"}


def test_a_run_whose_folder_was_removed_is_said_and_so_is_a_full_disk(monkeypatch):
    run = made_runs.in_epoch(made_runs.new("first"), 2)
    monkeypatch.setattr(jobs, "is_disk_full", lambda run: True)
    with made_runs.at_work(run):
        page = open_page("train")
        assert "The disk is full: the training goes on" in words(page)
        monkeypatch.setattr(jobs, "queue", lambda: [run] if run.path.is_dir() else [])
    assert not page.exception


def test_models_shows_how_a_run_learned():
    watched(made_runs.ended(made_runs.new("first")))
    page = open_page("models")
    assert "Confusion matrix" not in shown(page)
    page.toggle(key="models-learned").set_value(True)
    text = shown(rerun(page))
    assert "3 of 20 validation images read wrong" in text and "Read as 3 from epoch 1" in text
