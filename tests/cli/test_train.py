"""`digitrec train` where TensorFlow is not installed, and `digitrec dashboard`."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from digitrec.cli.main import main
from digitrec.files import app_root
from digitrec.runs import jobs, processes, store
from digitrec.runs.config import TrainConfig
from digitrec.runs.history import End
from digitrec.runs.jobs import Status
from digitrec.runs.run import Run
from support.stand_ins import create

MISSING = 'needs TensorFlow: pip install "digitrec[train]"'


@pytest.fixture(autouse=True)
def the_same_interrupt() -> Iterator[None]:
    """Ctrl-C ends the tests: a command that runs in this process takes it for itself."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def run() -> Run:
    return create("mine", TrainConfig(dataset="digits", network="mlp"))


def test_an_own_network_that_cannot_be_built_is_refused_and_leaves_no_run(capsys):
    line = "conv 8 valid residual"
    with pytest.raises(SystemExit, match="2"):
        main(["train", "--dataset", "digits", "--network", "own", "--layers", line])
    said = capsys.readouterr().err
    assert said.startswith("digitrec: the network 'own' cannot be built: block 1 (conv 8 valid residual): ")
    assert not [each for each in store.list_runs() if not each.is_shipped]


@pytest.fixture
def no_tensorflow(monkeypatch) -> None:
    monkeypatch.setattr(processes, "has_tensorflow", lambda: False)


def test_without_tensorflow_a_training_says_what_to_install_and_leaves_no_run(no_tensorflow, capsys):
    assert main(["train", "--dataset", "digits"]) == 1
    assert f"digitrec: Training {MISSING}" in capsys.readouterr().err
    assert not [each for each in store.list_runs() if not each.is_shipped]


def test_without_tensorflow_a_worker_leaves_the_reason_in_its_run(no_tensorflow, run, capsys):
    assert main(["train", "--run", "mine"]) == 1
    assert (jobs.status(run), jobs.failure_reason(run)) == (Status.FAILED, f"Training {MISSING}")


def test_a_queued_training_that_is_cancelled_leaves_nothing(run, monkeypatch):
    monkeypatch.setattr(processes, "lower_priority", lambda: None)
    run.ask(wish="stop")
    assert main(["train", "--run", "mine"]) == 0
    assert not list(run.path.parent.iterdir())


def test_a_training_that_fails_leaves_the_reason_in_its_run(run, monkeypatch, capsys):
    def fail(run: Run) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(processes, "lower_priority", lambda: None)
    monkeypatch.setattr("digitrec.cli.train._run_training", fail)
    assert main(["train", "--run", "mine"]) == 1
    assert run.error == "MemoryError: no room"
    assert "digitrec: the training of 'mine' failed: no room" in capsys.readouterr().err


def test_a_run_that_has_ended_is_not_trained_again(run, capsys):
    run.append(End(reason="finished"))
    assert main(["train", "--run", "mine"]) == 1
    assert "only a new run can be trained" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="there the server is a process of its own")
def test_the_dashboard_is_started_where_its_configuration_is(monkeypatch, tmp_path):
    started = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGITREC_MODELS", "mine")
    monkeypatch.setattr(os, "execv", lambda path, command: started.append((command, Path.cwd())))
    assert main(["dashboard", "--port", "8600", "--no-browser"]) == 0
    ((command, folder),) = started
    assert command[1:5] == ["-m", "streamlit", "run", str(app_root() / "app.py")]
    assert command[5:] == ["--server.address=127.0.0.1", "--server.port=8600", "--server.headless=true"]
    assert folder == app_root() and os.environ["DIGITREC_MODELS"] == str(tmp_path / "mine")


def test_the_version_is_told(capsys):
    from digitrec import __version__

    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0 and capsys.readouterr().out == f"digitrec {__version__}\n"
