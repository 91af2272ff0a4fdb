"""The Keras networks, built from layers as data. Scaling and channel axis are layers of the network itself."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers as kl

from digitrec.runs import (
    IMAGE_SIDE,
    Conv,
    Crop,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Network,
    Pool,
    Residual,
    Standardize,
    architectures,
    fit_shortcut,
)

MIN_VARIANCE = 1e-4  # of an image that is standardised: below it there is nothing but noise on even paper
NORM_MOMENTUM = 0.9  # Keras's default of 0.99 is too slow for trainings of a few hundred steps


def build(
    network: Network,
    classes: int,
    *,
    dropout: float = 0.0,
    norm_momentum: float = NORM_MOMENTUM,
    fused: bool = False,
    trained_layers: int = 0,
) -> keras.Model:
    """An untrained network: uint8 (n, 28, 28) -> proba float32 (n, classes).

    The layer named "embedding" is the input of the softmax. Dropout, where it is not 0, is between the two, and
    where the architecture has it.

    Args:
        network: its layers, as data.
        classes: number of classes c.
        dropout: share of units switched off at random during training.
        norm_momentum: of the moving averages of batch normalisation, from 0 to below 1; higher is slower.
        fused: train batch normalisation by TensorFlow's fused kernel, which is faster. The weights are the same,
            but only the plain layers can be saved for others.
        trained_layers: only so many of the last layers learn, with the averages of their batch normalisation; 0:
            all.
    """
    image = keras.Input((IMAGE_SIDE, IMAGE_SIDE), dtype="uint8", name="image")
    x = kl.Rescaling(1 / 255, name="scale")(image)
    x = kl.Reshape((IMAGE_SIDE, IMAGE_SIDE, 1), name="channel")(x)
    norm = (FusedBatchNormalization if fused else kl.BatchNormalization, norm_momentum)
    frozen = architectures.count_layers(network) - trained_layers if trained_layers else 0
    for layer in network.layers:
        x = _apply_layer(layer, x, dropout, norm)
        if frozen and architectures.has_weights(layer):
            frozen -= 1
            for made in keras.Model(image, x).layers:
                made.trainable = False
    x = kl.Identity(name="embedding")(x)
    x = _apply_layer(Dropout(), x, dropout, norm)
    return keras.Model(
        image, kl.Dense(classes, activation="softmax", name="proba")(x), name=network.name.replace("-", "_")
    )


def with_embedding(model: keras.Model) -> keras.Model:
    """The same network, sharing its weights, with two named outputs: proba and embedding.

    The embedding of a network that was trained elsewhere is the input of its last layer with weights, where that
    is dense and takes one row of values; else there is none.
    """
    outputs = {"proba": model.output}
    if (embedding := _find_embedding(model)) is not None:
        outputs["embedding"] = embedding
    return keras.Model(model.input, outputs, name=model.name)


def _find_embedding(model: keras.Model) -> keras.KerasTensor | None:
    by_name = {layer.name: layer for layer in model.layers}
    if "embedding" in by_name:
        return by_name["embedding"].output
    last = next((layer for layer in reversed(model.layers) if layer.weights), None)
    is_usable = isinstance(last, kl.Dense) and len(last.input.shape) == 2 and last.input is not model.input
    return last.input if is_usable and last is not None else None


def _apply_layer(layer: Layer, x: keras.KerasTensor, dropout: float, norm: _Norm) -> keras.KerasTensor:
    match layer:
        case Conv():
            return _conv(layer, x, norm)
        case Pool(kind, 0):
            return (kl.GlobalMaxPooling2D if kind == "max" else kl.GlobalAveragePooling2D)()(x)
        case Pool(kind, size):
            return (kl.MaxPooling2D if kind == "max" else kl.AveragePooling2D)(size)(x)
        case Crop(pixels):
            return kl.Cropping2D(pixels)(x)
        case Standardize():
            return _standardize(x)
        case Flatten():
            return kl.Flatten()(x)
        case Dense(units, activation, is_normalised):
            return _normalise(kl.Dense(units)(x), is_normalised, activation, norm)
        case Residual():
            return _residual(layer, x, norm)
        case Dropout():
            return kl.Dropout(dropout)(x) if dropout else x


def _standardize(x: keras.KerasTensor) -> keras.KerasTensor:
    # In one row, because Keras loses all axes but one when it reads the older description of an HDF5 file.
    row = kl.Flatten()(x)
    row = kl.LayerNormalization(epsilon=MIN_VARIANCE, center=False, scale=False)(row)
    return kl.Reshape(x.shape[1:])(row)


def _conv(conv: Conv, x: keras.KerasTensor, norm: _Norm) -> keras.KerasTensor:
    options = {"strides": conv.strides, "padding": conv.padding, "use_bias": not conv.norm}
    if conv.depthwise:
        x = kl.DepthwiseConv2D(conv.kernel, **options)(x)
    else:
        x = kl.Conv2D(conv.filters, conv.kernel, **options)(x)
    return _normalise(x, conv.norm, conv.activation, norm)


def _residual(residual: Residual, x: keras.KerasTensor, norm: _Norm) -> keras.KerasTensor:
    shortcut = x
    for conv in residual.layers:
        x = _conv(conv, x, norm)
    if shortcut.shape != x.shape:
        shortcut = _conv(fit_shortcut(residual), shortcut, norm)
    x = kl.Add()([x, shortcut])
    return kl.Activation(residual.activation)(x) if residual.activation else x


def _normalise(x: keras.KerasTensor, wanted: bool, activation: str | None, norm: _Norm) -> keras.KerasTensor:
    if wanted:
        kind, momentum = norm
        x = kind(momentum=momentum)(x)
    return kl.Activation(activation)(x) if activation else x


class FusedBatchNormalization(kl.BatchNormalization):
    """Batch normalisation of (b, h, w, c) that trains in one kernel; otherwise as Keras's own."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """The normalised inputs; in training by their own mean and variance, which the averages follow."""
        if not training or not self.trainable or len(inputs.shape) != 4:
            return super().call(inputs, training=training, mask=mask)
        nothing = tf.constant([], tf.float32)
        normalised, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma.value,
            offset=self.beta.value,
            mean=nothing,
            variance=nothing,
            epsilon=self.epsilon,
            is_training=True,
        )
        # The kernel's variance is that of a sample (n - 1), Keras's that of the values (n).
        n = tf.cast(tf.reduce_prod(tf.shape(inputs)[:3]), tf.float32)
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance * ((n - 1) / n))):
            average.assign(average * self.momentum + value * (1 - self.momentum))
        return normalised


_Norm = tuple[type[kl.BatchNormalization], float]  # the layer, and the momentum of its averages
