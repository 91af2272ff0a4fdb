"""`Classifier`: a run's LiteRT model, from images to probabilities (and embeddings). Never TensorFlow.

A large network has a second file beside its model.tflite, with weights of 8 bits ("dynamic range"). LiteRT also
makes 8-bit integers of the values between layers, for each image by itself, and answers two to three times as
fast. At most one answer in a thousand differs. The layers that are shown are those of the model.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from digitrec.imaging import Floats, Image, Images, Proba
from digitrec.runs import IMAGE_SIDE, IMPORTED, Run, measure_size, summarise

BATCH = 100  # images a step: larger ones are no faster, and a part-filled one costs as much as a full one
THREADS = 2  # for batches; a single image is done before a second thread would have started
DYNAMIC_MULTIPLY_ADDS = 5_000_000  # an image; smaller networks read 10,000 in half a second as they are
_DELEGATE_LINE = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU."  # printed once in a process
_delegate_lock = threading.Lock()
_has_delegate = threading.Event()


class ClassifierError(Exception):
    """A model cannot be loaded, or cannot predict these images: the message says why and what to do."""


class _Network(NamedTuple):
    """An interpreter for batches of one size, and the indices of its tensors."""

    interpreter: Interpreter
    batch: int
    image: int
    outputs: dict[str, int]  # "proba" and, where the file has it, "embedding"

    def run(self, images: Images, *outputs: str) -> list[Floats]:
        """The outputs, each (k, width), for at most `batch` images (k, 28, 28)."""
        padded = images
        if len(images) < self.batch:
            padded = np.zeros((self.batch, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
            padded[: len(images)] = images
        self.interpreter.set_tensor(self.image, padded)
        self.interpreter.invoke()
        return [self.interpreter.get_tensor(self.outputs[output])[: len(images)] for output in outputs]


class Operation(NamedTuple):
    """One operation of a network, and its output for an image."""

    kind: str  # as LiteRT calls it: "CONV_2D", "ADD", "TANH", ...
    inputs: tuple[int, ...]  # numbers of the tensors it takes
    output: int  # number of the tensor it makes
    value: Floats  # that tensor for the one image, without the batch's axis: (h, w, k) for maps
    weights: Floats | None  # the largest constant among what it takes, if there is any


def dynamic_name(model: bytes) -> str:
    """The name of the file with the 8-bit weights of a model file; it is used with no other model."""
    return f"dynamic-{hashlib.sha256(model).hexdigest()[:16]}.tflite"


def answers_slowly(run: Run) -> bool:
    """Whether a run's network is large enough for a file with 8-bit weights; of one from elsewhere: perhaps."""
    rows = summarise(run.config.architecture, len(run.class_names))
    return run.config.network == IMPORTED or measure_size(rows).multiply_adds >= DYNAMIC_MULTIPLY_ADDS


