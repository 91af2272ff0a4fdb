"""The lattice against an enumeration of all its paths."""

from collections import defaultdict

import numpy as np
import pytest

from digitrec.forms.numbers import lattice as lattices
from digitrec.forms.numbers.lattice import OUTPUTS, Lattice, edge_posteriors, edge_terms, find_path, read_texts


def random_lattice(seed: int, pieces: int = 3) -> Lattice:
    """All runs of up to three pieces; only four outputs are likely, so that no beam is too narrow."""
    rng = np.random.default_rng(seed)
    spans = np.array([(i, j) for i in range(pieces) for j in range(i + 1, min(i + 3, pieces) + 1)])
    scores = np.full((len(spans), len(OUTPUTS)), -50.0)
    likely = [OUTPUTS.index(symbol) for symbol in ("1", "7", "")]
    scores[:, likely] = rng.normal(0, 1.5, (len(spans), len(likely)))
    return Lattice(pieces + 1, spans, scores)


def enumerate_paths(lattice: Lattice, node: int = 0):
    """Each path from a node to the end as its (edge, output) pairs, with its score."""
    if node == lattice.nodes - 1:
        yield (), 0.0
        return
    for edge, (first, last) in enumerate(lattice.spans):
        if first == node:
            for rest, score in enumerate_paths(lattice, last):
                for output in np.flatnonzero(lattice.scores[edge] > -20):
                    yield ((edge, int(output)), *rest), score + lattice.scores[edge, output]


@pytest.mark.parametrize("seed", range(4))
def test_texts_have_the_probabilities_of_all_their_paths(seed):
    lattice, texts = random_lattice(seed), defaultdict(float)
    paths = list(enumerate_paths(lattice))
    total = sum(np.exp(score) for _, score in paths)
    for path, score in paths:
        texts["".join(OUTPUTS[output] for _, output in path)] += np.exp(score) / total
    found = read_texts(lattice)
    best = max(texts, key=texts.get)
    assert found[0].text == best
    assert found[0].probability == pytest.approx(texts[best], abs=0.02)  # the beam drops a little
    said = "".join(OUTPUTS[output] for output in found[0].outputs)
    assert said == best and lattice.spans[found[0].edges[0], 0] == 0


def test_posteriors_are_those_of_all_paths():
    lattice = random_lattice(9)
    expected, total = np.zeros_like(lattice.scores), 0.0
    for path, score in enumerate_paths(lattice):
        total += np.exp(score)
        for edge, output in path:
            expected[edge, output] += np.exp(score)
    np.testing.assert_allclose(edge_posteriors(lattice), expected / total, atol=1e-9)


def test_without_a_way_through_nothing_is_said():
    assert read_texts(Lattice(3, np.array([[0, 1]]), np.zeros((1, len(OUTPUTS))))) == []


def test_a_likely_digit_scores_above_the_others():
    by_network = np.full((1, 16), 0.001)
    by_network[0, 4] = 0.985
    by_classifier = np.full((1, 10), 0.01)
    by_classifier[0, 4] = 0.91
    scores = edge_terms(np.array([[0, 1]]), by_network, by_classifier) @ lattices.START_WEIGHTS
    assert OUTPUTS[int(scores[0].argmax())] == "4"


def test_the_best_path_of_a_given_text_is_the_one_that_the_beam_finds():
    rng = np.random.default_rng(3)
    spans = np.array([(0, 1), (1, 2), (0, 2), (2, 3), (1, 3)])
    lattice = Lattice(4, spans, rng.normal(0, 2, (5, len(OUTPUTS))))
    for known in read_texts(lattice)[:4]:
        found = find_path(lattice, known.text)
        assert (found.edges, found.outputs) == (known.edges, known.outputs)
        assert found.probability >= known.probability * 0.999, "the beam may leave ways out"
    assert find_path(lattice, "1234") is None and find_path(lattice, "a") is None
