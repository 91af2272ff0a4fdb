"""Networks that were trained elsewhere: rebuilt exactly, tried for what they want, and runs like any other."""

import json

import numpy as np
import pytest

from digitrec import api
from digitrec.cli.main import main
from digitrec.exchange import ForeignFileError, import_network, load_origin
from digitrec.reporting import describe_origin
from digitrec.runs import Run, RunError, jobs, processes, starts, store
from digitrec.runs.config import IMPORTED, TrainConfig
from digitrec.runs.processes import ProcessError

# What PyTorch exports: channels first, margins, groups, a shape that is computed, logits.
TORCH_LIKE = """
import json, sys
import numpy as np, onnx, onnxruntime
from onnx import TensorProto, helper, numpy_helper
from digitrec.exchange import ForeignFileError
from digitrec.training import onnx_networks

rng = np.random.default_rng(0)
weights = {
    "c1": rng.normal(0, 0.3, (8, 1, 3, 3)), "b1": rng.normal(0, 0.1, 8),
    "scale": rng.uniform(0.5, 1, 8), "shift": rng.normal(0, 0.1, 8),
    "mean": rng.normal(0, 0.1, 8), "variance": rng.uniform(0.5, 1, 8),
    "c2": rng.normal(0, 0.3, (16, 1, 3, 3)), "c3": rng.normal(0, 0.2, (12, 16, 2, 2)),
    "per_channel": rng.normal(0, 0.1, (12, 1, 1)), "w": rng.normal(0, 0.2, (10, 192)), "b": rng.normal(0, 0.1, 10),
    "m": rng.normal(0, 0.3, (10, 10)),
}
weights = {name: array.astype(np.float32) for name, array in weights.items()}
zero, rest = np.array(0, np.int64), np.array([-1], np.int64)
node = helper.make_node
nodes = [
    node("Conv", ["image", "c1", "b1"], ["a"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    node("BatchNormalization", ["a", "scale", "shift", "mean", "variance"], ["n"]),
    node("Relu", ["n"], ["r"]),
    node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
    node("Conv", ["p", "c2"], ["d"], kernel_shape=[3, 3], group=8, strides=[2, 2], pads=[1, 1, 1, 1]),
    node("LeakyRelu", ["d"], ["l"], alpha=0.1),
    node("Conv", ["l", "c3"], ["e"], kernel_shape=[2, 2], pads=[0, 0, 1, 1]),
    node("Add", ["e", "per_channel"], ["f"]),
    node("AveragePool", ["f"], ["g"], kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER"),
    node("Clip", ["g", "low", "high"], ["k"]),
    node("Shape", ["k"], ["shape"]),
    node("Gather", ["shape", "zero"], ["first"]),
    node("Unsqueeze", ["first", "axes"], ["firsts"]),
    node("Concat", ["firsts", "rest"], ["target"], axis=0),
    node("Reshape", ["k", "target"], ["row"]),
    node("Gemm", ["row", "w", "b"], ["x"], transB=1),
    node("Tanh", ["x"], ["t"]),
    node("MatMul", ["t", "m"], ["y"]),
    node("Sub", ["y", "b"], ["logits"]),
]
constants = weights | {"zero": zero, "rest": rest, "axes": np.array([0], np.int64),
    "low": np.array(0, np.float32), "high": np.array(6, np.float32)}
def make(nodes):
    graph = helper.make_graph(nodes, "net",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 1, 28, 28])],
        [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
model = make(nodes)
images = rng.normal(0, 1, (20, 1, 28, 28)).astype(np.float32)
expected = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"image": images})[0]
(built,) = onnx_networks.to_keras(model)
found = built.predict(images, verbose=0)

def refuse(model):
    try:
        onnx_networks.to_keras(model)
    except ForeignFileError as error:
        return str(error)
unknown = make([node("Conv", ["image", "c1", "b1"], ["a"]), node("LRN", ["a"], ["y"], size=3)])
outside = make(nodes)
outside.graph.initializer[0].data_location = TensorProto.EXTERNAL
print(json.dumps({"difference": float(np.abs(expected - found).max()), "size": float(np.abs(expected).max()),
    "unknown": refuse(unknown), "outside": refuse(outside)}))
"""
# Small networks, trained on images as the ways give them; with each shape of an image, as both kinds of files.
TRY_WAYS = """
import json, sys, tempfile, pathlib
import keras, numpy as np
from digitrec.data import Split, loading
from digitrec.exchange import list_ways, screening
from digitrec.training import foreign
digits = loading.load("digits")
part = Split(digits.train.images[:1000], digits.train.labels[:1000])
print_these = {}
ways = list(list_ways().items())
for number in (0, 5, 2, 7):  # each scale once, each polarity twice
    (polarity, scaling), (factor, offset) = ways[number]
    keras.utils.set_random_seed(number)
    shape = ((28, 28), (784,), (28, 28, 1), (1, 28, 28))[number % 4]
    last = ("softmax", None)[number % 2]
    model = keras.Sequential([keras.Input(shape), keras.layers.Flatten(),
        keras.layers.BatchNormalization(momentum=0.8),
        keras.layers.Dense(24, "relu"), keras.layers.Dense(10, last)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=last is None)
    model.compile(keras.optimizers.Adam(0.01), loss)
    x = (part.images.astype(np.float32) / 255 * factor + offset).reshape(-1, *shape)
    model.fit(x, part.labels, epochs=5, batch_size=50, verbose=0)
    path = pathlib.Path(tempfile.mkdtemp()) / ("net.keras", "net.h5")[number % 2]
    model.save(path)
    data = path.read_bytes()
    kind = screening.tell_kind(data)
    screening.screen(data, kind)
    network = foreign.load(data, kind, classes=10)
    trials, is_logits = foreign.try_ways(network, part)
    whole = foreign.wrap(network, trials[0], is_logits=is_logits)
    best = trials[0]
    factor, offset = list_ways()[best.polarity, best.scaling]
    given = part.images.astype(np.float32) / 255 * factor + offset
    answers = model.predict(given.reshape(-1, *shape), verbose=0)
    proba = keras.ops.softmax(answers) if last is None else answers
    print_these[f"{polarity}, {scaling}"] = {"polarity": best.polarity, "best": best.accuracy,
        "own": next(each.accuracy for each in trials if each[:2] == (polarity, scaling)),
        "logits": is_logits, "is_logits": last is None, "shape": network.shape == shape,
        "difference": float(np.abs(whole.predict(part.images, verbose=0) - np.asarray(proba)).max())}
def refuse(model, classes=10):
    path = pathlib.Path(tempfile.mkdtemp()) / "net.keras"
    model.save(path)
    try:
        foreign.load(path.read_bytes(), "keras", classes=classes)
    except screening.ForeignFileError as error:
        return str(error)
wide = keras.Sequential([keras.Input((32, 32)), keras.layers.Flatten(), keras.layers.Dense(10)])
print(json.dumps({"ways": print_these, "wide": refuse(wide), "letters": refuse(model, classes=26)}))
"""


