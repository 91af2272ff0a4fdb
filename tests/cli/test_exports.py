"""`digitrec export` without TensorFlow, and of what was made before; tests/exchange has the real files."""

import pytest

from digitrec.cli.main import main
from digitrec.exchange import Proof, export_path, proofs
from digitrec.runs import processes
from digitrec.runs.config import TrainConfig
from digitrec.runs.run import Run
from support.stand_ins import create

MISSING = 'needs TensorFlow: pip install "digitrec[train]"'


@pytest.fixture
def run() -> Run:
    return create("mine", TrainConfig(dataset="digits", network="mlp"))


@pytest.fixture
def trained(run) -> Run:
    run.keras_path.write_bytes(b"for Keras")
    run.tflite_path.write_bytes(b"for LiteRT")
    return run


@pytest.fixture
def no_tensorflow(monkeypatch) -> None:
    monkeypatch.setattr(processes, "has_tensorflow", lambda: False)


def test_without_tensorflow_only_the_format_that_needs_it_is_refused(no_tensorflow, trained, tmp_path, capsys):
    for kind, data in (("keras", b"for Keras"), ("tflite", b"for LiteRT")):
        assert main(["export", "mine", "--format", kind, "--output", str(tmp_path / kind)]) == 0
        assert (tmp_path / kind).read_bytes() == data
        assert f"The comparison with Keras {MISSING}" in capsys.readouterr().err
    assert main(["export", "mine", "--format", "h5", "--output", str(tmp_path / "h5")]) == 1
    assert f"This format {MISSING}" in capsys.readouterr().err and not (tmp_path / "h5").exists()


def test_what_was_made_and_proven_before_is_given_again_with_its_numbers(no_tensorflow, trained, tmp_path, capsys):
    path = export_path(trained, "onnx")
    path.parent.mkdir()
    path.write_bytes(b"made")
    about = {"images": 1000, "dataset": "digits", "split": "test", "changed": 3, "latency": 0.0021}
    proof = Proof(
        kind="onnx", model_sha256=proofs.keras_sha256(trained), size=4, runtime="ONNX Runtime 1", **about
    )
    proofs.save_proof(proof, path.parent)
    assert main(["export", "mine", "--format", "onnx", "--output", str(tmp_path / "here" / "digits.onnx")]) == 0
    assert (tmp_path / "here" / "digits.onnx").read_bytes() == b"made"
    said = capsys.readouterr().out
    assert "compared with Keras on 1,000 test images of" in said and "answers changed: 3 of 1,000" in said
    assert "one image: 2.10 ms (median)" in said and "warning: It changes 3 of 1,000 answers" in said


def test_a_run_without_a_network_is_not_exported(run, tmp_path, capsys):
    assert main(["export", "mine", "--output", str(tmp_path / "out")]) == 1
    assert "'mine' has no trained network to export" in capsys.readouterr().err
