"""t-SNE (van der Maaten and Hinton 2008, JMLR 9): points on a plane on which neighbours stay neighbours.

openTSNE (Policar, Strazar and Zupan 2024, J. Stat. Softw. 109) makes the positions, in a worker. Placing a new
point is one short descent among points that stay where they are. It is done here, as openTSNE's `transform` does
it and with its numbers, so that the server need not load openTSNE (180 MB) for a star.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import util
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging import Floats

COMPONENTS = 50  # principal components that are compared, as is usual before t-SNE
MIN_POINTS = 10
PERPLEXITY = 30.0  # neighbours of a point that count
STEPS_PER_REPORT = 10
# From so many points on, sums on a grid are quicker than Barnes and Hut's tree. With cells twice as wide as
# openTSNE's own, 5,000 of MNIST's images take 11 s of a core instead of 36. The divergence at the end is 1.62
# instead of 1.55, and as many, 92%, have the class of most of their neighbours on the map.
_MIN_FFT_POINTS, _CELL_SIDE = 2000, 2.0
# First with the attraction enlarged (Belkina et al. 2019, Nat. Commun. 10), then without.
_EARLY_STEPS, _EARLY_EXAGGERATION, _STEPS, _MOMENTUM = 250, 12.0, 500, 0.8
STEPS = _EARLY_STEPS + _STEPS
_START_DEVIATION = 1e-4  # of the first principal component, at which the map begins
# For new points: the numbers of `openTSNE.TSNEEmbedding.transform`.
_NEW_PERPLEXITY, _NEW_STEPS = 5.0, 250
_NEW_RATE, _NEW_MOMENTUM, _NEW_EXAGGERATION, _MAX_GRADIENT, _MIN_GAIN = 0.1, 0.8, 1.5, 0.25, 0.01
_BISECTIONS = 60

Report = Callable[[int, int], object]  # called with the steps done and the steps in all


class Components(NamedTuple):
    """Principal components: what turns values into those that are compared."""

    mean: Floats  # float32 (d,)
    axes: Floats  # float32 (d, k), k at most `COMPONENTS`

    def project(self, values: Floats) -> Floats:
        """The components float32 (m, k) of values (m, d)."""
        return ((values - self.mean) @ self.axes).astype(np.float32)


def has_opentsne() -> bool:
    """Whether openTSNE is installed; does not import it."""
    return util.find_spec("openTSNE") is not None


def explain_missing_opentsne() -> str:
    """What to do where openTSNE is not installed."""
    return 'A map needs openTSNE: pip install "digitrec[map]"'


def fit_components(values: Floats) -> Components:
    """The principal components of values (n, d), the largest first; each axis points to its largest entry."""
    mean = values.mean(0, dtype=np.float64)
    centred = values - mean.astype(np.float32)
    _, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))  # the smallest first
    axes = axes[:, ::-1][:, :COMPONENTS]
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(axes.shape[1])])
    return Components(mean.astype(np.float32), axes.astype(np.float32))


def fit_positions(known: Floats, report: Report | None = None) -> Floats:
    """The positions float32 (n, 2) of points: the same ones each time, from the same values.

    Args:
        known: float32 (n, k), the points' principal components.
        report: is called every `STEPS_PER_REPORT` steps.

    Raises:
        ImportError: openTSNE is not installed.
    """
    from openTSNE import TSNEEmbedding, affinity  # 1.2 s, and not installed everywhere

    perplexity = min(PERPLEXITY, (len(known) - 1) / 3)
    # One thread: two are not faster on steps this short, and the sums come out the same each time.
    affinities = affinity.PerplexityBasedNN(known, perplexity=perplexity, method="exact", n_jobs=1, random_state=0)
    start = np.zeros((len(known), 2))
    start[:, : known.shape[1]] = known[:, :2]
    start *= _START_DEVIATION / max(float(start[:, 0].std()), 1e-9)
    start += np.random.default_rng(0).normal(0, _START_DEVIATION / 100, start.shape)  # equal images come apart
    method = "fft" if len(known) >= _MIN_FFT_POINTS else "bh"
    embedding = TSNEEmbedding(start, affinities, negative_gradient_method=method, n_jobs=1, random_state=0)

    def run(steps: int, before: int, exaggeration: float) -> None:
        def pass_on(step: int, _error: float, _embedding: object) -> None:
            if report is not None:
                report(before + step, STEPS)

        embedding.optimize(
            steps,
            inplace=True,
            exaggeration=exaggeration,
            momentum=_MOMENTUM,
            ints_in_interval=_CELL_SIDE,
            callbacks=pass_on,
            callbacks_every_iters=STEPS_PER_REPORT,
        )

    run(_EARLY_STEPS, 0, _EARLY_EXAGGERATION)
    run(_STEPS, _EARLY_STEPS, 1.0)
    return np.array(embedding, np.float32)


def transform(new: Floats, known: Floats, positions: Floats) -> Floats:
    """The positions float32 (m, 2) of new points among known ones, which stay where they are.

    Args:
        new: (m, k), their principal components.
        known: (n, k), those of the points of the map.
        positions: (n, 2), where these are.
    """
    columns = np.ascontiguousarray(positions.T, np.float64)  # (2, n)
    return np.array([_place(one, known, columns) for one in new], np.float32).reshape(-1, 2)


def _place(one: Floats, known: Floats, positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """The place (2,) of one among positions (2, n)."""
    distances = ((known - one) ** 2).sum(1, dtype=np.float64)
    count = min(len(known), int(3 * _NEW_PERPLEXITY))
    near = np.argsort(distances, kind="stable")[:count]
    attraction = _NEW_EXAGGERATION * _affinities(distances[near], _NEW_PERPLEXITY)
    place = np.median(positions[:, near], axis=1)
    update, gains = np.zeros(2), np.ones(2)
    for _ in range(_NEW_STEPS):
        offsets = place[:, None] - positions  # (2, n)
        closeness = 1 / (1 + offsets[0] ** 2 + offsets[1] ** 2)  # (n,), Student's t with one degree of freedom
        pull = offsets[:, near] @ (attraction * closeness[near])
        push = offsets @ closeness**2 / closeness.sum()
        gradient = pull - push
        gradient *= min(1.0, _MAX_GRADIENT / (np.linalg.norm(gradient) + 1e-6))
        turned = np.sign(update) != np.sign(gradient)
        gains = np.where(turned, gains + 0.2, gains * 0.8 + _MIN_GAIN)
        update = _NEW_MOMENTUM * update - _NEW_RATE * gains * gradient
        place = place + update
    return place


def _affinities(distances: NDArray[np.float64], perplexity: float) -> NDArray[np.float64]:
    """The shares of neighbours at these squared distances (k,), of the width at which so many of them count."""
    distances = distances - distances.min()
    goal, low, high = np.log(max(1.0, min(perplexity, len(distances) / 3))), 0.0, np.inf
    precision = 1.0 / max(float(distances.mean()), 1e-12)
    shares = np.full(len(distances), 1 / len(distances))
    for _ in range(_BISECTIONS):
        weights = np.exp(-precision * distances)
        shares = weights / weights.sum()
        entropy = np.log(weights.sum()) + precision * float(shares @ distances)
        low, high = (precision, high) if entropy > goal else (low, precision)
        precision = 2 * precision if np.isinf(high) else (low + high) / 2
    return shares
