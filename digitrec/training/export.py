"""A trained network -> the files for people, each checked against the network that it comes from."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import keras
import numpy as np

from digitrec.imaging import Images
from digitrec.inference import Classifier
from digitrec.runs import Run
from digitrec.training import networks

TOLERANCE = 1e-4  # largest difference of a probability between Keras and LiteRT


class ExportError(Exception):
    """The exported networks do not agree: the message says by how much."""


class ModelFileError(Exception):
    """A run's Keras file cannot be loaded: the message says why."""


def save_checked(model: keras.Model, run: Run, images: Images) -> None:
    """Save a trained network as the run's model.keras and model.tflite, after checking that both answer the same.

    Args:
        model: the trained network.
        run: its folder gets the files, both whole or none.
        images: uint8 (n, 28, 28) on which the two must agree.

    Raises:
        ExportError: the two disagree.
        OSError: the disk is full.
    """
    keras_path, tflite_path = run.path / "model.tmp.keras", run.path / "model.tmp.tflite"
    model.save(keras_path)
    tflite_path.write_bytes(to_tflite(model))
    _check_agreement(keras_path, tflite_path, images)
    keras_path.replace(run.keras_path)
    tflite_path.replace(run.tflite_path)


def to_tflite(model: keras.Model, *, quantise_weights: bool = False) -> bytes:
    """The network as a LiteRT file: input "image", outputs "proba" and, second, "embedding".

    Args:
        model: the network.
        quantise_weights: store the weights as 8-bit integers; the arithmetic stays float32 (dynamic range).
    """
    import tensorflow as tf  # only the converter needs TensorFlow itself; the rest runs on any Keras backend

    converter = tf.lite.TFLiteConverter.from_keras_model(networks.with_embedding(model))
    if quantise_weights:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    with contextlib.redirect_stdout(io.StringIO()):  # it prints pages of details
        return _put_proba_first(converter.convert())


def _put_proba_first(model: bytes) -> bytes:
    """The same file with the probabilities as output 0; the converter sorts the outputs by their names."""
    from tensorflow.lite.python import schema_py_generated as schema

    data = bytearray(model)
    root = schema.Model.GetRootAsModel(data, 0)
    signature = root.SignatureDefs(0)
    named = [signature.Outputs(i) for i in range(signature.OutputsLength())]
    (proba,) = (output.TensorIndex() for output in named if output.Name() == b"proba")
    # Changed in place: writing the file anew would lose the alignment of the weights.
    indices = root.Subgraphs(signature.SubgraphIndex()).OutputsAsNumpy()  # a view of the data
    indices[:] = [proba, *(index for index in indices if index != proba)]
    return bytes(data)


def load_keras(run: Run) -> keras.Model:
    """The run's trained network in Keras.

    Raises:
        ModelFileError: the file is missing or damaged.
    """
    try:
        return keras.models.load_model(run.keras_path, compile=False)
    except (OSError, ValueError, KeyError, TypeError) as error:  # what Keras raises on damaged files
        raise ModelFileError(
            f"the file {run.keras_path.name} of the run {run.name!r} cannot be loaded ({error}): it is damaged. "
            "Train again, or restore the file."
        ) from error


def _check_agreement(keras_path: Path, tflite_path: Path, images: Images) -> None:
    # Both are read back from disk: what is checked is what a person will load.
    expected = keras.models.load_model(keras_path, compile=False).predict(images, batch_size=500, verbose=0)
    found = Classifier.load(tflite_path).predict_proba(images)
    difference = float(np.abs(expected - found).max())
    changed = int((expected.argmax(1) != found.argmax(1)).sum())
    report = json.dumps({"images": len(images), "changed_answers": changed, "largest_difference": difference})
    if changed or not difference <= TOLERANCE:
        raise ExportError(f"Keras and LiteRT disagree on this network: {report}. Expected at most {TOLERANCE:g}.")
    print("Keras and LiteRT agree:", report)
