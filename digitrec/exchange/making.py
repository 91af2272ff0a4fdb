"""A file of a network for a person who downloads it: the run's own, or made and proven by a worker process."""

from __future__ import annotations

from pathlib import Path

from digitrec import files
from digitrec.exchange import proofs
from digitrec.exchange.formats import FORMATS
from digitrec.exchange.screening import ForeignFileError
from digitrec.runs import DownloadError, ProcessError, Run, processes, store

_MAX_IMPORT_SECONDS = 600  # eight ways to give it its images, then its calibration
_MAX_SECONDS = 300  # TensorFlow starts in 3 to 20 seconds, as busy as the machine is; then 1,000 images are read


def make_export(run: Run, kind: str) -> None:
    """Let a worker process make the file of a format, compare it with Keras, and leave both with the run.

    Args:
        run: a run with a model.
        kind: a key of `FORMATS`.

    Raises:
        DownloadError: the file cannot be made.
    """
    label = FORMATS[kind].label
    try:
        files.refuse_if_read_only(f"the {label} file of {run.name!r} cannot be made")
        processes.run_to_end(
            ["export", run.name, f"--format={kind}", "--leave"], models=run.path.parent, seconds=_MAX_SECONDS
        )
    except (ProcessError, OSError) as error:
        raise DownloadError(f"the {label} file of {run.name!r} cannot be made: {error}") from error


def import_network(path: Path, *, file: str, name: str, dataset: str) -> Run:
    """Let a worker process, with limits, make a run of a network file that was made elsewhere.

    Args:
        path: of the file.
        file: its name for people.
        name: of the new run.
        dataset: whose classes the network's outputs are.

    Raises:
        ForeignFileError: the file cannot be used: the message says why.
    """
    arguments = ["import-model", str(path), f"--file-name={file}", f"--name={name}", f"--dataset={dataset}"]
    try:
        files.refuse_if_read_only("no network can be brought in")
        processes.run_to_end([*arguments, "--here"], models=store.models_folder(), seconds=_MAX_IMPORT_SECONDS)
    except (ProcessError, OSError) as error:
        raise ForeignFileError(str(error)) from error
    return store.open_run(name)


def import_bundle(path: Path, name: str | None = None) -> None:
    """Let a worker process, with limits, make a run of a bundle.

    Args:
        path: of the bundle.
        name: of the new run; None: the one in the bundle.

    Raises:
        ForeignFileError: the bundle cannot be taken in: the message says why.
    """
    arguments = ["bundle", "--import", str(path), "--here", *([f"--name={name}"] if name else [])]
    try:
        files.refuse_if_read_only("no bundle can be taken in")
        processes.run_to_end(arguments, models=store.models_folder(), seconds=_MAX_SECONDS)
    except (ProcessError, OSError) as error:
        raise ForeignFileError(str(error)) from error


def read_export(run: Run, kind: str) -> bytes:
    """The bytes of a file that the run has, or that `make_export` made.

    Raises:
        DownloadError: it is not there or cannot be read.
    """
    try:
        return proofs.export_path(run, kind).read_bytes()
    except OSError as error:
        raise DownloadError(f"the network of {run.name!r} cannot be read: {error.strerror}.") from error
