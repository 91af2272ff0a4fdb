"""The network that reads a line as a whole learns, and is the same in NumPy. Keras stays in other processes."""

import pytest

pytestmark = pytest.mark.slow


def test_the_network_learns_from_strips_and_is_the_same_in_numpy(keras_says):
    found = keras_says("""
import json
import numpy as np
from digitrec.forms import line_network
from digitrec.training import line_fit
rng = np.random.default_rng(0)
def make(text):
    strip = np.zeros((32, 16 + 14 * max(1, len(text))), np.uint8)
    for place, symbol in enumerate(text):
        left = 10 + 14 * place
        strip[6:26, left : left + 4] = 255
        if symbol == "0":
            strip[6:26, left + 6 : left + 9] = 255
    return line_fit.Line(strip, text)
lines = [make("".join(rng.choice(["0", "1"], rng.integers(0, 4)))) for _ in range(64)]
losses = []
model = line_fit.fit(lines, steps=30, seed=0, progress=lambda steps, loss: losses.append((steps, loss)))
network, apart = line_fit.to_network(model), []
for line in lines[:5]:
    filled = np.pad(line.strip, ((0, 0), (0, 16)))[None, :, :, None].astype(np.float32)
    keras_logits = np.asarray(model(filled, training=False))[0, : line.strip.shape[1] // 2]
    apart.append(float(np.abs(network.run(line.strip) - keras_logits).max()))
print(json.dumps({"losses": losses, "apart": max(apart)}))
""")
    (first, before), _, (last, after) = found["losses"]
    assert (first, last) == (10, 30) and after < before / 2
    assert found["apart"] < 1e-3
