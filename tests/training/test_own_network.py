"""Own networks in Keras: 50 random ones are what the summary counts, and a few are exported and traced."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from digitrec.explain.feature_maps import describe_filter, feature_layers, first_filters
from digitrec.explain.map_sums import explain_map
from digitrec.inference.classifier import Classifier
from digitrec.runs import NETWORKS, Conv, Residual, measure_size, summarise
from support.random_networks import config_of, random_lines

LINES = random_lines(50, seed=0)
EXPORTED = random_lines(8, seed=5)

# What Keras's own layers say: their output shapes, and products of the weights' and the outputs' sizes.
COUNT = """
import json, math, sys
import keras
from digitrec.runs import NETWORKS, TrainConfig
from digitrec.training import networks
def multiply_adds(layer):
    if isinstance(layer, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)):
        return math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:3])
    return math.prod(layer.kernel.shape) if isinstance(layer, keras.layers.Dense) else 0
def shapes(model):
    kinds = ("Conv2D", "DepthwiseConv2D", "Dense", "MaxPooling2D", "AveragePooling2D", "Flatten")
    return [list(each.output.shape[1:]) for each in model.layers if type(each).__name__ in kinds]
found = {}
for line in json.loads(sys.argv[1]):
    config = TrainConfig(network=line) if line in NETWORKS else TrainConfig(network="own", layers=line)
    model = networks.build(config.architecture, 10, dropout=0.3)
    found[line] = {
        "parameters": model.count_params(),
        "multiply_adds": sum(map(multiply_adds, model.layers)),
        "shapes": shapes(model),
        "embedding": list(model.get_layer("embedding").output.shape[1:]),
        "dropouts": sum(isinstance(each, keras.layers.Dropout) for each in model.layers),
    }
    keras.backend.clear_session()
print(json.dumps(found))
"""
EXPORT = """
import json, pathlib, sys
import keras, numpy as np
from digitrec.runs import TrainConfig
from digitrec.training import export, hdf5, networks
folder, lines = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])
keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
images = rng.integers(0, 256, (20, 28, 28), dtype=np.uint8)
for i, line in enumerate(lines):
    model = networks.build(TrainConfig(network="own", layers=line).architecture, 7, dropout=0.2)
    weights = [w if w.ndim > 1 else np.abs(w) + rng.uniform(0, 0.3, w.shape) for w in model.get_weights()]
    model.set_weights(weights)
    (folder / f"{i}.tflite").write_bytes(export.to_tflite(model))
    hdf5.write(model, folder / f"{i}.h5")
    model.save(folder / f"{i}.keras")
    again = keras.models.load_model(folder / f"{i}.keras", compile=False)
    maps = [each.output for each in model.layers if len(each.output.shape) == 4]
    np.savez(folder / f"{i}.npz", images=images, proba=model.predict(images, verbose=0),
        again=again.predict(images, verbose=0),
        **{f"map {k}": each[0] for k, each in enumerate(keras.Model(model.input, maps)(images[:1]))})
    keras.backend.clear_session()
"""
# Not by `predict`: in it TensorFlow 2.21 fuses a convolution, a norm and tanh on some processors, such as an EPYC
# with bf16, and then has no code for that.
LOAD_IN_KERAS_2 = """
import json, pathlib, sys
import numpy as np, tf_keras
folder = pathlib.Path(sys.argv[1])
images = np.load(folder / "0.npz")["images"]
print(json.dumps({path.stem: tf_keras.models.load_model(path)(images, training=False).numpy().tolist()
    for path in folder.glob("*.h5")}))
