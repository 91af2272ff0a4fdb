"""Durations: by a run that did the same work, else by the speed of the machine."""

import dataclasses
import threading
import time

import pytest

from digitrec.evaluation import durations
from digitrec.runs import NETWORKS, PRESETS, TrainConfig, store
from digitrec.runs.architectures import Conv, Flatten
from support import made_runs

MNIST = TrainConfig(dataset="mnist", network="fast")
prepare = durations.prepare  # before a test's fixtures replace it


@pytest.fixture(autouse=True)
def untested(folders, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose speed was not tested."""
    monkeypatch.setattr(durations, "_test", None)


def know_turn(monkeypatch: pytest.MonkeyPatch, share: float = 1.0) -> None:
    monkeypatch.setattr(durations, "machine_turn", lambda: share * durations.REFERENCE_TURN)


@pytest.mark.parametrize("costly", [{"adversarial": 0.1}, {"noise": 0.2}, {"rotation": 5.0}])
def test_a_run_that_did_other_work_says_nothing_of_the_time(costly):
    run = made_runs.ended(made_runs.new("plain", made_runs.SMALL))
    assert durations.measure_duration(run.config) is not None
    assert durations.measure_duration(dataclasses.replace(run.config, **costly)) is None


def test_of_an_untested_machine_nothing_is_known_and_a_run_of_its_own_needs_no_test(monkeypatch):
    assert durations.find_duration(MNIST) is None
    know_turn(monkeypatch)
    assert durations.find_duration(MNIST).run is None
    run = made_runs.ended(made_runs.new("own", MNIST))
    assert durations.find_duration(MNIST).run == run


def test_a_machine_half_as_fast_takes_twice_as_long(monkeypatch):
    monkeypatch.setattr(durations, "_round", lambda seconds: seconds)
    know_turn(monkeypatch)
    once = durations.find_duration(MNIST).seconds
    know_turn(monkeypatch, 2)
    assert durations.find_duration(MNIST).seconds == pytest.approx(2 * once)


@pytest.mark.parametrize(
    "more",
    [{"epochs": 9}, {"network": "resnet-fine"}, {"rotation": 5.0}, {"noise": 0.3}, {"adversarial": 0.1}],
)
def test_more_work_takes_longer(more):
    assert durations.estimate_seconds(dataclasses.replace(MNIST, **more), 60_000) > durations.estimate_seconds(
        MNIST, 60_000
    )


def test_the_presets_take_from_seconds_to_hours_in_their_order():
    seconds = [durations.estimate_seconds(PRESETS[name], 60_000) for name in ("quick", "balanced", "best")]
    assert seconds == sorted(seconds) and seconds[0] < 120 < 1200 < seconds[2]


def test_the_values_between_the_layers_are_counted_by_hand():
    network = NETWORKS["cnn"]._replace(layers=(Conv(8), Flatten()))
    operations, values = durations.count_work(network)
    assert operations == 9 * 8 * 784 + 784 * 8 * 10
    assert values == 784 + 784 * 8 * 2 + 10


def test_the_pen_drawings_are_as_many_as_the_shipped_run_learnt_from(monkeypatch):
    monkeypatch.setattr(durations, "estimate_seconds", lambda config, images: images)
    monkeypatch.setattr(durations, "_round", lambda seconds: seconds)
    know_turn(monkeypatch)
    run = store.open_run("draw")
    start = run.history().start
    found = durations.find_duration(dataclasses.replace(MNIST, dataset=run.config.dataset)).seconds
    assert found == start.train_images + start.validation_images


def test_the_machine_is_tested_once_and_another_machine_again(monkeypatch):
    tested = []
    monkeypatch.setattr(durations, "measure_turn", lambda: tested.append(1) or 0.01)
    for machine in ("this", "this", "another"):
        monkeypatch.setattr(durations, "machine_name", lambda machine=machine: machine)
        prepare()
        if durations._test is not None:
            durations._test.join()
        assert durations.machine_turn() == 0.01
    assert len(tested) == 2


def test_while_it_is_tested_it_is_not_tested_again(monkeypatch):
    go_on, tested = threading.Event(), []
    monkeypatch.setattr(durations, "measure_turn", lambda: (tested.append(1), go_on.wait(60)) and 0.01)
    prepare()
    prepare()
    assert durations.is_testing() and durations.machine_turn() is None
    thread = durations._test
    go_on.set()
    thread.join()
    assert len(tested) == 1 and not durations.is_testing()


@pytest.mark.parametrize("stored", ["", "[]", '{"turn": 1.0}', "not JSON"])
def test_a_damaged_file_of_the_speed_is_none(folders, monkeypatch, stored):
    folders[1].mkdir()
    (folders[1] / "speed.json").write_text(stored)
    assert durations.machine_turn() is None


def test_the_test_of_speed_leaves_time_for_the_page():
    began, used = time.perf_counter(), time.thread_time()
    turn = durations.measure_turn(0.2)
    assert 0 < turn < time.perf_counter() - began
    assert time.thread_time() - used < time.perf_counter() - began
