"""Fitting the number reader to made strings: the small network, the weights of the lattice, the calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from digitrec.forms.numbers import lattice as lattices
from digitrec.forms.numbers.lattice import OUTPUTS, Lattice, edge_terms
from digitrec.forms.numbers.made_strings import MARK as MARK_SYMBOL
from digitrec.forms.numbers.made_strings import MadeString
from digitrec.forms.numbers.reader import LineReading, digit_posteriors, to_logit
from digitrec.forms.numbers.segmentation import Pieces, enlarge
from digitrec.forms.numbers.segments import (
    DIGITS,
    MARK,
    PART,
    SEVERAL,
    SYMBOLS,
    Constants,
    SegmentNetwork,
    Segments,
)
from digitrec.imaging import Floats, Labels

HIDDEN = 160  # units of the small network
EPOCHS = 12
KEPT_SHARE = 0.85  # of the strings, that the weights are fitted to in the end
MIN_OWN, MAX_FOREIGN = 0.85, 0.15  # share of a symbol's ink that a run holds, and of other ink in the run
MAX_ERRORS = 0.01  # share of the accepted strings that may be wrong
_PENALTY = 1e-3  # of the squared weights, for each string
UNKNOWN = -1  # a label: such a run is not trained on


def label_segments(made: MadeString, pieces: Pieces, segments: Segments) -> Labels:
    """What each run of a made string's pieces is: an index into `SYMBOLS`, or `UNKNOWN`, int64 (n,)."""
    owner = enlarge(made.owner.astype(np.int32), pieces.scale, exact=True)
    counts = np.zeros((len(pieces.boxes) + 1, len(made.symbols) + 1), np.int64)
    np.add.at(counts, (pieces.labels.ravel(), owner.ravel()), 1)
    whole = counts[1:, 1:].sum(0)  # inked pixels of each symbol
    sums = np.concatenate([np.zeros((1, len(whole)), np.int64), np.cumsum(counts[1:, 1:], 0)])
    inside = sums[segments.spans[:, 1]] - sums[segments.spans[:, 0]]  # (n, symbols)
    return np.array([_label(row, whole, made.symbols) for row in inside], np.int64)


def _label(inside: NDArray[np.int64], whole: NDArray[np.int64], symbols: Sequence[str]) -> int:
    total = max(int(inside.sum()), 1)
    shares, main = inside / np.maximum(whole, 1), int(inside.argmax())
    foreign = 1 - inside[main] / total
    symbol = symbols[main]
    if symbol == MARK_SYMBOL:
        if foreign >= MAX_FOREIGN:
            return UNKNOWN
        # A stroke of a struck-out digit must not teach that a 1 is a mark.
        return MARK if shares[main] >= MIN_OWN else PART if shares[main] < MIN_OWN - 0.1 else UNKNOWN
    text = [k for k, name in enumerate(symbols) if name != MARK_SYMBOL]
    if sum(shares[k] > 0.5 for k in text) > 1:
        return SEVERAL
    if shares[main] >= MIN_OWN and foreign <= MAX_FOREIGN:
        return SYMBOLS.index(symbol)
    if shares[main] < MIN_OWN - 0.1 and foreign < 0.5:
        return PART if symbol in DIGITS else UNKNOWN
    return SEVERAL if foreign > 2 * MAX_FOREIGN else UNKNOWN


def fit_network(
    features: Floats, labels: Labels, *, seed: int = 0, hidden_units: int = HIDDEN, classes: int = len(SYMBOLS)
) -> SegmentNetwork:
    """Train a small network on features (n, m) with labels (n,), such as those of runs."""
    from sklearn.neural_network import MLPClassifier

    known = labels != UNKNOWN
    x, y = features[known].astype(np.float32), labels[known]
    mean, scale = x.mean(0), np.maximum(x.std(0), 0.02)
    # All classes, even those that chance left out: their columns must be there.
    model = MLPClassifier(
        (hidden_units,),
        alpha=1e-4,
        batch_size=256,
        learning_rate_init=1e-3,
        max_iter=1,
        warm_start=True,
        random_state=seed,
    )
    rng = np.random.default_rng(seed)
    z = (x - mean) / scale
    for epoch in range(EPOCHS):
        model.learning_rate_init = 2e-3 * (1 - epoch / EPOCHS) + 5e-5
        if epoch:
            model._optimizer.learning_rate_init = model.learning_rate_init
        order = rng.permutation(len(z))
        for start in range(0, len(order), 20_000):
            part = order[start : start + 20_000]
            model.partial_fit(z[part], y[part], classes=np.arange(classes))
    hidden, output = model.coefs_
    hidden_bias, output_bias = model.intercepts_
    return SegmentNetwork(mean, scale, hidden, hidden_bias, output, output_bias)


class Example(NamedTuple):
    """A string with the terms of its lattice."""

    text: str
    nodes: int
    spans: NDArray[np.int64]
    terms: Floats  # (n, len(OUTPUTS), TERMS)


def make_example(
    text: str, pieces: int, spans: NDArray[np.int64], by_network: Floats, by_classifier: Floats
) -> Example:
    """An example to fit the weights of the lattice to."""
    return Example(text, pieces + 1, spans, edge_terms(spans, by_network, by_classifier))


def fit_weights(examples: Sequence[Example], start: Floats = lattices.START_WEIGHTS, *, steps: int = 60) -> Floats:
    """The weights under which the strings' texts are likeliest, by L-BFGS; unreachable texts are left out.

    They are fitted twice. The second time the strings are left out that are least likely by the first: digits that
    lie on each other cannot be divided, and would teach that nothing is sure.
    """
    reachable = [example for example in examples if np.isfinite(_text_gradient(example, start)[0])]
    first = _fit_weights(reachable, start, steps=steps)
    order = np.argsort([-_text_gradient(example, first)[0] for example in reachable], kind="stable")
    return _fit_weights([reachable[i] for i in order[: math.ceil(KEPT_SHARE * len(order))]], start, steps=steps)


