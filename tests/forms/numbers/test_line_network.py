"""A line read as a whole: its strip, the probability of a text, and the search for the likeliest."""

import io
import itertools

import numpy as np
import pytest

from digitrec.forms.numbers import line_network, segmentation
from digitrec.forms.numbers.line_network import LABELS
from support.number_strings import bars


def made_logs(steps: int, seed: int, labels: str) -> np.ndarray:
    """Steps at which only these labels, or nothing, are likely."""
    rng = np.random.default_rng(seed)
    logits = np.full((steps, len(LABELS) + 1), -50.0)
    codes = [*(LABELS.index(label) for label in labels), len(LABELS)]
    logits[:, codes] = rng.normal(0, 1.5, (steps, len(codes)))
    return line_network.log_probabilities(logits)


def sum_of_all_ways(logs: np.ndarray, labels: str) -> dict[str, float]:
    """The probability of each text, by going through all ways."""
    names = [*labels, ""]
    codes = [*(LABELS.index(label) for label in labels), len(LABELS)]
    found: dict[str, float] = {}
    for way in itertools.product(range(len(names)), repeat=len(logs)):
        text = "".join(names[k] for k, before in zip(way, (None, *way), strict=False) if k != before)
        share = float(np.exp(sum(logs[step, codes[k]] for step, k in enumerate(way))))
        found[text] = found.get(text, 0.0) + share
    return found


@pytest.mark.parametrize("seed", range(5))
def test_a_text_has_the_probability_of_all_ways_to_say_it(seed):
    logs = made_logs(6, seed, "17")
    known = sum_of_all_ways(logs, "17")
    longer, unseen = "71717171", "3"
    *scores, of_longer, of_unseen = line_network.score_texts(logs, [*known, longer, unseen])
    np.testing.assert_allclose(np.exp(scores), list(known.values()), rtol=1e-9)
    assert of_longer <= of_unseen < -40


@pytest.mark.parametrize("seed", range(5))
def test_the_search_finds_the_likeliest_texts(seed):
    logs = made_logs(7, seed, "08")
    known = sum_of_all_ways(logs, "08")
    ranking = sorted(known, key=lambda text: -known[text])
    assert line_network.find_texts(logs)[:2] == ranking[:2]


def test_two_alike_symbols_need_nothing_between_them():
    logs = made_logs(4, 0, "1")
    steady = np.full_like(logs, -60.0)
    steady[:, LABELS.index("1")] = 0.0
    assert line_network.find_texts(steady)[0] == "1"
    steady[2] = -60.0
    steady[2, len(LABELS)] = 0.0
    assert line_network.find_texts(steady)[0] == "11"


def test_a_strip_is_as_high_as_the_network_wants_and_its_digits_stand_on_the_base_line():
    for size in (20, 60):
        strip = line_network.to_strip(
            segmentation.divide(np.kron(bars(20, 60), np.ones((size // 20,) * 2, np.uint8)))
        )
        rows = np.flatnonzero((strip > 100).any(1))
        assert strip.shape[0] == line_network.STRIP_HEIGHT
        assert abs(rows[-1] + 1 - line_network.STRIP_BASE) <= 1
        assert abs(len(rows) - line_network.STRIP_DIGIT) <= 2
    wide = segmentation.divide(bars(*range(20, 9000, 40), paper=(70, 9100)))
    assert line_network.to_strip(wide).shape[1] <= line_network.MAX_STRIP + 2 * line_network.STRIP_ROOM


def test_a_network_survives_its_file_and_reads_a_strip_of_any_width():
    network = line_network.load_network()
    with np.load(io.BytesIO(line_network.pack_network(network))) as file:
        layers = [line_network.Layer(file[f"kernel{k}"], file[f"bias{k}"]) for k in range(len(file.files) // 2)]
    strip = line_network.to_strip(segmentation.divide(bars(20, 60, 110)))
    for width in (1, 2, strip.shape[1] - 1, strip.shape[1]):
        mine, again = network.run(strip[:, :width]), line_network.to_network(layers).run(strip[:, :width])
        assert mine.shape == (-(-width // 2), len(LABELS) + 1)
        np.testing.assert_allclose(mine, again, atol=1e-3)
    assert line_network.find_texts(line_network.log_probabilities(network.run(strip)))[0] == "111"
