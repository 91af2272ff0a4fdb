"""`digitrec search` and `digitrec worker`: what they refuse, what they say, and one real search."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib import util

import pytest

from digitrec.cli.main import main
from digitrec.runs import processes, store
from digitrec.search import folder, results, session
from digitrec.search.folder import Status
from support.places import ROOT
from support.searches import train
from support.stand_ins import wait_until

SPACE = {
    "settings": {"dataset": "digits", "network": "mlp", "epochs": 2, "batch_size": 256, "validation_share": 0.2},
    "space": {"learning_rate": {"low": 0.001, "high": 0.05, "log": True}, "schedule": ["one-cycle", "constant"]},
}


class Fake:
    """In place of what trains."""

    def __enter__(self):
        return train

    def __exit__(self, *_):
        pass


@pytest.fixture(autouse=True)
def the_same_interrupt() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def space(tmp_path) -> str:
    path = tmp_path / "space.json"
    path.write_text(json.dumps(SPACE))
    return str(path)


@pytest.fixture
def fake(monkeypatch) -> None:
    monkeypatch.setattr(session, "make_trainers", lambda name, at_once: Fake())


def test_a_search_says_each_trial_and_the_way_to_the_best_and_goes_on(fake, space, capsys):
    assert main(["search", "--space", space, "--trials", "4", "--name", "mine", "--at-once", "1"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said[:4]] == [f"trial {number}" for number in range(4)]
    assert said[4] == "The search 'mine' has ended: finished."
    assert "is the best of 4 trials" in said[5] and "were not used" in said[6]
    assert said[7].startswith("Train with its settings: digitrec train --dataset=digits --network=mlp --epochs=2 ")
    assert main(["search", "--resume", "mine", "--trials", "6"]) == 0
    assert "the best of 6 trials" in capsys.readouterr().out
    assert folder.open_search("mine").plan.trials == 6


def test_several_objectives_have_a_frontier(fake, space, tmp_path, capsys):
    (tmp_path / "space.json").write_text(json.dumps(SPACE | {"objectives": ["accuracy", "size"]}))
    assert main(["search", "--space", space, "--trials", "4"]) == 0
    assert "frontier: trial " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "expected --space FILE, or --resume NAME"),
        (["--resume", "mine", "--space", "FILE"], "expected --space FILE, or --resume NAME"),
        (["--resume", "mine", "--name", "other"], "none of --name, --storage and --at-once"),
        (["--resume", "mine", "--at-once", "2"], "none of --name, --storage and --at-once"),
        (["--space", "FILE", "--at-once", "99"], "at_once is 99: expected 1 to 16"),
        (["--resume", "nothing"], "there is no search 'nothing': expected one of: none yet"),
        (["--space", "nowhere.json"], "nowhere.json cannot be read"),
        (["--space", "FILE", "--name", "../out"], "cannot be a search's name"),
        (["--space", "FILE", "--trials", "0"], "trials is 0"),
        (["--space", "FILE", "--hours", "-1"], "hours is -1"),
        (["--space", "FILE", "--storage", "mysql://me:secret@here/db"], "'mysql://me@here/db' is no database"),
        (["--space", "FILE", "--storage", "nonsense"], "'nonsense' is no database for a search"),
        (["--space", "FILE", "--storage", "postgresql://me:secret@127.0.0.1:9/db"], "cannot be used"),
    ],
)
def test_what_cannot_be_searched_is_refused_and_leaves_nothing(space, capsys, models_folder, arguments, said):
    assert main(["search", *(space if each == "FILE" else each for each in arguments)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("digitrec: ") and said in error and "secret" not in error
    assert not folder.list_searches() and not list(models_folder.glob("[!.]*"))


def test_a_name_is_taken_once(fake, space, capsys):
    assert main(["search", "--space", space, "--trials", "1", "--name", "mine"]) == 0
    assert main(["search", "--space", space, "--trials", "1", "--name", "mine"]) == 1
    assert "there is a search named 'mine' already" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["optuna", "psycopg", "tensorflow"])
def test_what_is_not_installed_is_named(missing, space, capsys, monkeypatch):
    find = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name: None if name == missing else find(name))
    extra = {"optuna": "search", "psycopg": "search,postgresql", "tensorflow": "train"}[missing]
    assert main(["worker", "postgresql://127.0.0.1:9/db"]) == 1
    assert f'pip install "digitrec[{extra}]"' in capsys.readouterr().err


def test_ctrl_c_asks_for_the_end_and_a_second_one_ends_at_once(monkeypatch, space, capsys):
    def interrupted(search, train, echo, at_once):
        os.kill(os.getpid(), signal.SIGINT)
        assert search.wish == "stop"
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(session, "run_search", interrupted)
    assert main(["search", "--space", space]) == 1
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.slow
def test_a_real_search_is_killed_and_goes_on_with_two_trials_in_one_process(space, models_folder):
    command = [sys.executable, "-m", "digitrec", "search"]
    first = subprocess.Popen(
        [*command, "--space", space, "--trials", "3", "--name", "mine", "--at-once", "1"], cwd=ROOT
    )
    try:
        wait_until(lambda: any(run.history() for run in store.list_runs(search="mine")))
    finally:
        first.kill()
        first.wait()
    mine = folder.open_search("mine")
    wait_until(lambda: not any(processes.is_live(run) for run in store.list_runs(search="mine")))  # nor its worker
    assert folder.status(mine) is Status.INTERRUPTED
    again = subprocess.run([*command, "--resume", "mine"], cwd=ROOT, capture_output=True, text=True, timeout=500)
    assert again.returncode == 0, again.stderr
    found = results.read(mine)
    assert found.done == 3 and found.count("lost") == 1 and folder.status(mine) is Status.FINISHED
    runs = store.list_runs(search="mine")
    assert {run.name for run in runs} == {trial.run for trial in found.trials if trial.state != "lost"}
    assert len({run.worker.pid for run in runs}) == 1
    complete = [run for run in runs if run.has_model]
    assert found.first is not None and complete
    assert found.first.outcome.latency > 0 and found.first.outcome.size > 0.01
