"""The score of a run on a split: the network's probabilities and their evaluation, both stored with the run."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.data import Dataset, Description, Split, hash_split, loading, splits
from digitrec.evaluation import shared_work
from digitrec.evaluation.record import Evaluation, EvaluationError, evaluate
from digitrec.evaluation.shared_work import Progress
from digitrec.imaging import Labels, Proba
from digitrec.inference import Classifier, fitted_temperature
from digitrec.metrics import MetricsError, calibrate
from digitrec.runs import Run, provenance

SPLITS = ("test", "validation", "train")
_MAX_CACHED_ANSWERS = 8  # in memory: at most 2.4 MB each for MNIST
_MAX_CACHED_SPLITS = 3  # in memory: 43 MB for MNIST's training images


# Kinds of notes
OTHER_NETWORK, OTHER_IMAGES, DAMAGED_EVALUATION = "other network", "other images", "damaged evaluation"
DAMAGED_ANSWERS, NOT_STORED, OVERLAP = "damaged answers", "not stored", "overlap"


class Note(NamedTuple):
    """A fact about how a score was made; `reporting.evaluation_texts` has the sentences.

    Attributes:
        kind: one of the kinds above. The first three say why a stored evaluation was not used.
        detail: the day of the stored evaluation, the error of the folder, or what overlaps; empty for others.
    """

    kind: str
    detail: str = ""


class ScoringError(Exception):
    """A run cannot be evaluated on these images: the message says why and what to do."""


@dataclass(frozen=True, eq=False)
class Score:
    """The answers of a run's network on a split of a data set.

    `proba` is the network's own: accuracy, log loss and reliability diagrams are about it. A person is shown
    `calibrated`, everywhere.
    """

    run: Run
    dataset: Description
    split: Split
    proba: Proba  # float32 (n, c), read-only, as the network gave it
    evaluation: Evaluation
    notes: tuple[Note, ...] = ()  # what a reader of the numbers must know

    @property
    def split_name(self) -> str:
        """One of `SPLITS`."""
        return self.evaluation.split

    @functools.cached_property
    def is_right(self) -> NDArray[np.bool_]:
        """Which answers are right: bool (n,)."""
        is_right: NDArray[np.bool_] = np.equal(self.proba.argmax(1), self.split.labels)
        return is_right

    @functools.cached_property
    def temperature(self) -> float | None:
        """The temperature fitted for this network, or None."""
        return fitted_temperature(self.run, self.evaluation.model_sha256)

    @functools.cached_property
    def calibrated(self) -> Proba:
        """The probabilities that a person is shown: at the network's temperature, float32 (n, c)."""
        return self.proba if self.temperature is None else _calibrate_once(self.proba, self.temperature)

    def calibrate(self, proba: Proba) -> Proba:
        """Other answers (m, c) of the same network at its temperature; as they are where it has none."""
        return proba if self.temperature is None else calibrate(proba, self.temperature)


# By the identity of the probabilities, which are held so that it stays theirs.
_calibrated: dict[tuple[int, float], tuple[Proba, Proba]] = {}


def _calibrate_once(proba: Proba, temperature: float) -> Proba:
    """The probabilities at a temperature, read-only; computed once, because every rerun of a page needs them."""
    key = id(proba), temperature
    cached = _calibrated.get(key)
    if cached is None:
        while len(_calibrated) >= _MAX_CACHED_ANSWERS:
            _calibrated.pop(next(iter(_calibrated)), None)
        cached = _calibrated[key] = proba, calibrate(proba, temperature)
        cached[1].flags.writeable = False
    return cached[1]


class _ScoreKey(NamedTuple):
    """Names one result: which network, on which images."""

    run: Run
    dataset: str
    split: str
    model_sha256: str
    data_sha256: str


class _CachedScore(NamedTuple):
    proba: Proba
    evaluation: Evaluation
    notes: tuple[Note, ...]


_score_cache: dict[_ScoreKey, _CachedScore] = {}


def load_evaluation(run: Run, dataset: str, split: str) -> Evaluation | None:
    """The stored evaluation of the run's present network, or None.

    This does not load the data set; only `score` finds out whether the images have changed since.
    """
    if not run.has_model:
        return None
    sha256 = _sha256(run)
    stored = map(_parse_evaluation, run.load_evaluations(dataset, split))
    return next((each for each in stored if each is not None and each.model_sha256 == sha256), None)


