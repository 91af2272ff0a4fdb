"""A file of a network for a person who downloads it: the run's own, or made and proven by a worker process."""

from __future__ import annotations

from digitrec import files
from digitrec.exchange import proofs
from digitrec.exchange.formats import FORMATS
from digitrec.runs import DownloadError, ProcessError, Run, processes

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


def read_export(run: Run, kind: str) -> bytes:
    """The bytes of a file that the run has, or that `make_export` made.

    Raises:
        DownloadError: it is not there or cannot be read.
    """
    try:
        return proofs.export_path(run, kind).read_bytes()
    except OSError as error:
        raise DownloadError(f"the network of {run.name!r} cannot be read: {error.strerror}.") from error
