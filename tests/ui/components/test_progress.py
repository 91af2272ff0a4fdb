"""What is said of a measurement in work, and what is asked of the command line."""

from pathlib import Path

import pytest

from digitrec.cli.main import _parser
from digitrec.runs.measurements import Progress
from digitrec.runs.store import Run
from digitrec.ui.components.progress import Measurement, format_progress

WAITING = Progress(0, 0, 0.0, None, True, True, None, None)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (WAITING, "Waits until another measurement is done ..."),
        (WAITING._replace(is_waiting=False, seconds=3.0), "Getting ready ..."),
        (WAITING._replace(is_waiting=False, done=1, of=4, seconds=9.0), "25% done"),
        (WAITING._replace(is_waiting=False, done=2, of=4, seconds_left=75.0), "50% done · 1 min 15 s left"),
    ],
)
def test_progress_is_told_in_words(state, words):
    assert format_progress(state) == words


@pytest.mark.parametrize("kind", ["robustness", "attack"])
def test_the_command_line_understands_what_it_is_asked(kind):
    measurement = Measurement(kind, Run(Path("models/my run")), "mnist", "validation")
    options = _parser().parse_args([*measurement.arguments(300), "--watch-stdin"])
    assert (options.run, options.dataset, options.split, options.images) == ("my run", "mnist", "validation", 300)
    assert options.watch_stdin
