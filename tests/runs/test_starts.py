"""What a training can start from, and what is refused before it begins."""

import dataclasses

import numpy as np
import pytest

from digitrec.runs import NETWORKS, architectures, checkpoints, starts, store
from digitrec.runs.checkpoints import Checkpoint
from digitrec.runs.config import TrainConfig
from digitrec.runs.starts import StartError
from support import made_runs

SMALL = made_runs.SMALL  # of the network mlp


def tuned(start: str, **changes) -> TrainConfig:
    return dataclasses.replace(SMALL, start_from=start, **changes)


def test_a_run_or_a_kept_epoch_of_it_is_a_start_whatever_its_classes():
    run = made_runs.ended(store.create(SMALL, tuple("abc"), "letters"))
    checkpoints.save(run, Checkpoint(3, [np.zeros(2)], {}), keep=())
    assert starts.open_starts(tuned("letters", trained_layers=3)) == [run]
    assert starts.open_starts(tuned("letters@3")) == [run]
    assert starts.open_starts(SMALL) == []


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (tuned("nobody"), "cannot start from 'nobody': there is no run"),
        (tuned("waiting"), "'waiting' has no trained network to start from"),
        (tuned("first", network="cnn"), "it is a 'mlp', expected a 'cnn'. Choose that network, or another run"),
        (tuned("first@2"), "cannot start from epoch 2 of 'first': .* kept: none"),
        (
            dataclasses.replace(SMALL, trained_layers=1),
            "start_from names no run: the other layers would stay",
        ),
        (tuned("first", trained_layers=4), "'mlp' has 3 layers with weights. Set it to 3 at most"),
        (tuned("first,tuned,other"), "cannot be averaged: their classes differ"),
        (tuned("first,apart"), "cannot be averaged: they started from different weights"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(config, words):
    made_runs.new("waiting")
    for name, start in (("first", ""), ("tuned", "first"), ("apart", "")):
        made_runs.ended(made_runs.new(name, dataclasses.replace(SMALL, start_from=start)))
    made_runs.ended(store.create(tuned("first"), tuple("abc"), "other"))
    with pytest.raises(StartError, match=words):
        starts.open_starts(config)


def test_layers_are_counted_as_one_would():
    counts = {name: architectures.count_layers(network) for name, network in NETWORKS.items()}
    assert (counts["mlp"], counts["cnn-dropout"], counts["lenet5"], counts["resnet"]) == (3, 3, 5, 6)
