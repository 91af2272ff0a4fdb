"""A search in a real PostgreSQL server: three workers, of which one is killed, and what a stop and a fault do."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from digitrec.cli.main import main
from digitrec.search import Plan, SearchError, folder, results, session, storage, study
from digitrec.search.folder import STOPPED
from support import postgres
from support.places import ROOT
from support.searches import PLAN, train

pytestmark = pytest.mark.slow
# A worker as `digitrec worker`, but quick: trials that cost nothing, and a short time until it is missed. The one
# with an argument hangs in its second trial.
WORKER = """
import sys, time
from digitrec.search import session, storage
from support.searches import train
storage.HEARTBEAT_SECONDS, storage.GRACE_SECONDS = 1, 3
trials = []
def train_or_hang(task):
    trials.append(task)
    if sys.argv[2:] and len(trials) == 2:
        print("hangs", flush=True)
        time.sleep(600)
    time.sleep(0.1)
    return train(task)
session.run_worker(sys.argv[1], train=train_or_hang, echo=lambda line: None)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    programs = postgres.find_programs()
    if programs is None:
        (pytest.fail if os.environ.get("DIGITREC_REQUIRE") == "1" else pytest.skip)("PostgreSQL is not installed")
    with postgres.running(programs) as url:
        yield url


def start(url: str, *arguments: str) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{Path(__file__).parent.parent}"}
    command = [sys.executable, "-c", WORKER, url, *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def test_three_workers_share_a_search_and_the_trial_of_a_killed_one_is_tried_again(server, monkeypatch):
    monkeypatch.setattr(storage, "HEARTBEAT_SECONDS", 1)
    plan = Plan(**vars(PLAN) | {"trials": 15, "storage": server})
    search = folder.create(plan, "mine")
    study.open_study(search, plan)
    killed, others = start(server, "hangs"), [start(server) for _ in range(2)]
    assert killed.stdout.readline() == "hangs\n"
    killed.kill()
    assert [worker.wait(timeout=120) for worker in others] == [0, 0]
    found = results.read(search)
    assert 15 <= found.done <= 17 and found.count("lost") == 1 and found.count("running", "waiting") == 0
    (lost,) = (trial for trial in found.trials if trial.state == "lost")
    again = [trial for trial in found.trials if trial.settings == lost.settings and trial is not lost]
    assert [trial.state in ("complete", "pruned") for trial in again] == [True]
    assert found.first is not None and found.best.outcome.accuracy >= found.first.outcome.accuracy
    assert not search.journal_path.exists()


def test_the_search_itself_works_in_the_database_and_its_stop_reaches_the_workers(server, capsys):
    plan = dataclasses.replace(PLAN, storage=server)
    search = folder.create(plan, "stops")
    folder.claim(search)
    seen = []

    def stop_in_the_third(task):
        seen.append(task)
        if len(seen) == 3:
            folder.stop(search)
        return train(task)

    assert session.run_search(search, stop_in_the_third, seen.append) == STOPPED
    assert main(["worker", server, "--search", "stops"]) == 0  # ends at once, and trains nothing
    assert "The worker has ended: stopped." in capsys.readouterr().out
    folder.prepare_to_go_on(search, trials=7)
    assert session.run_search(search, train, seen.append) == "finished"
    assert results.read(search).done == 7
    assert session.run_worker(server, "stops", train=train, echo=seen.append) == "finished"


def test_what_cannot_be_joined_is_told(server):
    import optuna

    name = optuna.create_study(storage=storage.open_database(server), study_name="foreign").study_name
    with pytest.raises(SearchError, match="'foreign' is no search of digitrec"):
        session.run_worker(server, name, train=train)
    with pytest.raises(SearchError, match=r"which search is meant: expected --search with one of: .*foreign"):
        session.run_worker(server, train=train)
    with pytest.raises(SearchError, match="there is no search 'gone'"):
        session.run_worker(server, "gone", train=train)
    plan = dataclasses.replace(PLAN, storage=server)
    first, second = folder.create(plan, "twice"), folder.create(plan, "again")
    study.open_study(first, plan)
    folder.delete(first)
    second.path.rename(first.path)  # made later, elsewhere, with the same name
    with pytest.raises(SearchError, match="the database has a search 'twice' already"):
        study.open_study(first, plan)
