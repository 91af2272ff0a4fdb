"""Training the network that reads a line of symbols as a whole, by connectionist temporal classification."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image

from digitrec.forms import line_network
from digitrec.imaging import Ink

DILATIONS, LABELS = line_network.DILATIONS, line_network.LABELS
STRIP_BASE, STRIP_HEIGHT = line_network.STRIP_BASE, line_network.STRIP_HEIGHT
BATCH = 32
SAID = 10  # steps, after which the loss is said
FILTERS, WIDTH = (24, 40, 64), 128
_LEARNING_RATE, _WARM_UP, _MOST_LOSS = 1.5e-3, 200, 100.0
_AVERAGED, _EACH = 0.99, 5  # the average of the weights forgets so little at every fifth step
_SORTED = 24  # batches of strips that are sorted by their width, so that little is filled up


class Line(NamedTuple):
    """A strip, uint8 (STRIP_HEIGHT, width), and the text that it shows."""

    strip: Ink
    text: str


class _Batch(NamedTuple):
    strips: NDArray[np.uint8]  # (n, STRIP_HEIGHT, width, 1); those that show a text come first
    steps: NDArray[np.int32]  # (n,) of each strip
    places: NDArray[np.int64]  # of each symbol: row and place
    symbols: NDArray[np.int32]
    shape: NDArray[np.int64]  # rows with a text, and the longest text


def build() -> keras.Model:
    """The network: float32 (n, STRIP_HEIGHT, width, 1) of 0 to 255 to logits (n, width / 2, len(LABELS) + 1)."""
    given = keras.Input((STRIP_HEIGHT, None, 1))
    x = keras.layers.Rescaling(1 / 255)(given)
    for filters, size, stride in zip(FILTERS, (5, 3, 3), ((2, 2), (2, 1), (2, 1)), strict=True):
        x = _normalise(keras.layers.Conv2D(filters, size, stride, padding="same", use_bias=False)(x))
    x = keras.layers.ZeroPadding2D((0, 1))(x)
    x = _normalise(keras.layers.Conv2D(WIDTH, (STRIP_HEIGHT // 8, 3), use_bias=False)(x))  # one row is left
    for dilation in DILATIONS:
        convolve = keras.layers.Conv2D(WIDTH, (1, 5), padding="same", dilation_rate=(1, dilation), use_bias=False)
        x = keras.layers.Add()([x, keras.layers.Dropout(0.1)(_normalise(convolve(x)))])
    x = keras.layers.Conv2D(len(LABELS) + 1, 1)(x)
    return keras.Model(given, keras.layers.Reshape((-1, len(LABELS) + 1))(x))


def fit(lines: Sequence[Line], *, steps: int, seed: int, progress: Callable[[int, float], None]) -> keras.Model:
    """Train a network on strips, which are varied; the average of its weights is returned.

    Args:
        lines: what is learnt from.
        steps: batches of `BATCH` strips.
        seed: of the first weights and of all chance.
        progress: called with the number of steps done and the mean loss of the last `SAID`, after each `SAID`.
    """
    keras.utils.set_random_seed(seed)
    model, rng = build(), np.random.default_rng(seed)
    optimizer = keras.optimizers.AdamW(_LEARNING_RATE, weight_decay=1e-3, clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    step = _make_step(model, optimizer)
    average: list[Any] = [weight.copy() for weight in model.get_weights()]
    losses: list[float] = []
    while len(losses) < steps:
        for batch in _batches(lines, rng):
            done = len(losses)
            fading = 0.5 * (1 + math.cos(math.pi * done / steps)) + 0.005
            optimizer.learning_rate = _LEARNING_RATE * min(1.0, (done + 1) / _WARM_UP) * fading
            losses.append(float(step(*batch)))
            if done % _EACH == 0:
                kept = min(_AVERAGED, (1 + done) / (20 + done))
                average = [kept * a + (1 - kept) * w for a, w in zip(average, model.get_weights(), strict=True)]
            if len(losses) % SAID == 0:
                progress(len(losses), float(np.mean(losses[-SAID:])))
            if len(losses) == steps:
                break
    model.set_weights(average)
    return model


def read_greedily(model: keras.Model, lines: Sequence[Line]) -> list[str]:
    """The text of the likeliest label at each step, for each line: a quick look at how well a network reads."""
    found = []
    for line in lines:
        filled = np.pad(line.strip, ((0, 0), (0, -line.strip.shape[1] % 32)))
        logits = np.asarray(model(filled[None, :, :, None].astype(np.float32), training=False))[0]
        best = logits[: -(-line.strip.shape[1] // line_network.STRIDE)].argmax(1)
        kept = [k for k, before in zip(best, (-1, *best), strict=False) if k not in (before, len(LABELS))]
        found.append("".join(LABELS[k] for k in kept))
    return found


def to_network(model: keras.Model) -> line_network.LineNetwork:
    """The network in NumPy: each batch normalisation goes into the convolution before it."""
    layers = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            kernel = np.asarray(layer.kernel)
            layers.append(
                line_network.Layer(kernel, np.zeros(kernel.shape[-1]) if layer.bias is None else layer.bias)
            )
        elif isinstance(layer, keras.layers.BatchNormalization):
            kernel, bias = layers[-1]
            scale = np.asarray(layer.gamma) / np.sqrt(np.asarray(layer.moving_variance) + layer.epsilon)
            moved = (bias - np.asarray(layer.moving_mean)) * scale + np.asarray(layer.beta)
            layers[-1] = line_network.Layer(kernel * scale, moved)
    return line_network.to_network(
        [line_network.Layer(*(np.asarray(a, np.float32) for a in each)) for each in layers]
    )


def _normalise(x: Any) -> Any:
    return keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.98)(x))


def _make_step(model: keras.Model, optimizer: keras.Optimizer) -> Any:
    spec = tf.TensorSpec
    kinds = (
        spec((None, STRIP_HEIGHT, None, 1), tf.uint8),
        spec((None,), tf.int32),
        spec((None, 2), tf.int64),
        spec((None,), tf.int32),
        spec((2,), tf.int64),
    )

    def step(strips: Any, steps: Any, places: Any, symbols: Any, shape: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = model(tf.cast(strips, tf.float32), training=True)
            said = tf.cast(shape[0], tf.int32)
            texts = tf.SparseTensor(places, symbols, shape)
            losses = tf.nn.ctc_loss(
                texts, logits[:said], None, steps[:said], logits_time_major=False, blank_index=len(LABELS)
            )
            # Strips without a text, which `ctc_loss` refuses: nothing at each step.
            nothing = -tf.nn.log_softmax(logits[said:])[:, :, len(LABELS)]
            nothing *= tf.sequence_mask(steps[said:], tf.shape(logits)[1], tf.float32)
            total = tf.reduce_sum(tf.minimum(losses, _MOST_LOSS)) + tf.reduce_sum(nothing)
            loss = total / tf.cast(tf.shape(strips)[0], tf.float32)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    return tf.function(step, input_signature=kinds)


def _batches(lines: Sequence[Line], rng: np.random.Generator) -> Iterator[_Batch]:
    """All lines once, in an order of chance; those of about the same width together."""
    order = rng.permutation(len(lines))
    for start in range(0, len(order), BATCH * _SORTED):
        part = sorted(order[start : start + BATCH * _SORTED], key=lambda i: lines[i].strip.shape[1])
        groups = [part[k : k + BATCH] for k in range(0, len(part), BATCH)]
        for group in rng.permutation(len(groups)):
            yield _to_batch([lines[i] for i in groups[group]], rng)


def _to_batch(lines: list[Line], rng: np.random.Generator) -> _Batch:
    lines = sorted(lines, key=lambda line: not line.text)
    varied = [_vary(line.strip, rng) for line in lines]
    strips = np.zeros((len(lines), STRIP_HEIGHT, -(-max(s.shape[1] for s in varied) // 16) * 16, 1), np.uint8)
    for row, strip in enumerate(varied):
        strips[row, :, : strip.shape[1], 0] = strip
    steps = np.array([-(-strip.shape[1] // line_network.STRIDE) for strip in varied], np.int32)
    texts = [[LABELS.index(symbol) for symbol in line.text] for line in lines]
    places = np.array([(row, at) for row, text in enumerate(texts) for at in range(len(text))], np.int64)
    symbols = np.array([symbol for text in texts for symbol in text], np.int32)
    shape = np.array([sum(map(bool, texts)), max(1, *map(len, texts))], np.int64)
    return _Batch(strips, steps, places.reshape(-1, 2), symbols, shape)


def _vary(strip: Ink, rng: np.random.Generator) -> Ink:
    """A strip, stretched, slanted, moved up or down, its base line turned, paler or darker."""
    wide, high = math.exp(rng.normal(0, 0.1)), math.exp(rng.normal(0, 0.06))
    slant, slope, down = rng.normal(0, 0.08), rng.normal(0, 0.008), rng.normal(0, 1.2)
    matrix = (1 / wide, slant, -slant * STRIP_BASE, slope, 1 / high, STRIP_BASE * (1 - 1 / high) + down)
    size = max(8, round(strip.shape[1] * wide)), STRIP_HEIGHT
    moved = Image.fromarray(strip).transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    level = np.asarray(moved, np.float32) / 255
    return np.rint(255 * level ** rng.uniform(0.6, 1.5)).astype(np.uint8)
