"""When the scheduler is killed, a person is told, what came back is there, and the rest is done here."""

import threading

import pytest

from digitrec.cluster import jobs as cluster_jobs
from digitrec.cluster.connection import Connection
from digitrec.forms import away
from digitrec.runs import ClusterError, TrainConfig, checkpoints, jobs, processes, store
from digitrec.ui.read.example import example_picture
from support.cluster_program import WAITS
from support.clusters import MAX_SECONDS
from support.stand_ins import create, wait_until

pytestmark = pytest.mark.slow


def test_a_scheduler_that_is_killed_is_told_and_work_goes_on_here(cluster):
    run, errors, said = create("mine", TrainConfig(dataset="digits", network="mlp", batch_size=WAITS)), [], []

    def train() -> None:
        try:
            with Connection(cluster.address) as connection:
                cluster_jobs.train(connection, run, echo=lambda text: None)
        except ClusterError as error:
            errors.append(str(error))

    processes.claim(run)
    training = threading.Thread(target=train, daemon=True)
    training.start()
    wait_until(lambda: len(run.history().epochs) == 2, MAX_SECONDS)
    reader = store.open_run("mnist")
    answers = away.read_pictures_away(cluster.address, [example_picture] * 12, reader, said.append)
    first = next(answers)
    cluster.end()
    rest = list(answers)
    assert [answer.text for answer in rest] == [first.text] * 11
    assert len(said) == 1 and "has ended, or cannot be reached any more" in said[0] and "are read here" in said[0]
    training.join(MAX_SECONDS)
    assert len(errors) == 1 and "has ended, or cannot be reached any more" in errors[0]
    run.record_error(errors[0])
    (run.path / "worker.json").unlink()  # as when its process has ended
    jobs.prepare_to_go_on(run)
    assert checkpoints.load_last(run).epoch == run.history().resumes[-1].epoch == 2
