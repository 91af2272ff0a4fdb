"""The curves of the compared runs as files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from digitrec.reporting import curve_files
from digitrec.runs import Run
from digitrec.ui.components import downloads
from digitrec.ui.components.downloads import File


def show_downloads(runs: Sequence[Run]) -> None:
    """Buttons that download the curves of these runs as CSV and for TensorBoard."""
    offered = [
        File(
            "Curves as CSV",
            "curves.csv",
            "text/csv",
            partial(curve_files.write_csv, runs),
            "curves-csv",
            {"icon": ":material/download:", "help": "All rows of the histories, one line each."},
        ),
        File(
            "Curves for TensorBoard",
            "tensorboard.zip",
            "application/zip",
            partial(curve_files.zip_event_files, runs),
            "curves-tensorboard",
            {"icon": ":material/download:", "help": "Unpack it, then: `tensorboard --logdir FOLDER`."},
        ),
    ]
    downloads.offer(offered, horizontal=True)
