"""The attack itself, on a small network trained here: gradients against finite differences, and what it does."""

import json

import numpy as np
import pytest

from digitrec.robustness.fast_gradient import EPSILONS, Attack
from digitrec.runs.run import Run

pytestmark = pytest.mark.slow
OPTIONS = ["--dataset=digits", "--network=mlp", "--epochs=6", "--name=small"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, keras_process) -> Run:
    models = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITREC_MODELS", str(models))
        keras_process.digitrec("train", *OPTIONS).check_returncode()
    return Run(models / "small")


@pytest.fixture
def digitrec(run, keras_process, monkeypatch):
    """Runs a command on the run."""
    monkeypatch.setenv("DIGITREC_MODELS", str(run.path.parent))
    return lambda command, *options: keras_process.digitrec(command, run.name, *options)


def test_the_attack_hurts_more_than_chance_and_is_kept(run, digitrec):
    done = digitrec("attack", "--split=test", "--images=200")
    assert done.returncode == 0, done.stderr
    assert f"{EPSILONS[-1]} " in done.stdout
    found = Attack.from_dict(run.load_evaluation("digits", "test-attack"))
    assert found.n == 200 and len(found.examples) == 10
    assert found.right[0] == found.right_by_chance[0] > 100  # one that has learnt nothing: 20
    # A third of them, when this was written; signs without the gradient in them would do as chance does: all.
    assert found.right[5] < 0.7 * found.right_by_chance[5]


def test_adversarial_training_makes_the_network_harder_to_fool(run, digitrec, keras_process):
    keras_process.digitrec("train", *OPTIONS[:-1], "--name=hard", "--adversarial=0.1").check_returncode()
    right = {}
    for each in (run, Run(run.path.parent / "hard")):
        keras_process.digitrec("attack", each.name, "--split=test", "--images=200").check_returncode()
        right[each.name] = Attack.from_dict(each.load_evaluation("digits", "test-attack")).right
    assert right["hard"][0] > 160
    assert right["hard"][5] > right["small"][5] + 40  # at 24 of 255 levels


# Beside the signs: how the log of the odds against the true class changes as each pixel rises by some levels.
GRADIENT = """
import json, sys
from pathlib import Path
import numpy as np
from digitrec.training import attack, export
from digitrec.data import loading, splits
from digitrec.runs.run import Run
test = loading.load("digits").test
part = splits.Split(test.images[:1], test.labels[:1])
model = export.load_keras(Run(Path(sys.argv[1])))
changed = np.tile(np.clip(part.images[0], 8, 247), (2, 784, 1, 1)).reshape(2, 784, 784)
changed[0, np.arange(784), np.arange(784)] += 8
changed[1, np.arange(784), np.arange(784)] -= 8
proba = model.predict(changed.reshape(-1, 28, 28), batch_size=784, verbose=0).astype(np.float64)
true = proba[:, part.labels[0]].reshape(2, 784)
signs = attack.gradient_signs(model, part, lambda: None)[0]
print(json.dumps([signs.ravel().tolist(), (np.log(true[1]) - np.log(true[0])).tolist()]))
"""


def test_the_gradient_is_that_of_finite_differences(run, keras_process):
    done = keras_process.run(GRADIENT, str(run.path))
    assert done.returncode == 0, done.stderr[-2000:]
    signs, changes = np.array(json.loads(done.stdout.splitlines()[-1]))
    strongest = np.abs(changes).argsort()[-100:]
    assert (np.sign(changes) == signs)[strongest].mean() > 0.8  # kinks may lie within a step; chance: 0.5


def test_robustness_prints_its_table_and_keeps_it(run, digitrec):
    done = digitrec("robustness", "--split=validation", "--images=50")
    assert done.returncode == 0, done.stderr
    assert "canny_edges" in done.stdout and "75 of 75" in done.stderr
    assert Run(run.path).load_evaluation("digits", "validation-robustness")["n"] == 50
