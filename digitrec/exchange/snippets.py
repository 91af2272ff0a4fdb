"""For each format a program that reads a digit with the file, from the picture on: the preprocessing is in it.

Where exported networks fail elsewhere is what comes before them. So each program has the way from a picture to the
image that the network has learnt from, as `imaging.to_mnist` goes it, and nothing of digitrec.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import NamedTuple

from digitrec.exchange.formats import FORMATS

LANGUAGES = {"python": "Python", "javascript": "JavaScript", "cpp": "C++", "kotlin": "Kotlin"}


class _Python(NamedTuple):
    """How Python loads and runs a file."""

    packages: str
    imports: str
    predict: str


_KERAS = _Python(
    "tensorflow",
    "import keras\nimport numpy as np",
    """\
model = keras.models.load_model("@FILE@", compile=False)
proba = np.asarray(model(image[None]))[0]  # uint8 (1, 28, 28): the network scales it itself""",
)
_LITERT = _Python(
    "ai-edge-litert",
    "import numpy as np\nfrom ai_edge_litert.interpreter import Interpreter",
    """\
predict = Interpreter(model_path="@FILE@").get_signature_runner("serving_default")
proba = predict(image=image[None])["proba"][0]  # uint8 (1, 28, 28): the network scales it itself""",
)
_INT8 = _LITERT._replace(
    predict="""\
interpreter = Interpreter(model_path="@FILE@")
interpreter.allocate_tensors()
(before,), (after,) = interpreter.get_input_details(), interpreter.get_output_details()
scale, zero_point = before["quantization"]  # integer = value / scale + zero point
integers = np.clip(np.round(image / scale) + zero_point, -128, 127).astype(np.int8)
interpreter.set_tensor(before["index"], integers[None])
interpreter.invoke()
scale, zero_point = after["quantization"]
proba = (interpreter.get_tensor(after["index"])[0].astype(np.float32) - zero_point) * scale""",
)
_PYTHON: Mapping[str, _Python] = {
    "keras": _KERAS,
    "h5": _KERAS,
    "h5-keras3": _KERAS,
    "savedmodel": _Python(
        "tensorflow",
        "import zipfile\n\nimport numpy as np\nimport tensorflow as tf",
        """\
zipfile.ZipFile("@FILE@").extractall("network")
model = tf.saved_model.load("network")
proba = model.serve(image[None]).numpy()[0]  # uint8 (1, 28, 28): the network scales it itself""",
    ),
    "tflite": _LITERT,
    "tflite-dynamic": _LITERT,
    "tflite-int8": _INT8,
    "onnx": _Python(
        "onnxruntime",
        "import numpy as np\nimport onnxruntime",
        """\
session = onnxruntime.InferenceSession("@FILE@")
proba = session.run(["proba"], {"image": image[None]})[0][0]  # uint8 (1, 28, 28): the network scales it itself""",
    ),
}
# Operations of an int8 network, and what TensorFlow Lite Micro calls them.
_OPERATIONS = {
    "ADD": "Add",
    "AVERAGE_POOL_2D": "AveragePool2D",
    "CONV_2D": "Conv2D",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2D",
    "DIV": "Div",
    "FULLY_CONNECTED": "FullyConnected",
    "LOGISTIC": "Logistic",
    "MAX_POOL_2D": "MaxPool2D",
    "MEAN": "Mean",
    "MUL": "Mul",
    "QUANTIZE": "Quantize",
    "REDUCE_MAX": "ReduceMax",
    "RELU": "Relu",
    "RESHAPE": "Reshape",
    "RSQRT": "Rsqrt",
    "SOFTMAX": "Softmax",
    "SQUARED_DIFFERENCE": "SquaredDifference",
    "STRIDED_SLICE": "StridedSlice",
    "SUB": "Sub",
    "TANH": "Tanh",
}
_ARENA_KB = 256


def write_snippet(kind: str, language: str, *, name: str, class_names: Sequence[str]) -> str:
    """A program that reads a digit with a file of a format.

    Args:
        kind: a key of `FORMATS`.
        language: one of the format's `languages`.
        name: of the run, with which the file's name begins.
        class_names: of the network.
    """
    about = FORMATS[kind]
    names = list(class_names)
    places = {"FILE": f"{name}{about.suffix}", "CLASSES": json.dumps(names, ensure_ascii=False)}
    if language == "python":
        found = _PYTHON[kind]
        places |= {"PACKAGES": found.packages, "IMPORTS": found.imports, "PREDICT": found.predict}
    elif language == "javascript":
        places["CLASSES"] = places["CLASSES"].replace("</", "<\\/")  # it would end the script in a page
    elif language == "kotlin":
        listed = ", ".join(json.dumps(each, ensure_ascii=False).replace("$", "\\$") for each in names)
        places["CLASSES"] = f"listOf({listed})"
    elif language == "cpp":
        calls = [f"    operations.Add{title}();" for title in _OPERATIONS.values()]
        places |= {"HEADER": f"{name}{FORMATS['c'].suffix}", "OPERATIONS": "\n".join(calls)}
        places |= {"OPERATION_COUNT": str(len(calls)), "ARENA_KB": str(_ARENA_KB)}
    return _fill(
        (resources.files("digitrec.exchange") / "templates" / f"{language}.txt").read_text("utf-8"), places
    )


def _fill(template: str, places: Mapping[str, str]) -> str:
    for key in ("IMPORTS", "PREDICT", "PACKAGES"):  # they hold places themselves
        template = template.replace(f"@{key}@", places.get(key, ""))
    for key, value in places.items():
        template = template.replace(f"@{key}@", value)
    return template
