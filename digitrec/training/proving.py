"""An exported file, loaded in its own runtime and compared with Keras."""

from __future__ import annotations

import importlib.metadata
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from digitrec.exchange import Quantisation, read_c_array
from digitrec.imaging import Floats, Images
from digitrec.runs import processes

_WARM_UP, _ROUNDS = 5, 50  # single images, before and while the latency is measured
_BATCH = 250

Predict = Callable[[Images], Floats]  # uint8 (n, 28, 28) -> probabilities (n, c)


class Loaded(NamedTuple):
    """A file in its runtime.

    Attributes:
        predict: for any number of images.
        runtime: its name and version.
        quantisation: of an int8 network.
        note: a sentence that a person must know, or nothing.
    """

    predict: Predict
    runtime: str
    quantisation: Quantisation | None = None
    note: str = ""


class Comparison(NamedTuple):
    """How a file's answers compare with Keras's."""

    changed: int
    largest_difference: float
    latency: float  # median seconds for one image


def load(kind: str, path: Path) -> Loaded:
    """Load a file of a format in its own runtime, from the disk alone."""
    return _LOADERS[kind](path)


def compare(loaded: Loaded, images: Images, expected: Floats) -> Comparison:
    """Compare answers (n, c) to images with those of Keras, and measure the latency."""
    found = np.concatenate([loaded.predict(images[i : i + _BATCH]) for i in range(0, len(images), _BATCH)])
    changed = int((found.argmax(1) != expected.argmax(1)).sum())
    difference = float(np.abs(found - expected).max())
    return Comparison(changed, difference, _measure_latency(loaded.predict, images))


def _measure_latency(predict: Predict, images: Images) -> float:
    seconds = []
    for i in range(_WARM_UP + _ROUNDS):
        one = images[i % len(images)][None]
        began = time.perf_counter()
        predict(one)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[_WARM_UP:])


def _load_keras(path: Path) -> Loaded:
    model = keras.models.load_model(path, compile=False)
    return Loaded(lambda images: np.asarray(model(images, training=False)), f"Keras {keras.__version__}")


def _load_h5(path: Path) -> Loaded:
    """In Keras 2, where it is installed; Keras 3 has read the file back when it was written."""
    if not processes.has_packages("tf_keras"):
        note = "Keras 2 (tf-keras) is not installed: the file was compared in Keras 3 alone."
        return _load_keras(path)._replace(note=note)
    import tf_keras

    model = tf_keras.models.load_model(path, compile=False)
    version = f"Keras {tf_keras.__version__}; Keras {keras.__version__} read it as well"
    return Loaded(lambda images: np.asarray(model(images, training=False)), version)


def _load_savedmodel(path: Path) -> Loaded:
    import tensorflow as tf

    folder = tempfile.TemporaryDirectory()
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder.name)  # our own file
    model = tf.saved_model.load(folder.name)

    def predict(images: Images) -> Floats:
        assert folder  # it stays as long as the network
        return np.asarray(model.serve(images))

    return Loaded(predict, f"TensorFlow {tf.__version__}")


def _load_tflite(path: Path) -> Loaded:
    return _load_litert(path.read_bytes())


def _load_c(path: Path) -> Loaded:
    return _load_litert(read_c_array(path.read_text(encoding="utf-8")))


def _load_litert(model: bytes) -> Loaded:
    interpreter = Interpreter(model_content=model, num_threads=1)
    quantisation = read_quantisation(model)
    image = interpreter.get_input_details()[0]["index"]
    proba = interpreter.get_output_details()[0]["index"]
    sizes: set[int] = set()  # that it is prepared for

    def run(batch: NDArray[np.integer]) -> NDArray[Any]:
        if sizes != {len(batch)}:
            interpreter.resize_tensor_input(image, batch.shape)
            interpreter.allocate_tensors()
            sizes.clear()
            sizes.add(len(batch))
        interpreter.set_tensor(image, batch)
        interpreter.invoke()
        return interpreter.get_tensor(proba)

    def predict(images: Images) -> Floats:
        if quantisation is None:
            return run(images)
        return np.concatenate([quantisation.read(run(quantisation.write(image[None]))) for image in images])

    return Loaded(predict, f"LiteRT {importlib.metadata.version('ai-edge-litert')}", quantisation)


def read_quantisation(model: bytes) -> Quantisation | None:
    """How a LiteRT network of integers counts; None for one that takes plain images."""
    interpreter = Interpreter(model_content=model)
    image, proba = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    if image["dtype"] != np.int8:
        return None
    (scale, zero), (output_scale, output_zero) = image["quantization"], proba["quantization"]
    return Quantisation(float(scale), int(zero), float(output_scale), int(output_zero))


def _load_onnx(path: Path) -> Loaded:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def predict(images: Images) -> Floats:
        (proba,) = session.run(["proba"], {"image": images})
        answer: NDArray[np.float32] = proba
        return answer

    return Loaded(predict, f"ONNX Runtime {onnxruntime.__version__}")


_LOADERS: Mapping[str, Callable[[Path], Loaded]] = {
    "keras": _load_keras,
    "h5": _load_h5,
    "h5-keras3": _load_keras,
    "savedmodel": _load_savedmodel,
    "tflite": _load_tflite,
    "tflite-dynamic": _load_tflite,
    "tflite-int8": _load_tflite,
    "onnx": _load_onnx,
    "c": _load_c,
}
