"""What a person takes away: each network as LiteRT and HDF5 files, read by other programs than this one."""

import json

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from digitrec.inference.classifier import Classifier
from digitrec.runs import store
from digitrec.runs.architectures import NETWORKS

LOAD_IN_KERAS_2 = """
import json, pathlib, sys
import numpy as np, tf_keras
folder = pathlib.Path(sys.argv[1])
images = np.load(folder / "images.npy")
models = {path.stem: tf_keras.models.load_model(path) for path in folder.glob("*.h5")}
print(json.dumps({name: model.predict(images, verbose=0).tolist() for name, model in models.items()}))
"""
WRITE_UNKNOWN = """
import pathlib, sys
import keras
from digitrec.training import hdf5
image = keras.Input((28, 28), dtype="uint8", name="image")
model = keras.Model(image, keras.layers.GRU(3, name="memory")(keras.layers.Rescaling(1 / 255)(image)))
try:
    hdf5.write(model, pathlib.Path(sys.argv[1]) / "unknown.h5")
except hdf5.Hdf5Error as error:
    print(error)
"""
MAKE_DYNAMIC = """
import json, pathlib, sys
from types import SimpleNamespace
import keras, numpy as np
from digitrec.runs import TrainConfig
from digitrec.training import export, networks
keras.utils.set_random_seed(0)
images = np.random.default_rng(0).integers(0, 256, (50, 28, 28), dtype=np.uint8)
def made(name):
    folder = pathlib.Path(sys.argv[1]) / name
    folder.mkdir()
    (folder / "dynamic-0123456789abcdef.tflite").write_bytes(b"of an older network")
    paths = dict(path=folder, keras_path=folder / "model.keras", tflite_path=folder / "model.tflite")
    run = SimpleNamespace(config=TrainConfig(network=name), class_names=("a", "b", "c"), **paths)
    model = networks.build(run.config.architecture, 3)
    export.save_checked(model, run, images)
    return run, model
made("strided")
made("strided-deep")
run, model = made("resnet")
kept = run.tflite_path.read_bytes()
model.set_weights([*model.get_weights()[:-1], np.array([9.0, 0.0, 0.0])])
print(export.save_dynamic(model, run, kept, images))
print(*run.path.glob("dynamic*"))
"""
ADD_DYNAMIC = """
import keras, numpy as np
from digitrec.runs import TrainConfig, store
from digitrec.training import export, networks
config = TrainConfig(dataset="digits", network="strided-deep")
run = store.create(config, tuple("0123456789"), "old")
model = networks.build(config.architecture, 10)
model.set_weights([*model.get_weights()[:-1], np.array([9.0] + 9 * [0.0])])
model.save(run.keras_path)
run.tflite_path.write_bytes(export.to_tflite(model))
print(export.add_dynamic(run))
"""


@pytest.mark.parametrize("name", NETWORKS)
def test_output_0_of_a_tflite_file_is_the_probabilities(made_networks, name):
    interpreter = Interpreter(model_path=str(made_networks.folder / f"{name}.tflite"))
    interpreter.allocate_tensors()
    (image,), outputs = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.set_tensor(image["index"], made_networks.images[:1])
    interpreter.invoke()
    proba, embedding = (interpreter.get_tensor(output["index"]) for output in outputs)
    np.testing.assert_allclose(proba, made_networks.answers[name][:1], atol=1e-5)
    by_name = interpreter.get_signature_runner("serving_default")(image=made_networks.images[:1])
    assert np.array_equal(by_name["proba"], proba) and np.array_equal(by_name["embedding"], embedding)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_program_reads_its_own_tflite_file(made_networks, name):
    found = Classifier.load(made_networks.folder / f"{name}.tflite")
    np.testing.assert_allclose(found.predict_proba(made_networks.images), made_networks.answers[name], atol=1e-5)
    assert found.embedding_size > 7


def test_a_network_that_is_slow_to_read_gets_weights_of_8_bits_if_they_answer_the_same(tmp_path, keras_process):
    done = keras_process.run(MAKE_DYNAMIC, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.glob("strided/dynamic*"))
    (made,) = tmp_path.glob("strided-deep/dynamic*")
    assert Classifier.load(made.parent).is_quantised
    assert "answers would change" in done.stdout and not list(tmp_path.glob("resnet/dynamic*"))


def test_a_run_of_an_older_version_gets_weights_of_8_bits_compared_on_its_validation_images(
    folders, keras_process
):
    done = keras_process.run(ADD_DYNAMIC)
    assert done.returncode == 0, done.stderr
    assert "Weights of 8 bits are used: of 143 answers 0 change" in done.stdout
    assert Classifier.load(store.open_run("old").tflite_path).is_quantised


def test_keras_2_loads_every_h5_file_and_answers_the_same(made_networks, keras_process):
    done = keras_process.run(LOAD_IN_KERAS_2, str(made_networks.folder))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.keys() == NETWORKS.keys()
    for name, proba in found.items():
        np.testing.assert_allclose(proba, made_networks.answers[name], atol=1e-5)


def test_a_layer_that_keras_2_is_not_told_of_is_refused_by_name(tmp_path, keras_process):
    done = keras_process.run(WRITE_UNKNOWN, str(tmp_path))
    assert "the layer 'memory' is a GRU: expected one of " in done.stdout
    assert not list(tmp_path.glob("*.h5"))
