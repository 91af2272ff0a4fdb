"""What is said of a measurement, and what is asked of the command line."""

from pathlib import Path

import pytest

from digitrec.cli.main import parser
from digitrec.runs.measurements import Measurement, Progress
from digitrec.runs.run import Run
from digitrec.ui.components.progress import format_progress

LIVE = Progress(is_live=True)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (LIVE._replace(is_waiting=True), "Queued: another measurement is running ..."),
        (LIVE, "Starting ..."),
        (LIVE._replace(done=1, of=4), "25% done"),
        (LIVE._replace(done=2, of=4, seconds_left=75.0), "50% done · 1 min 15 s left"),
    ],
)
def test_progress_is_told_in_words(state, words):
    assert format_progress(state) == words


@pytest.mark.parametrize("kind", ["robustness", "attack"])
def test_the_command_line_understands_what_it_is_asked(kind):
    measurement = Measurement(kind, Run(Path("models/my run")), "mnist", "validation")
    options = parser().parse_args([*measurement.arguments(300), "--watch-stdin"])
    assert (options.run, options.dataset, options.split, options.images) == ("my run", "mnist", "validation", 300)
    assert options.watch_stdin