def find_outdated(run: Run, dataset: str, split: str) -> Note | None:
    """Why the stored evaluation does not hold for the run's present network; None where it does."""
    values = run.load_evaluation(dataset, split)
    if values is None or not run.has_model or load_evaluation(run, dataset, split) is not None:
        return None
    stored = _parse_evaluation(values)
    return Note(DAMAGED_EVALUATION) if stored is None else Note(OTHER_NETWORK, stored.created[:10])


def score(run: Run, dataset: str, split: str, progress: Progress | None = None) -> Score:
    """The score of a run on a split of a data set; answers and evaluation are stored with the run.

    A network reads each split once: stored answers are used while model and data are the same. Callers at the same
    time share one reading, which goes on if the first caller leaves.

    Args:
        run: a run with a model.
        dataset: name of a data set. On the run's own, "validation" is what the training held out.
        split: one of `SPLITS`.
        progress: is called with the images done and the images in all.

    Raises:
        ScoringError: the run has no model, other classes than the data set, no images in that split, or answers
            that are not probabilities.
        ClassifierError: the model cannot be read.
        DatasetError: the data set cannot be loaded.
    """
    if not run.has_model:
        raise _no_model(run)
    part, data_sha256 = _load_split(run, dataset, split)
    key = _ScoreKey(run, dataset, split, _sha256(run), data_sha256)
    cached = _score_cache.get(key)
    if cached is None:
        cached = shared_work.run_shared(key, functools.partial(_compute_score, key, part), progress)
    elif load_evaluation(run, dataset, split) is None:  # deleted since
        with contextlib.suppress(OSError):
            run.save_evaluation(dataset, split, cached.evaluation.to_dict())
    return Score(run, loading.describe(dataset), part, *cached)


def find_score(run: Run, dataset: str, split: str) -> Score | None:
    """The score of a run on a split if the network's answers are stored; None if it would have to read the images.

    Raises:
        ScoringError: as `score`.
        DatasetError: the data set cannot be loaded.
    """
    if not run.has_model:
        raise _no_model(run)
    is_cached = any(key[:3] == (run, dataset, split) for key in tuple(_score_cache))
    if not is_cached and run.load_answers(dataset, split) is None:
        return None  # without loading the images
    part, data_sha256 = _load_split(run, dataset, split)
    key = _ScoreKey(run, dataset, split, _sha256(run), data_sha256)
    if key not in _score_cache and _load_proba(key, part)[0] is None:
        return None
    return score(run, dataset, split)


def _compute_score(key: _ScoreKey, part: Split, progress: Progress) -> _CachedScore:
    """The stored answers and evaluation, or new ones, which are stored."""
    if key in _score_cache:  # another caller's work ended between this caller's look and its turn
        return _score_cache[key]
    description = loading.describe(key.dataset)
    notes = [_find_why_new(key)]
    notes += [Note(OVERLAP, text) for text in provenance.overlap_notes(key.run, description, key.split, part)]
    stored, note = _load_proba(key, part)
    notes.append(note)
    evaluation = load_evaluation(key.run, key.dataset, key.split)
    if stored is None:
        proba = Classifier.load(key.run.tflite_path).predict_proba(part.images, progress)
        proba.flags.writeable = False
    else:
        proba = stored
    if stored is None or evaluation is None or evaluation.data_sha256 != key.data_sha256:
        evaluation = _evaluate(key, part.labels, proba)
        notes.append(_save(key, proba, evaluation))
    return _cache_score(key, _CachedScore(proba, evaluation, tuple(filter(None, notes))))


def _no_model(run: Run) -> ScoringError:
    return ScoringError(
        f"the run {run.name!r} has no trained network yet: expected a finished training. Train the run first."
    )


def _find_why_new(key: _ScoreKey) -> Note | None:
    """Why the stored evaluation cannot be used; None where it can, or where there is none."""
    run, dataset, split, _, data_sha256 = key
    stored = load_evaluation(run, dataset, split)
    if stored is not None and stored.data_sha256 not in (None, data_sha256):
        return Note(OTHER_IMAGES, stored.created[:10])
    return find_outdated(run, dataset, split)


