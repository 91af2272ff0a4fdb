"""The files that people take away: the run's own bytes, and HDF5 made by a process of its own."""

import errno
import subprocess

import pytest

from digitrec.runs import store
from digitrec.runs.config import TrainConfig
from digitrec.runs.processes import DownloadError, describe_error, read_model_file
from digitrec.runs.run import Run

CONFIG = TrainConfig(dataset="digits", network="mlp", epochs=1, batch_size=512)


@pytest.fixture
def run() -> Run:
    made = store.create(CONFIG, tuple("0123456789"), "run")
    made.keras_path.write_bytes(b"for Keras")
    made.tflite_path.write_bytes(b"for LiteRT")
    return made


def test_what_the_run_holds_is_given_as_it_is(run):
    assert read_model_file(run, "keras") == b"for Keras"
    assert read_model_file(run, "tflite") == b"for LiteRT"


def test_a_run_that_is_gone_is_said(run):
    store.delete(run)
    with pytest.raises(DownloadError, match="'run' cannot be read"):
        read_model_file(run, "keras")


def test_a_process_that_fails_gives_its_last_words(run, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "warning\ndigitrec: the disk is full\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(DownloadError, match=r"\.h5 file of 'run' cannot be made: the disk is full"):
        read_model_file(run, "h5")


def test_a_process_that_hangs_is_given_up(run, monkeypatch):
    def hang(command: list[str], *, timeout: float, **_: object) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(DownloadError, match="took longer than"):
        read_model_file(run, "h5")


LOAD = """
import sys, keras, numpy
model = keras.models.load_model(sys.argv[1], compile=False)
print(model(numpy.zeros((2, 28, 28), "uint8")).shape)
"""


@pytest.mark.slow
def test_hdf5_is_made_of_a_trained_network_and_loads_in_plain_keras(tmp_path, keras_process):
    options = ["--dataset", "digits", "--network", "mlp", "--epochs", "1", "--name", "small"]
    keras_process.digitrec("train", *options).check_returncode()
    path = tmp_path / "model.h5"
    path.write_bytes(read_model_file(store.open_run("small"), "h5"))
    loaded = keras_process.run(LOAD, str(path))
    assert loaded.stdout.strip() == "(2, 10)", loaded.stderr[-2000:]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full. Make room, then start again."),
        (OSError(errno.EACCES, "Permission denied"), "PermissionError: [Errno 13] Permission denied"),
        (store.RunError("there is no run 'x': choose another."), "There is no run 'x': choose another."),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
    ],
)
def test_errors_are_described_for_a_person(error, words):
    assert describe_error(error) == words
