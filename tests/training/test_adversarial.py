"""How images are moved against a network: within reach, and to where its loss is higher than by chance."""

import json

import pytest

pytestmark = pytest.mark.slow

PARTS = """
import json
import keras, numpy as np, tensorflow as tf
from digitrec.data import sklearn_digits
from digitrec.runs import NETWORKS
from digitrec.training import networks
from digitrec.training.adversarial import Adversary
keras.utils.set_random_seed(0)
images, labels = sklearn_digits.read()
targets = keras.utils.to_categorical(labels, 10)
model = networks.build(NETWORKS["mlp"], 10)
model.compile("adam", "categorical_crossentropy")
model.fit(images, targets, epochs=3, verbose=0)
some, wanted = images[:100], targets[:100]
adversary = Adversary(model, 0.1)
moved = adversary.move(some, wanted).numpy()
def loss(values):
    return float(model.compute_loss(None, wanted, adversary.inner(values, training=False)))
plain = some.astype(np.float32) / 255
chance = np.clip(plain + np.random.default_rng(0).choice([-0.1, 0.1], plain.shape), 0, 1).astype(np.float32)
print(json.dumps({"largest": float(abs(moved - plain).max()), "range": [float(moved.min()), float(moved.max())],
    "loss": loss(moved), "by chance": loss(chance), "plain": loss(plain),
    "same": float(abs(adversary.inner(plain).numpy() - model(some).numpy()).max())}))
"""


def test_images_are_moved_within_reach_to_a_higher_loss(keras_process):
    done = keras_process.run(PARTS)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert 0.05 < found["largest"] <= 0.1 + 1e-6
    assert found["range"][0] >= 0 and found["range"][1] <= 1
    assert found["loss"] > 3 * found["by chance"]
    assert found["same"] < 1e-5
