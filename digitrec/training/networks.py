"""The Keras networks, built from `architectures`. Scaling and channel axis are layers of the network itself."""

from __future__ import annotations

import keras
from keras import layers as kl

from digitrec.runs import IMAGE_SIDE, NETWORKS, Conv, Dense, Dropout, Flatten, Layer, Pool, Residual

NORM_MOMENTUM = 0.9  # Keras's default of 0.99 is too slow for trainings of a few hundred steps


def build(
    network: str, classes: int, *, dropout: float = 0.0, norm_momentum: float = NORM_MOMENTUM
) -> keras.Model:
    """An untrained network: uint8 (n, 28, 28) -> proba float32 (n, classes).

    The layer named "embedding" is the input of the softmax. Dropout, where it is not 0, is between the two, and
    where the architecture has it.

    Args:
        network: a name in `architectures.NETWORKS`.
        classes: number of classes c.
        dropout: share of units switched off at random during training.
        norm_momentum: of the moving averages of batch normalisation, from 0 to below 1; higher is slower.
    """
    image = keras.Input((IMAGE_SIDE, IMAGE_SIDE), dtype="uint8", name="image")
    x = kl.Rescaling(1 / 255, name="scale")(image)
    x = kl.Reshape((IMAGE_SIDE, IMAGE_SIDE, 1), name="channel")(x)
    for layer in NETWORKS[network].layers:
        x = _apply_layer(layer, x, dropout, norm_momentum)
    x = kl.Identity(name="embedding")(x)
    x = _apply_layer(Dropout(), x, dropout, norm_momentum)
    return keras.Model(
        image, kl.Dense(classes, activation="softmax", name="proba")(x), name=network.replace("-", "_")
    )


def with_embedding(model: keras.Model) -> keras.Model:
    """The same network, sharing its weights, with two named outputs: proba and embedding."""
    outputs = {"proba": model.output, "embedding": model.get_layer("embedding").output}
    return keras.Model(model.input, outputs, name=model.name)


def _apply_layer(layer: Layer, x: keras.KerasTensor, dropout: float, momentum: float) -> keras.KerasTensor:
    match layer:
        case Conv():
            return _conv(layer, x, momentum)
        case Pool(kind, 0):
            return (kl.GlobalMaxPooling2D if kind == "max" else kl.GlobalAveragePooling2D)()(x)
        case Pool(kind, size):
            return (kl.MaxPooling2D if kind == "max" else kl.AveragePooling2D)(size)(x)
        case Flatten():
            return kl.Flatten()(x)
        case Dense(units, activation, norm):
            return _normalise(kl.Dense(units)(x), norm, activation, momentum)
        case Residual(convs):
            return _residual(convs, x, momentum)
        case Dropout():
            return kl.Dropout(dropout)(x) if dropout else x


def _conv(conv: Conv, x: keras.KerasTensor, momentum: float) -> keras.KerasTensor:
    options = {"strides": conv.strides, "padding": conv.padding, "use_bias": not conv.norm}
    if conv.depthwise:
        x = kl.DepthwiseConv2D(conv.kernel, **options)(x)
    else:
        x = kl.Conv2D(conv.filters, conv.kernel, **options)(x)
    return _normalise(x, conv.norm, conv.activation, momentum)


def _residual(convs: tuple[Conv, ...], x: keras.KerasTensor, momentum: float) -> keras.KerasTensor:
    shortcut = x
    for conv in convs:
        x = _conv(conv, x, momentum)
    if shortcut.shape != x.shape:
        strides = convs[0].strides
        fitted = Conv(x.shape[-1], 1, strides, activation=None, norm=True)
        shortcut = _conv(fitted, shortcut, momentum)
    return kl.Activation("relu")(kl.Add()([x, shortcut]))


def _normalise(x: keras.KerasTensor, norm: bool, activation: str | None, momentum: float) -> keras.KerasTensor:
    if norm:
        x = kl.BatchNormalization(momentum=momentum)(x)
    return kl.Activation(activation)(x) if activation else x
