"""A network's answers to a split as bytes to keep, with the model and the data that they belong to."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from typing import NamedTuple

import numpy as np

from digitrec.data.loading import Split


class StoredAnswers(NamedTuple):
    """What a network answered, and to what."""

    proba: np.ndarray  # float32 (n, c), as the network gave it: kept exactly, so that all numbers stay the same
    model_sha256: str  # of the model file
    data_sha256: str  # see `fingerprint`


def hash_split(part: Split, class_names: tuple[str, ...]) -> str:
    """The SHA-256 of all images, labels and class names: other data, in whatever way, has another."""
    digest = hashlib.sha256(repr((part.images.shape, class_names)).encode())
    digest.update(np.ascontiguousarray(part.images))
    digest.update(np.ascontiguousarray(part.labels, np.int64))
    return digest.hexdigest()


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
