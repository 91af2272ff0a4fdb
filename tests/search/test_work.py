"""The work of a search, with trials that cost nothing: what is tried, what ends it, and what is lost."""

import dataclasses
import itertools
import threading
import time
import types

import psutil
import pytest

from digitrec.runs import processes
from digitrec.search import Outcome, Plan, SearchError, folder, results, session, study
from digitrec.search.folder import ENDED, STOPPED, TIME_OVER, Status
from digitrec.search.work import Limits, Task, TrialLostError, TrialStoppedError, do_trials
from support.searches import CONFIG, PLAN, train


def limits(search, plan=PLAN, **others) -> Limits:
    return Limits(lambda: plan, others.pop("is_stopped", lambda: False), **others)


def quiet(line: str) -> None:
    pass


def test_the_present_settings_are_trial_0_and_the_best_is_better(search):
    plan = dataclasses.replace(PLAN, trials=25)
    made = study.open_study(search, plan)
    seen: list[Task] = []
    said: list[str] = []
    assert (
        do_trials(made, limits(search, plan), lambda task: seen.append(task) or train(task), said.append) == ENDED
    )
    assert len(seen) == 25 == len(said)
    assert seen[0].config == CONFIG and (seen[0].name, seen[24].name) == ("mine 000", "mine 024")
    found = results.find(study.list_trials(made), plan)
    assert found.first is found.trials[0] and found.done == 25
    assert found.best.outcome.accuracy == max(t.outcome.accuracy for t in found.trials if t.state == "complete")
    assert found.best.outcome.accuracy > found.first.outcome.accuracy
    assert found.count("pruned") > 0 and all(len(trial.curve) >= 1 for trial in found.trials)


def test_stopped_and_gone_on_with_the_trial_in_work_is_tried_again(search):
    calls = itertools.count()

    def stop_in_the_third(task: Task) -> Outcome:
        if next(calls) == 2:
            search.ask(wish="stop")
            assert task.is_over()
            raise TrialStoppedError
        return train(task)

    folder.claim(search)
    assert session.run_search(search, stop_in_the_third, quiet) == STOPPED
    assert folder.status(search) is Status.STOPPED
    stopped = study.read_trials(search)[2]
    folder.prepare_to_go_on(search, trials=8)
    assert session.run_search(search, stop_in_the_third, quiet) == ENDED
    trials = study.read_trials(search)
    assert [trial.state for trial in trials].count("stopped") == 1 and results.read(search).done == 8
    assert trials[3].settings == stopped.settings  # what was put back comes first
    assert folder.status(search) is Status.FINISHED and search.plan.trials == 8


def test_what_another_worker_lost_is_tried_again_though_there_are_enough_trials(search):
    made = study.open_study(search, PLAN)
    assert do_trials(made, limits(search), train, quiet) == ENDED
    study.try_again(made, made.get_trials()[3])  # as one that was lost while the last one was made
    assert study.count_trials(made) == (6, 0, 1)
    assert do_trials(made, limits(search), train, quiet) == ENDED
    assert study.count_trials(made) == (7, 0, 0)
    assert made.get_trials()[6].params == made.get_trials()[3].params


def test_a_lost_trial_is_tried_again_but_not_for_ever(search):
    made, rates = study.open_study(search, PLAN), []

    def lose_the_first(task: Task) -> Outcome:
        rates.append(task.config.learning_rate)
        if task.config == CONFIG:
            raise TrialLostError
        return train(task)

    assert do_trials(made, limits(search), lose_the_first, quiet) == ENDED
    assert rates[: study.MAX_LOSSES + 1].count(CONFIG.learning_rate) == study.MAX_LOSSES
    found = results.find(study.list_trials(made), PLAN)
    assert found.count("lost") == study.MAX_LOSSES and found.done == 6 and found.first is None


def test_a_killed_process_loses_the_trial_in_work_alone(search):
    class Killed(BaseException):
        pass

    calls = itertools.count()

    def killed_in_the_third(task: Task) -> Outcome:
        task.note_run(task.name)
        if next(calls) == 2:
            raise Killed
        return train(task)

    folder.claim(search)
    with pytest.raises(Killed):
        session.run_search(search, killed_in_the_third, quiet)
    with search.journal_path.open("ab") as file:  # as if in the midst of a row, with the lock held
        file.write(b'{"op_code": 4, "wor')
    search.journal_path.with_name("journal.log.lock").symlink_to(search.journal_path)
    search.record_worker(search.worker._replace(started=0.0))  # another process had this number
    assert folder.status(search) is Status.INTERRUPTED and "Resume" in folder.failure_reason(search)
    lost = study.read_trials(search)[2]
    assert lost.state == "running"
    folder.prepare_to_go_on(search)
    folder.claim(search)
    assert session.run_search(search, train, quiet) == ENDED
    trials = study.read_trials(search)
    assert [trial.state for trial in trials].count("lost") == 1 and results.read(search).done == 6
    assert trials[3].settings == lost.settings


def test_three_failures_in_a_row_end_the_search_with_the_reason(search):
    folder.claim(search)
    with pytest.raises(SearchError, match=r"3 trials in a row failed.*no images"):
        session.run_search(search, lambda task: Outcome(error="no images"), quiet)
    assert folder.status(search) is Status.FAILED and "no images" in folder.failure_reason(search)
    folder.prepare_to_go_on(search)
    assert session.run_search(search, train, quiet) == ENDED  # those that failed count
    assert results.read(search).count("failed") == 3


