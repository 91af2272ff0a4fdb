"""Fitting: labels of runs, the gradient of a text's probability, thresholds and calibration."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from digitrec.forms.numbers import made_strings, number_fit, segmentation, segments
from digitrec.forms.numbers.lattice import START_WEIGHTS, Lattice, read_texts
from digitrec.forms.numbers.segments import MARK, PART, SEVERAL, SYMBOLS
from support.number_strings import bars


def example(text: str, seed: int = 0, pieces: int = 4) -> number_fit.Example:
    rng = np.random.default_rng(seed)
    spans = np.array([(i, j) for i in range(pieces) for j in range(i + 1, min(i + 2, pieces) + 1)])
    by_network = rng.dirichlet(np.full(16, 0.3), len(spans))
    return number_fit.make_example(text, pieces, spans, by_network, rng.dirichlet(np.full(10, 0.3), len(spans)))


def test_the_gradient_is_that_of_the_log_probability():
    made = example("12.3")
    start = START_WEIGHTS + np.random.default_rng(1).normal(0, 0.2, START_WEIGHTS.shape)
    error = check_grad(
        lambda weights: number_fit._text_gradient(made, weights)[0],
        lambda weights: number_fit._text_gradient(made, weights)[1],
        start,
    )
    assert error < 1e-4


def test_a_text_that_the_beam_finds_has_the_same_probability():
    made = example("7", pieces=2)
    lattice = Lattice(made.nodes, made.spans, made.terms @ START_WEIGHTS)
    best = read_texts(lattice)[0]
    log, _ = number_fit._text_gradient(made._replace(text=best.text), START_WEIGHTS)
    assert best.probability == pytest.approx(np.exp(log), rel=0.05)


def test_fitted_weights_make_the_texts_likelier():
    examples = [example(text, seed) for seed, text in enumerate(("12", "345", "6-7", "8", "0.9"))]
    fitted = number_fit.fit_weights(examples, steps=10)
    before, after = (
        sum(number_fit._text_gradient(each, weights)[0] for each in examples)
        for weights in (START_WEIGHTS, fitted)
    )
    assert after > before


def test_an_unreachable_text_is_left_out():
    fitted = number_fit.fit_weights([example("12345678")], steps=3)
    np.testing.assert_array_equal(fitted, START_WEIGHTS)


def test_runs_are_labelled_by_the_ink_that_they_hold():
    ink = bars(20, 60)
    owner = np.where(ink > 0, 1, 0).astype(np.int16)
    owner[:, 40:][ink[:, 40:] > 0] = 2
    pieces = segmentation.divide(ink)
    found = segments.find_segments(pieces)
    made = made_strings.MadeString(ink, owner, ("1", "7"))
    labels = dict(
        zip(map(tuple, found.spans.tolist()), number_fit.label_segments(made, pieces, found), strict=True)
    )
    assert (labels[0, 1], labels[1, 2]) == (SYMBOLS.index("1"), SYMBOLS.index("7"))
    assert labels.get((0, 2), SEVERAL) == SEVERAL
    halved = made._replace(owner=np.where(ink > 0, 1, 0).astype(np.int16), symbols=("4",))
    assert number_fit.label_segments(halved, pieces, found)[0] == PART
    mark = made._replace(symbols=("~", "7"))
    assert number_fit.label_segments(mark, pieces, found)[0] == MARK


def test_the_threshold_accepts_as_many_as_the_share_of_errors_allows():
    rng = np.random.default_rng(0)
    confidence = rng.random(1000)
    right = rng.random(1000) < confidence
    least = number_fit.find_threshold(confidence, right, errors=0.1)
    accepted = confidence >= least
    assert 0 < accepted.mean() < 1 and (~right[accepted]).mean() <= 0.1
    assert number_fit.find_threshold(confidence, np.zeros(1000, bool), errors=0.1) == 1.0


def test_the_mixture_trusts_whom_the_strings_prove_right():
    rng = np.random.default_rng(0)
    examples = []
    for k in range(60):  # the network says which text is right, but for every tenth; the lattice says anything
        by_network = np.array([0.0, -3.0, -4.0]) if k % 10 else np.array([-3.0, 0.0, -4.0])
        examples.append((np.stack([rng.normal(0, 2, 3), by_network], 1), 0))
    by_lattice, by_network = number_fit.fit_mixture(examples)
    assert by_network > 3 * abs(by_lattice)


def test_a_logistic_line_calibrates():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, 4000)
    right = rng.random(4000) < 1 / (1 + np.exp(-(0.5 * logits + 1)))
    np.testing.assert_allclose(number_fit.fit_logistic(logits, right), [0.5, 1.0], atol=0.12)


def test_the_small_network_learns_and_survives_its_file():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 16, 600)
    features = rng.normal(0, 0.2, (600, 20))
    features[np.arange(600), labels] += 3
    network = number_fit.fit_network(features, labels)
    assert (network.predict_proba(features).argmax(1) == labels).mean() > 0.95
    constants = segments.Constants(network, START_WEIGHTS, np.ones(2), np.ones(4), 0.9)
    assert len(segments.pack_constants(constants)) > 1000
