"""A run's network over one split of a data set: its probabilities, and the evaluation, both kept with the run."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.data import loading, splits
from digitrec.data.catalogue import Description
from digitrec.data.splits import Dataset, Split, hash_split
from digitrec.evaluation import shared_work
from digitrec.evaluation.record import Evaluation, EvaluationError, evaluate
from digitrec.evaluation.shared_work import Progress
from digitrec.imaging.arrays import Proba
from digitrec.inference.classifier import Classifier
from digitrec.inference.verdict import fitted_temperature
from digitrec.metrics.calibration import calibrate
from digitrec.metrics.inputs import MetricsError
from digitrec.runs import provenance
from digitrec.runs.run import Run

SPLITS = ("test", "validation", "train")
_MAX_CACHED_ANSWERS = 8  # answers to so many splits stay in memory: at most 2.4 MB each for MNIST
_MAX_CACHED_SPLITS = 3  # splits cut out of a data set that stay in memory: 43 MB for MNIST's training images


class ScoringError(Exception):
    """A run cannot be evaluated so: the message says why and what to do."""


@dataclass(frozen=True, eq=False)
class Score:
    """What a run's network answered to a split of a data set."""

    run: Run
    dataset: Description
    split: Split
    proba: Proba  # float32 (n, c), read-only, as the network gave it
    evaluation: Evaluation
    notes: tuple[str, ...] = ()  # sentences that a person must know to read the numbers

    @property
    def split_name(self) -> str:
        """One of `SPLITS`."""
        return self.evaluation.split

    @functools.cached_property
    def is_right(self) -> NDArray[np.bool_]:
        """Which answers are right: bool (n,)."""
        return np.equal(self.proba.argmax(1), self.split.labels)

    @functools.cached_property
    def temperature(self) -> float | None:
        """The temperature fitted for this network, or None."""
        return fitted_temperature(self.run, self.evaluation.model_sha256)

    @functools.cached_property
    def calibrated(self) -> Proba:
        """The probabilities that a person is shown: at the network's temperature, float32 (n, c)."""
        return self.calibrate(self.proba)

    def calibrate(self, proba: Proba) -> Proba:
        """Other answers (m, c) of the same network at its temperature; as they are where it has none."""
        return proba if self.temperature is None else calibrate(proba, self.temperature)


class _ScoreKey(NamedTuple):
    """What is asked of which network: its parts name one result."""

    run: Run
    dataset: str
    split: str
    model_sha256: str
    data_sha256: str


class _CachedScore(NamedTuple):
    proba: np.ndarray
    evaluation: Evaluation
    notes: tuple[str, ...]


_score_cache: dict[_ScoreKey, _CachedScore] = {}


def load_evaluation(run: Run, dataset: str, split: str) -> Evaluation | None:
    """The evaluation kept with the run, or None where there is none of the network as it is now.

    It is looked up without the data set, so only `score` can tell whether that has changed since.
    """
    if not run.has_model:
        return None
    sha256 = _sha256(run)
    found = map(_parse_evaluation, run.load_evaluations(dataset, split))
    return next((kept for kept in found if kept is not None and kept.model_sha256 == sha256), None)


def describe_outdated(run: Run, dataset: str, split: str) -> str | None:
    """Why the evaluation kept with the run does not hold for its network, in a sentence; None where it does."""
    kept = run.load_evaluation(dataset, split)
    if kept is None or not run.has_model or load_evaluation(run, dataset, split) is not None:
        return None
    found = _parse_evaluation(kept)
    if found is None:
        return "The evaluation kept with this run is damaged."
    return f"The evaluation kept with this run, of {found.created:.10}, is of another network than it has now."


def score(run: Run, dataset: str, split: str, progress: Progress | None = None) -> Score:
    """Let the run's network answer to a split of a data set, and keep answers and evaluation with the run.

    Each network reads each split once: kept answers are taken while model and data are the same, and who asks
    while the network reads waits for that reading, which goes on even if the first who asked goes away.

    Args:
        run: a run with a model.
        dataset: name of a data set; of the run's own, "validation" is what the training held out.
        split: one of `SPLITS`.
        progress: is told now and then how many images are done, of how many.

    Raises:
        ScoringError: the run has no model, other classes than the data set, no images in that split, or answers
            that are no probabilities.
        ClassifierError: the model cannot be read.
        DatasetError: the data set cannot be loaded.
    """
    if not run.has_model:
        raise ScoringError(f"the run {run.name!r} has no trained network yet: train it to its end first.")
    part, data_sha256 = _load_split(run, dataset, split)
    asked = _ScoreKey(run, dataset, split, _sha256(run), data_sha256)
    found = _score_cache.get(asked)
    if found is None:
        found = shared_work.run_shared(asked, functools.partial(_compute_score, asked, part), progress)
    elif load_evaluation(run, dataset, split) is None:  # somebody took it away
        with contextlib.suppress(OSError):
            run.save_evaluation(dataset, split, found.evaluation.to_dict())
    return Score(run, loading.describe(dataset), part, *found)


def _compute_score(asked: _ScoreKey, part: Split, progress: Progress) -> _CachedScore:
    """The kept answers and evaluation, or new ones, kept."""
    described = loading.describe(asked.dataset)
    notes = [_describe_recomputed(asked), *provenance.overlap_notes(asked.run, described, asked.split, part)]
    kept, note = _load_proba(asked, part)
    notes.append(note)
    evaluation = load_evaluation(asked.run, asked.dataset, asked.split)
    if kept is None:
        proba = Classifier.load(asked.run.tflite_path).predict_proba(part.images, progress)
        proba.flags.writeable = False
    else:
        proba = kept
    if kept is None or evaluation is None or evaluation.data_sha256 != asked.data_sha256:
        evaluation = _evaluate(asked, part.labels, proba)
        notes.append(_save(asked, proba, evaluation))
    return _cache_score(asked, _CachedScore(proba, evaluation, tuple(filter(None, notes))))