def test_a_loss_that_became_nan_is_pruned_and_teaches(search):
    made = study.open_study(search, PLAN)
    nan = Outcome(error="the loss became nan", is_diverged=True)
    do_trials(made, limits(search), lambda task: nan if task.config.learning_rate > 0.01 else train(task), quiet)
    found = study.list_trials(made)
    pruned = [trial for trial in found if trial.settings["learning_rate"] > 0.01]
    assert pruned and {trial.state for trial in pruned} == {"pruned"} and "nan" in pruned[0].outcome.error


def test_the_time_ends_it_too(search):
    made = study.open_study(search, PLAN)
    assert do_trials(made, limits(search, deadline=time.monotonic() - 1), train, quiet) == TIME_OVER
    assert study.count_trials(made) == (0, 0, 1)  # the present settings wait


def test_with_costs_nothing_is_pruned_and_the_frontier_is_what_none_beats(search):
    plan = dataclasses.replace(PLAN, objectives=("accuracy", "size"), trials=12)
    made = study.open_study(search, plan)
    do_trials(made, limits(search, plan), train, quiet)
    found = results.find(study.list_trials(made), plan)
    assert found.count("complete") == 12
    values = [(1 - t.outcome.accuracy, t.outcome.size) for t in found.frontier]
    assert values == sorted(values) and [size for _, size in values] == sorted(
        [s for _, s in values], reverse=True
    )
    for trial in found.trials:
        mine = 1 - trial.outcome.accuracy, trial.outcome.size
        beaten = any(a <= mine[0] and b <= mine[1] and (a, b) != mine for a, b in values)
        assert beaten != (trial in found.frontier)


def test_a_search_that_was_cancelled_before_its_turn_does_nothing(search):
    folder.claim(search)
    folder.stop(search)
    assert session.run_search(search, train, quiet) is None
    assert folder.status(search) is Status.STOPPED and study.read_trials(search) == []


def test_the_importance_tells_the_setting_that_matters(search):
    plan = dataclasses.replace(PLAN, trials=40)
    made = study.open_study(search, plan)
    assert study.find_importances([], plan).shares == {}

    def train_all(task: Task) -> Outcome:
        return train(task._replace(report=lambda *numbers: task.report(*numbers) and False))

    do_trials(made, limits(search, plan), train_all, quiet)
    trials = study.list_trials(made)
    for rated, by in ((trials, (40, None)), ([t._replace(state="pruned") for t in trials], (40, 1))):
        found, *facts = study.find_importances(rated, plan)
        assert set(found) == {"learning_rate", "dropout"} and sum(found.values()) == pytest.approx(1)
        assert found["learning_rate"] > found["dropout"] and tuple(facts) == by


def test_trials_at_the_same_time_are_neither_more_nor_alike(search):
    plan = dataclasses.replace(PLAN, trials=9, at_once=3)
    together, seen = threading.Barrier(3, timeout=20), []

    def wait_for_the_others(task: Task) -> Outcome:
        seen.append(task.config)
        if len(seen) <= 3:
            together.wait()
        return train(task)

    made = study.open_study(search, plan)
    assert do_trials(made, limits(search, plan), wait_for_the_others, quiet, at_once=3) == ENDED
    assert len(seen) == 9 == len(set(seen)) and seen.count(CONFIG) == 1
    assert study.count_trials(made) == (9, 0, 0)


def test_of_trials_at_the_same_time_an_error_or_a_stop_ends_all(search):
    made, others_wait = study.open_study(search, PLAN), threading.Event()

    def fail_or_wait(task: Task) -> Outcome:
        if task.config == CONFIG:
            others_wait.wait(20)
            raise OSError("the disk is full")
        others_wait.set()
        while not task.is_over():
            time.sleep(0.01)
        raise TrialStoppedError

    with pytest.raises(OSError, match="disk is full"):
        do_trials(made, limits(search), fail_or_wait, quiet, at_once=2)
    assert study.count_trials(made)[1:] == (0, 1)  # what was in work is tried again
    search.ask(wish="stop")
    stopped = limits(search, is_stopped=lambda: search.wish is not None)
    assert do_trials(made, stopped, fail_or_wait, quiet, at_once=2) == STOPPED


@pytest.mark.parametrize(
    ("cores", "gigabytes", "changes", "count"),
    [
        (1, 64, {}, 1),
        (2, 64, {}, 2),
        (32, 64, {}, 4),
        (32, 3.1, {}, 2),
        (32, 0.1, {}, 1),
        (32, 64, {"trials": 3}, 3),
        (32, 64, {"objectives": ("accuracy", "size")}, 4),
        (32, 64, {"objectives": ("accuracy", "latency")}, 1),  # time is measured alone
        (1, 0.1, {"at_once": 8}, 8),
    ],
)
def test_as_many_trials_at_the_same_time_as_the_machine_bears(monkeypatch, cores, gigabytes, changes, count):
    monkeypatch.setattr(processes, "count_cores", lambda: cores)
    memory = types.SimpleNamespace(available=gigabytes * 1e9)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    plan = dataclasses.replace(PLAN, **{"at_once": None} | changes)
    assert plan.count_at_once() == count
    assert Plan.from_json(plan.to_json()) == plan
