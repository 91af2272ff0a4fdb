"""Only the last layers of a trained network learn. Keras stays in other processes."""

import dataclasses
import json
import os
from pathlib import Path

import pytest

from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from support.keras_process import LITTLE_CALIBRATION

pytestmark = pytest.mark.slow

COMPARE = """
import json
import numpy as np
from digitrec.runs import store
from digitrec.training import export
first, tuned = (export.load_keras(store.open_run(name)) for name in ("first", "tuned"))
print(json.dumps([[w.path.split("/")[0], bool(np.array_equal(w.numpy(), v.numpy()))]
    for w, v in zip(first.weights, tuned.weights, strict=True)]))
"""


def test_all_layers_but_the_last_keep_their_weights_and_averages_bit_by_bit(keras_process, keras_says):
    first = TrainConfig(dataset="digits", network="strided", epochs=1, learning_rate=0.01)
    for name, config in (
        ("first", first),
        ("tuned", dataclasses.replace(first, start_from="first", trained_layers=2, seed=1)),
    ):
        store.create(config, tuple("0123456789"), name)
        start = f"\nfrom digitrec.cli.main import main\nmain(['train', '--run', '{name}'])"
        keras_process.run(LITTLE_CALIBRATION + start)
    layers = keras_says(COMPARE)
    # Two convolutions with four arrays of batch normalisation each; then a third one, and the last layer.
    assert [is_same for _, is_same in layers] == [True] * 10 + [False] * 7
    assert [name.rstrip("_0123456789") for name, _ in layers[10:]] == [
        "conv2d",
        *["batch_normalization"] * 4,
        "proba",
        "proba",
    ]


COUNT = """
import json
from digitrec.runs import NETWORKS, TrainConfig, architectures
from digitrec.training import networks
counts = {}
for name, network in NETWORKS.items():
    n = architectures.count_layers(network)
    counts[name] = [len(networks.build(network, 10, dropout=0.1, trained_layers=k).trainable_weights)
        for k in (0, n, 1)]
print(json.dumps(counts))
"""


def test_one_layer_is_the_last_one_and_as_many_as_there_are_is_all(keras_says):
    for every, all_of_them, last in keras_says(COUNT).values():
        assert (every, last) == (all_of_them, 2)


# Devanagari digits, with names that MNIST's classes do not have: few images, few steps.
DEVANAGARI = """
import io, json, sys, zipfile
import keras
import numpy as np
from PIL import Image
from digitrec.data import Split
from digitrec.imaging import to_mnist
from digitrec.runs import TrainConfig
from digitrec.training import parts, transfer
from digitrec.training.batches import Batches
images, labels = [], []
with zipfile.ZipFile(sys.argv[1]) as archive:
    for digit in range(10):
        names = sorted(name for name in archive.namelist() if name.startswith(f"devnum/{digit}/"))
        for name in [each for each in names if each.endswith(".jpg")][:40]:
            gray = np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("L")).astype(int)
            images.append(to_mnist(np.clip(2 * (gray.max() - gray) - 60, 0, 255).astype(np.uint8)))
            labels.append(digit)
images, labels = np.array(images), np.array(labels)
test = np.arange(len(labels)) % 4 == 0
found = {}
for start in ("mnist", ""):
    config = TrainConfig(network="resnet-fine", start_from=start, trained_layers=1 if start else 0, batch_size=100,
        learning_rate=0.01, epochs=1)
    keras.utils.set_random_seed(0)
    batches = Batches(Split(images[~test], labels[~test]), 10, config)
    model = parts.compile_model(config, 10, config.learning_rate, steps=3)
    if start:
        fresh = model.get_weights()
        weights = transfer.load_start_weights(config, tuple("abcdefghij"), fresh)
        found["new last layer"] = all(np.array_equal(a, b) for a, b in zip(weights[-2:], fresh[-2:]))
        found["the rest"] = any(np.array_equal(a, b) for a, b in zip(weights[:4], fresh[:4]))
        model.set_weights(weights)
    model.fit(model.use(batches), epochs=1, shuffle=False, verbose=0)
    found[start] = float((model.predict(images[test], verbose=0).argmax(1) == labels[test]).mean())
print(json.dumps(found))
"""


def test_another_script_is_learnt_sooner_from_trained_layers_than_from_random_ones(keras_process):
    path = Path(os.environ.get("DIGITREC_DATA", "")) / "devanagari" / "devnum.zip"
    if not path.is_file():
        (pytest.fail if os.environ.get("DIGITREC_REQUIRE") == "1" else pytest.skip)(f"{path} is not there")
    done = keras_process.run(DEVANAGARI, str(path))
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["new last layer"] and not found["the rest"]
    assert found["mnist"] > found[""] + 0.2, found  # of 100 images, after three steps