def _describe_recomputed(asked: _ScoreKey) -> str | None:
    """That kept numbers do not hold any more, and why."""
    run, dataset, split, _, data_sha256 = asked
    why = describe_outdated(run, dataset, split)
    kept = load_evaluation(run, dataset, split)
    if kept is not None and kept.data_sha256 not in (None, data_sha256):
        why = f"The evaluation kept with this run, of {kept.created:.10}, is of other images than there are now."
    return f"{why} It was computed anew." if why else None


def _load_proba(asked: _ScoreKey, part: Split) -> tuple[np.ndarray | None, str | None]:
    """The answers kept of this network to these images, if they are there; a note where they are damaged."""
    data = asked.run.load_answers(asked.dataset, asked.split)
    if data is None:
        return None, None
    found = unpack_answers(data)
    if found is None:
        return None, "The answers kept with this run were damaged: the images were read again."
    same = found[1:] == (asked.model_sha256, asked.data_sha256) and len(found.proba) == len(part.labels)
    return (found.proba if same else None), None


def _evaluate(asked: _ScoreKey, labels: np.ndarray, proba: np.ndarray) -> Evaluation:
    run, dataset, split, model_sha256, data_sha256 = asked
    if proba.shape[1] != len(run.class_names):
        raise ScoringError(
            f"the network of {run.name!r} tells {proba.shape[1]} classes apart: expected {len(run.class_names)}, "
            "as its config.json names them. Put the run's own model.tflite back, or train a new run."
        )
    try:
        found = evaluate(labels, proba, dataset=dataset, split=split, model_sha256=model_sha256)
    except MetricsError as error:
        raise ScoringError(f"the network of {run.name!r} gives no usable answers: {error}") from error
    return dataclasses.replace(found, data_sha256=data_sha256)


def _save(asked: _ScoreKey, proba: np.ndarray, evaluation: Evaluation) -> str | None:
    """Keep both with the run; a note where that cannot be, for the numbers are right all the same."""
    run, dataset, split, model_sha256, data_sha256 = asked
    try:
        run.save_answers(dataset, split, pack_answers(StoredAnswers(proba, model_sha256, data_sha256)))
        run.save_evaluation(dataset, split, evaluation.to_dict())
    except OSError as error:
        return (
            f"The evaluation cannot be kept with the run ({error.strerror or error}): next time it is computed "
            "again. Make room, or make its folder writable."
        )
    return None


def _parse_evaluation(kept: dict) -> Evaluation | None:
    """A kept evaluation; one damaged, or written by another version, is as good as none."""
    try:
        return Evaluation.from_dict(kept)
    except EvaluationError:
        return None


def _sha256(run: Run) -> str:
    return hashlib.sha256(run.tflite_path.read_bytes()).hexdigest()


def _cache_score(asked: _ScoreKey, found: _CachedScore) -> _CachedScore:
    while len(_score_cache) >= _MAX_CACHED_ANSWERS:
        _score_cache.pop(next(iter(_score_cache)), None)
    _score_cache[asked] = found
    return found


def _load_split(run: Run, name: str, split: str) -> tuple[Split, str]:
    """The images and labels, and their fingerprint."""
    dataset = loading.load(name)
    if dataset.class_names != run.class_names:
        raise ScoringError(
            f"the network of {run.name!r} answers with the classes {', '.join(run.class_names)}, but the data set "
            f"{dataset.title} has {', '.join(dataset.class_names)}. Choose a data set with the same classes."
        )
    part, sha256 = _cached_split(dataset, split, run.config.validation_share, run.config.seed)
    if not len(part.labels):
        why = f"the data set {dataset.title} has no {split} images"
        if split == "validation" and len(dataset.train.labels):
            why = f"the run {run.name!r} kept no images for validation: its validation share is "
            why += f"{run.config.validation_share:g}"
        raise ScoringError(f"{why}. Choose another part of the data.")
    return part, sha256


@functools.lru_cache(maxsize=_MAX_CACHED_SPLITS)
def _cached_split(dataset: Dataset, split: str, share: float, seed: int) -> tuple[Split, str]:
    part = splits.select_part(dataset, split, share=share, seed=seed)
    return part, hash_split(part, dataset.class_names)


class StoredAnswers(NamedTuple):
    """What a network answered, and to what."""

    proba: np.ndarray  # float32 (n, c), as the network gave it: kept exactly, so that all numbers stay the same
    model_sha256: str  # of the model file
    data_sha256: str  # see `fingerprint`


def pack_answers(answers: StoredAnswers) -> bytes:
    """The bytes of an .npz file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **answers._asdict())
    return buffer.getvalue()


def unpack_answers(data: bytes) -> StoredAnswers | None:
    """What `packed` was given, or None where the bytes are damaged or something else."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            found = StoredAnswers(file["proba"], str(file["model_sha256"]), str(file["data_sha256"]))
    except (ValueError, TypeError, KeyError, AttributeError, OSError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    if found.proba.dtype != np.float32 or found.proba.ndim != 2:
        return None
    found.proba.flags.writeable = False
    return found
