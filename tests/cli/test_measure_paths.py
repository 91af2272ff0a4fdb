"""`digitrec robustness` and `attack` by the server, with an attacker of known numbers, and on a cluster."""

import sys
from types import SimpleNamespace

import pytest

from digitrec.cli.main import main
from digitrec.evaluation import scoring
from digitrec.robustness import Attack, fast_gradient
from digitrec.runs import ClusterError, measurements, places, processes, store
from digitrec.runs.measurements import Measurement
from support import made_runs
from support.made_runs import Reader
from support.stand_ins import ConnectedCluster

CLUSTER = "tcp://127.0.0.1:9"
OPTIONS = ["--dataset=digits", "--images=5"]
STEPS = len(fast_gradient.EPSILONS)


def attacked(right: int = 2) -> Attack:
    ours = {"model_sha256": "of the reader", "data_sha256": "0" * 64}
    return Attack(n=5, right=(right,) * STEPS, right_by_chance=(5,) * STEPS, examples=(), **ours)


@pytest.fixture
def run(folders, monkeypatch):
    monkeypatch.setattr(store, "SHIPPED", ())
    monkeypatch.setattr(scoring, "Classifier", Reader)
    for name in ("prepare_tensorflow", "lower_priority", "end_with_server"):
        monkeypatch.setattr(processes, name, lambda: None)
    monkeypatch.setattr(processes, "POLL_SECONDS", 0)
    return made_runs.ended(made_runs.new("mine"))


@pytest.fixture
def attack(monkeypatch) -> list[tuple]:
    """An attack that computes nothing."""
    asked: list[tuple] = []

    def attack(run, split, *, n, data_sha256, progress):
        asked.append((run.name, n, data_sha256 is not None))
        progress(1, 1)
        return attacked()

    monkeypatch.setitem(sys.modules, "digitrec.training", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "digitrec.training.attack", SimpleNamespace(attack=attack))
    monkeypatch.setattr(processes, "has_tensorflow", lambda: True)
    return asked


@pytest.mark.parametrize("by_server", [False, True])
def test_an_attack_is_stored_and_printed_only_where_a_person_started_it(by_server, run, attack, capsys):
    measurement = Measurement("attack", run, "digits", "validation")
    more = []
    if by_server:  # which has made the folder
        measurements._make_folder(measurement, 5)
        more = ["--watch-stdin"]
    assert main(["attack", "mine", *OPTIONS, *more]) == 0
    stored = run.load_evaluation("digits", fast_gradient.record_name("validation"))
    assert attack == [("mine", 5, True)] and Attack.from_dict(stored).right == (2,) * STEPS
    assert measurements.progress(measurement).result == stored
    said = capsys.readouterr()
    assert ("mine on digits, validation:" in said.out) is not by_server
    assert ("1 of 1" in said.err) is not by_server
    assert run.count_views("digits", "test") == 0


def test_all_images_are_attacked_where_none_are_counted(run, attack):
    assert main(["attack", "mine", "--dataset=digits", "--images=0"]) == 0
    assert attack[0][1] == sys.maxsize


def test_a_number_of_images_below_none_is_refused(run, attack, capsys):
    assert main(["attack", "mine", "--images=-1"]) == 1
    assert "--images is -1: expected a whole number from 1, or 0 for all." in capsys.readouterr().err
    assert not attack


@pytest.fixture
def cluster(monkeypatch):
    """A cluster whose machine does what is put into the list."""
    pytest.importorskip("distributed")
    from digitrec.cluster import connection
    from digitrec.cluster import jobs as cluster_jobs

    does: list = []
    monkeypatch.setattr(connection, "Connection", ConnectedCluster)
    monkeypatch.setattr(cluster_jobs, "measure", lambda connected, found, images, echo: does[0](found, echo))
    monkeypatch.setattr(cluster_jobs, "evaluate", lambda connected, *rest: does[0](*rest))
    return does


def test_the_numbers_of_a_cluster_are_printed_and_where_it_was_is_recorded(run, cluster, capsys):
    def measure(measurement, echo):
        echo("begun there\n")
        measurements.finish(measurement.folder, attacked().to_dict())

    cluster.append(measure)
    assert main(["attack", "mine", *OPTIONS, "--cluster", CLUSTER]) == 0
    said = capsys.readouterr().out
    assert said.startswith("begun there\nmine on digits, validation:\n") and "40" in said
    folder = Measurement("attack", run, "digits", "validation").folder
    assert places.find(folder) == places.Place(CLUSTER)


def test_numbers_that_did_not_come_back_are_told(run, cluster, capsys):
    cluster.append(lambda measurement, echo: measurement.folder.record_error("The disk is full."))
    assert main(["attack", "mine", *OPTIONS, "--cluster", CLUSTER]) == 1
    assert "digitrec: the attack failed: The disk is full." in capsys.readouterr().err


def test_why_a_cluster_failed_is_left_for_the_page(run, cluster, capsys):
    def lose(measurement, echo):
        raise ClusterError("the scheduler has ended.")

    cluster.append(lose)
    assert main(["attack", "mine", *OPTIONS, "--cluster", CLUSTER]) == 1
    assert "digitrec: the scheduler has ended." in capsys.readouterr().err
    measurement = Measurement("attack", run, "digits", "validation")
    assert measurements.progress(measurement).error == "The scheduler has ended."


def test_an_evaluation_on_a_cluster_is_asked_for_the_images_that_are_scored_here(run, cluster, capsys):
    asked = []
    cluster.append(lambda found, dataset, split, echo: asked.append((found.name, dataset, split)))
    assert main(["evaluate", "mine", "--split=validation", "--cluster", CLUSTER]) == 0
    assert asked == [("mine", "digits", "validation")]
    assert "mine on digits, validation: " in capsys.readouterr().out
