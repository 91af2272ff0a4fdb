"""Trainings on a real cluster: rows, wishes and files come through, also when the machine that works is killed."""

import platform
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from digitrec.cluster import agent, remote
from digitrec.cluster import jobs as cluster_jobs
from digitrec.cluster.connection import Connection
from digitrec.cluster.remote import JobLostError
from digitrec.runs import ClusterError, Pin, Run, Status, TrainConfig, checkpoints, jobs, pins, places, processes
from support.cluster_program import DIES, FAILS, WAITS
from support.clusters import MAX_SECONDS
from support.stand_ins import create
from support.stand_ins import wait_until as wait

pytestmark = pytest.mark.slow
CONFIG = TrainConfig(dataset="digits", network="mlp", epochs=5)


def new(name: str = "mine", **settings) -> Run:
    return create(name, TrainConfig(**{**CONFIG.to_dict(), **settings}))


@pytest.fixture
def connection(cluster) -> Iterator[Connection]:
    with Connection(cluster.address) as connected:
        yield connected


def wait_until(condition) -> None:
    wait(condition, MAX_SECONDS)


class Training(threading.Thread):
    """A training on the cluster, as the process of a run follows it."""

    def __init__(self, connection: Connection, run: Run) -> None:
        super().__init__(daemon=True)
        self.connection, self.trained, self.said, self.error = connection, run, [], None
        processes.claim(run)
        self.start()

    def end(self) -> None:
        """Wait for its end."""
        self.join(MAX_SECONDS)
        assert not self.is_alive()

    def run(self) -> None:
        try:
            cluster_jobs.train(self.connection, self.trained, self.said.append)
        except Exception as error:
            self.error = error


@pytest.fixture
def train(connection) -> Callable[[Run], Training]:
    return lambda run: Training(connection, run)


def epochs(run: Run) -> list[int]:
    return [row.epoch for row in run.history().epochs]


def test_the_dashboard_trains_on_the_cluster_with_rows_files_and_words(cluster, monkeypatch):
    monkeypatch.setenv(places.VARIABLE, cluster.address)
    run = new(batch_size=WAITS)
    jobs.start(run)
    wait_until(lambda: epochs(run) == [1, 2])
    assert jobs.status(run) is Status.TRAINING
    assert places.find(run) == (cluster.address, platform.node())
    assert jobs.queue() == [] and jobs.list_live() == [run]
    jobs.stop(run)
    wait_until(lambda: not jobs.is_live(run))
    assert jobs.status(run) is Status.STOPPED
    assert run.tflite_path.read_bytes() == b"mine" * 700_000
    assert "Trains mine from epoch 0\n" in run.log_path.read_text()
    assert checkpoints.epochs(run) == [2]  # the older ones are gone here as well


def test_what_a_person_asks_meanwhile_reaches_the_worker(train):
    run = new(batch_size=WAITS)
    training = train(run)
    wait_until(lambda: epochs(run) == [1, 2])
    jobs.discard(run)
    training.end()
    assert training.error is None and not run.path.is_dir()
    run = new("other", epochs=50)
    training = train(run)
    wait_until(lambda: epochs(run))
    pins.save(run, [Pin(np.zeros((28, 28), np.uint8), "drawn")])
    jobs.steer(run, learning_rate=0.01)
    wait_until(lambda: run.history().epochs[-1].learning_rate == 0.01)
    jobs.stop(run)
    training.end()
    assert checkpoints.load_last(run).facts == {"pins": 1}


def test_a_training_goes_on_from_its_last_checkpoint_when_its_machine_is_killed(train, cluster):
    run = new(batch_size=WAITS)
    training = train(run)
    wait_until(lambda: epochs(run) == [1, 2])
    cluster.kill_the_one_at_work()
    training.end()
    history = run.history()
    assert training.error is None and jobs.status(run) is Status.FINISHED
    assert epochs(run) == [1, 2, 3, 4, 5] and [row.epoch for row in history.resumes] == [2]
    assert any("Trains mine from epoch 2" in text for text in training.said)


def test_another_version_is_told_before_anything_starts(cluster, monkeypatch):
    monkeypatch.setattr(agent, "__version__", "0.0.1")
    with pytest.raises(ClusterError, match=r"other versions than this machine: digitrec 0\.0\.1 here"):
        Connection(cluster.address)


def test_failures_are_told_and_what_kills_its_process_again_and_again_is_given_up(train, monkeypatch):
    monkeypatch.setattr(remote, "MAX_LOSSES", 2)
    failing, dying = train(new("failing", batch_size=FAILS)), train(new("dying", batch_size=DIES))
    failing.end()
    assert jobs.status(failing.trained) is Status.FAILED and failing.trained.has_diverged
    dying.end()
    assert isinstance(dying.error, JobLostError) and "lost this job 2 times" in str(dying.error)
