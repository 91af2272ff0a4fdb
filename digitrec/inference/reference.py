"""What a run stores about its training and validation images, and which drawings it rejects by it.

The file is reference.npz in the run's folder; `ood_fit` fits it. Its arrays follow `ood_features.FEATURE_NAMES`.
"""

from __future__ import annotations

import io
import zipfile
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging import Floats, Mask
from digitrec.inference import ood_features
from digitrec.inference.classifier import Classifier
from digitrec.inference.ood_features import FEATURE_NAMES, Gaussians
from digitrec.runs import Run

_MAX_DEVIATION = 6.0  # standard deviations: a feature farther off counts as this far
_GAUSSIAN_NAMES = ("embedding", "directions")


class Reference(NamedTuple):
    """The statistics of a run's images, of m features and k coordinates; the field names are those of the file."""

    near: tuple[Gaussians, Gaussians]  # of the training images' embeddings and directions
    middle: Floats  # (m + k,) median of each over the validation images; k is 0 in files of older versions
    spread: Floats  # (m + k,) their standard deviation
    weights: Floats  # (1 + m + m (m + 1) / 2 + k,) of `score_terms`, for being out of distribution
    usual: Floats  # (2, m) lowest and highest usual value
    edges: Floats  # (g - 1,) of the thickness of strokes, rising
    limits: Floats  # (g,) between the edges, the score above which a drawing is rejected


def is_rejected(rows: Floats, reference: Reference) -> Mask:
    """Which images with these features (n, m + k) are out of distribution: bool (n,)."""
    return ood_score(rows, reference) > rejection_limits(rows, reference)


def rejection_limits(rows: Floats, reference: Reference) -> Floats:
    """The score above which each image with these features (n, m + k) is rejected: (n,)."""
    thickness = rows[:, FEATURE_NAMES.index("thickness")]
    return reference.limits[np.searchsorted(reference.edges, thickness)]


def ood_score(rows: Floats, reference: Reference) -> NDArray[np.float64]:
    """The logit of the probability of being out of distribution, float64 (n,), for features (n, m + k)."""
    return score_terms(standardise(rows, reference)) @ reference.weights


def standardise(rows: Floats, reference: Reference) -> Floats:
    """Features and coordinates (n, m + k) in standard deviations of the validation images."""
    rows = rows[:, : len(reference.middle)]
    return np.clip((rows - reference.middle) / reference.spread, -_MAX_DEVIATION, _MAX_DEVIATION)


def score_terms(rows: Floats) -> NDArray[np.float64]:
    """One, the m standardised features, their products, and the k coordinates: float64 (n, 1 + m + ... + k)."""
    m = len(FEATURE_NAMES)
    features = rows[:, :m]
    first, second = np.triu_indices(m)
    products = features[:, first] * features[:, second]
    return np.concatenate([np.ones((len(rows), 1)), features, products, rows[:, m:]], 1)


def pack_reference(reference: Reference) -> bytes:
    """The bytes of an .npz file that `load_reference` reads."""
    arrays = {name: array for name, array in reference._asdict().items() if name != "near"}
    for name, gaussians in zip(_GAUSSIAN_NAMES, reference.near, strict=True):
        arrays |= {f"{name}.{part}": array for part, array in ood_features.pack_gaussians(gaussians).items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def load_reference(run: Run, model: Classifier) -> Reference | None:
    """The run's reference; None if it was never fitted, was fitted to another network, or cannot be read."""
    stored = run.calibration
    if stored is None or stored.get("model_sha256") != model.sha256:
        return None
    try:
        with np.load(io.BytesIO(run.reference_path.read_bytes()), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        embedding, directions = (_unpack_gaussians(arrays, name) for name in _GAUSSIAN_NAMES)
        others = {name: arrays[name] for name in Reference._fields if name != "near"}
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    reference, m = Reference((embedding, directions), **others), len(FEATURE_NAMES)
    k = embedding.basis.shape[1] + directions.basis.shape[1] if len(reference.middle) > m else 0
    fits = reference.usual.shape == (2, m) and len(reference.middle) == len(reference.spread) == m + k
    fits = fits and reference.weights.shape == (1 + m + m * (m + 1) // 2 + k,)
    return reference if fits and len(embedding.centre) == model.embedding_size else None


def _unpack_gaussians(arrays: dict[str, Floats], name: str) -> Gaussians:
    parts = {key.partition(".")[2]: array for key, array in arrays.items() if key.startswith(f"{name}.")}
    return ood_features.unpack_gaussians(parts)
