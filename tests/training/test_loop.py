"""The compiled loop does what Keras does step by step. Keras stays in other processes."""

import pytest

pytestmark = pytest.mark.slow

PARTS = """
import json
import keras
import numpy as np
from digitrec.data import sklearn_digits
from digitrec.data.loading import Split
from digitrec.runs.config import TrainConfig
from digitrec.training import loop, networks, parts
from digitrec.training.batches import Batches
from digitrec.training.steering import SteeredRate
from digitrec.runs import Course
split = Split(*(part[:400] for part in sklearn_digits.read()[:2]))
def build(config, steps):
    keras.utils.set_random_seed(config.seed)
    rate = SteeredRate(config, Course(0, 0, steps, config.epochs, config.learning_rate))
    return parts.compile_model(config, 10, rate, steps=config.epochs * steps)
"""


@pytest.mark.parametrize("network", ["mlp", "fast"])
def test_an_epoch_of_slices_is_an_epoch_of_keras_steps(keras_says, network):
    found = keras_says(f"""
config = TrainConfig(dataset="digits", network="{network}", batch_size=64, rotation=5, epochs=2,
    label_smoothing=0.1)
batches = Batches(split, 10, config)
sliced = build(config, len(batches))
kept = sliced.get_weights()
history = sliced.fit(sliced.use(batches), epochs=2, shuffle=False, verbose=0).history
plain = networks.build(config.architecture, 10, norm_momentum=0.5)
plain.set_weights(kept)
plain.compile(keras.optimizers.Adam(1e-3), keras.losses.CategoricalCrossentropy(label_smoothing=0.1))
losses, sizes = [], []
for epoch in range(2):
    for index in range(len(batches)):
        images, targets, _ = batches.make(batches.order(epoch), epoch, index)
        losses.append(float(plain.train_on_batch(images, targets, return_dict=True)["loss"]))
        plain.reset_metrics()
        sizes.append(len(images))
moved = max(np.abs(a - b).max() for a, b in zip(kept, plain.get_weights()))
apart = max(np.abs(a - b).max() for a, b in zip(sliced.get_weights(), plain.get_weights()))
means = [np.average(losses[i:i + 7], weights=sizes[i:i + 7]) for i in (0, 7)]
print(json.dumps({{"moved": float(moved), "apart": float(apart), "means": means}} | history))
""")
    assert found["steps"] == [7, 7]
    assert found["loss"] == pytest.approx(found["means"], rel=0.01)  # rounding grows from step to step
    # Rounding differs and Adam makes steps of equal size from gradients near zero: a small share of the way.
    assert found["apart"] < 0.1 * found["moved"]


def test_the_fused_optimiser_makes_the_steps_of_keras_and_goes_on_where_that_stopped(keras_says):
    found = keras_says("""
import tensorflow as tf
rng = np.random.default_rng(0)
start = [rng.normal(size=shape).astype("float32") for shape in ((5, 7), (3,))]
grads = [[rng.normal(size=value.shape).astype("float32") for value in start] for _ in range(6)]
rate = keras.optimizers.schedules.ExponentialDecay(0.01, 2, 0.5)
settings = {"beta_1": 0.8, "beta_2": 0.99}
def prepare(kind):
    variables = [keras.Variable(value) for value in start]
    optimizer = kind(rate, **settings)
    optimizer.build(variables)
    return optimizer, variables
plain, of_plain = prepare(keras.optimizers.Adam)
fused, of_fused = prepare(parts.FusedAdam)
later, of_later = prepare(parts.FusedAdam)
step = tf.function(lambda grads: fused.apply(grads, of_fused))
for number, each in enumerate(grads):
    plain.apply(each, of_plain)
    step(each)
    if number == 2:
        for new, old in zip((*later.variables, *of_later), (*plain.variables, *of_plain)):
            new.assign(old)
    if number > 2:
        later.apply(each, of_later)
apart = [float(np.abs(one.numpy() - other.numpy()).max())
    for mine, variables in ((fused, of_fused), (later, of_later))
    for one, other in zip((*mine.variables, *variables), (*plain.variables, *of_plain))]
moved = float(np.abs(of_plain[0].numpy() - start[0]).min())
print(json.dumps({"apart": max(apart), "moved": moved}))
""")
    assert found["moved"] > 1e-4
    assert found["apart"] < 1e-6


def test_the_fused_layer_normalises_as_the_plain_one(keras_says):
    found = keras_says("""
plain, fused = keras.layers.BatchNormalization(momentum=0.7), networks.FusedBatchNormalization(momentum=0.7)
rng = np.random.default_rng(0)
differences = []
for training in (True, True, False):
    values = rng.normal(2, 3, (5, 4, 3, 6)).astype(np.float32)
    one, other = (np.asarray(layer(values, training=training)) for layer in (plain, fused))
    differences.append(np.abs(one - other).max())
differences += [np.abs(a - b).max() for a, b in zip(plain.get_weights(), fused.get_weights())]
print(json.dumps([float(d) for d in differences]))
""")
    assert max(found) < 1e-5


def test_a_stop_takes_effect_after_one_slice(keras_says):
    found = keras_says("""
config = TrainConfig(dataset="digits", network="mlp", batch_size=8, epochs=1)
batches = Batches(split, 10, config)
model = build(config, len(batches))
loop.SLICE_SECONDS = 0.0  # one step a slice
class Stop(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs):
        self.model.stop_training = batch == 4
model.fit(model.use(batches), shuffle=False, verbose=0, callbacks=[Stop()])
print(json.dumps([model.loop.progress.steps, model.loop.progress.images, int(model.optimizer.iterations.numpy())]))
""")
    assert found == [5, 40, 5]


def test_batches_of_another_size_take_the_rest_of_the_epoch_and_nothing_is_compiled(keras_says):
    found = keras_says("""
import dataclasses
config = TrainConfig(dataset="digits", network="mlp", batch_size=64, rotation=5)
batches = Batches(split, 10, config)
model = build(config, len(batches))
one = loop.Loop(model, batches, slice_seconds=0.0)
seen = []
def note(steps):
    for _ in range(steps):
        before = one.progress
        one.run(iter(()))
        seen.append((one.progress.images - (before.images if one.progress.steps > 1 else 0), round(one.share, 4)))
note(3)
one.resize(batches.with_config(dataclasses.replace(config, batch_size=96)))
note(3)
one.resize(batches.with_config(dataclasses.replace(config, batch_size=32)))
one.start_epoch()
note(1)
print(json.dumps([seen, one.steps, one._run_slice.experimental_get_tracing_count()]))
""")
    sizes, shares = zip(*found[0], strict=True)
    assert sizes == (64, 64, 64, 96, 96, 16, 32)  # of 400 images
    assert shares == pytest.approx((1 / 7, 2 / 7, 3 / 7, 3 / 7 + 4 / 21, 3 / 7 + 8 / 21, 1, 1 / 13), abs=1e-3)
    assert found[1:] == [13, 1]
