"""A Keras network -> the files of other formats. Each function writes one file; `proving` reads it back."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from digitrec.exchange import FORMATS, CNames, describe_licence, export_path, write_c_array
from digitrec.imaging import Images
from digitrec.runs import IMAGE_SIDE, Run, processes
from digitrec.training import export, hdf5


class ConversionError(Exception):
    """A network cannot be written in a format: the message says why and what to do."""


class Source(NamedTuple):
    """A network that is converted."""

    run: Run
    model: keras.Model
    calibration: Images | None  # training images (k, 28, 28); None where the data set is not on this machine


def convert(source: Source, kind: str, path: Path) -> None:
    """Write the network in a format.

    Args:
        source: the network.
        kind: a key of `FORMATS`.
        path: of the file.

    Raises:
        ConversionError: this network cannot be written in this format.
        OSError: the file cannot be written.
    """
    if FORMATS[kind].is_stored:
        shutil.copyfile(export_path(source.run, kind), path)
        return
    try:
        with quiet():
            _WRITERS[kind](source, path)
    except hdf5.Hdf5Error as error:
        raise ConversionError(f"the network cannot be written as {FORMATS[kind].label}: {error}") from error
    except (ValueError, RuntimeError, NotImplementedError, TypeError) as error:  # what the converters raise
        last = " ".join(str(error).split())[-300:]
        raise ConversionError(
            f"the network cannot be written as {FORMATS[kind].label}: the converter says {last!r}. Choose another "
            "format."
        ) from error


def _write_h5(source: Source, path: Path) -> None:
    hdf5.write(source.model, path)


def _write_h5_keras3(source: Source, path: Path) -> None:
    temporary = path.with_suffix(".tmp.h5")  # Keras wants this suffix
    source.model.save(temporary)
    temporary.replace(path)


def _write_savedmodel(source: Source, path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        source.model.export(folder, format="tf_saved_model", verbose=False)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for each in sorted(Path(folder).rglob("*")):
                archive.write(each, each.relative_to(folder))


def _write_dynamic(source: Source, path: Path) -> None:
    path.write_bytes(export.to_tflite(source.model, quantise_weights=True))


def _write_int8(source: Source, path: Path) -> None:
    path.write_bytes(to_int8(source))


def to_int8(source: Source) -> bytes:
    """The network as a LiteRT file of integers alone, for one image at a time: int8 (1, 28, 28) to int8 (1, c).

    Raises:
        ConversionError: there are no training images to calibrate it on.
        RuntimeError: the network has an operation that has no integer form.
    """
    if source.calibration is None or not len(source.calibration):
        raise ConversionError(
            "an int8 network is calibrated on training images, and they are not on this machine: expected the "
            f"data set {source.run.config.dataset}. Download it first."
        )
    import tensorflow as tf

    images = source.calibration
    # A fixed batch of one: microcontrollers have no operations for open shapes.
    image = keras.Input(batch_shape=(1, IMAGE_SIDE, IMAGE_SIDE), dtype="float32", name="image")
    fixed = keras.models.clone_model(source.model, input_tensors=image)
    fixed.set_weights(source.model.get_weights())
    converter = tf.lite.TFLiteConverter.from_keras_model(fixed)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([each[None].astype(np.float32)] for each in images)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def _write_onnx(source: Source, path: Path) -> None:
    if not processes.has_packages("onnx", "onnxruntime", "tf2onnx"):
        raise ConversionError('this format needs three more packages: pip install "digitrec[onnx]"')
    source.model(np.zeros((1, IMAGE_SIDE, IMAGE_SIDE), np.uint8))  # Keras exports what has been called
    temporary = path.with_suffix(".tmp.onnx")
    source.model.export(temporary, format="onnx", verbose=False)
    _name_ends(temporary)
    temporary.replace(path)


def _name_ends(path: Path) -> None:
    """Call the input "image", the output "proba" and the open size "n", whatever the converter called them."""
    import onnx

    model = onnx.load(path)
    graph = model.graph
    renamed = {graph.input[0].name: "image", graph.output[0].name: "proba"}
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.output[:] = [renamed.get(name, name) for name in node.output]
    for value, name in ((graph.input[0], "image"), (graph.output[0], "proba")):
        value.name = name
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _write_c(source: Source, path: Path) -> None:
    from digitrec.training import proving

    model = to_int8(source)
    quantisation = proving.read_quantisation(model)
    assert quantisation is not None
    run = source.run
    about = CNames(run.name, run.class_names, describe_licence(run), quantisation)
    path.write_text(write_c_array(model, about), encoding="utf-8")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what converters and runtimes print, pages of it, off the terminal. Some write past Python's streams."""
    sys.stdout.flush()
    sys.stderr.flush()
    with Path(os.devnull).open("w") as nowhere, contextlib.ExitStack() as after, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in (1, 2):
            original = os.dup(number)
            after.callback(os.close, original)
            after.callback(os.dup2, original, number)
            os.dup2(nowhere.fileno(), number)
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            yield


_WRITERS: Mapping[str, Callable[[Source, Path], Any]] = {
    "h5": _write_h5,
    "h5-keras3": _write_h5_keras3,
    "savedmodel": _write_savedmodel,
    "tflite-dynamic": _write_dynamic,
    "tflite-int8": _write_int8,
    "onnx": _write_onnx,
    "c": _write_c,
}
