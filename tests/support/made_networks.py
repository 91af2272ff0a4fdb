"""Every named network, made once in Keras with its files: what the tests of files and of feature maps share.

The weights are random ones. Every batch normalisation gets statistics as if it had been trained.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.runs import NETWORKS
from support.keras_process import KerasProcess

CLASSES = 7
_MAKE = """
import pathlib, sys
import keras, numpy as np
from digitrec.runs import NETWORKS
from digitrec.training import export, hdf5, networks
folder, classes = pathlib.Path(sys.argv[1]), int(sys.argv[2])
keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
images = rng.integers(0, 256, (20, 28, 28), dtype=np.uint8)
np.save(folder / "images.npy", images)
kinds = (keras.layers.Activation, keras.layers.Conv2D, keras.layers.BatchNormalization)
for name, network in NETWORKS.items():
    model = networks.build(network, classes, dropout=0.2)
    weights = [w if w.ndim > 1 else np.abs(w) + rng.uniform(0, 0.3, w.shape) for w in model.get_weights()]
    model.set_weights(weights)
    (folder / f"{name}.tflite").write_bytes(export.to_tflite(model))
    hdf5.write(model, folder / f"{name}.h5")
    shown = [each.output for each in model.layers if isinstance(each, kinds) and len(each.output.shape) == 4]
    maps = keras.Model(model.input, shown)(images[:1]) if shown else []
    np.savez(folder / f"{name}.npz", proba=model.predict(images, verbose=0),
        **{f"map {i}": each[0] for i, each in enumerate(maps)})
"""


class MadeNetworks(NamedTuple):
    """Files that tests read and do not change: of each network "NAME.tflite" and "NAME.h5".

    Attributes:
        folder: where the files are.
        images: uint8 (20, 28, 28), of chance; "images.npy" as well.
        answers: by network, Keras's probabilities for the images, float32 (20, CLASSES).
    """

    folder: Path
    images: NDArray[np.uint8]
    answers: dict[str, NDArray[np.float32]]

    def maps(self, name: str) -> list[NDArray[np.float32]]:
        """What Keras's own layers make of the first image, each (height, width, channels)."""
        with np.load(self.folder / f"{name}.npz") as arrays:
            return [array for key, array in arrays.items() if key != "proba"]


def make_networks(folder: Path, keras_process: KerasProcess) -> MadeNetworks:
    """Make them all, in a process of Keras."""
    keras_process.run(_MAKE, str(folder), str(CLASSES)).check_returncode()
    answers = {name: np.load(folder / f"{name}.npz")["proba"] for name in NETWORKS}
    return MadeNetworks(folder, np.load(folder / "images.npy"), answers)
