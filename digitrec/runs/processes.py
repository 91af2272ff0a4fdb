"""A run's network as the bytes of a file that a person takes away."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from digitrec.runs.store import Run

_ROOT = Path(__file__).resolve().parents[2]
_MAX_EXPORT_SECONDS = 180  # TensorFlow starts in 3 to 20 seconds, as busy as the machine is


class Format(NamedTuple):
    """A format to take a network away in."""

    title: str
    mime: str
    is_stored: bool = True  # in the run's folder; else it is made when asked for, which takes some seconds


FORMATS = {
    "keras": Format("Keras 3, to go on training", "application/zip"),
    "h5": Format(
        "HDF5, for older Keras; made when asked for, which takes some seconds",
        "application/x-hdf5",
        is_stored=False,
    ),
    "tflite": Format("LiteRT, for phones and small machines", "application/octet-stream"),
}


class DownloadError(Exception):
    """A network cannot be given away: the message says why."""


def read_model_file(run: Run, kind: str) -> bytes:
    """The run's network as a file of the given kind.

    The kinds that a finished run does not hold already are made by a process of their own, because the server
    never imports TensorFlow.

    Args:
        run: a run with a model.
        kind: a key of `KINDS`.

    Raises:
        DownloadError: the file cannot be read or made.
    """
    try:
        if kind == "keras":
            return run.keras_path.read_bytes()
        if kind == "tflite":
            return run.tflite_path.read_bytes()
        return _export_in_process(run, kind)
    except OSError as error:
        raise DownloadError(f"the network of {run.name!r} cannot be read: {error.strerror}.") from error


def _export_in_process(run: Run, kind: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model.{kind}"
        command = [sys.executable, "-m", "digitrec", "export", run.name, "--format", kind, "--output", str(path)]
        environment = os.environ | {"DIGITREC_MODELS": str(run.path.parent)}
        try:
            done = subprocess.run(
                command, cwd=_ROOT, env=environment, capture_output=True, text=True, timeout=_MAX_EXPORT_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise DownloadError(
                f"making the .{kind} file took longer than {_MAX_EXPORT_SECONDS} s: try again."
            ) from error
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
            raise DownloadError(f"the .{kind} file of {run.name!r} cannot be made: {last}")
        return path.read_bytes()