def test_an_onnx_network_is_rebuilt_exactly(keras_process):
    done = keras_process.run(TORCH_LIKE)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["difference"] < 1e-4 < 0.5 < found["size"]
    assert "the operation 'LRN': expected some of Add, " in found["unknown"]
    assert "weights from another file" in found["outside"]


def test_what_a_network_wants_to_see_is_found_and_put_inside(keras_process):
    done = keras_process.run(TRY_WAYS)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found["ways"]) == 4
    for way, result in found["ways"].items():
        # Some scales do as well as the own one; the other polarity never does.
        assert way.startswith(result["polarity"]) and result["best"] >= result["own"] > 0.8, way
        assert result["logits"] == result["is_logits"] and result["shape"], way
        assert result["difference"] < 1e-3, way
    assert "takes (32, 32): expected an image of 28 x 28" in found["wide"]
    assert "gives (10,) for an image: expected 26 numbers" in found["letters"]


@pytest.fixture(scope="module")
def brought(exported, tmp_path_factory, keras_process) -> dict[str, Run]:
    """Runs of the tiny run's own files, by their kind."""
    models = tmp_path_factory.mktemp("brought-models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITREC_MODELS", str(models))
        for kind in ("onnx", "tflite"):
            options = ["--name", f"from {kind}", "--dataset", "digits", "--here"]
            done = keras_process.digitrec("import-model", str(exported.path(kind)), *options)
            assert done.returncode == 0, done.stderr[-2000:]
    return {kind: Run(models / f"from {kind}") for kind in ("onnx", "tflite")}


