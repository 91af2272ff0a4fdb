"""`digitrec train` in this process, with a trainer that only notes its runs: spare, series, cluster and resume."""

import signal
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from digitrec.cli import train
from digitrec.cli.main import main
from digitrec.runs import ClusterError, TrainConfig, jobs, places, processes, spare, store
from support.stand_ins import ConnectedCluster, create

SMALL = TrainConfig(dataset="digits", network="mlp")
CLUSTER = "tcp://127.0.0.1:9"


@pytest.fixture(autouse=True)
def quiet_process(monkeypatch) -> Iterator[None]:
    """The process of the tests keeps its priority, its collector, its end and its Ctrl-C."""
    before = signal.getsignal(signal.SIGINT)
    for name in ("lower_priority", "prepare_tensorflow", "end_with_server"):
        monkeypatch.setattr(processes, name, lambda: None)
    monkeypatch.setattr(processes, "POLL_SECONDS", 0)
    monkeypatch.setattr(train.gc, "freeze", lambda: None)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def trained(monkeypatch) -> list[str]:
    """Instead of a training its run is noted; "bad" fails, "gone" and "discarded" lose their folders."""
    names: list[str] = []

    def fit(run, echo):
        names.append(run.name)
        if run.name == "bad":
            raise MemoryError("no room")
        if run.name in ("gone", "discarded"):
            run.path.rename(run.path.with_name(".away"))
        if run.name == "gone":
            raise FileNotFoundError(2, "No such file", "history.jsonl")
        echo(f"epoch 1 of 1 of {run.name}")

    monkeypatch.setitem(sys.modules, "digitrec.training", SimpleNamespace(fit=SimpleNamespace(train=fit)))
    return names


def test_a_new_run_is_stored_with_its_settings_trained_and_its_folder_told(trained, capsys):
    assert main(["train", "--dataset=digits", "--network=mlp", "--epochs=3", "--name=mine"]) == 0
    run = store.open_run("mine")
    assert trained == ["mine"] and run.config == TrainConfig(dataset="digits", network="mlp", epochs=3)
    said = capsys.readouterr().out
    assert "Training mlp on digits ..." in said and "epoch 1 of 1 of mine" in said
    assert f"The run 'mine' is in {run.path}" in said


def test_the_settings_of_a_preset_hold_where_no_option_says_otherwise(trained):
    name, preset = next(iter(train.PRESETS.items()))
    assert main(["train", f"--preset={name}", "--dataset=digits", "--network=mlp", "--name=mine"]) == 0
    config = store.open_run("mine").config
    assert config == TrainConfig.from_dict(preset.to_dict() | {"dataset": "digits", "network": "mlp"})


def test_a_spare_worker_trains_the_run_it_is_given_and_ends_quietly_without_one(trained, monkeypatch):
    create("mine", SMALL)
    for name, expected in ((None, []), ("mine", ["mine"])):
        monkeypatch.setattr(spare, "wait_for_run", lambda name=name: name)
        assert main(["train", "--spare"]) == 0
        assert trained == expected


def test_a_run_of_a_series_that_fails_leaves_its_reason_and_the_next_is_trained(trained, monkeypatch):
    runs = [create(name, SMALL) for name in ("bad", "good")]
    monkeypatch.setattr(spare, "wait_for_runs", lambda: iter(["bad", "good"]))
    assert main(["train", "--series"]) == 0
    assert trained == ["bad", "good"]
    assert [run.error for run in runs] == ["MemoryError: no room", None]


def test_a_run_that_was_discarded_while_it_trained_is_not_made_again(trained, capsys):
    run = create("gone", SMALL)
    assert main(["train", "--run", "gone"]) == 1
    assert "the training of 'gone' failed" in capsys.readouterr().err and not run.path.exists()


def test_of_a_run_that_was_discarded_in_good_order_no_folder_is_told(trained, capsys):
    create("discarded", SMALL)
    assert main(["train", "--run", "discarded"]) == 0
    assert trained == ["discarded"] and "is in" not in capsys.readouterr().out


@pytest.mark.parametrize("more", [["--batch-size=8"], ["--preset=fast"], ["--name=other"]])
def test_a_resumed_run_keeps_its_settings(more, trained, capsys):
    if more[0].startswith("--preset"):
        more = [f"--preset={next(iter(train.PRESETS))}"]
    create("mine", SMALL)
    assert main(["train", "--resume", "mine", *more]) == 1
    what = "batch_size" if "--batch-size=8" in more else "a preset or a name"
    assert f"expected none but --epochs, found {what}." in capsys.readouterr().err
    assert not trained


def test_a_resumed_run_is_prepared_with_the_number_of_epochs_and_trained(trained, monkeypatch):
    prepared = []
    monkeypatch.setattr(jobs, "prepare_to_go_on", lambda run, epochs: prepared.append((run.name, epochs)))
    create("mine", SMALL)
    assert main(["train", "--resume", "mine", "--epochs", "7"]) == 0
    assert (prepared, trained) == ([("mine", 7)], ["mine"])


def test_a_built_in_run_is_not_trained_on(trained, capsys):
    assert main(["train", "--resume", "mnist"]) == 1
    assert "'mnist' is built in: it cannot be trained on" in capsys.readouterr().err and not trained


@pytest.fixture
def cluster(monkeypatch) -> list[str]:
    """A cluster that trains a run by noting it, and is away for a run named "bad"."""
    pytest.importorskip("distributed")
    from digitrec.cluster import connection
    from digitrec.cluster import jobs as cluster_jobs

    noted: list[str] = []

    def work(connected, run, echo):
        if run.name == "bad":
            raise ClusterError("the scheduler has ended.")
        noted.append(f"{run.name} at {connected.address}")
        echo("epoch 1 of 1\n")

    monkeypatch.setattr(connection, "Connection", ConnectedCluster)
    monkeypatch.setattr(cluster_jobs, "train", work)
    monkeypatch.setattr(processes, "has_tensorflow", lambda: False)  # the cluster has it
    return noted


def test_a_cluster_trains_a_run_without_tensorflow_here_and_is_recorded(cluster, capsys):
    run = create("mine", SMALL)
    assert main(["train", "--run", "mine", "--cluster", CLUSTER]) == 0
    assert cluster == [f"mine at {CLUSTER}"] and places.find(run) == places.Place(CLUSTER)
    said = capsys.readouterr().out
    assert f"Training mlp on digits on the cluster {CLUSTER} ...\nepoch 1 of 1\n" in said


def test_a_cluster_that_fails_leaves_its_reason_in_the_run(cluster, capsys):
    run = create("bad", SMALL)
    assert main(["train", "--run", "bad", "--cluster", CLUSTER, "--watch-stdin"]) == 1
    said = capsys.readouterr().err
    assert run.error == "The scheduler has ended." and "Traceback" not in said
    assert "digitrec: the training of 'bad' failed: the scheduler has ended." in said


def test_what_is_no_address_of_a_cluster_starts_nothing(cluster, capsys):
    run = create("mine", SMALL)
    assert main(["train", "--run", "mine", "--cluster", "scheduler"]) == 1
    assert "'scheduler' is no address of a cluster" in capsys.readouterr().err
    assert not cluster and run.worker is None