def _load_proba(key: _ScoreKey, part: Split) -> tuple[Proba | None, Note | None]:
    """The stored answers of this network to these images, if there are any; a note where they are damaged."""
    data = key.run.load_answers(key.dataset, key.split)
    if data is None:
        return None, None
    answers = unpack_answers(data)
    if answers is None:
        return None, Note(DAMAGED_ANSWERS)
    same = answers[1:] == (key.model_sha256, key.data_sha256) and len(answers.proba) == len(part.labels)
    return (answers.proba if same else None), None


def _evaluate(key: _ScoreKey, labels: Labels, proba: Proba) -> Evaluation:
    run, dataset, split, model_sha256, data_sha256 = key
    if proba.shape[1] != len(run.class_names):
        raise ScoringError(
            f"the network of {run.name!r} has {proba.shape[1]} classes: expected {len(run.class_names)}, as in "
            "its config.json. Restore the run's own model.tflite, or train a new run."
        )
    try:
        evaluation = evaluate(labels, proba, dataset=dataset, split=split, model_sha256=model_sha256)
    except MetricsError as error:
        raise ScoringError(f"the network of {run.name!r} has unusable answers: {error}") from error
    return dataclasses.replace(evaluation, data_sha256=data_sha256)


def _save(key: _ScoreKey, proba: Proba, evaluation: Evaluation) -> Note | None:
    """Store both with the run; a note if the folder cannot be written: the numbers are right all the same."""
    run, dataset, split, model_sha256, data_sha256 = key
    try:
        run.save_answers(dataset, split, pack_answers(StoredAnswers(proba, model_sha256, data_sha256)))
        run.save_evaluation(dataset, split, evaluation.to_dict())
    except OSError as error:
        return Note(NOT_STORED, str(error.strerror or error))
    return None


def _parse_evaluation(values: Mapping[str, Any]) -> Evaluation | None:
    """The stored evaluation in these values; None if it is damaged, or of another version."""
    try:
        return Evaluation.from_dict(values)
    except EvaluationError:
        return None


def _sha256(run: Run) -> str:
    return hashlib.sha256(run.tflite_path.read_bytes()).hexdigest()


def _cache_score(key: _ScoreKey, entry: _CachedScore) -> _CachedScore:
    while len(_score_cache) >= _MAX_CACHED_ANSWERS:
        _score_cache.pop(next(iter(_score_cache)), None)
    _score_cache[key] = entry
    return entry


def _load_split(run: Run, name: str, split: str) -> tuple[Split, str]:
    """The images and labels, and their SHA-256."""
    dataset = loading.load(name)
    if dataset.class_names != run.class_names:
        raise ScoringError(
            f"the network of {run.name!r} has the classes {', '.join(run.class_names)}, but the data set "
            f"{dataset.title} has {', '.join(dataset.class_names)}. Choose a data set with the same classes."
        )
    part, sha256 = _cached_split(dataset, split, run.config.validation_share, run.config.seed)
    if not len(part.labels):
        why = f"the data set {dataset.title} has no {split} images"
        if split == "validation" and len(dataset.train.labels):
            why = f"the run {run.name!r} has no validation images: its validation share is "
            why += f"{run.config.validation_share:g}"
        raise ScoringError(f"{why}. Choose another split.")
    return part, sha256


@functools.lru_cache(maxsize=_MAX_CACHED_SPLITS)
def _cached_split(dataset: Dataset, split: str, share: float, seed: int) -> tuple[Split, str]:
    part = splits.select_part(dataset, split, share=share, seed=seed)
    return part, hash_split(part, dataset.class_names)


class StoredAnswers(NamedTuple):
    """A network's answers as they are stored, with the model and the data that they belong to."""

    proba: Proba  # float32 (n, c), exactly as the network gave it, so that all numbers stay the same
    model_sha256: str  # of the model file
    data_sha256: str  # see `splits.hash_split`


def pack_answers(answers: StoredAnswers) -> bytes:
    """The bytes of an .npz file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **answers._asdict())
    return buffer.getvalue()


def unpack_answers(data: bytes) -> StoredAnswers | None:
    """The answers that `pack_answers` was given; None if the bytes are damaged or something else."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            answers = StoredAnswers(file["proba"], str(file["model_sha256"]), str(file["data_sha256"]))
    except (ValueError, TypeError, KeyError, AttributeError, OSError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    if answers.proba.dtype != np.float32 or answers.proba.ndim != 2:
        return None
    answers.proba.flags.writeable = False
    return answers
