"""The file formats in which a trained network leaves, and what each is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Format(NamedTuple):
    """A file format of a trained network.

    Attributes:
        label: its name for people.
        title: what it is for.
        suffix: of the file, after the name of the run.
        mime: its media type.
        is_stored: whether the run has the file already; else a worker process makes it, which takes some seconds.
        is_quantised: whether its numbers are 8-bit integers: then a few answers may change.
        languages: of its snippets, see `snippets`.
    """

    label: str
    title: str
    suffix: str
    mime: str = "application/octet-stream"
    is_stored: bool = False
    is_quantised: bool = False
    languages: tuple[str, ...] = ("python",)


FORMATS: Mapping[str, Format] = {
    "keras": Format(".keras", "Keras 3, to continue the training", ".keras", "application/zip", is_stored=True),
    "h5": Format(".h5", "HDF5, for Keras 2 and Keras 3", ".h5", "application/x-hdf5"),
    "h5-keras3": Format(
        ".h5 of Keras 3", "HDF5 with any network; Keras 2 cannot load it", "-keras3.h5", "application/x-hdf5"
    ),
    "savedmodel": Format(
        "SavedModel", "TensorFlow and its servers: a folder, zipped", "-savedmodel.zip", "application/zip"
    ),
    "tflite": Format(
        ".tflite",
        "LiteRT, for phones and small machines",
        ".tflite",
        is_stored=True,
        languages=("python", "kotlin"),
    ),
    "tflite-dynamic": Format(
        ".tflite, int8 weights",
        "LiteRT with a quarter of the size; large networks are two to three times as fast",
        "-dynamic.tflite",
        is_quantised=True,
        languages=("python", "kotlin"),
    ),
    "tflite-int8": Format(
        ".tflite, all int8",
        "Microcontrollers and other integer machines: integers in and out",
        "-int8.tflite",
        is_quantised=True,
        languages=("python", "cpp"),
    ),
    "onnx": Format(
        ".onnx", "ONNX Runtime: most languages, also in the browser", ".onnx", languages=("python", "javascript")
    ),
    "c": Format(
        "C array",
        "The all-int8 network as C source, for microcontrollers",
        ".h",
        "text/x-c",
        is_quantised=True,
        languages=("cpp",),
    ),
}
