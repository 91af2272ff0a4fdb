"""A network file from elsewhere, looked through before anything loads it: no code, no other files, no giants.

A Keras file is a description of layers and their weights. The description may name any Python object, and an HDF5
file may point to other files. So only Keras's own layers pass, and only arrays in the file itself.
"""

from __future__ import annotations

import io
import json
import math
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

MAX_FILE_BYTES = 100_000_000
MAX_PARAMETERS = 25_000_000  # 100 MB of float32
_MAX_CONFIG_BYTES = 5_000_000
_MAX_UNITS = 100_000  # of any whole number in a description: units, filters, sizes
_KERAS_MEMBERS = {"config.json", "metadata.json", "model.weights.h5"}
_MAX_OBJECTS = 20_000  # groups and arrays of an HDF5 file
_DAMAGE_ERRORS = (
    *(OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, MemoryError, OverflowError),
    *(zipfile.BadZipFile, zlib.error, NotImplementedError, RecursionError, EOFError),
)
# Where Keras has layers and what belongs to them. Others of its modules read files and fetch from the web.
_PARTS = {
    *("activations", "constraints", "dtype_policies", "initializers", "layers", "legacy", "losses", "metrics"),
    *("models", "ops", "optimizers", "regularizers"),
}
# What runs a person's code, reads files, or calls a service.
_FORBIDDEN = {
    "Lambda",
    "TFSMLayer",
    "TorchModuleWrapper",
    "FlaxLayer",
    "JaxLayer",
    "StringLookup",
    "TextVectorization",
}


class ForeignFileError(Exception):
    """A network file from elsewhere cannot be used: the message says why and what to do."""


def tell_kind(data: bytes) -> str:
    """What a file is: "keras", "h5", "tflite" or "onnx".

    Raises:
        ForeignFileError: it is too large or none of these.
    """
    if len(data) > MAX_FILE_BYTES:
        raise ForeignFileError(
            f"the file has {len(data) / 1e6:.0f} MB: expected at most {MAX_FILE_BYTES / 1e6:.0f} MB. Save the "
            "network without the state of its optimizer."
        )
    if data[:4] == b"PK\x03\x04":
        return "keras"
    if data[:8] == b"\x89HDF\r\n\x1a\n":
        return "h5"
    if data[4:8] == b"TFL3":
        return "tflite"
    if data[:1] == b"\x08" and b"ir_version" not in data[:64]:  # the first field of an ONNX model, a small number
        return "onnx"
    raise ForeignFileError("the file is no network that can be read: expected .keras, .h5, .tflite or .onnx.")


def screen(data: bytes, kind: str) -> None:
    """Refuse a file that may do harm when it is loaded.

    Raises:
        ForeignFileError: it is damaged, too large, has code, or points to other files.
    """
    try:
        if kind == "keras":
            _screen_keras(data)
        elif kind == "h5":
            _screen_hdf5(data, needs_config=True)
    except _DAMAGE_ERRORS as error:
        said = " ".join(str(error).split())[:120]
        raise ForeignFileError(f"the .{kind} file is damaged ({said}): save or send it again.") from error


