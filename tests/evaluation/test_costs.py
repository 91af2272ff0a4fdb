"""What a network costs, and where its epochs lie on an axis."""

import dataclasses

import pytest

from digitrec.data import cache_folder
from digitrec.evaluation import comparison, costs, summarise_run
from digitrec.evaluation.costs import estimate_validation
from digitrec.inference import Classifier
from digitrec.runs import History, measure_size, summarise
from digitrec.runs.history import Batch, Epoch
from digitrec.runs.store import SHIPPED_FOLDER
from support import made_runs


class Clock:
    """A network of which every answer takes as long as the next number says."""

    sha256 = "of the clock"
    is_quantised = False

    def __init__(self, monkeypatch, seconds):
        self.now, self.seconds, self.asked = 0.0, iter(seconds), 0
        monkeypatch.setattr(costs.time, "perf_counter", lambda: self.now)

    def predict_proba(self, images):
        self.asked += 1
        self.now += next(self.seconds)


def test_the_quickest_round_counts_and_the_first_answer_does_not(monkeypatch):
    model = Clock(monkeypatch, [5, 3, 3, 3, 1, 1, 2, 4, 4, 4])
    assert costs.measure_latency(model, rounds=3, max_seconds=100) == pytest.approx(4 / 3)


def test_after_so_many_seconds_no_round_begins(monkeypatch):
    model = Clock(monkeypatch, [1] * 100)
    assert costs.measure_latency(model, max_seconds=2) == 1 and model.asked == 4


def test_a_latency_is_measured_once_for_a_machine(monkeypatch, folders):
    monkeypatch.setattr(costs, "machine_name", lambda: "this one")
    model = Clock(monkeypatch, [1] * 1000)
    assert costs.find_latency(model) == 1
    asked = model.asked
    assert costs.find_latency(model) == 1 and model.asked == asked
    model.is_quantised = True  # it answers by another file now
    assert costs.find_latency(model) == 1 and model.asked > asked
    model.is_quantised, asked = False, model.asked
    monkeypatch.setattr(costs, "machine_name", lambda: "another")
    costs.find_latency(model)
    assert model.asked > asked


def test_where_nothing_can_be_stored_the_latency_is_known_all_the_same(monkeypatch, folders):
    cache_folder().mkdir(parents=True)
    (cache_folder() / "latencies").write_text("a file in the way")
    assert costs.find_latency(Clock(monkeypatch, [1] * 1000)) == 1


def test_the_costs_of_a_run_are_those_of_its_network_and_file():
    run = made_runs.ended(made_runs.new("mine"))
    run.tflite_path.write_bytes((SHIPPED_FOLDER / "mnist" / "model.tflite").read_bytes())
    found = costs.measure_costs(summarise_run(run))
    expected = measure_size(summarise(run.config.architecture, 10)).multiply_adds
    assert (found.parameters, found.multiply_adds) == (1234, expected)
    assert found.size == run.tflite_path.stat().st_size and found.latency > 0
    assert found.latency == costs.find_latency(Classifier.load(run.tflite_path))


def test_an_accuracy_has_its_interval_where_the_number_of_images_is_known():
    found = summarise_run(made_runs.ended(made_runs.new("mine")))
    assert estimate_validation(found).value == pytest.approx(221 / 240)
    assert estimate_validation(found._replace(val_accuracy=None)) is None


def test_epochs_lie_where_the_axis_says():
    run = made_runs.new("mine", dataclasses.replace(made_runs.SMALL, batch_size=64))
    history = made_runs.in_epoch(run, 3).history()
    assert comparison.place_epochs(run, history, "epochs") == [1, 2]
    assert comparison.place_epochs(run, history, "seconds") == [1, 2]
    assert comparison.place_epochs(run, history, "images") == [640, 1280]  # 10 steps of 64 in an epoch
    whole = made_runs.in_epoch(made_runs.new("whole"), 3)
    assert comparison.place_epochs(whole, whole.history(), "images") == [1200, 2400]
    headless = History(epochs=history.epochs, batches=(Batch(step=1, epoch=1, loss=1.0, accuracy=0.0),))
    assert comparison.place_epochs(run, headless, "images") == [0, 0]


def test_without_seconds_of_each_epoch_the_times_of_the_rows_count():
    start = made_runs.in_epoch(made_runs.new("mine"), 1).history().start
    rows = tuple(Epoch(epoch=i, loss=1.0, accuracy=0.0, time=start.time + 7 * i) for i in (1, 2))
    assert History(start=start, epochs=rows).epoch_seconds() == pytest.approx([7, 14])