"""


@pytest.fixture(scope="module")
def keras_counts(keras_process) -> dict[str, dict]:
    done = keras_process.run(COUNT, json.dumps([*NETWORKS, *LINES]))
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def exported(tmp_path_factory, keras_process) -> SimpleNamespace:
    folder = tmp_path_factory.mktemp("own")
    done = keras_process.run(EXPORT, str(folder), json.dumps(EXPORTED))
    assert done.returncode == 0, done.stderr[-2000:]
    return SimpleNamespace(
        folder=folder, arrays=[dict(np.load(folder / f"{i}.npz")) for i in range(len(EXPORTED))]
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NETWORKS, *LINES])
def test_the_summary_counts_what_keras_builds(keras_counts, name):
    network = NETWORKS[name] if name in NETWORKS else config_of(name).architecture
    rows, found = summarise(network, 10, dropout=0.3), keras_counts[name]
    size = measure_size(rows)
    assert (size.parameters, size.multiply_adds) == (found["parameters"], found["multiply_adds"])
    shapes = [list(row.output_shape) for row in rows if row.kind in ("conv", "pool", "dense", "residual")]
    missing = [shape for shape in shapes if len(shape) == 3 and shape not in found["shapes"]]
    assert not missing
    assert list(rows[-3].output_shape) == found["embedding"]
    assert sum(row.layer == "Dropout" for row in rows) == found["dropouts"]


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(EXPORTED)))
def test_all_files_of_an_own_network_answer_as_it_does(exported, index):
    arrays = exported.arrays[index]
    assert arrays["proba"].std() > 0  # else the comparison could not fail
    model = Classifier.load(exported.folder / f"{index}.tflite")
    np.testing.assert_allclose(model.predict_proba(arrays["images"]), arrays["proba"], atol=1e-5)
    np.testing.assert_allclose(arrays["again"], arrays["proba"], atol=1e-6)
    assert model.embedding_size == summarise(config_of(EXPORTED[index]).architecture, 7)[-2].output_shape[0]


@pytest.mark.slow
def test_keras_2_loads_the_h5_files_of_own_networks(exported, keras_process):
    done = keras_process.run(LOAD_IN_KERAS_2, str(exported.folder))
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found) == len(EXPORTED)
    for index, proba in found.items():
        np.testing.assert_allclose(proba, exported.arrays[int(index)]["proba"], atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(EXPORTED)))
def test_the_estimated_size_of_the_file_is_near(exported, index):
    real = (exported.folder / f"{index}.tflite").stat().st_size
    estimated = measure_size(summarise(config_of(EXPORTED[index]).architecture, 7)).tflite_bytes
    assert abs(estimated - real) < 3000  # bytes: twice the largest error that the benchmark found


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(EXPORTED)))
def test_the_maps_of_an_own_network_are_those_of_keras(exported, index):
    arrays = exported.arrays[index]
    operations = Classifier.load(exported.folder / f"{index}.tflite").trace(arrays["images"][0])
    layers = feature_layers(operations)
    architecture = config_of(EXPORTED[index]).architecture.layers
    expected = sum(isinstance(each, Conv) for each in architecture) + sum(
        len(each.layers) for each in architecture if isinstance(each, Residual)
    )
    assert len(layers) >= expected
    for layer in layers:
        same = [each for key, each in arrays.items() if key.startswith("map") and each.shape == layer.maps.shape]
        assert min(np.abs(each - layer.maps).max() for each in same) < 1e-4 * max(1, np.abs(layer.maps).max())
    assert all(describe_filter(each) for each in first_filters(operations))


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(EXPORTED)))
def test_what_a_map_adds_to_its_products_is_the_same_for_every_image(exported, index):
    # Were a patch one pixel off, or its stride wrong, the rest would differ from image to image.
    model = Classifier.load(exported.folder / f"{index}.tflite")
    traces = [model.trace(image) for image in exported.arrays[index]["images"][:2]]
    for first, second in zip(*map(feature_layers, traces), strict=True):
        for number in range(0, first.maps.shape[-1], 5):
            sums = [
                explain_map(trace, layer, number) for trace, layer in zip(traces, (first, second), strict=True)
            ]
            if None not in sums:
                assert sums[0].bias == pytest.approx(sums[1].bias, abs=1e-3 * max(1, abs(sums[0].value)))
