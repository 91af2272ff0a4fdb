"""Feature maps against Keras's own layers, for every network; filters and strengths by definition."""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from digitrec.explain.feature_maps import describe_filter, feature_layers, first_filters, mean_activations
from digitrec.inference.classifier import Classifier, Operation
from digitrec.runs import store
from digitrec.runs.architectures import NETWORKS


@pytest.fixture
def made(made_networks) -> Callable[[str], SimpleNamespace]:
    def network(name: str) -> SimpleNamespace:
        operations = Classifier.load(made_networks.folder / f"{name}.tflite").trace(made_networks.images[0])
        return SimpleNamespace(
            layers=feature_layers(operations), keras=made_networks.maps(name), operations=operations
        )

    return network


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_s_maps_are_those_of_keras(made, name):
    network = made(name)
    for layer in network.layers:
        same = [each for each in network.keras if each.shape == layer.maps.shape]
        assert min(np.abs(each - layer.maps).max() for each in same) < 1e-4 * max(1, np.abs(layer.maps).max())
        assert layer.maps.std() > 0  # else the comparison could not fail


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("mlp", 0),
        ("cnn", 2),
        ("cnn-dropout", 2),
        ("lenet5", 2),
        ("resnet", 15),
        ("resnet-fine", 22),
        ("mobilenet", 9),
        ("fast", 3),
        ("strided", 3),
        ("strided-deep", 5),
    ],
)
def test_no_layer_is_missing(made, name, count):
    network = made(name)
    assert len(network.layers) == count
    assert (first_filters(network.operations) is None) == (count == 0)


@pytest.mark.slow
def test_after_the_first_filters_come_the_first_maps(made):
    network = made("cnn")  # no batch normalisation, no stride, no padding
    filters, maps = first_filters(network.operations), network.layers[0].maps
    pixels = next(step.value for step in network.operations if step.value.shape == (28, 28, 1))[..., 0]
    windows = np.lib.stride_tricks.sliding_window_view(pixels, (3, 3))
    sums = np.einsum("ijkl,fkl->ijf", windows, filters)  # (26, 26, 32)
    biases = [(maps[..., i] - sums[..., i])[maps[..., i] > 0] for i in range(32)]
    assert sum(map(len, biases)) > 1000
    assert max(np.ptp(bias) for bias in biases if len(bias)) < 1e-4


def test_the_shipped_model_shows_its_layers_and_answers_as_before():
    classifier = Classifier.load(store.open_run("mnist").tflite_path)
    image = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    operations = classifier.trace(image)
    assert [layer.maps.shape for layer in feature_layers(operations)][::21] == [(28, 28, 16), (4, 4, 96)]
    assert first_filters(operations).shape == (16, 3, 3)
    np.testing.assert_allclose(operations[-1].value, classifier.predict_proba(image[None])[0], atol=1e-4)


def test_strength_is_the_mean_of_the_absolute_values():
    maps = np.zeros((2, 3, 2), np.float32)
    maps[0, 0], maps[1, 2] = (6, -3), (0, 3)
    assert mean_activations(maps).tolist() == [1, 1]


def test_an_activation_function_of_its_own_belongs_to_the_layer_before_it():
    weights, value = np.ones((1, 3, 3, 1), np.float32), np.ones((4, 4, 1), np.float32)
    convolution = Operation("CONV_2D", (0,), 1, value, weights)
    bounded = Operation("TANH", (1,), 2, np.tanh(value), None)
    pooled = Operation("MAX_POOL_2D", (1,), 3, value[::2, ::2], None)
    assert np.array_equal(feature_layers([convolution, bounded])[0].maps, np.tanh(value))
    assert np.array_equal(feature_layers([convolution, pooled])[0].maps, value)
    assert np.array_equal(feature_layers([convolution, bounded, pooled])[0].maps, value)  # two use it as it is


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([[1, 0, -1]] * 3, "an edge, ink left"),
        ([[1, 1, 1], [0, 0, 0], [-1, -1, -1]], "an edge, ink above"),
        ([[0, 1, 2], [-1, 0, 1], [-2, -1, 0]], "an edge, ink upper right"),
        ([[-1, 2, -1]] * 3, "an upright line"),
        ([[-1, -1, -1], [2, 2, 2], [-1, -1, -1]], "a level line"),
        ([[-1, -1, 2], [-1, 2, -1], [2, -1, -1]], "a rising line"),
        ([[-2, 1, 1], [1, -2, 1], [1, 1, -2]], "a falling gap"),
        ([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], "a dot"),
        (np.ones((5, 5)), "any ink"),
        (-np.ones((5, 5)), "blank paper"),
        (np.zeros((3, 3)), "nothing"),
        ([[1, -1, 1], [-1, 0, -1], [1, -1, 1]], "a mixture"),
    ],
)
def test_filters_in_words(weights, words):
    assert describe_filter(np.array(weights, np.float32)) == words
    assert describe_filter(3 * np.array(weights, np.float32)) == words
