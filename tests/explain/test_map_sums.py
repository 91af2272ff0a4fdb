"""The sum behind an activation, against a convolution by definition and on every shipped network."""

import numpy as np
import pytest

from digitrec.explain.feature_maps import Layer, feature_layers
from digitrec.explain.map_sums import MAX_SOURCES, explain_map
from digitrec.imaging.ink_to_image import to_mnist
from digitrec.inference.classifier import Classifier, Operation
from digitrec.runs import store
from support.drawn_digits import DIGITS, draw

CHANCE = np.random.default_rng(0)


@pytest.mark.parametrize("name", store.SHIPPED)
def test_what_a_map_adds_to_its_products_is_the_same_for_every_drawing(name):
    # Were a patch one pixel off, or its stride wrong, the rest would differ from drawing to drawing.
    model = Classifier.load(store.open_run(name).tflite_path)
    traces = [model.trace(to_mnist(draw(DIGITS[digit]))) for digit in "07"]
    seen = 0
    for first, second in zip(*map(feature_layers, traces), strict=True):
        for number in range(0, first.maps.shape[-1], 5):
            sums = [
                explain_map(trace, layer, number) for trace, layer in zip(traces, (first, second), strict=True)
            ]
            if None not in sums:
                seen += 1
                np.testing.assert_allclose(sums[0].bias, sums[1].bias, atol=1e-3)
    assert seen > 50


def convolved(side: int, kernel: int, channels: int) -> tuple[list[Operation], Layer]:
    """A "valid" convolution of stride 1 with one map and bias 0.5, computed pixel by pixel."""
    inputs = CHANCE.normal(size=(side, side, channels)).astype(np.float32)
    weights = CHANCE.normal(size=(1, kernel, kernel, channels)).astype(np.float32)
    count = side - kernel + 1
    maps = np.zeros((count, count, 1), np.float32)
    for row, column in np.ndindex(count, count):
        maps[row, column] = (inputs[row : row + kernel, column : column + kernel] * weights[0]).sum() + 0.5
    operation = Operation("CONV_2D", (1, 9), 2, maps, weights)
    return [Operation("RESHAPE", (0,), 1, inputs, None), operation], Layer("Convolution", maps, operation)


@pytest.mark.parametrize(("side", "kernel", "channels"), [(9, 3, 1), (12, 5, 2), (10, 3, 8)])
def test_the_parts_and_the_bias_make_the_activation(side, kernel, channels):
    operations, layer = convolved(side, kernel, channels)
    found = explain_map(operations, layer, 0)
    row, column = found.place
    assert found.value == layer.maps.max() == layer.maps[row, column, 0]
    assert len(found.sources) == min(channels, MAX_SOURCES)
    np.testing.assert_allclose(found.parts, (found.patches * found.weights).sum((1, 2)), atol=1e-5)
    np.testing.assert_allclose(found.bias, 0.5, atol=1e-4)
    np.testing.assert_allclose(found.parts.sum() + found.rest + found.bias, found.value, atol=1e-5)
    inputs = operations[0].value[row : row + kernel, column : column + kernel]
    assert np.array_equal(found.patches[0], inputs[..., found.sources[0]])


def test_the_largest_parts_come_first():
    found = explain_map(*convolved(10, 3, 8), 0)
    sizes = np.abs(found.parts)
    assert (np.diff(sizes) <= 0).all()


def test_a_silent_map_and_a_layer_that_is_no_convolution_have_no_sum():
    operations, layer = convolved(9, 3, 1)
    assert explain_map(operations, layer._replace(maps=np.minimum(layer.maps, 0)), 0) is None
    assert explain_map(operations, layer._replace(operation=None), 0) is None
