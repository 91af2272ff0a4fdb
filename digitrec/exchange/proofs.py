"""What is known of an exported file: how its answers compare with Keras's, how large and how quick it is.

A proof lies beside its file in the run's folder, so that nothing is measured twice. It holds as long as the run's
`model.keras` stays the same.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec import files
from digitrec.data import DatasetError, Split, cache_folder, evaluation_dataset, loading, splits
from digitrec.exchange.formats import FORMATS
from digitrec.imaging import Floats, Images
from digitrec.runs import Run

PROOF_IMAGES = 1000  # on which a file is compared with Keras
CALIBRATION_IMAGES = 500  # training images that set the ranges of an int8 network
MAX_DIFFERENCE = 1e-3  # of a probability, for a format of floats: none of its answers may change
MAX_CHANGED_SHARE = 0.01  # of the answers, for a quantised format


class Quantisation(NamedTuple):
    """How an int8 network counts: value = (integer - zero point) * scale."""

    input_scale: float
    input_zero_point: int
    output_scale: float
    output_zero_point: int

    def write(self, images: Images) -> NDArray[np.int8]:
        """What the network takes for these images."""
        numbers = np.round(images / self.input_scale) + self.input_zero_point
        return np.clip(numbers, -128, 127).astype(np.int8)

    def read(self, answers: NDArray[np.int8]) -> Floats:
        """The probabilities that these answers of the network stand for."""
        values: Floats = (answers.astype(np.float32) - self.output_zero_point) * np.float32(self.output_scale)
        return values


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What was measured of an exported file.

    Attributes:
        kind: a key of `FORMATS`.
        model_sha256: of the `model.keras` that it was made of.
        size: bytes of the file.
        runtime: what ran the file, with its version.
        images: how many were compared; 0: none, and `note` says why.
        dataset: name of their data set.
        split: their part of it.
        changed: how many answers are others than Keras's.
        largest_difference: of a probability, over all images and classes.
        latency: median seconds for one image on this machine, at other work that it had.
        quantisation: of an int8 network; None for others.
        note: a sentence that a person must know, or nothing.
    """

    kind: str
    model_sha256: str
    size: int
    runtime: str
    images: int = 0
    dataset: str = ""
    split: str = ""
    changed: int = 0
    largest_difference: float = 0.0
    latency: float | None = None
    quantisation: Quantisation | None = None
    note: str = ""

    @property
    def warning(self) -> str | None:
        """Why the file should not be trusted, for a person; None where all is well."""
        if not self.images:
            return f"Not compared with Keras: {self.note}"
        share = self.changed / self.images
        if FORMATS[self.kind].is_quantised:
            if share <= MAX_CHANGED_SHARE:
                return None
            return (
                f"It changes {self.changed:,} of {self.images:,} answers: expected at most "
                f"{MAX_CHANGED_SHARE:.0%}. Use a format of floats, or train another network."
            )
        if not self.changed and self.largest_difference <= MAX_DIFFERENCE:
            return None
        return (
            f"It changes {self.changed:,} of {self.images:,} answers, and a probability by up to "
            f"{self.largest_difference:.2g}: expected 0, and at most {MAX_DIFFERENCE:g}. Use another format."
        )

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain values, ready for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Proof:
        """The proof that `to_dict` gave.

        Raises:
            TypeError: it is none.
        """
        packed = values.get("quantisation")
        return cls(**{**values, "quantisation": None if packed is None else Quantisation(*packed)})


class ProofImages(NamedTuple):
    """Images to compare on, and images to calibrate an int8 network with."""

    images: Images  # (n, 28, 28)
    dataset: str
    split: str
    calibration: Images  # (k, 28, 28), training images


def choose_images(run: Run) -> ProofImages:
    """Validation images of the run's data set, or test images where these are more; and training images.

    Raises:
        DatasetError: the data set is not on this machine, is damaged, or has other classes now.
    """
    name = evaluation_dataset(run.config.dataset)
    if not loading.is_available(name):
        raise DatasetError(f"the data set {name} is not on this machine.")
    dataset = loading.load(name)
    if dataset.class_names != run.class_names:
        raise DatasetError(f"the data set {name} has other classes than the network.")
    share, seed = run.config.validation_share, run.config.seed
    parts = {split: splits.select_part(dataset, split, share=share, seed=seed) for split in ("validation", "test")}
    # Nothing is chosen by these images, so that test images may serve where few are held out.
    split = max(parts, key=lambda split: min(len(parts[split].labels), PROOF_IMAGES))
    training = splits.select_part(dataset, "train", share=share, seed=seed)
    if not len(parts[split].labels):
        split, parts = "train", {"train": training}
    return ProofImages(_sample(parts[split], PROOF_IMAGES), name, split, _sample(training, CALIBRATION_IMAGES))


def _sample(part: Split, count: int) -> Images:
    """So many images of a part at random, the same ones each time; all where it has fewer."""
    n = len(part.labels)
    chosen = np.arange(n) if n <= count else np.sort(np.random.default_rng(0).choice(n, count, replace=False))
    return np.array(part.images[chosen], np.uint8)


# --- where they are ---


def exports_folder(run: Run) -> Path:
    """Where a run's exported files and their proofs lie; in the cache where its own folder cannot be written."""
    folder = run.exports_path
    home = folder.parent
    if not run.is_shipped and home.is_dir() and not os.access(home, os.W_OK):
        return cache_folder() / "runs" / run.name / folder.name
    return folder


def export_path(run: Run, kind: str, folder: Path | None = None) -> Path:
    """Where the file of a format is, or will be: in the run itself for those that it has."""
    if FORMATS[kind].is_stored:
        return run.keras_path if kind == "keras" else run.tflite_path
    return (folder or exports_folder(run)) / f"model{FORMATS[kind].suffix}"


def find_proof(run: Run, kind: str) -> Proof | None:
    """The proof of a format, if the file is there and of the run's present network; else None."""
    values = files.read_json(_proof_path(exports_folder(run), kind))
    try:
        proof = Proof.from_dict(values or {})
    except TypeError:  # of another version, or damaged
        return None
    path = export_path(run, kind)
    if not path.is_file() or path.stat().st_size != proof.size or proof.kind != kind:
        return None
    return proof if proof.model_sha256 == keras_sha256(run) else None


def save_proof(proof: Proof, folder: Path) -> None:
    """Store a proof beside its file.

    Raises:
        OSError: the folder cannot be written.
    """
    files.refuse_if_read_only("no export can be stored")
    folder.mkdir(parents=True, exist_ok=True)
    files.replace(_proof_path(folder, proof.kind), json.dumps(proof.to_dict(), indent=1).encode())


def keras_sha256(run: Run) -> str:
    """The SHA-256 of the run's `model.keras`."""
    return _sha256(run.keras_path, run.keras_path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _sha256(path: Path, changed: int) -> str:
    del changed  # only a part of the cache key
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _proof_path(folder: Path, kind: str) -> Path:
    return folder / f"{kind}.json"