def _screen_keras(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: info for info in archive.infolist()}
        if len(members) != len(archive.infolist()) or not {"config.json", "model.weights.h5"} <= set(members):
            raise ForeignFileError(
                "the ZIP is no .keras file: expected config.json and model.weights.h5, once each. A bundle comes "
                "in by digitrec bundle --import FILE, or on the Models page."
            )
        if others := sorted(set(members) - _KERAS_MEMBERS):
            raise ForeignFileError(
                f"the .keras file holds {others[0][-60:]!r} as well: expected {', '.join(sorted(_KERAS_MEMBERS))} "
                "alone. Networks that bring files along, such as vocabularies, are refused."
            )
        limits = {"model.weights.h5": MAX_FILE_BYTES * 2}
        for name, info in members.items():
            if info.file_size > limits.get(name, _MAX_CONFIG_BYTES):
                raise ForeignFileError(f"{name} of the .keras file has {info.file_size / 1e6:.0f} MB: too much.")
        screen_config(json.loads(_read(archive, members["config.json"])))
        _screen_hdf5(_read(archive, members["model.weights.h5"]), needs_config=False)


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A member, at most as long as it says it is."""
    with archive.open(info) as stream:
        data = stream.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise ForeignFileError(f"{info.filename} of the file is not as long as it says. Save or send it again.")
    return data


def screen_config(config: Any) -> None:
    """Refuse a description of a Keras network that names anything but Keras's own layers.

    Raises:
        ForeignFileError: it does.
    """
    for name, module, registered in _list_objects(config):
        if name == "__lambda__" or name in _FORBIDDEN or "." in name or not _is_own(module) or registered:
            shown = registered or (f"{module}.{name}" if module else name)
            raise ForeignFileError(
                f"the network has {shown[:80]!r}: it may run code, so only Keras's own layers are read. Build the "
                "network without it, or export it as ONNX."
            )
    for number in _list_numbers(config):
        if abs(number) > _MAX_UNITS and number == int(number) and abs(number) < 2**31 - 1:
            raise ForeignFileError(
                f"the description of the network has the size {number:,.0f}: expected at most {_MAX_UNITS:,}."
            )


def _is_own(module: str | None) -> bool:
    """Whether a module is one of Keras that only has layers and the like."""
    if module is None or module == "keras":
        return True
    first, *rest = module.removeprefix("keras.src.").removeprefix("keras.").split(".")
    return module.startswith("keras.") and first in _PARTS and "utils" not in rest


def _list_objects(value: Any) -> Iterator[tuple[str, str | None, str | None]]:
    """The class, module and registered name of each object in a description, at any depth."""
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, Mapping):
            name = each.get("class_name")
            if isinstance(name, str):
                # Keras 3 registers its own under "keras"; older files, and its types of data, have no module.
                registered = each.get("registered_name")
                is_custom = (
                    isinstance(registered, str) and ">" in registered and not registered.startswith("keras")
                )
                module = each.get("module")
                yield name, module if isinstance(module, str) else None, registered if is_custom else None
            stack.extend(each.values())
        elif isinstance(each, list):
            stack.extend(each)


def _list_numbers(value: Any) -> Iterator[float]:
    """The numbers in a description, but for seeds."""
    stack = [value]
    while stack:
        each = stack.pop()
        if isinstance(each, Mapping):
            stack.extend(inner for key, inner in each.items() if key not in ("seed", "date_saved"))
        elif isinstance(each, list):
            stack.extend(each)
        elif isinstance(each, int | float) and not isinstance(each, bool) and math.isfinite(each):
            yield float(each)


def _screen_hdf5(data: bytes, *, needs_config: bool) -> None:
    """Refuse an HDF5 file with links, with values in other files, with too many, or with a harmful description."""
    try:
        import h5py  # installed with TensorFlow
    except ImportError as error:
        raise ForeignFileError('HDF5 files need h5py: pip install "digitrec[train]".') from error
    with h5py.File(io.BytesIO(data), "r") as file:
        parameters = sum(_count_values(each) for each in _list_arrays(file))
        if parameters > 3 * MAX_PARAMETERS:  # an optimizer has two numbers for each weight
            raise ForeignFileError(
                f"the network has {parameters:,} numbers: expected at most {MAX_PARAMETERS:,} weights."
            )
        if needs_config:
            description = file.attrs.get("model_config")
            if description is None:
                raise ForeignFileError(
                    "the .h5 file holds weights alone: expected a whole network. Save it by model.save(...)."
                )
            text = description if isinstance(description, str) else bytes(description).decode()
            screen_config(json.loads(text))


def _list_arrays(file: Any) -> Iterator[Any]:
    import h5py

    stack, seen = [file], 0
    while stack:
        group = stack.pop()
        for name in group:
            seen += 1
            if seen > _MAX_OBJECTS:
                raise ForeignFileError(f"the HDF5 file has more than {_MAX_OBJECTS:,} parts.")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ForeignFileError("the HDF5 file has links, which may lead to other files: expected none.")
            each = group[name]
            if isinstance(each, h5py.Group):
                stack.append(each)
            else:
                yield each


def _count_values(array: Any) -> int:
    if array.external or array.is_virtual:
        raise ForeignFileError("the HDF5 file takes values from another file: expected all of them in this one.")
    return math.prod(array.shape or ())


def write_temporary(data: bytes, kind: str, folder: Path) -> Path:
    """A screened file under a name that its reader expects."""
    with tempfile.NamedTemporaryFile(dir=folder, suffix=f".{kind}", delete=False) as file:
        file.write(data)
    return Path(file.name)
