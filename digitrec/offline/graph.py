"""A network out of its .tflite file, as plain values that a page's JavaScript runs (`network.js`).

The file format: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

# Operations, with those of their options that `network.js` heeds.
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "CONV_2D": ("padding", "strideH", "strideW", "dilationHFactor", "dilationWFactor", "fusedActivationFunction"),
    "DEPTHWISE_CONV_2D": (
        *("padding", "strideH", "strideW", "dilationHFactor", "dilationWFactor", "fusedActivationFunction"),
        "depthMultiplier",
    ),
    "MAX_POOL_2D": ("padding", "strideH", "strideW", "filterHeight", "filterWidth", "fusedActivationFunction"),
    "AVERAGE_POOL_2D": ("padding", "strideH", "strideW", "filterHeight", "filterWidth", "fusedActivationFunction"),
    "FULLY_CONNECTED": ("fusedActivationFunction",),
    "ADD": ("fusedActivationFunction",),
    "SUB": ("fusedActivationFunction",),
    "MUL": ("fusedActivationFunction",),
    "DIV": ("fusedActivationFunction",),
    "MEAN": (),
    "REDUCE_MAX": (),
    "STRIDED_SLICE": (),
    "SOFTMAX": ("beta",),
    **dict.fromkeys(("CAST", "RESHAPE", "NEG", "SQUARED_DIFFERENCE", "RSQRT", "SQRT", "MAXIMUM"), ()),
    **dict.fromkeys(("TANH", "LOGISTIC", "ELU", "RELU", "RELU6"), ()),
}
_ACTIVATIONS = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH")  # by their number in the schema
_PADDINGS = ("SAME", "VALID")
MAX_FLOAT32_BYTES = 2_000_000  # of weights: more are given in half precision, so that a page stays small


class GraphError(Exception):
    """A network that the page cannot run: the message says why."""


class Graph(NamedTuple):
    """A network as JSON holds it.

    Attributes:
        about: "image", the tensor of the image; "outputs", tensors by name; "tensors" by number, each with "shape"
            and, for constants, "data" in base64 and its "type"; "operations" in order.
        weight_type: "float32" or "float16".
    """

    about: dict[str, Any]
    weight_type: str


def read_graph(model: bytes) -> Graph:
    """Read a network of digitrec.

    Args:
        model: the bytes of a .tflite file of float32 weights, its input "image" uint8 (1, 28, 28).

    Raises:
        GraphError: it is no such file, or has an operation that the page does not know.
    """
    try:
        found = schema.ModelT.InitFromPackedBuf(model, 0)
        signature, graph = found.signatureDefs[0], found.subgraphs[0]
        outputs = {_text(each.name): each.tensorIndex for each in signature.outputs}
        image = signature.inputs[0].tensorIndex
    except Exception as error:  # the reader trusts the file: a damaged one fails in any way
        raise GraphError("the file of the network is damaged: export it again, or train a new run.") from error
    operations = [_read_operation(each, found, graph) for each in graph.operators]
    kept = [each for each in operations if each is not None]
    used = {index for each in kept for index in (*each["inputs"], each["output"]) if index >= 0}
    arrays = {index: array for index in used if (array := _constant(found, graph.tensors[index])) is not None}
    floats = sum(array.nbytes for array in arrays.values() if array.dtype == np.float32)
    weight_type = "float32" if floats <= MAX_FLOAT32_BYTES else "float16"
    tensors = {
        str(index): {"shape": _shape(graph.tensors[index])} | _pack(arrays.get(index), weight_type)
        for index in sorted(used)
    }
    about = {"image": image, "outputs": outputs, "tensors": tensors, "operations": kept}
    return Graph(about, weight_type)


def pack_array(array: NDArray[Any], kind: str) -> dict[str, str]:
    """An array as `network.js` unpacks it, little-endian, in this type."""
    packed = np.ascontiguousarray(array, np.dtype(kind).newbyteorder("<"))
    return {"type": kind, "data": base64.b64encode(packed.tobytes()).decode()}


def _read_operation(operation: Any, model: Any, graph: Any) -> dict[str, Any] | None:
    """An operation as plain values; None for one that only computes shapes, which are known here."""
    code = model.operatorCodes[operation.opcodeIndex]
    name = _NAMES.get(max(code.builtinCode, code.deprecatedBuiltinCode), "an unknown one")
    output = int(operation.outputs[0])
    if graph.tensors[output].type in (schema.TensorType.INT32, schema.TensorType.INT64):
        return None
    if name not in _OPTIONS:
        raise GraphError(f"the network has the operation {name}: expected some of {', '.join(_OPTIONS)}.")
    inputs = [int(index) for index in operation.inputs]
    for index in (*inputs, output):
        kind = graph.tensors[index].type if index >= 0 else schema.TensorType.FLOAT32
        if kind not in (schema.TensorType.FLOAT32, schema.TensorType.UINT8, schema.TensorType.INT32):
            raise GraphError("the network is quantised: expected weights of float32. Export the run as it is.")
    values = {key: _plain(key, getattr(operation.builtinOptions, key)) for key in _OPTIONS[name]}
    if name == "STRIDED_SLICE":
        values = _read_slice(operation, model, graph)
    if name in ("MEAN", "REDUCE_MAX"):
        values = {"axes": _integers(model, graph.tensors[inputs[1]])}
    if name in ("STRIDED_SLICE", "MEAN", "REDUCE_MAX", "RESHAPE"):
        inputs = inputs[:1]
    return {"name": name, "inputs": inputs, "output": output, **values}


def _read_slice(operation: Any, model: Any, graph: Any) -> dict[str, Any]:
    """Where a slice begins on each axis; its output says how far it goes."""
    options = operation.builtinOptions
    begin, _, strides = (_integers(model, graph.tensors[index]) for index in operation.inputs[1:4])
    if set(strides) != {1} or options.ellipsisMask or options.newAxisMask or options.shrinkAxisMask:
        raise GraphError("the network cuts its image in a way that the page does not know.")
    shape = _shape(graph.tensors[operation.inputs[0]])
    from_start = [
        0 if options.beginMask >> axis & 1 else place + (place < 0) * shape[axis]
        for axis, place in enumerate(begin)
    ]
    return {"begin": from_start}


def _plain(key: str, value: Any) -> Any:
    if key == "fusedActivationFunction":
        return _ACTIVATIONS[value] if value < len(_ACTIVATIONS) else "SIGN_BIT"
    return _PADDINGS[value] if key == "padding" else value


def _constant(model: Any, tensor: Any) -> NDArray[Any] | None:
    data = model.buffers[tensor.buffer].data
    if data is None or not len(data):
        return None
    kind = {schema.TensorType.FLOAT32: np.float32, schema.TensorType.INT32: np.int32}.get(tensor.type)
    if kind is None:
        raise GraphError("the network is quantised: expected weights of float32. Export the run as it is.")
    array: NDArray[Any] = np.frombuffer(bytes(data), np.dtype(kind).newbyteorder("<"))
    if array.size != math.prod(_shape(tensor)):
        raise GraphError("the file of the network is damaged: export it again, or train a new run.")
    return array


def _integers(model: Any, tensor: Any) -> list[int]:
    found = _constant(model, tensor)
    if found is None:
        raise GraphError("the network computes along axes that are known only when it runs.")
    return [int(value) for value in found]


def _pack(array: NDArray[Any] | None, weight_type: str) -> dict[str, str]:
    if array is None:
        return {}
    return pack_array(array, weight_type if array.dtype == np.float32 else "int32")


def _shape(tensor: Any) -> list[int]:
    """Of one image: where the size of a batch is open, the file says 1."""
    return [] if tensor.shape is None else [int(side) for side in tensor.shape]


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


_NAMES = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
