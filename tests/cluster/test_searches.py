"""A search on a real cluster: no trial is lost or doubled when the machine that trains one is killed."""

import dataclasses
import threading

import pytest

from digitrec.runs import places, store
from digitrec.search import Plan, Range, SearchError, Status, folder, results, session
from support.cluster_program import WAITING_RATE
from support.clusters import MAX_SECONDS
from support.searches import CONFIG
from support.stand_ins import wait_until

pytestmark = pytest.mark.slow
PLAN = Plan(
    config=dataclasses.replace(CONFIG, learning_rate=WAITING_RATE),
    space={"learning_rate": Range(1e-4, 1e-1, log=True)},
    trials=6,
)


def begin(search, address: str) -> None:
    places.record(search, address)
    with session.make_cluster_trainers(search.name, address) as trainers:
        at_once = trainers.count_at_once(None, search.plan.trials)
        assert at_once == 3
        session.run_search(search, trainers, echo=lambda line: None, at_once=at_once)


def test_a_trial_goes_on_elsewhere_when_its_machine_is_killed(cluster_of_three):
    search = folder.create(PLAN, "looked")
    thread = threading.Thread(target=begin, args=(search, cluster_of_three.address), daemon=True)
    thread.start()
    # The others are done; the first waits in its third epoch.
    wait_until(lambda: [trial.state for trial in results.read(search).trials].count("complete") == 5, MAX_SECONDS)
    cluster_of_three.kill_the_one_at_work()
    thread.join(MAX_SECONDS)
    trials = results.read(search).trials
    assert folder.status(search) is Status.FINISHED
    assert [(trial.number, trial.state) for trial in trials] == [(number, "complete") for number in range(6)]
    assert list(trials[0].curve) == [1, 2, 3]
    assert [row.epoch for row in store.open_run(trials[0].run).history().resumes] == [2]
    assert len(store.list_runs(search="looked")) == 6
    assert all(trial.outcome.accuracy == 0.8 for trial in trials)


def test_a_search_without_its_cluster_says_so(folders):
    search = folder.create(PLAN, "looked")
    with pytest.raises(SearchError, match=r"the cluster tcp://127.0.0.1:9 cannot be reached"):
        session.make_cluster_trainers(search.name, "tcp://127.0.0.1:9")
