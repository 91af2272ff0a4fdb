"""The attack itself, on a small network trained here: gradients against finite differences, and what it does."""

import os
import subprocess
import sys

import numpy as np
import pytest

from digitrec import datasets, runs
from digitrec.fast_gradient import EPSILONS, Attack
from digitrec.runs import Run

pytestmark = pytest.mark.slow
OPTIONS = ["--dataset=digits", "--network=mlp", "--epochs=6", "--name=small"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    models = tmp_path_factory.mktemp("models")
    environment = os.environ | {"DIGITREC_MODELS": str(models)}
    command = [sys.executable, "-m", "digitrec", "train", *OPTIONS]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return Run(models / "small")


def digitrec(run: Run, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "digitrec", arguments[0], run.name, *arguments[1:]]
    environment = os.environ | {"DIGITREC_MODELS": str(run.path.parent)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.PIPE)


def test_the_attack_hurts_more_than_chance_and_is_kept(run):
    done = digitrec(run, "attack", "--split=test", "--images=200")
    assert done.returncode == 0, done.stderr
    assert f"{EPSILONS[-1]} " in done.stdout
    found = Attack.from_dict(run.kept_evaluation("digits", "test-attack"))
    assert found.n == 200 and len(found.examples) == 10
    assert found.right[0] == found.right_by_chance[0] > 170
    assert found.right[5] < 0.5 * found.right_by_chance[5]


def test_the_gradient_is_that_of_finite_differences(run):
    from digitrec import attack, export

    test = datasets.load("digits").test
    part = datasets.Split(test.images[:1], test.labels[:1])
    model = export.load(run)
    signs = attack.gradient_signs(model, part, lambda done: None)[0]
    changes = loss_changes(model, part)
    strongest = np.abs(changes).ravel().argsort()[-100:]
    assert (np.sign(changes) == signs).ravel()[strongest].mean() > 0.95  # a kink may lie within the step


def loss_changes(model, part) -> np.ndarray:
    """How the logarithm of the odds against the true class changes as each pixel rises by some levels."""
    image = np.clip(part.images[0], 8, 247)
    changed = np.tile(image, (2, 784, 1, 1)).reshape(2, 784, 784)
    changed[0, np.arange(784), np.arange(784)] += 8
    changed[1, np.arange(784), np.arange(784)] -= 8
    proba = model.predict(changed.reshape(-1, 28, 28), batch_size=784, verbose=0).astype(np.float64)
    true = proba[:, part.labels[0]].reshape(2, 784)
    return (-np.log(true[0]) + np.log(true[1])).reshape(28, 28)


def test_robustness_prints_its_table_and_keeps_it(run):
    done = digitrec(run, "robustness", "--split=validation", "--images=50")
    assert done.returncode == 0, done.stderr
    assert "canny_edges" in done.stdout and "75 of 75" in done.stderr
    assert runs.Run(run.path).kept_evaluation("digits", "validation-robustness")["n"] == 50
