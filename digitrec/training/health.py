"""How a network learns, measured at the end of an epoch from what is there: no step is done twice.

Adam keeps running means of the gradient and of its square. So the last step's change of the weights can be
computed again, and the mean square of the gradient over the latest 1 / (1 - beta_2) steps is there. Only the dead
units need a forward pass, over few images.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers as kl
from numpy.typing import NDArray

from digitrec.imaging import Floats, Images
from digitrec.runs import Health, LayerHealth

MAX_SAMPLE, MIN_SAMPLE = 256, 32  # images that show which units are dead
SAMPLE_SHARE = 1 / 50  # of an epoch's images at most: a forward pass is a third of a step
MAX_FILTERS = 64  # of the first layer that are shown
MAX_UNITS = 16  # of a first layer that is dense, each of which has the size of an image
_DIGITS = 4  # significant ones of what is written
_KINDS = {kl.Conv2D: "convolution", kl.DepthwiseConv2D: "depthwise convolution", kl.Dense: "dense"}


class _Moments(NamedTuple):
    """Adam's running means for one variable."""

    gradient: Floats
    square: Floats


class Stethoscope:
    """Measures the health of one model.

    Args:
        model: compiled with Adam.
        images: uint8 (n, 28, 28), such as the validation images.
        epoch_images: how many images an epoch has.
    """

    def __init__(self, model: keras.Model, images: Images, epoch_images: int) -> None:
        size = min(MAX_SAMPLE, max(MIN_SAMPLE, round(epoch_images * SAMPLE_SHARE)))
        self._model, self._sample = model, images[:size]
        self._layers = [layer for layer in model.layers if _kind(layer) is not None]
        activations = [layer for layer in model.layers if _is_relu(layer)]
        self._sources = [_find_source(layer) for layer in activations]
        self._activations = (
            keras.Model(model.input, [layer.output for layer in activations]) if activations else None
        )

    def measure(self, epoch: int, learning_rate: float) -> Health:
        """The health at the end of an epoch.

        Args:
            epoch: from 1.
            learning_rate: of the last step.
        """
        moments, dead = self._read_moments(), self._find_dead()
        squares = sum(float(each.square.sum()) for each in moments.values())
        layers = tuple(
            LayerHealth(
                name, _round(self._update_ratio(layer, moments, learning_rate)), _round(dead.get(layer.name))
            )
            for layer, name in zip(self._layers, self._names(), strict=True)
        )
        norm = math.sqrt(squares / max(1 - self._decay(self._optimizer.beta_2), 1e-12))
        return Health(epoch=epoch, gradient_norm=_round(norm) or 0.0, layers=layers)

    @property
    def _optimizer(self) -> Any:
        return self._model.optimizer

    def _decay(self, beta: float) -> float:
        """What is left of a running mean's start."""
        return float(beta) ** int(self._optimizer.iterations.numpy())

    def _names(self) -> Iterator[str]:
        for number, layer in enumerate(self._layers, start=1):
            yield "output" if layer is self._layers[-1] else f"{_kind(layer)} {number}"

    def _read_moments(self) -> Mapping[str, _Moments]:
        """Path of each variable that is trained -> its running means."""
        optimizer = self._optimizer
        found = zip(self._model.trainable_variables, optimizer._momentums, optimizer._velocities, strict=True)
        return {var.path: _Moments(np.asarray(mean), np.asarray(square)) for var, mean, square in found}

    def _update_ratio(
        self, layer: keras.Layer, moments: Mapping[str, _Moments], learning_rate: float
    ) -> float | None:
        """Length of the last change of a layer's main weights by their own (Kingma and Ba 2015, section 2)."""
        kernel = layer.weights[0]
        found = moments.get(kernel.path)
        if found is None:
            return None
        optimizer = self._optimizer
        rate = learning_rate * math.sqrt(1 - self._decay(optimizer.beta_2)) / (1 - self._decay(optimizer.beta_1))
        change = rate * found.gradient / (np.sqrt(found.square) + optimizer.epsilon)
        return float(np.linalg.norm(change)) / max(float(np.linalg.norm(np.asarray(kernel))), 1e-12)

    def _find_dead(self) -> dict[str, float]:
        """Name of each layer that has a ReLU -> share of its units that are 0 for all images of the sample."""
        if self._activations is None or not len(self._sample):
            return {}
        outputs = self._activations([self._sample], training=False)
        listed = outputs if isinstance(outputs, list | tuple) else [outputs]
        return {
            source: float((np.asarray(values).reshape(-1, values.shape[-1]).max(0) <= 0).mean())
            for source, values in zip(self._sources, listed, strict=True)
        }


def first_filters(model: keras.Model) -> NDArray[np.float16]:
    """The weights that look at the image: float16 (f, height, width), for each filter or dense unit."""
    layer = next(layer for layer in model.layers if _kind(layer) is not None)
    weights = np.asarray(layer.weights[0])
    if weights.ndim == 4:  # (h, w, 1, f) of a convolution, and of a depthwise one
        return weights[:, :, 0, :MAX_FILTERS].transpose(2, 0, 1).astype(np.float16)
    side = math.isqrt(len(weights))
    return weights[: side * side, :MAX_UNITS].T.reshape(-1, side, side).astype(np.float16)


def _kind(layer: keras.Layer) -> str | None:
    return next((kind for of, kind in _KINDS.items() if type(layer) is of), None)


def _is_relu(layer: keras.Layer) -> bool:
    return isinstance(layer, kl.Activation) and layer.activation is keras.activations.relu


def _find_source(layer: keras.Layer) -> str:
    """Name of the layer with weights whose output a ReLU cuts; of a sum, the last one of its first part."""
    while _kind(layer) is None:
        first = layer.input[0] if isinstance(layer.input, list | tuple) else layer.input
        layer = first._keras_history.operation
    return layer.name


def _round(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_DIGITS}g}")