@pytest.mark.parametrize("kind", ["onnx", "tflite"])
def test_a_network_that_left_comes_back_as_a_run_like_any_other(brought, exported, kind):
    run = brought[kind]
    origin = load_origin(run)
    assert origin is not None and (origin.file, origin.kind) == (f"tiny{'.' + kind}", kind)
    assert (origin.trials[0].polarity, origin.trials[0].scaling) == ("white on black", "0 to 255")
    assert (origin.split, origin.answers, len(origin.trials)) == ("validation", "probabilities", 8)
    image = exported.image[None]
    np.testing.assert_allclose(
        api.load_model(run.path).predict_proba(image).argmax(1),
        api.load_model(exported.run.path).predict_proba(image).argmax(1),
    )
    score = api.evaluate(run.path)
    assert score.evaluation.accuracy.value > 0.8
    assert any("trained elsewhere" in note.detail for note in score.notes)
    assert run.calibration and run.reference_path.is_file() == exported.run.reference_path.is_file()
    assert any("white on black, 0 to 255" in line for line in describe_origin(run))


def test_a_network_of_integers_alone_is_refused_in_words(exported, models_folder, keras_process):
    path = str(exported.path("tflite-int8"))
    done = keras_process.digitrec("import-model", path, "--name", "whole", "--dataset", "digits", "--here")
    assert done.returncode == 1 and not (models_folder / "whole").exists()
    assert "counts in integers (int8): bring in its version with floats" in done.stderr


def test_nothing_here_trains_on_or_starts_from_a_network_from_elsewhere(brought, monkeypatch):
    run = brought["onnx"]
    monkeypatch.setenv("DIGITREC_MODELS", str(run.path.parent))
    assert run.config.network == IMPORTED and jobs.status(run) == jobs.Status.FINISHED
    with pytest.raises(RunError, match="was trained elsewhere"):
        jobs.prepare_to_go_on(run)
    with pytest.raises(RunError, match="cannot start from"):
        starts.open_starts(TrainConfig(dataset="digits", network="mlp", start_from=run.name))


def test_the_command_asks_a_process_with_limits_and_passes_on_its_words(tmp_path, monkeypatch, capsys):
    asked = []

    def fail(arguments, *, models, seconds):
        asked.append(arguments)
        raise ProcessError("its process was ended by signal 11")

    monkeypatch.setattr(processes, "run_to_end", fail)
    monkeypatch.setattr(processes, "has_tensorflow", lambda: True)
    path = tmp_path / "net.onnx"
    path.write_bytes(b"x")
    assert main(["import-model", str(path), "--name", "other", "--dataset", "digits"]) == 1
    assert "ended by signal 11" in capsys.readouterr().err
    assert asked == [
        ["import-model", str(path), "--file-name=net.onnx", "--name=other", "--dataset=digits", "--here"]
    ]
    with pytest.raises(ForeignFileError):
        import_network(path, file="net.onnx", name="other", dataset="digits")
    assert not [run for run in store.list_runs() if not run.is_shipped]
