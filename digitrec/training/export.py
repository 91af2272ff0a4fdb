"""A trained network -> the files for people, each checked against the network that it comes from."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from digitrec import files
from digitrec.data import loading, splits
from digitrec.imaging import Images, Proba
from digitrec.inference import Classifier, answers_slowly, dynamic_name
from digitrec.runs import Run
from digitrec.training import networks

TOLERANCE = 1e-4  # largest difference of a probability between Keras and LiteRT
N_AGREEMENT_IMAGES = 1000  # on which the exported networks must agree
DYNAMIC_CHANGED_SHARE, DYNAMIC_TOLERANCE = 0.001, 0.1  # the most that may change: of the answers; of a probability


class ExportError(Exception):
    """The exported networks do not agree: the message says by how much."""


class ModelFileError(Exception):
    """A run's Keras file cannot be loaded: the message says why."""


def save_checked(model: keras.Model, run: Run, images: Images) -> None:
    """Save a trained network as the run's model.keras and model.tflite, after checking that both answer the same.

    A large network also gets a file with weights of 8 bits: see `save_dynamic`.

    Args:
        model: the trained network.
        run: its folder gets the files, all whole or none.
        images: uint8 (n, 28, 28) on which the two must agree.

    Raises:
        ExportError: the two disagree.
        OSError: the disk is full.
    """
    keras_path, tflite_path = run.path / "model.tmp.keras", run.path / "model.tmp.tflite"
    model.save(keras_path)
    tflite_path.write_bytes(to_tflite(model))
    _check_agreement(keras_path, tflite_path, images)
    if decided := save_dynamic(model, run, tflite_path.read_bytes(), images):
        print(decided)
    keras_path.replace(run.keras_path)
    tflite_path.replace(run.tflite_path)


def save_dynamic(model: keras.Model, run: Run, tflite: bytes, images: Images) -> str:
    """Save a network with weights of 8 bits, which answers faster, beside its model.tflite.

    A small network has no such file, as it is fast without. Nor has one whose answers would change.

    Args:
        model: the trained network.
        run: its folder gets the file, and loses that of an older network.
        tflite: the network as `to_tflite` makes it.
        images: uint8 (n, 28, 28), validation images, on which both must agree.

    Returns:
        Whether it is used and why, as a sentence; empty for a small network.

    Raises:
        OSError: the disk is full.
    """
    dynamic, decided = _make_dynamic(model, run, tflite, images)
    for old in run.path.glob("dynamic-*.tflite"):
        old.unlink()
    if dynamic is not None:
        files.replace(run.path / dynamic_name(tflite), dynamic)
    return decided


def add_dynamic(run: Run) -> str:
    """Make the file of `save_dynamic` for a run of an older version, and say in a sentence what came of it.

    As after a training, validation images decide whether it is used.

    Raises:
        DatasetError: the data set of the run cannot be loaded.
        ModelFileError: its Keras file is missing or damaged.
        OSError: the disk is full.
    """
    files.refuse_if_read_only(f"the run {run.name!r} cannot get another file")
    dataset, config = loading.load(run.config.dataset), run.config
    images, _ = splits.select_part(dataset, "validation", share=config.validation_share, seed=config.seed)
    if not len(images):
        return "Weights of 8 bits are not used: there are no validation images to compare answers on."
    return save_dynamic(load_keras(run), run, run.tflite_path.read_bytes(), images[:N_AGREEMENT_IMAGES])


def _make_dynamic(model: keras.Model, run: Run, tflite: bytes, images: Images) -> tuple[bytes | None, str]:
    if not answers_slowly(run):
        return None, ""
    dynamic = to_tflite(model, quantise_weights=True)
    compared = _compare(*(Classifier(each).predict_proba(images) for each in (tflite, dynamic)))
    agrees = (
        compared.changed_answers <= DYNAMIC_CHANGED_SHARE * len(images)
        and compared.largest_difference <= DYNAMIC_TOLERANCE
    )
    how = "are used" if agrees else "are not used, as answers would change"
    decided = (
        f"Weights of 8 bits {how}: of {compared.images:,} answers {compared.changed_answers:,} change, "
        f"a probability by {compared.largest_difference:.2g} at most."
    )
    return dynamic if agrees else None, decided


def to_tflite(model: keras.Model, *, quantise_weights: bool = False) -> bytes:
    """The network as a LiteRT file: input "image", outputs "proba" and, second, "embedding".

    Args:
        model: the network.
        quantise_weights: store the weights as 8-bit integers ("dynamic range"). LiteRT then makes 8-bit
            integers of the values between layers, too.
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
    compared = _compare(expected, found)
    report = json.dumps(compared._asdict())
    if compared.changed_answers or not compared.largest_difference <= TOLERANCE:
        raise ExportError(f"Keras and LiteRT disagree on this network: {report}. Expected at most {TOLERANCE:g}.")
    print("Keras and LiteRT agree:", report)


class _Compared(NamedTuple):
    images: int
    changed_answers: int
    largest_difference: float  # of a probability


def _compare(expected: Proba, found: Proba) -> _Compared:
    changed = int((expected.argmax(1) != found.argmax(1)).sum())
    return _Compared(len(found), changed, float(np.abs(expected - found).max()))
