"""The coach on recorded trainings: each illness that was provoked is found, and it is silent on healthy ones.

`recorded.jsonl` was written by `benchmarks/record_histories.py`. The thresholds were chosen on its seeds below 10.
"""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from digitrec.evaluation import Kind, Training, advise
from digitrec.runs import TrainConfig
from digitrec.runs.history import End, Epoch, History, Start, parse_rows

LINES = [json.loads(line) for line in Path(__file__).with_name("recorded.jsonl").read_text().splitlines()]


def named(line: dict) -> str:
    return f"{line['name']} {line['config']['seed']}"


def training(line: dict) -> Training:
    confusion = np.array(line["confusion"]) if line["confusion"] else None
    return Training(
        TrainConfig.from_dict(line["config"]), parse_rows(line["rows"]), confusion, bool(line["failure"])
    )


def test_there_are_recordings_to_choose_on_and_others_to_test_on_of_every_kind():
    chosen = {line["illness"] for line in LINES if line["config"]["seed"] < 10}
    tested = {line["illness"] for line in LINES if line["config"]["seed"] >= 10}
    assert chosen == tested == {"", *Kind} - {Kind.DIVERGED}


@pytest.mark.parametrize("line", [line for line in LINES if not line["illness"]], ids=named)
def test_the_coach_is_silent_on_healthy_trainings(line):
    assert advise(training(line)) == []


@pytest.mark.parametrize("line", [line for line in LINES if line["illness"]], ids=named)
def test_what_was_provoked_is_found_and_its_advice_can_be_followed(line):
    ill = training(line)
    found = {finding.kind: finding for finding in advise(ill)}
    # Where the rate is far too high, nothing is learnt: both findings lead to a lower rate.
    assert line["illness"] in found or (line["illness"] == Kind.RATE_TOO_HIGH and Kind.LEARNS_NOTHING in found)
    for finding in found.values():
        changed = dataclasses.replace(ill.config, **finding.changes)
        assert changed != ill.config or not finding.changes


@pytest.mark.parametrize("line", LINES, ids=named)
def test_a_training_that_still_runs_gets_no_advice_about_its_end(line):
    ended = training(line)
    live = dataclasses.replace(ended, history=dataclasses.replace(ended.history, end=None))
    waits = {Kind.STOPPED_EARLY, Kind.RATE_TOO_LOW, Kind.LARGE_BATCH, Kind.UNDERFIT, Kind.PLATEAU}
    assert not waits & {finding.kind for finding in advise(live)}
    if not line["illness"]:
        for done in range(len(ended.epochs)):
            begun = dataclasses.replace(
                live.history, epochs=ended.epochs[:done], health=ended.history.health[:done]
            )
            assert advise(dataclasses.replace(live, history=begun, confusion=None)) == []


def test_nothing_is_said_before_the_first_epoch_and_without_what_older_versions_lack():
    assert advise(Training(TrainConfig(), History())) == []
    rows = tuple(Epoch(epoch=i, loss=1 / i, accuracy=0.97) for i in (1, 2, 3))
    history = History(Start(epochs=3, steps_per_epoch=100), epochs=rows, end=End(reason="finished"))
    assert advise(Training(TrainConfig(validation_share=0.0), history)) == []


def test_a_loss_that_is_no_number_is_the_only_finding():
    line = next(line for line in LINES if line["illness"] == "overfit")
    diverged = dataclasses.replace(training(line), has_diverged=True)
    (finding,) = advise(diverged)
    assert finding.kind == Kind.DIVERGED
    assert finding.changes["learning_rate"] == pytest.approx(diverged.config.learning_rate / 10)
