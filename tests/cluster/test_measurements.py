"""Measurements and evaluations on a real cluster give the numbers of this machine, also when one is killed."""

import json
import threading

import pytest

from digitrec import files
from digitrec.cli.main import main
from digitrec.cluster import jobs
from digitrec.cluster.connection import Connection
from digitrec.evaluation import scoring
from digitrec.runs import Measurement, measurements, places, store
from support.clusters import MAX_SECONDS
from support.stand_ins import wait_until

pytestmark = pytest.mark.slow
OPTIONS = ["--dataset", "digits", "--split", "test"]


def measured() -> Measurement:
    return Measurement("robustness", store.open_run("mnist"), "digits", "test")


def test_the_robustness_is_that_of_this_machine_though_the_one_that_measures_is_killed(cluster, monkeypatch):
    cluster.hang_once()
    monkeypatch.setenv(places.VARIABLE, cluster.address)
    measurements.start(measured(), 3)
    wait_until(lambda: measurements.progress(measured()).done == 2, MAX_SECONDS)
    assert measurements.queue() == []  # it has no queue here
    cluster.kill_the_one_at_work()
    wait_until(lambda: not measurements.progress(measured()).is_live, MAX_SECONDS)
    away = measurements.progress(measured()).result
    run = store.open_run("mnist")
    assert run.load_evaluation("digits", "test-robustness") is not None
    rows = [row["done"] for row in files.read_rows(measured().folder.path / "progress.jsonl")]
    assert rows == list(range(76))
    assert main(["robustness", "mnist", *OPTIONS, "--images", "3"]) == 0
    here = measurements.progress(measured()).result
    assert {**away, "created": ""} == {**here, "created": ""}


def test_a_measurement_is_cancelled(cluster):
    cluster.hang_once()
    measurements.claim(measured(), 3, by_server=False)
    with Connection(cluster.address) as connection:
        work = threading.Thread(target=jobs.measure, args=(connection, measured(), 3, print), daemon=True)
        work.start()
        wait_until(lambda: measurements.progress(measured()).done == 2, MAX_SECONDS)
        measurements.cancel(measured())
        work.join(MAX_SECONDS)
        assert not work.is_alive() and measurements.progress(measured()) is None
        wait_until(lambda: not connection.list_busy(), MAX_SECONDS)


def test_an_evaluation_is_made_there_and_read_here(cluster, capsys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.delattr(scoring, "Classifier")  # nothing is predicted here
        assert main(["evaluate", "mnist", *OPTIONS, "--json", "--cluster", cluster.address]) == 0
    away = json.loads(capsys.readouterr().out)
    assert main(["evaluate", "mnist", *OPTIONS, "--json"]) == 0
    here = json.loads(capsys.readouterr().out)
    assert {**away, "looks": 2} == here