class Classifier:
    """A trained network that predicts. Any number of threads may use it at once.

    Attributes:
        classes: number of classes c.
        embedding_size: length d of an embedding; 0 if the model has none.
        sha256: of the model file: results name their network by it.
        is_quantised: whether it answers with weights of 8 bits.
    """

    def __init__(
        self, model: bytes, name: str = "the model", *, batch: int = BATCH, dynamic: bytes | None = None
    ) -> None:
        """Make a classifier of a model file's bytes.

        Args:
            name: for error messages.
            batch: images per step, if there are several.
            dynamic: the same network with weights of 8 bits, to answer with.

        Raises:
            ClassifierError: the bytes are not a model, or not a digitrec model.
        """
        self._model, self._name, self._batch = model, name, batch
        self._answering = model if dynamic is None else dynamic
        self.is_quantised = dynamic is not None
        self.sha256 = hashlib.sha256(model).hexdigest()
        # An interpreter is not thread-safe. One lock for both, taken anew for each batch, so that a single image
        # waits for one batch of a long evaluation and not for all of it.
        self._lock = threading.Lock()
        self._single = self._prepare(1, threads=1)
        self._many: _Network | None = None
        blank = np.zeros((1, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
        proba = self._single.run(blank, "proba")[0]
        if proba.ndim != 2 or not abs(proba.sum() - 1) < 1e-3:  # a NaN fails as well
            raise self._foreign(f'its output "proba" for a blank image is {proba.tolist()}, not probabilities')
        self.classes = proba.shape[1]
        has_embedding = "embedding" in self._single.outputs
        self.embedding_size = self._single.run(blank, "embedding")[0].shape[1] if has_embedding else 0

    @classmethod
    def load(cls, path: Path, *, batch: int = BATCH) -> Classifier:
        """Load a .tflite file, or the model.tflite of a folder, to read so many images a step.

        It answers by the file `dynamic_name` beside it, where that is whole.

        Raises:
            ClassifierError: the file is missing, damaged, or not a digitrec model.
        """
        file = path / "model.tflite" if path.is_dir() else path
        try:
            model = file.read_bytes()
        except FileNotFoundError as error:
            raise ClassifierError(
                f"there is no model {file}: expected a .tflite file. Train the run to its end first."
            ) from error
        except OSError as error:
            raise ClassifierError(f"the model {file} cannot be read: {error.strerror}.") from error
        with contextlib.suppress(OSError, ClassifierError):
            dynamic = file.with_name(dynamic_name(model)).read_bytes()
            return cls(model, str(file), batch=batch, dynamic=dynamic)
        return cls(model, str(file), batch=batch)

    def predict_proba(self, images: Images, progress: Callable[[int, int], None] | None = None) -> Proba:
        """The probabilities of all classes, float32 (n, c), for images uint8 (n, 28, 28).

        Args:
            images: any number of images, none included.
            progress: called after each batch with the number done and the total.

        Raises:
            ClassifierError: the images have another type or shape.
        """
        return self._answer(images, {"proba": self.classes}, progress)[0]

    def embed(self, images: Images, progress: Callable[[int, int], None] | None = None) -> Floats:
        """The embeddings of images, float32 (n, d), for images uint8 (n, 28, 28).

        Raises:
            ClassifierError: the images have another type or shape, or the model gives no embedding.
        """
        if not self.embedding_size:
            raise ClassifierError(
                f'{self._name} gives no embedding: expected a second output "embedding". Train a new run.'
            )
        return self._answer(images, {"embedding": self.embedding_size}, progress)[0]

    def predict_and_embed(self, images: Images) -> tuple[Proba, Floats]:
        """What `predict_proba` and `embed` give, in the time of one; without an embedding the second is (n, 0).

        Raises:
            ClassifierError: the images have another type or shape.
        """
        if not self.embedding_size:
            return self.predict_proba(images), np.empty((len(images), 0), np.float32)
        proba, embeddings = self._answer(images, {"proba": self.classes, "embedding": self.embedding_size})
        return proba, embeddings

    def trace(self, image: Image) -> list[Operation]:
        """Every operation of the network in order, with its output for an image uint8 (28, 28).

        Only this keeps the tensors between the layers.

        Raises:
            ClassifierError: the image has another type or shape, or LiteRT cannot go through this network.
        """
        batch = _check_images(np.asarray(image)[None])
        # The fast kernels keep nothing, so this interpreter, three times as slow, does without them.
        interpreter = Interpreter(
            model_content=self._model,
            num_threads=1,
            experimental_preserve_all_tensors=True,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        )
        try:
            place, _ = self._tensors(interpreter)
            interpreter.allocate_tensors()
            interpreter.set_tensor(place, batch)
            interpreter.invoke()
            return _operations(interpreter)
        except (ValueError, RuntimeError) as error:
            raise ClassifierError(
                f"{self._name} does not show its layers: LiteRT says {' '.join(str(error).split())!r}."
            ) from error

    def _answer(
        self, images: Images, widths: dict[str, int], progress: Callable[[int, int], None] | None = None
    ) -> list[Floats]:
        """The outputs named, each (n, width)."""
        images = _check_images(images)
        answers = [np.empty((len(images), width), np.float32) for width in widths.values()]
        for start in range(0, len(images), self._batch):
            batch = images[start : start + self._batch]
            with self._lock:
                found = self._run(batch, *widths)
            for answer, rows in zip(answers, found, strict=True):
                answer[start : start + len(batch)] = rows
            if progress is not None:
                progress(start + len(batch), len(images))
        return answers

    def _run(self, batch: Images, *outputs: str) -> list[Floats]:
        if len(batch) <= self._batch // THREADS:  # one by one is quicker than a batch that is mostly padding
            rows = [self._single.run(image[None], *outputs) for image in batch]
            return [np.concatenate(column) for column in zip(*rows, strict=True)]
        return self._for_batches().run(batch, *outputs)

    def _for_batches(self) -> _Network:
        if self._many is None:  # most classifiers only ever read one drawing at a time
            self._many = self._prepare(self._batch, threads=THREADS)
        return self._many

    def _prepare(self, batch: int, *, threads: int) -> _Network:
        # "TFL3" is the file identifier of the TensorFlow Lite schema. What follows it LiteRT verifies itself.
        if self._answering[4:8] != b"TFL3":
            raise ClassifierError(
                f"{self._name} is not a TensorFlow Lite model, or it is damaged. "
                "Export the run again, or train a new one."
            )
        try:
            interpreter = Interpreter(model_content=self._answering, num_threads=threads)
            image, outputs = self._tensors(interpreter)
            interpreter.resize_tensor_input(image, (batch, IMAGE_SIDE, IMAGE_SIDE))
            with _without_delegate_line():
                interpreter.allocate_tensors()
            network = _Network(interpreter, batch, image, outputs)
            network.run(np.zeros((batch, IMAGE_SIDE, IMAGE_SIDE), np.uint8), "proba")
        except (ValueError, RuntimeError) as error:
            raise ClassifierError(
                f"{self._name} is damaged: LiteRT says {' '.join(str(error).split())!r}. "
                "Export the run again, or train a new one."
            ) from error
        return network

    def _tensors(self, interpreter: Interpreter) -> tuple[int, dict[str, int]]:
        """Where the image goes in, and where the named outputs come out."""
        signatures = interpreter.get_signature_list()
        key = next((key for key, names in signatures.items() if "proba" in names["outputs"]), None)
        if key is None:
            raise self._foreign('it has no output named "proba"')
        runner = interpreter.get_signature_runner(key)
        inputs = list(runner.get_input_details().values())
        shapes = [tuple(details["shape"].tolist()) for details in inputs]
        if shapes != [(1, IMAGE_SIDE, IMAGE_SIDE)] or inputs[0]["dtype"] != np.uint8:
            kinds = ", ".join(
                f"{np.dtype(details['dtype'])} {shape}" for details, shape in zip(inputs, shapes, strict=True)
            )
            raise self._foreign(f"it takes {kinds}")
        outputs = {name: details["index"] for name, details in runner.get_output_details().items()}
        return inputs[0]["index"], outputs

    def _foreign(self, found: str) -> ClassifierError:
        return ClassifierError(
            f"{self._name} is not a digitrec model: {found}. Expected one input, uint8 (n, 28, 28), and an "
            'output "proba" whose rows sum to 1. Choose the model.tflite of a run.'
        )


@contextlib.contextmanager
def _without_delegate_line() -> Iterator[None]:
    """Keep the line that LiteRT prints with the first interpreter off standard error, and nothing else.

    LiteRT 2.3 has no setting for it in Python, and it writes to the file descriptor, not to `sys.stderr`.
    """
    with _delegate_lock, contextlib.ExitStack() as after:
        if not _has_delegate.is_set():
            with contextlib.suppress(OSError):  # standard error is closed, or there is no room: leave it alone
                after.enter_context(_filter_stderr(_DELEGATE_LINE))
        yield
        _has_delegate.set()


@contextlib.contextmanager
def _filter_stderr(line: bytes) -> Iterator[None]:
    """Take a line out of what the whole process writes to standard error; the rest follows at the end."""
    with tempfile.TemporaryFile() as caught:
        original = os.dup(2)
        try:
            os.dup2(caught.fileno(), 2)
            yield
        finally:
            os.dup2(original, 2)
            os.close(original)
            caught.seek(0)
            for each in caught:
                if each.rstrip() != line:
                    os.write(2, each)


def _operations(interpreter: Interpreter) -> list[Operation]:
    shapes = {each["index"]: tuple(each["shape"]) for each in interpreter.get_tensor_details()}
    found, made = [], {details["index"] for details in interpreter.get_input_details()}
    for each in interpreter._get_ops_details():  # LiteRT 2.3 has no public way to its list of operations
        inputs = tuple(int(index) for index in each["inputs"] if int(index) in shapes)
        # Of a filter of 1 x 1 over one map, the weights are as many as the offsets, but have more axes.
        constants = sorted(set(inputs) - made, key=lambda index: (-math.prod(shapes[index]), -len(shapes[index])))
        weights = interpreter.get_tensor(constants[0]) if constants else None
        output = int(each["outputs"][0])
        value = interpreter.get_tensor(output)
        found.append(Operation(each["op_name"], inputs, output, value[0] if value.ndim else value, weights))
        made.add(output)
    return found


def _check_images(images: Images) -> Images:
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (IMAGE_SIDE, IMAGE_SIDE):
        raise ClassifierError(
            f"the images are {images.dtype} {images.shape}: expected uint8 (n, 28, 28), 0 = paper, 255 = ink. "
            "Use to_mnist on drawings and photos first."
        )
    return images
