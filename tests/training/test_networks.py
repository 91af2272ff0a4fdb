"""What TensorFlow builds, against what `architectures` counts without it. In another process, as always."""

import json

import pytest

from digitrec.runs import NETWORKS, count_parameters

SCRIPT = """
import json
import numpy as np
from digitrec.training import networks
from digitrec.runs.architectures import NETWORKS
images = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype=np.uint8)
found = {}
for name in NETWORKS:
    for classes in (2, 10, 26):
        model = networks.build(NETWORKS[name], classes, dropout=0.3)
        both = networks.with_embedding(model)(images)
        found[f"{name} {classes}"] = {
            "parameters": model.count_params(),
            "shape": list(both["proba"].shape),
            "sums": np.sum(both["proba"], axis=1).tolist(),
            "embedding": list(both["embedding"].shape),
            "dtype": str(model.input.dtype),
        }
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def built(keras_process) -> dict[str, dict]:
    done = keras_process.run(SCRIPT)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("classes", [2, 10, 26])
def test_the_summary_counts_what_keras_builds(built, name, classes):
    network = built[f"{name} {classes}"]
    assert network["parameters"] == count_parameters(NETWORKS[name], classes)
    assert network["shape"] == [3, classes]
    assert network["sums"] == pytest.approx([1, 1, 1], abs=1e-5)
    assert network["embedding"][0] == 3 and len(network["embedding"]) == 2
    assert network["dtype"] == "uint8"


@pytest.mark.slow
def test_the_seed_architecture_has_433018_parameters_with_26_classes(built):
    assert built["cnn 26"]["parameters"] == 433_018