def _fit_weights(reachable: Sequence[Example], start: Floats, *, steps: int) -> Floats:
    def loss(weights: Floats) -> tuple[float, Floats]:
        value, slope = 0.0, np.zeros_like(weights)
        for example in reachable:
            one, gradient = _text_gradient(example, weights)
            value -= one
            slope -= gradient
        penalty = _PENALTY * len(reachable)
        return value + penalty * ((weights - start) ** 2).sum(), slope + 2 * penalty * (weights - start)

    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": steps}).x)


def _text_gradient(example: Example, weights: Floats) -> tuple[float, Floats]:
    """The log-probability of an example's text, and its gradient."""
    lattice = Lattice(example.nodes, example.spans, example.terms @ weights)
    forward, backward = lattices.log_sums(lattice)
    log_text, share = _text_posteriors(lattice, example.text)
    if not np.isfinite(log_text):
        return -np.inf, np.zeros_like(weights)
    through = forward[lattice.spans[:, 0], None] + lattice.scores + backward[lattice.spans[:, 1], None]
    difference = share - np.exp(through - forward[-1])
    return float(log_text - forward[-1]), np.einsum("eo,eot->t", difference, example.terms)


def _text_posteriors(lattice: Lattice, text: str) -> tuple[float, Floats]:
    """The log-sum over the paths that say a text, and the share of each edge and output in it."""
    long = len(text)
    codes = np.array([OUTPUTS.index(symbol) for symbol in text], np.int64)
    silent = len(OUTPUTS) - 1
    forward, backward = (np.full((lattice.nodes, long + 1), -np.inf) for _ in range(2))
    forward[0, 0] = backward[-1, long] = 0.0
    spoken, quiet = lattice.scores[:, codes], lattice.scores[:, silent]  # (n, long), (n,)
    for edge in np.argsort(lattice.spans[:, 0], kind="stable"):
        first, last = lattice.spans[edge]
        forward[last] = np.logaddexp(forward[last], forward[first] + quiet[edge])
        forward[last, 1:] = np.logaddexp(forward[last, 1:], forward[first, :-1] + spoken[edge])
    for edge in np.argsort(-lattice.spans[:, 1], kind="stable"):
        first, last = lattice.spans[edge]
        backward[first] = np.logaddexp(backward[first], backward[last] + quiet[edge])
        backward[first, :-1] = np.logaddexp(backward[first, :-1], backward[last, 1:] + spoken[edge])
    total = float(forward[-1, long])
    share = np.zeros_like(lattice.scores)
    if np.isfinite(total):
        first, last = lattice.spans.T
        share[:, silent] = np.exp(forward[first] + quiet[:, None] + backward[last] - total).sum(1)
        each = np.exp(forward[first, :-1] + spoken + backward[last, 1:] - total)  # (n, long)
        for place, code in enumerate(codes):
            share[:, code] += each[:, place]
    return total, share


def fit_mixture(examples: Sequence[tuple[Floats, int]]) -> Floats:
    """The weights of lattice and line network under which the right texts are likeliest, float (2,).

    Args:
        examples: for each string the logarithms (n, 2) of its texts' probabilities, and which text is right.
    """

    def loss(weights: Floats) -> float:
        scores = [(logs @ weights, right) for logs, right in examples]
        return float(np.mean([np.logaddexp.reduce(each) - each[right] for each, right in scores]))

    return np.asarray(minimize(loss, np.array([0.5, 0.5]), method="Nelder-Mead").x)


def fit_logistic(logits: Floats, right: NDArray[np.bool_]) -> Floats:
    """Slope and offset that calibrate logits (n,) of being right (Platt 1999)."""
    sign = np.where(right, 1.0, -1.0)

    def loss(line: Floats) -> float:
        return float(np.logaddexp(0, -sign * (line[0] * logits + line[1])).mean() + 1e-3 * (line[0] - 1) ** 2)

    return np.asarray(minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x)


def calibrate(constants: Constants, held: Sequence[tuple[str, LineReading]]) -> Constants:
    """The constants with the calibration and the threshold that fit strings and what was read of them."""
    logits, right, digit_logits, digit_right = [], [], [], []
    for text, reading in held:
        best = reading.paths[0] if reading.paths else None
        logits.append(to_logit(best.probability if best else 0.0))
        right.append(best is not None and best.text == text)
        if best is None or len(best.text) != len(text):
            continue
        said = [(edge, output) for edge, output in zip(best.edges, best.outputs, strict=True) if OUTPUTS[output]]
        for (edge, output), symbol in zip(said, text, strict=True):
            digit_logits.append(to_logit(float(digit_posteriors(reading, edge)[output])))
            digit_right.append(OUTPUTS[output] == symbol)
    whole = fit_logistic(np.array(logits), np.array(right))
    each = fit_logistic(np.array(digit_logits), np.array(digit_right))
    calibration = np.concatenate([whole, each])
    confidence = 1 / (1 + np.exp(-(whole[0] * np.array(logits) + whole[1])))
    return constants._replace(calibration=calibration, threshold=find_threshold(confidence, np.array(right)))


def find_threshold(confidence: Floats, right: NDArray[np.bool_], *, errors: float = MAX_ERRORS) -> float:
    """The least confidence at which at most this share of the accepted strings is wrong."""
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(share <= errors)
    return float(confidence[order][good[-1]]) if len(good) else 1.0
