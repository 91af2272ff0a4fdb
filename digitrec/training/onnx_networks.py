"""An ONNX network, built again as a Keras network: the operations of networks that read small images, no others.

ONNX has the channels before the rows, Keras after the columns. A value is moved only where an operation asks for
it, so that a row of convolutions stays one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import onnx
from keras import layers as kl
from numpy.typing import NDArray
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from digitrec.exchange import ForeignFileError

Array = NDArray[Any]
_MAX_NODES, _MAX_PAD = 2000, 64
_TO_LAST, _TO_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)
# Operations on constants alone are done at once; none of these can make much out of little.
_FOLDED = (
    *("Add", "Cast", "Concat", "Constant", "DequantizeLinear", "Div", "Gather", "Identity", "Mul", "Neg"),
    *("Reshape", "Slice", "Sqrt", "Squeeze", "Sub", "Transpose", "Unsqueeze"),
)


class _Value(NamedTuple):
    """A tensor of the Keras network; `is_moved` where its channels come last, though ONNX has them first."""

    tensor: keras.KerasTensor
    is_moved: bool = False


def to_keras(model: onnx.ModelProto) -> list[keras.Model]:
    """The network in Keras, once for each of its outputs; they share their layers.

    Args:
        model: with one input; its batch is the first axis.

    Raises:
        ForeignFileError: it has an operation that is not known here, or takes values from another file.
    """
    return _Builder(model).build()


class _Builder:
    def __init__(self, model: onnx.ModelProto) -> None:
        graph = model.graph
        if len(graph.node) > _MAX_NODES or len(model.functions):
            raise ForeignFileError(
                f"the ONNX network has too many parts: expected at most {_MAX_NODES} operations."
            )
        for tensor in graph.initializer:
            if tensor.data_location == onnx.TensorProto.EXTERNAL:
                raise ForeignFileError(
                    "the ONNX network takes its weights from another file: expected all of them in this one. "
                    "Save it with its weights inside."
                )
        self._graph = graph
        self._opset = {each.domain: each.version for each in model.opset_import}.get("", 17)
        self._values: dict[str, _Value | Array] = {
            tensor.name: np.asarray(numpy_helper.to_array(tensor)) for tensor in graph.initializer
        }
        self._uses: dict[str, int] = {}
        for node in graph.node:
            for name in node.input:
                self._uses[name] = self._uses.get(name, 0) + 1

    def build(self) -> list[keras.Model]:
        (given, *more) = [each for each in self._graph.input if each.name not in self._values] or [None]
        if given is None or more:
            raise ForeignFileError("the ONNX network has several inputs, or none: expected one, the image.")
        shape = [each.dim_value or None for each in given.type.tensor_type.shape.dim]
        image = keras.Input(shape[1:], dtype="float32")
        self._values[given.name] = _Value(image)
        for node in self._graph.node:
            self._add(node)
        outputs = [self._values[each.name] for each in self._graph.output]
        return [keras.Model(image, self._plain(each)) for each in outputs if isinstance(each, _Value)]

    def _add(self, node: onnx.NodeProto) -> None:
        options = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        inputs = [self._values.get(name) if name else None for name in node.input]
        if any(name and each is None for name, each in zip(node.input, inputs, strict=True)):
            raise ForeignFileError(f"the ONNX network is damaged: an input of its {node.op_type} is missing.")
        if all(not isinstance(each, _Value) for each in inputs):
            self._values[node.output[0]] = self._fold(node, inputs)
            return
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            raise ForeignFileError("the network counts in integers (int8): bring in its version with floats.")
        make = _OPERATIONS.get(node.op_type)
        if make is None or node.domain not in ("", "ai.onnx"):
            raise ForeignFileError(
                f"the ONNX network has the operation {node.op_type!r}: expected some of "
                f"{', '.join(sorted(_OPERATIONS))}. Bring it in as .keras, if you can."
            )
        self._values[node.output[0]] = make(self, inputs, options)

    def _fold(self, node: onnx.NodeProto, inputs: Sequence[Any]) -> Array:
        if node.op_type not in _FOLDED:
            raise ForeignFileError(f"the ONNX network computes {node.op_type!r} of constants, which is not read.")
        domains = [onnx.helper.make_opsetid("", self._opset)]
        names = [name for name in node.input if name]
        graph = onnx.helper.make_graph(
            [node],
            "constant",
            [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.UNDEFINED, None) for n in names],
            [onnx.helper.make_tensor_value_info(node.output[0], onnx.TensorProto.UNDEFINED, None)],
        )
        runner = ReferenceEvaluator(onnx.helper.make_model(graph, opset_imports=domains))
        given = {name: each for name, each in zip(node.input, inputs, strict=True) if name}
        return np.asarray(next(iter(runner.run(None, given))))

    # --- where the channels are ---

    def _plain(self, value: _Value) -> keras.KerasTensor:
        """As ONNX has it."""
        return kl.Permute((3, 1, 2))(value.tensor) if value.is_moved else value.tensor

    def _moved(self, value: _Value) -> keras.KerasTensor:
        """With the channels last."""
        if len(value.tensor.shape) != 4:
            raise ForeignFileError(f"the ONNX network convolves or pools {value.tensor.shape}: expected images.")
        return value.tensor if value.is_moved else kl.Permute((2, 3, 1))(value.tensor)

    # --- operations ---

    def pass_on(self, inputs: Any, options: Any) -> _Value:
        return inputs[0]

    def activate(self, layer: Callable[[keras.KerasTensor], keras.KerasTensor], value: _Value) -> _Value:
        return _Value(layer(value.tensor), value.is_moved)

    def softmax(self, inputs: Any, options: Any, *, logarithm: bool = False) -> _Value:
        x = self._plain(inputs[0])
        axis = options.get("axis", -1 if self._opset >= 13 else 1)
        if axis not in (-1, len(x.shape) - 1):
            raise ForeignFileError("the ONNX network has a softmax that is not over the last axis.")
        return _Value(keras.ops.log_softmax(x, axis=-1) if logarithm else kl.Softmax()(x))

    def clip(self, inputs: Any, options: Any) -> _Value:
        low, high = (*inputs[1:], None, None)[:2]
        low = options.get("min") if low is None else float(np.asarray(low))
        high = options.get("max") if high is None else float(np.asarray(high))
        if low == 0.0:
            return self.activate(kl.ReLU(max_value=high), inputs[0])
        bounds = (-3e38 if low is None else low, 3e38 if high is None else high)
        return self.activate(lambda x: keras.ops.clip(x, *bounds), inputs[0])

    def transpose(self, inputs: Any, options: Any) -> _Value:
        value = inputs[0]
        rank = len(value.tensor.shape)
        order = tuple(options.get("perm", range(rank))[:rank])
        if value.is_moved and order == _TO_LAST:
            return _Value(value.tensor)
        if not value.is_moved and order == _TO_FIRST:
            return _Value(value.tensor, is_moved=True)
        if order[0] != 0:
            raise ForeignFileError("the ONNX network moves the axis of the batch, which is not read.")
        return _Value(kl.Permute(order[1:])(self._plain(value)))

    def flatten(self, inputs: Any, options: Any) -> _Value:
        if options.get("axis", 1) != 1:
            raise ForeignFileError("the ONNX network flattens its batch, which is not read.")
        return _Value(kl.Flatten()(self._plain(inputs[0])))

    def reshape(self, inputs: Any, options: Any) -> _Value:
        x = self._plain(inputs[0])
        target = [int(side) for side in np.ravel(inputs[1])]
        return _Value(kl.Reshape([x.shape[i] if side == 0 else side for i, side in enumerate(target)][1:])(x))

    def squeeze(self, inputs: Any, options: Any) -> _Value:
        x = self._plain(inputs[0])
        axes = np.ravel(inputs[1]) if len(inputs) > 1 else options.get("axes", ())
        gone = {int(axis) % len(x.shape) for axis in axes} or {i for i, side in enumerate(x.shape) if side == 1}
        return _Value(kl.Reshape([side for i, side in enumerate(x.shape) if i and i not in gone])(x))

    def unsqueeze(self, inputs: Any, options: Any) -> _Value:
        x = self._plain(inputs[0])
        sides = list(x.shape)
        axes = [int(axis) for axis in (np.ravel(inputs[1]) if len(inputs) > 1 else options.get("axes", ()))]
        for axis in sorted(axis % (len(sides) + len(axes)) for axis in axes):
            sides.insert(axis, 1)
        return _Value(kl.Reshape(sides[1:])(x))

    def shape(self, inputs: Any, options: Any) -> Array:
        return np.array([-1 if side is None else side for side in self._plain(inputs[0]).shape], np.int64)

    def convolve(self, inputs: Any, options: Any) -> _Value:
        x, weights = self._moved(inputs[0]), inputs[1]
        bias = inputs[2] if len(inputs) > 2 else None
        if isinstance(weights, _Value) or weights.ndim != 4:
            raise ForeignFileError("the ONNX network has a convolution with computed weights, which is not read.")
        groups, channels = options.get("group", 1), x.shape[-1]
        kernel = np.transpose(weights, (2, 3, 1, 0))  # (o, i, h, w) -> (h, w, i, o)
        x, padding = self._pad(x, kernel.shape[:2], options)
        common = {
            "strides": tuple(options.get("strides", (1, 1))),
            "dilation_rate": tuple(options.get("dilations", (1, 1))),
            "padding": padding,
            "use_bias": bias is not None,
        }
        if groups == 1:
            layer = kl.Conv2D(kernel.shape[3], kernel.shape[:2], **common)
        elif groups == channels:
            layer = kl.DepthwiseConv2D(kernel.shape[:2], depth_multiplier=weights.shape[0] // channels, **common)
            kernel = np.reshape(kernel, (*kernel.shape[:2], channels, -1))
        else:
            raise ForeignFileError(
                f"the ONNX network has a convolution in {groups} groups: expected 1 or each channel."
            )
        made = layer(x)
        layer.set_weights([kernel] if bias is None else [kernel, bias])
        return _Value(made, is_moved=True)

    def pool(self, inputs: Any, options: Any, *, kind: str) -> _Value:
        x, size = self._moved(inputs[0]), tuple(options["kernel_shape"])
        if options.get("ceil_mode") or set(options.get("dilations", (1,))) != {1}:
            raise ForeignFileError("the ONNX network pools in a way that is not read: ceil_mode or dilations.")
        padded, padding = self._pad(x, size, options)
        if padded is not x:
            raise ForeignFileError(
                "the ONNX network pools with a margin that is not read: expected none, or SAME."
            )
        layer = (kl.MaxPooling2D if kind == "max" else kl.AveragePooling2D)(
            size, strides=tuple(options.get("strides", (1, 1))), padding=padding
        )
        return _Value(layer(x), is_moved=True)

    def _pad(
        self, x: keras.KerasTensor, kernel: Sequence[int], options: Mapping[str, Any]
    ) -> tuple[keras.KerasTensor, str]:
        """The input with its margin, and what is left for the layer to add."""
        auto = options.get("auto_pad", b"NOTSET").decode()
        if auto in ("SAME_UPPER", "VALID"):
            return x, "same" if auto == "SAME_UPPER" else "valid"
        pads = [int(pad) for pad in options.get("pads", (0, 0, 0, 0))]
        if auto != "NOTSET" or len(pads) != 4 or not 0 <= min(pads) <= max(pads) <= _MAX_PAD:
            raise ForeignFileError(f"the ONNX network has the margin {pads} ({auto}), which is not read.")
        if not any(pads):
            return x, "valid"
        if pads == self._same_pads(x, kernel, options):
            return x, "same"
        return kl.ZeroPadding2D(((pads[0], pads[2]), (pads[1], pads[3])))(x), "valid"

    def _same_pads(self, x: keras.KerasTensor, kernel: Sequence[int], options: Mapping[str, Any]) -> list[int]:
        """The margin that "same" adds: most of it at the end."""
        before, after = [], []
        for axis, size in enumerate(kernel):
            side, stride = x.shape[1 + axis], tuple(options.get("strides", (1, 1)))[axis]
            reach = (size - 1) * tuple(options.get("dilations", (1, 1)))[axis] + 1
            whole = max((-(-side // stride) - 1) * stride + reach - side, 0)
            before.append(whole // 2)
            after.append(whole - whole // 2)
        return [*before, *after]

    def pool_all(self, inputs: Any, options: Any, *, kind: str) -> _Value:
        layer = (kl.GlobalMaxPooling2D if kind == "max" else kl.GlobalAveragePooling2D)(keepdims=True)
        return _Value(layer(self._moved(inputs[0])), is_moved=True)

    def reduce(self, inputs: Any, options: Any, *, function: Callable[..., keras.KerasTensor]) -> _Value:
        axes = np.ravel(inputs[1]) if len(inputs) > 1 else options.get("axes")
        if axes is None or 0 in axes:
            raise ForeignFileError("the ONNX network takes a mean over its batch, which is not read.")
        x = self._plain(inputs[0])
        return _Value(
            function(x, axis=tuple(int(axis) for axis in axes), keepdims=bool(options.get("keepdims", 1)))
        )

    def normalise(self, inputs: Any, options: Any) -> _Value:
        value, *weights = inputs
        if len(value.tensor.shape) == 4:
            value = _Value(self._moved(value), is_moved=True)
        layer = kl.BatchNormalization(epsilon=options.get("epsilon", 1e-5))
        made = layer(value.tensor)
        layer.set_weights(weights)
        return _Value(made, value.is_moved)

    def multiply_matrices(self, inputs: Any, options: Any) -> _Value:
        x, weights = self._plain(inputs[0]), inputs[1]
        if isinstance(weights, _Value) or weights.ndim != 2:
            raise ForeignFileError("the ONNX network multiplies two computed matrices, which is not read.")
        return _Value(_dense(x, weights, None))

    def gemm(self, inputs: Any, options: Any) -> _Value:
        x, weights = self._plain(inputs[0]), inputs[1]
        if isinstance(weights, _Value) or options.get("transA"):
            raise ForeignFileError("the ONNX network has a Gemm that is not read: of computed or turned matrices.")
        weights = (weights.T if options.get("transB") else weights) * options.get("alpha", 1.0)
        bias = None if len(inputs) < 3 or inputs[2] is None else np.ravel(inputs[2]) * options.get("beta", 1.0)
        if bias is not None:
            bias = np.broadcast_to(bias, weights.shape[1:])
        return _Value(_dense(x, weights, bias))

    def arithmetic(self, inputs: Any, options: Any, *, function: Callable[[Any, Any], Any]) -> _Value:
        if all(isinstance(each, _Value) for each in inputs):
            first, second = inputs
            if first.is_moved and second.is_moved:
                return _Value(function(first.tensor, second.tensor), is_moved=True)
            return _Value(function(*map(self._plain, inputs)))
        value = next(each for each in inputs if isinstance(each, _Value))
        sides: list[Any] = []
        for each in inputs:
            if isinstance(each, _Value):
                sides.append(each.tensor)
                continue
            constant = np.asarray(each, np.float32)
            if value.is_moved and constant.ndim:
                whole = np.reshape(constant, (1,) * (4 - constant.ndim) + constant.shape)
                constant = np.transpose(whole, _TO_LAST)
            sides.append(constant)
        made = function(*sides)
        if len(made.shape) != len(value.tensor.shape):
            raise ForeignFileError("the ONNX network adds axes by arithmetic, which is not read.")
        return _Value(made, value.is_moved)

    def concatenate(self, inputs: Any, options: Any) -> _Value:
        if not all(isinstance(each, _Value) for each in inputs) or options["axis"] == 0:
            raise ForeignFileError("the ONNX network joins its values with constants, which is not read.")
        return _Value(kl.Concatenate(axis=options["axis"])([self._plain(each) for each in inputs]))

    def slice(self, inputs: Any, options: Any) -> _Value:
        if len(inputs) < 4 or (len(inputs) > 4 and set(np.ravel(inputs[4])) != {1}):
            raise ForeignFileError("the ONNX network cuts its values in a way that is not read: axes or steps.")
        x = self._plain(inputs[0])
        parts = [slice(None)] * len(x.shape)
        for start, end, axis in zip(*(map(int, np.ravel(each)) for each in inputs[1:4]), strict=True):
            parts[axis] = slice(start, min(end, 2**31 - 1))
        if parts[0] not in (slice(None), slice(0, 2**31 - 1)):
            raise ForeignFileError("the ONNX network cuts its batch, which is not read.")
        return _Value(x[(slice(None), *parts[1:])])

    def pad(self, inputs: Any, options: Any) -> _Value:
        pads = [int(pad) for pad in (np.ravel(inputs[1]) if len(inputs) > 1 else options.get("pads", ()))]
        value = float(np.ravel(inputs[2])[0]) if len(inputs) > 2 and inputs[2] is not None else 0.0
        x = self._moved(inputs[0])
        inner = [pads[i] for i in (2, 3, 6, 7)] if len(pads) == 8 else []
        is_plain = options.get("mode", b"constant") == b"constant" and value == 0 and len(pads) == 8
        if not is_plain or any(pads[i] for i in (0, 1, 4, 5)) or not 0 <= min(inner) <= max(inner) <= _MAX_PAD:
            raise ForeignFileError(f"the ONNX network has the margin {pads}, which is not read.")
        return _Value(kl.ZeroPadding2D(((inner[0], inner[2]), (inner[1], inner[3])))(x), is_moved=True)


def _dense(x: keras.KerasTensor, weights: Array, bias: Array | None) -> keras.KerasTensor:
    layer = kl.Dense(weights.shape[1], use_bias=bias is not None)
    made = layer(x)
    layer.set_weights([weights] if bias is None else [weights, bias])
    return made


def _activation(layer: Callable[[Mapping[str, Any]], Any]) -> Callable[..., _Value]:
    return lambda builder, inputs, options: builder.activate(layer(options), inputs[0])


def _with(method: Callable[..., Any], **fixed: Any) -> Callable[..., Any]:
    return lambda builder, inputs, options: method(builder, inputs, options, **fixed)


_OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "Add": _with(_Builder.arithmetic, function=keras.ops.add),
    "AveragePool": _with(_Builder.pool, kind="average"),
    "BatchNormalization": _Builder.normalise,
    "Cast": _Builder.pass_on,
    "Clip": _Builder.clip,
    "Concat": _Builder.concatenate,
    "Conv": _Builder.convolve,
    "Div": _with(_Builder.arithmetic, function=keras.ops.divide),
    "Dropout": _Builder.pass_on,
    "Elu": _activation(lambda options: kl.ELU(alpha=options.get("alpha", 1.0))),
    "Flatten": _Builder.flatten,
    "Gemm": _Builder.gemm,
    "GlobalAveragePool": _with(_Builder.pool_all, kind="average"),
    "GlobalMaxPool": _with(_Builder.pool_all, kind="max"),
    "Identity": _Builder.pass_on,
    "LeakyRelu": _activation(lambda options: kl.LeakyReLU(negative_slope=options.get("alpha", 0.01))),
    "LogSoftmax": _with(_Builder.softmax, logarithm=True),
    "MatMul": _Builder.multiply_matrices,
    "MaxPool": _with(_Builder.pool, kind="max"),
    "Mul": _with(_Builder.arithmetic, function=keras.ops.multiply),
    "Pad": _Builder.pad,
    "ReduceMax": _with(_Builder.reduce, function=keras.ops.max),
    "ReduceMean": _with(_Builder.reduce, function=keras.ops.mean),
    "Relu": _activation(lambda options: kl.ReLU()),
    "Reshape": _Builder.reshape,
    "Shape": _Builder.shape,
    "Sigmoid": _activation(lambda options: kl.Activation("sigmoid")),
    "Slice": _Builder.slice,
    "Softmax": _Builder.softmax,
    "Sqrt": _activation(lambda options: keras.ops.sqrt),
    "Squeeze": _Builder.squeeze,
    "Sub": _with(_Builder.arithmetic, function=keras.ops.subtract),
    "Tanh": _activation(lambda options: kl.Activation("tanh")),
    "Transpose": _Builder.transpose,
    "Unsqueeze": _Builder.unsqueeze,
}
