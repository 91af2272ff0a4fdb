"""Trials of a search on a cluster that only writes rows: reported, stopped, lost, and what is left of them."""

import dataclasses
import threading

import pytest

pytest.importorskip("distributed")

from digitrec.cluster.remote import JobLostError
from digitrec.data import DatasetError
from digitrec.runs import ClusterError, End, Epoch, Start, TrainConfig, places, store
from digitrec.search import Outcome, SearchError, cluster_trainings, trainings
from digitrec.search.cluster_trainings import ClusterTrainers
from digitrec.search.work import Task, TrialLostError, TrialStoppedError

ADDRESS = "tcp://127.0.0.1:9"
CONFIG = TrainConfig(dataset="digits", network="mlp", epochs=2)


class Connected:
    """A cluster with five places."""

    def __init__(self, address: str) -> None:
        self.address, self.places, self.is_closed = address, 5, False

    def count_places(self) -> int:
        return self.places

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def trainers(monkeypatch, models_folder):
    monkeypatch.setattr(cluster_trainings, "Connection", Connected)
    monkeypatch.setattr(cluster_trainings, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(trainings, "_measure_latency", lambda run: 1.5)
    with ClusterTrainers("mine", ADDRESS) as made:
        yield made
    assert made._connection.is_closed


@pytest.fixture
def trains(monkeypatch):
    """Lets a function of the run and of what prints do the training."""
    return lambda what: monkeypatch.setattr(
        cluster_trainings.cluster_jobs, "train", lambda connection, run, echo: what(run, echo)
    )


def task(reports: list, *, is_over=lambda: False, prune_after: int = 9, **settings) -> Task:
    def report(*numbers) -> bool:
        reports.append(numbers)
        return numbers[0] >= prune_after

    config = dataclasses.replace(CONFIG, **settings)
    return Task("mine 000", config, report, reports.append, is_over)


def write(run, echo) -> None:
    """The rows and files of a training that ends well."""
    echo("epoch 1 of 2\n")
    run.append(Start(epochs=2, steps_per_epoch=10, parameters=99, validation_images=200))
    for epoch in (1, 2):
        run.append(Epoch(epoch=epoch, loss=1.0, accuracy=0.9, val_loss=1 / epoch, val_accuracy=0.5 + epoch / 8))
    run.tflite_path.write_bytes(b"x" * 250_000)
    run.keras_path.write_bytes(b"x")
    run.append(End(reason="finished", best_epoch=2, val_accuracy=0.75))


def test_a_trial_is_a_run_of_the_search_whose_epochs_are_reported(trainers, trains):
    trains(write)
    reports: list = []
    found = trainers(task(reports))
    assert (found.accuracy, found.loss, found.latency, found.size) == (0.75, 0.5, 1.5, 0.25)
    assert (found.parameters, found.images) == (99, 200)
    assert reports == ["mine 000", (1, 1.0, 0.375), (2, 0.5, 0.25)]
    run = store.open_run("mine 000")
    assert run.search == "mine" and places.find(run) == places.Place(ADDRESS)
    assert run.log_path.read_text() == "epoch 1 of 2\n"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (JobLostError("machines were lost under it 3 times."), TrialLostError),
        (ClusterError("the scheduler has ended."), SearchError),
        (DatasetError("the data set is not here."), SearchError),
        (OSError("the disk is full."), SearchError),
    ],
)
def test_a_training_that_failed_leaves_no_run_and_says_why(trainers, trains, error, kind):
    def fail(run, echo):
        raise error

    trains(fail)
    with pytest.raises(kind, match=str(error)):
        trainers(task([]))
    assert not store.list_runs(search="mine")


def test_a_search_that_ends_asks_the_trial_to_end_and_leaves_nothing_of_it(trainers, trains):
    begun, wishes = threading.Event(), []

    def wait(run, echo):
        begun.set()
        while run.wish is None:
            threading.Event().wait(0.001)
        wishes.append(run.wish)

    trains(wait)
    with pytest.raises(TrialStoppedError):
        trainers(task([], is_over=begun.is_set))
    assert wishes == ["discard"] and not store.list_runs(search="mine")


def test_a_trial_that_promises_little_is_pruned(trainers, trains):
    def end_when_pruned(run, echo):
        run.append(Start(epochs=2, steps_per_epoch=10, parameters=99, validation_images=200))
        run.append(Epoch(epoch=1, loss=1.0, accuracy=0.9, val_loss=2.0, val_accuracy=0.25))
        while run.wish is None:
            threading.Event().wait(0.001)
        run.append(End(reason="pruned"))

    trains(end_when_pruned)
    found = trainers(task([], prune_after=1))
    assert found.is_pruned and (found.accuracy, found.loss) == (0.25, 2.0)


def test_what_cannot_be_trained_is_no_run(trainers, trains):
    trains(write)
    assert "nowhere" in str(trainers(task([], dataset="nowhere")).error)
    assert isinstance(trainers(task([], dataset="nowhere")), Outcome) and not store.list_runs(search="mine")


@pytest.mark.parametrize(
    ("wanted", "trials", "there", "expected"),
    [(None, 50, 5, 5), (None, 3, 5, 3), (2, 50, 5, 2), (None, 50, 0, 1), (None, 500, 500, 64)],
)
def test_as_many_trials_at_once_as_are_wanted_or_fit(trainers, wanted, trials, there, expected):
    trainers._connection.places = there
    assert trainers.count_at_once(wanted, trials) == expected


def test_a_cluster_that_is_away_ends_the_search_in_words(monkeypatch):
    def fail(address):
        raise ClusterError("it cannot be reached.")

    monkeypatch.setattr(cluster_trainings, "Connection", fail)
    with pytest.raises(SearchError, match="it cannot be reached"):
        ClusterTrainers("mine", ADDRESS)
