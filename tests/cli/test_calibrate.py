"""`digitrec calibrate`: the confidence that is fitted, and the faster file that a run of an older version gets."""

import contextlib
import sys
from types import SimpleNamespace

import pytest

from digitrec.cli.main import main
from digitrec.inference import dynamic_name, ood_fit
from digitrec.runs import Run, TrainConfig, processes, store
from support.stand_ins import create

LARGE = TrainConfig(dataset="digits", network="resnet")


class ModelFileError(Exception):
    pass


@pytest.fixture
def asked(folders, monkeypatch) -> list[str]:
    """A calibration and a conversion that compute nothing; what was asked for."""
    asked: list[str] = []

    def calibrate(run: Run, *, thorough: bool) -> dict:
        asked.append("calibrate")
        return {"temperature": 1.25, "validation_images": 1430} | ({"threshold": 0.875} if thorough else {})

    def add_dynamic(run: Run) -> str:
        asked.append("add")
        return "Weights of 8 bits are used."

    export = SimpleNamespace(add_dynamic=add_dynamic, ModelFileError=ModelFileError)
    quiet = SimpleNamespace(quiet=contextlib.nullcontext)
    monkeypatch.setattr(store, "SHIPPED", ())
    monkeypatch.setattr(ood_fit, "calibrate_run", calibrate)
    monkeypatch.setitem(sys.modules, "digitrec.training", SimpleNamespace(converting=quiet, export=export))
    monkeypatch.setattr(processes, "prepare_tensorflow", lambda: None)
    monkeypatch.setattr(processes, "has_tensorflow", lambda: True)
    return asked


def trained(config: TrainConfig = LARGE) -> Run:
    run = create("mine", config)
    run.keras_path.write_bytes(b"for Keras")
    run.tflite_path.write_bytes(b"for LiteRT")
    return run


def test_a_large_network_gets_a_faster_file_before_its_answers_are_calibrated(asked, capsys):
    trained()
    assert main(["calibrate", "mine", "--thorough"]) == 0
    assert asked == ["add", "calibrate"]
    said = capsys.readouterr().out
    assert said.startswith(
        "Making a faster file of mine, with weights of 8 bits ...\nWeights of 8 bits are used.\n"
    )
    assert "temperature 1.250, fitted on 1,430 validation images" in said and "threshold 87.5%" in said


@pytest.mark.parametrize("kind", ["small", "has one", "not trained"])
def test_a_run_that_needs_no_faster_file_gets_none(kind, asked):
    run = trained(LARGE if kind != "small" else TrainConfig(dataset="digits", network="mlp"))
    if kind == "has one":
        (run.path / dynamic_name(b"for LiteRT")).write_bytes(b"")
    if kind == "not trained":
        run.tflite_path.unlink()
    assert main(["calibrate", "mine"]) == 0
    assert asked == ["calibrate"]


def test_without_tensorflow_the_confidence_is_calibrated_and_the_rest_is_said(asked, monkeypatch, capsys):
    trained()
    monkeypatch.setattr(processes, "has_tensorflow", lambda: False)
    assert main(["calibrate", "mine"]) == 0
    assert asked == ["calibrate"] and "A faster file needs TensorFlow: pip install" in capsys.readouterr().err


def test_a_damaged_keras_file_is_told_and_the_confidence_is_calibrated(asked, monkeypatch, capsys):
    def add_dynamic(run):
        raise ModelFileError("the file model.keras cannot be loaded")

    trained()
    monkeypatch.setattr(sys.modules["digitrec.training"].export, "add_dynamic", add_dynamic)
    assert main(["calibrate", "mine"]) == 0
    assert asked == ["calibrate"] and "digitrec: the file model.keras cannot" in capsys.readouterr().err
