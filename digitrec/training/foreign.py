"""A network that was trained elsewhere becomes a run: loaded with care, tried for what it wants, wrapped."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers as kl

from digitrec.data import Dataset, Split, loading, splits
from digitrec.exchange import ForeignFileError, Origin, Trial, list_ways, save_origin, screening
from digitrec.imaging import Floats, Images
from digitrec.inference import ood_fit
from digitrec.runs import IMAGE_SIDE, IMPORTED, End, Run, Start, TrainConfig, processes, store
from digitrec.training import export
from digitrec.training.converting import quiet

TRIED_IMAGES = 2000  # validation images on which the ways are tried
MAX_LOST_SHARE = 0.002  # of the accuracy, by rounding
_BATCH = 500
_OPSET = 17
_SIDES = [IMAGE_SIDE, IMAGE_SIDE]


class Network(NamedTuple):
    """A network from elsewhere, with float inputs of its own scale."""

    model: keras.Model
    shape: tuple[int, ...]  # of one image, as the network takes it


def bring_in(data: bytes, file: str, name: str, dataset: str, echo: Callable[[str], None] = print) -> Run:
    """Make a run of a network file from elsewhere.

    Which polarity and scale of the images it wants is chosen by its accuracy on validation images.

    Args:
        data: the file's bytes: .keras, .h5, .tflite or .onnx.
        file: its name.
        name: of the new run.
        dataset: whose classes the network's outputs are, in this order.
        echo: gets a line of text for a person now and then.

    Raises:
        ForeignFileError: the file cannot be used: the message says why.
        RunError: the name is taken or not allowed.
        DatasetError: the data set cannot be loaded.
        ExportError: the network answers otherwise as a LiteRT file.
        OSError: the disk is full.
    """
    kind = screening.tell_kind(data)
    screening.screen(data, kind)
    known = loading.load(dataset)
    config = TrainConfig(dataset=known.name, network=IMPORTED, epochs=1)
    part = _choose_images(known, config)
    with quiet():
        network = load(data, kind, classes=len(known.class_names))
    trials, is_logits = try_ways(network, part)
    echo(f"tried on {len(part.labels):,} validation images of {known.title}:")
    for trial in trials:
        echo(f"  {trial.polarity}, {trial.scaling}: {trial.accuracy:.2%} right")
    model = wrap(network, trials[0], is_logits=is_logits)
    right = float((model.predict(part.images, batch_size=_BATCH, verbose=0).argmax(1) == part.labels).mean())
    if abs(right - trials[0].accuracy) > MAX_LOST_SHARE:
        raise ForeignFileError(
            f"the network reads {right:.2%} right once its scaling is inside: something is lost."
        )
    origin = Origin(
        file=Path(file).name[-100:],
        kind=kind,
        sha256=hashlib.sha256(data).hexdigest(),
        input=network.shape,
        dataset=known.name,
        split="validation",
        images=len(part.labels),
        trials=tuple(trials),
        answers="logits" if is_logits else "probabilities",
    )
    return _make_run(model, origin, config, name, known)


def _choose_images(dataset: Dataset, config: TrainConfig) -> Split:
    """Validation images: the test images are for the evaluation."""
    whole = splits.select_part(dataset, "validation", share=config.validation_share, seed=config.seed)
    if not len(whole.labels):
        raise ForeignFileError(f"the data set {dataset.title} has no training images to try the network on.")
    n = min(len(whole.labels), TRIED_IMAGES)
    chosen = np.sort(np.random.default_rng(0).choice(len(whole.labels), n, replace=False))
    return Split(np.asarray(whole.images[chosen]), whole.labels[chosen])


def _make_run(model: keras.Model, origin: Origin, config: TrainConfig, name: str, dataset: Dataset) -> Run:
    run = store.create(config, dataset.class_names, name)
    try:
        save_origin(run, origin)
        part = _choose_images(dataset, config)
        best = origin.trials[0].accuracy
        run.append(
            Start(
                epochs=1,
                steps_per_epoch=1,
                parameters=model.count_params(),
                validation_images=origin.images,
                validation_notes=("The network was trained elsewhere: it may have learnt from these images.",),
            )
        )
        with quiet():
            export.save_checked(model, run, part.images[: export.N_AGREEMENT_IMAGES])
        run.append(End(reason=IMPORTED, val_accuracy=best))
        ood_fit.calibrate_run(run)
    except BaseException:
        store.delete(run)
        raise
    return run


# --- the file ---


def load(data: bytes, kind: str, *, classes: int) -> Network:
    """A screened file as a Keras network with float inputs and so many outputs.

    Raises:
        ForeignFileError: it cannot be loaded, or takes or gives something else.
    """
    try:
        candidates = _load_keras(data, kind) if kind in ("keras", "h5") else _load_onnx(data, kind)
    except ForeignFileError:
        raise
    except Exception as error:  # the loaders trust the file: a damaged one fails in any way
        said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise ForeignFileError(f"the .{kind} file cannot be loaded ({said}).") from error
    fitting = [each for each in candidates if _is_row(each.output, classes)]
    if not fitting:
        found = ", ".join(str(tuple(each.output.shape[1:])) for each in candidates)
        raise ForeignFileError(
            f"the network gives {found} for an image: expected {classes} numbers, one for each class of the data "
            "set. Choose the data set that it was trained on."
        )
    model = fitting[0]
    return Network(model, _check_input(model))


def _is_row(tensor: keras.KerasTensor, classes: int) -> bool:
    return len(tensor.shape) == 2 and tensor.shape[-1] == classes


def _check_input(model: keras.Model) -> tuple[int, ...]:
    shape = tuple(model.inputs[0].shape[1:])
    sides = [side for side in shape if side != 1]
    if sides != _SIDES and sides != [IMAGE_SIDE**2]:
        raise ForeignFileError(
            f"the network takes {shape}: expected an image of 28 x 28, 28 x 28 x 1, 1 x 28 x 28 or 784 numbers."
        )
    return shape


def _load_keras(data: bytes, kind: str) -> list[keras.Model]:
    with tempfile.TemporaryDirectory() as folder:
        path = screening.write_temporary(data, kind, Path(folder))
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    if not getattr(model, "inputs", None):
        raise ForeignFileError("the Keras network has no input of a known shape. Build it, and save it again.")
    if model.count_params() > screening.MAX_PARAMETERS:
        raise ForeignFileError(f"the network has {model.count_params():,} weights: expected fewer.")
    if len(model.inputs) != 1:
        raise ForeignFileError(f"the network has {len(model.inputs)} inputs: expected one, the image.")
    return [_make_float(keras.Model(model.inputs[0], output)) for output in model.outputs]


def _make_float(model: keras.Model) -> keras.Model:
    """The same network with float inputs: one that takes whole grey levels is scaled by its own layers."""
    image = keras.Input(model.inputs[0].shape[1:], dtype="float32")
    copy = keras.models.clone_model(model, input_tensors=image)
    copy.set_weights(model.get_weights())
    return copy


def _load_onnx(data: bytes, kind: str) -> list[keras.Model]:
    if not processes.has_packages("onnx", "tf2onnx"):
        raise ForeignFileError(f'.{kind} files need three more packages: pip install "digitrec[onnx]"')
    import onnx

    from digitrec.training import onnx_networks

    if kind == "tflite":
        model = _to_onnx(data)
    else:
        model = onnx.load_model_from_string(data)
        onnx.checker.check_model(model)
    return onnx_networks.to_keras(model)


def _to_onnx(data: bytes) -> Any:
    """A .tflite file as an ONNX model of floats: integers become the values that they stand for."""
    import tensorflow as tf
    import tf2onnx

    with tempfile.TemporaryDirectory() as folder, tf.Graph().as_default() as graph:
        path = screening.write_temporary(data, "tflite", Path(folder))
        found = tf2onnx.tfonnx.process_tf_graph(graph, opset=_OPSET, tflite_path=str(path), dequantize=True)
        return tf2onnx.optimizer.optimize_graph(found).make_model("network")


# --- what it wants to see ---


def try_ways(network: Network, part: Split) -> tuple[list[Trial], bool]:
    """All ways to give the network its images, the best first, and whether its answers are logits.

    The best has the highest accuracy; of equals, the one whose answers fit the labels best.
    """
    found = []
    for (polarity, scaling), (factor, offset) in list_ways().items():
        answers = _answer(network, part.images, factor, offset)
        is_logits = not _are_probabilities(answers)
        loss = _log_loss(answers, part.labels, is_logits=is_logits)
        right = float((answers.argmax(1) == part.labels).mean())
        found.append((Trial(polarity, scaling, right), loss, is_logits))
    found.sort(key=lambda each: (-each[0].accuracy, each[1]))
    return [trial for trial, _, _ in found], found[0][2]


def _answer(network: Network, images: Images, factor: float, offset: float) -> Floats:
    given = (images.astype(np.float32) / 255 * factor + offset).reshape((-1, *network.shape))
    answers = np.asarray(network.model.predict(given, batch_size=_BATCH, verbose=0), np.float64)
    return np.nan_to_num(answers, nan=-1e9, posinf=1e9, neginf=-1e9)


def _are_probabilities(answers: Floats) -> bool:
    return bool((answers > -1e-4).all() and np.abs(answers.sum(1) - 1).max() < 1e-2)


def _log_loss(answers: Floats, labels: Sequence[int] | np.ndarray, *, is_logits: bool) -> float:
    own = answers[np.arange(len(labels)), labels]
    if not is_logits:
        return float(-np.log(np.maximum(own, 1e-9)).mean())
    highest = answers.max(1)
    return float((highest + np.log(np.exp(answers - highest[:, None]).sum(1)) - own).mean())


def wrap(network: Network, way: Trial, *, is_logits: bool) -> keras.Model:
    """The network as all runs' are: uint8 (n, 28, 28) to probabilities, with the scaling inside."""
    factor, offset = list_ways()[way.polarity, way.scaling]
    image = keras.Input((IMAGE_SIDE, IMAGE_SIDE), dtype="uint8", name="image")
    x = kl.Rescaling(1 / 255, name="scale")(image)
    if (factor, offset) != (1.0, 0.0):
        x = kl.Rescaling(factor, offset, name="levels")(x)
    if network.shape != (IMAGE_SIDE, IMAGE_SIDE):
        x = kl.Reshape(network.shape, name="form")(x)
    inner = keras.models.clone_model(network.model, clone_function=_copy_layer)
    inner.set_weights(network.model.get_weights())
    answers = inner.call(x)  # layer by layer, so that the whole is one flat network
    last = kl.Softmax if is_logits else kl.Identity
    whole = keras.Model(image, last(name="proba")(answers), name="imported")
    model = keras.models.clone_model(whole)  # each layer is called once
    model.set_weights(whole.get_weights())
    return model


def _copy_layer(layer: keras.Layer) -> keras.Layer:
    """The layer under a name that none of ours has."""
    config = layer.get_config()
    return type(layer).from_config({**config, "name": f"own_{layer.name}"})
