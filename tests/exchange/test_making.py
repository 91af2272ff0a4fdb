"""A file of a network for a download: what the run has, and what a process makes."""

import pytest

from digitrec.exchange import make_export, read_export
from digitrec.runs import processes, store
from digitrec.runs.processes import DownloadError, ProcessError
from support import made_runs


@pytest.fixture
def run():
    return made_runs.ended(made_runs.new("run"))


def test_what_the_run_holds_is_given_as_it_is(run):
    assert read_export(run, "keras") == b"keras of run"
    assert read_export(run, "tflite") == b"tflite of run"


def test_a_run_that_is_gone_is_said(run):
    store.delete(run)
    with pytest.raises(DownloadError, match="'run' cannot be read"):
        read_export(run, "keras")


def test_a_process_is_asked_for_the_file_and_its_failure_is_told(run, monkeypatch):
    asked = []

    def fail(arguments, *, models, seconds):
        asked.append((arguments, models))
        raise ProcessError("the disk is full")

    monkeypatch.setattr(processes, "run_to_end", fail)
    with pytest.raises(DownloadError, match=r"the \.h5 file of 'run' cannot be made: the disk is full"):
        make_export(run, "h5")
    assert asked == [(["export", "run", "--format=h5", "--leave"], run.path.parent)]
