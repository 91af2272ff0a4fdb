"""The lattice of all ways to divide a line into symbols, and the texts that it may say.

Its nodes lie between pieces, its edges are runs of pieces. A path scores the sum of its edges, and the
probability of a text is the share of all paths, weighted by their exponentials, that say it: a conditional random
field over segmentations (Sarawagi and Cohen 2004, Semi-Markov conditional random fields).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.forms.numbers.segments import DIGITS, MARK, PART, SIGNS, SYMBOLS
from digitrec.imaging import Floats

OUTPUTS = (*DIGITS, *SIGNS, "")  # what an edge may say; a mark says nothing
BEAM = 12  # texts that are followed at each node
_FLOOR = 1e-6  # of a probability
_MAX_BEHIND = 7.0  # nats, by which a text that is followed may be behind the best at a node
_MIN_POSTERIOR = 1e-5  # of an edge and an output that are followed
_DIGIT_TERMS, _SIGN_TERMS, _MARK_TERMS = 6, 3, 4
TERMS = _DIGIT_TERMS + _SIGN_TERMS * len(SIGNS) + _MARK_TERMS
# Before any fit: trust both networks, and let an edge count as often as it has pieces.
START_WEIGHTS = np.array(
    [0.5, 0.5, 1.0, 0.0, 0.0, 0.0, *(1.0, 0.0, 0.0) * len(SIGNS), 1.0, 0.3, 0.0, 0.0], np.float64
)


class Lattice(NamedTuple):
    """A line's edges with the score of each output.

    Attributes:
        nodes: number of nodes: pieces + 1.
        spans: int (n, 2), the nodes that each edge joins.
        scores: float (n, len(OUTPUTS)).
    """

    nodes: int
    spans: NDArray[np.int64]
    scores: Floats


class Path(NamedTuple):
    """The best way to say a text.

    Attributes:
        text: what it says.
        probability: of the text, by the lattice; 0 to 1.
        edges: numbers of its edges, from left to right.
        outputs: for each edge, the index of its output.
    """

    text: str
    probability: float
    edges: tuple[int, ...]
    outputs: tuple[int, ...]


def edge_terms(spans: NDArray[np.int64], by_network: Floats, by_classifier: Floats) -> Floats:
    """What the score of each edge and output is made of, float (n, len(OUTPUTS), TERMS).

    Args:
        spans: int (n, 2).
        by_network: float (n, len(SYMBOLS)).
        by_classifier: float (n, 10).
    """
    n, digits = len(spans), len(DIGITS)
    logs, which = np.log(by_network + _FLOOR), np.log(by_classifier + _FLOOR)
    any_digit = np.log(by_network[:, :digits].sum(1) + _FLOOR)
    none = np.log(1 - by_network[:, :digits].sum(1) + _FLOOR)
    pieces = (spans[:, 1] - spans[:, 0]).astype(np.float64)
    terms = np.zeros((n, len(OUTPUTS), TERMS))
    given = logs[:, :digits] - any_digit[:, None]  # which digit, if it is one
    terms[:, :digits, 0], terms[:, :digits, 1] = given, which
    for k, column in enumerate((any_digit, none, np.ones(n), pieces), 2):
        terms[:, :digits, k] = column[:, None]
    for sign in range(len(SIGNS)):
        start = _DIGIT_TERMS + _SIGN_TERMS * sign
        for k, column in enumerate((logs[:, digits + sign], np.ones(n), pieces)):
            terms[:, digits + sign, start + k] = column
    for k, column in enumerate((logs[:, MARK], logs[:, PART], np.ones(n), pieces), TERMS - _MARK_TERMS):
        terms[:, -1, k] = column
    return terms


def build_lattice(
    pieces: int, spans: NDArray[np.int64], by_network: Floats, by_classifier: Floats, weights: Floats
) -> Lattice:
    """The lattice of a line with so many pieces; see `edge_terms`."""
    return Lattice(pieces + 1, spans, edge_terms(spans, by_network, by_classifier) @ weights)


def read_texts(lattice: Lattice) -> list[Path]:
    """The likeliest texts of a lattice, the first the best; empty if no path leads through it."""
    posteriors = edge_posteriors(lattice)
    if not np.isfinite(posteriors).all():
        return []
    beams: list[dict[str, _Trace]] = [{} for _ in range(lattice.nodes)]
    beams[0][""] = _Trace(0.0, 0.0, None, -1, -1)
    order = [int(edge) for edge in np.argsort(lattice.spans[:, 0], kind="stable")]
    spans = lattice.spans.tolist()
    done = 0
    for node in range(lattice.nodes):
        beams[node] = _prune(beams[node])
        while done < len(order) and spans[order[done]][0] == node:
            edge = order[done]
            done += 1
            likely = np.flatnonzero(posteriors[edge] > _MIN_POSTERIOR)  # the others add next to nothing
            scores = [(int(output), float(lattice.scores[edge, output])) for output in likely]
            _extend(beams[node], beams[spans[edge][1]], edge, scores)
    log_all = float(log_sums(lattice)[0][-1])
    found = sorted(beams[-1].items(), key=lambda item: -item[1].total)
    return [_trace_back(text, trace, log_all) for text, trace in found]


def find_path(lattice: Lattice, text: str) -> Path | None:
    """The best way to say a text, with the probability of the text; None if no path says it."""
    silent, long = len(OUTPUTS) - 1, len(text)
    if not set(text) <= set(OUTPUTS):
        return None
    codes = [OUTPUTS.index(symbol) for symbol in text]
    ends: list[list[_Trace | None]] = [[None] * (long + 1) for _ in range(lattice.nodes)]
    ends[0][0] = _Trace(0.0, 0.0, None, -1, -1)
    for edge in np.argsort(lattice.spans[:, 0], kind="stable").tolist():
        first, last = lattice.spans[edge].tolist()
        for place, trace in enumerate(ends[first]):
            if trace is None:
                continue
            for output, next_place in ((silent, place), (codes[place] if place < long else silent, place + 1)):
                if next_place <= long:
                    score = float(lattice.scores[edge, output])
                    ends[last][next_place] = _join(ends[last][next_place], trace, edge, output, score)
    found = ends[-1][long]
    return _trace_back(text, found, float(log_sums(lattice)[0][-1])) if found else None


def edge_posteriors(lattice: Lattice) -> Floats:
    """The probability of each edge and output, float (n, len(OUTPUTS)), over all paths; NaN if there is none."""
    forward, backward = log_sums(lattice)
    if not np.isfinite(forward[-1]):
        return np.full_like(lattice.scores, np.nan)
    through = forward[lattice.spans[:, 0], None] + lattice.scores + backward[lattice.spans[:, 1], None]
    return np.exp(through - forward[-1])


def log_sums(lattice: Lattice) -> tuple[Floats, Floats]:
    """For each node, the logarithm of the sum over all paths from the start to it, and from it to the end."""
    edges = np.logaddexp.reduce(lattice.scores, axis=1) if len(lattice.spans) else np.zeros(0)
    forward, backward = (np.full(lattice.nodes, -np.inf) for _ in range(2))
    forward[0] = backward[-1] = 0.0
    for edge in np.argsort(lattice.spans[:, 0], kind="stable"):
        first, last = lattice.spans[edge]
        forward[last] = np.logaddexp(forward[last], forward[first] + edges[edge])
    for edge in np.argsort(-lattice.spans[:, 1], kind="stable"):
        first, last = lattice.spans[edge]
        backward[first] = np.logaddexp(backward[first], backward[last] + edges[edge])
    return forward, backward


class _Trace(NamedTuple):
    """The end of the ways to say a text up to a node: all of them count, the best is followed."""

    total: float  # logarithm of the sum over all ways
    best: float
    before: _Trace | None
    edge: int
    output: int


def _prune(beam: dict[str, _Trace]) -> dict[str, _Trace]:
    if not beam:
        return beam
    ordered = sorted(beam.items(), key=lambda item: -item[1].total)[:BEAM]
    least = ordered[0][1].total - _MAX_BEHIND
    return {text: trace for text, trace in ordered if trace.total >= least}


def _extend(
    beam: dict[str, _Trace], target: dict[str, _Trace], edge: int, scores: Sequence[tuple[int, float]]
) -> None:
    for text, trace in beam.items():
        for output, score in scores:
            longer = text + OUTPUTS[output]
            target[longer] = _join(target.get(longer), trace, edge, output, score)


def _join(known: _Trace | None, before: _Trace, edge: int, output: int, score: float) -> _Trace:
    """What is known of a text at a node, and one more way to say it."""
    total, best = before.total + score, before.best + score
    if known is None:
        return _Trace(total, best, before, edge, output)
    both = max(known.total, total) + math.log1p(math.exp(-abs(known.total - total)))
    if best > known.best:
        return _Trace(both, best, before, edge, output)
    return _Trace(both, known.best, known.before, known.edge, known.output)


def _trace_back(text: str, trace: _Trace, log_all: float) -> Path:
    probability = float(np.exp(min(trace.total - log_all, 0.0)))
    edges, outputs = [], []
    step: _Trace | None = trace
    while step is not None and step.edge >= 0:
        edges.append(step.edge)
        outputs.append(step.output)
        step = step.before
    return Path(text, probability, tuple(reversed(edges)), tuple(reversed(outputs)))


assert len(SYMBOLS) == len(OUTPUTS) + 2  # a mark says nothing; parts and several digits are no outputs
