"""The Keras networks, built from `architectures`. Scaling and channel axis are layers of the network itself."""

from __future__ import annotations

import keras
from keras import layers as kl

from digitrec.architectures import NETWORKS, SIDE, Conv, Dense, Dropout, Flatten, Layer, Pool, Residual


def build(network: str, classes: int, *, dropout: float = 0.0) -> keras.Model:
    """An untrained network: uint8 (n, 28, 28) -> proba float32 (n, classes).

    The layer named "embedding" carries what the network knows of an image before it decides; dropout, where it is
    not 0, stands between it and the softmax as well as where the architecture has it.

    Args:
        network: a name in `architectures.NETWORKS`.
        classes: number of classes c.
        dropout: share of units switched off at random during training.
    """
    image = keras.Input((SIDE, SIDE), dtype="uint8", name="image")
    x = kl.Rescaling(1 / 255, name="scale")(image)
    x = kl.Reshape((SIDE, SIDE, 1), name="channel")(x)
    for layer in NETWORKS[network].layers:
        x = _apply(layer, x, dropout)
    x = kl.Identity(name="embedding")(x)
    x = _apply(Dropout(), x, dropout)
    return keras.Model(
        image, kl.Dense(classes, activation="softmax", name="proba")(x), name=network.replace("-", "_")
    )


def with_embedding(model: keras.Model) -> keras.Model:
    """The same network, sharing its weights, with two named outputs: proba and embedding."""
    outputs = {"proba": model.output, "embedding": model.get_layer("embedding").output}
    return keras.Model(model.input, outputs, name=model.name)


def _apply(layer: Layer, x: keras.KerasTensor, dropout: float) -> keras.KerasTensor:
    match layer:
        case Conv():
            return _conv(layer, x)
        case Pool(kind, 0):
            return (kl.GlobalMaxPooling2D if kind == "max" else kl.GlobalAveragePooling2D)()(x)
        case Pool(kind, size):
            return (kl.MaxPooling2D if kind == "max" else kl.AveragePooling2D)(size)(x)
        case Flatten():
            return kl.Flatten()(x)
        case Dense(units, activation, norm):
            return _normalised(kl.Dense(units)(x), norm, activation)
        case Residual(convs):
            return _residual(convs, x)
        case Dropout():
            return kl.Dropout(dropout)(x) if dropout else x


def _conv(conv: Conv, x: keras.KerasTensor) -> keras.KerasTensor:
    options = {"strides": conv.strides, "padding": conv.padding, "use_bias": not conv.norm}
    if conv.depthwise:
        x = kl.DepthwiseConv2D(conv.kernel, **options)(x)
    else:
        x = kl.Conv2D(conv.filters, conv.kernel, **options)(x)
    return _normalised(x, conv.norm, conv.activation)


def _residual(convs: tuple[Conv, ...], x: keras.KerasTensor) -> keras.KerasTensor:
    shortcut = x
    for conv in convs:
        x = _conv(conv, x)
    if shortcut.shape != x.shape:
        strides = convs[0].strides
        fitted = Conv(x.shape[-1], 1, strides, activation=None, norm=True)
        shortcut = _conv(fitted, shortcut)
    return kl.Activation("relu")(kl.Add()([x, shortcut]))


def _normalised(x: keras.KerasTensor, norm: bool, activation: str | None) -> keras.KerasTensor:
    if norm:
        # Keras's default momentum of 0.99 is too slow for trainings of a few hundred steps.
        x = kl.BatchNormalization(momentum=0.9)(x)
    return kl.Activation(activation)(x) if activation else x
