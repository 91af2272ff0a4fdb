"""How near the estimated size of a `.tflite` file is to the real one: `python -m benchmarks.tflite_sizes`.

The two constants of the estimate are fitted by least squares to 25 random networks, and tried on 25 others and on
the named networks.
"""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

from digitrec.runs import NETWORKS, Network, measure_size, summarise
from digitrec.training import export, networks
from tests.support.random_networks import config_of, random_lines

CLASSES = 10


def main() -> None:
    """Print the fitted constants, and the errors of the estimate."""
    fitted, others = ({line: config_of(line).architecture for line in random_lines(25, seed)} for seed in (1, 7))
    sizes = measure_files(fitted)
    columns = np.array([[1, sum(row.operations for row in summarise(net, CLASSES))] for net in fitted.values()])
    weights = [4 * sum(row.weights for row in summarise(net, CLASSES)) for net in fitted.values()]
    constants = np.linalg.lstsq(columns, sizes - np.array(weights))[0]
    print(f"fitted: {constants[0]:.0f} bytes a file, {constants[1]:.0f} bytes an operation")
    for title, group in {"25 others": others, "named networks": NETWORKS}.items():
        real = measure_files(group)
        estimated = [measure_size(summarise(net, CLASSES)).tflite_bytes for net in group.values()]
        wrong = np.abs(estimated - real)
        print(f"{title}: at most {wrong.max():,.0f} bytes wrong, in the mean {np.mean(wrong / real):.1%}")


def measure_files(group: Mapping[str, Network]) -> np.ndarray:
    """The bytes of the networks' `.tflite` files: int64 (n,)."""
    sizes = []
    for network in group.values():
        sizes.append(len(export.to_tflite(networks.build(network, CLASSES))))
        keras.backend.clear_session()
    return np.array(sizes)


if __name__ == "__main__":
    main()
