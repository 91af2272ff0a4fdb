"""A trained network in every format: made by the command, proven, and read by the programs that go with it."""

import json

import numpy as np
import pytest

from digitrec.exchange import FORMATS, find_proof, read_c_array, write_snippet
from digitrec.inference import Classifier

PYTHON = [kind for kind, about in FORMATS.items() if "python" in about.languages]
FLOATS = [kind for kind in FORMATS if not FORMATS[kind].is_quantised]
# Runs each program on its file and the picture beside it, and prints what came out.
RUN_SNIPPETS = """
import json, os, sys
os.chdir(sys.argv[1])
found = {}
for kind, text in json.loads(sys.argv[2]).items():
    scope = {}
    exec(text, scope)
    found[kind] = {"image": scope["image"].tolist(), "proba": [float(value) for value in scope["proba"]]}
print("\\n" + json.dumps(found))
"""


@pytest.fixture
def expected(exported):
    """Keras's own network answers as its LiteRT file, to 1e-4: that was checked at the end of the training."""
    return Classifier.load(exported.run.tflite_path).predict_proba(exported.image[None])[0]


@pytest.mark.parametrize("kind", FORMATS)
def test_every_file_is_compared_before_it_is_given_away(exported, kind):
    proof = find_proof(exported.run, kind)
    assert proof is not None and proof.size == exported.path(kind).stat().st_size
    assert (proof.dataset, proof.split, proof.warning) == ("digits", "test", None)
    assert proof.images > 100 and proof.latency is not None and 0 < proof.latency < 10
    assert (proof.changed == 0 and proof.largest_difference < 1e-4) or FORMATS[kind].is_quantised
    assert f"Wrote {exported.path(kind)}" in exported.printed


def test_an_int8_network_takes_and_gives_integers(exported):
    proof = find_proof(exported.run, "tflite-int8")
    assert proof is not None and proof.quantisation is not None
    assert proof.quantisation.input_scale == pytest.approx(1, abs=0.01)  # grey levels, less 128
    assert proof.quantisation.output_scale == pytest.approx(1 / 256)
    assert exported.path("tflite-int8").stat().st_size < exported.path("tflite").stat().st_size / 2


def test_the_c_array_is_an_int8_network(exported):
    model = read_c_array(exported.path("c").read_text(encoding="utf-8"))
    assert model == exported.path("tflite-int8").read_bytes()


def test_the_python_programs_read_the_picture_as_digitrec_does(exported, expected, keras_process):
    classes = exported.run.class_names
    programs = {kind: write_snippet(kind, "python", name="tiny", class_names=classes) for kind in PYTHON}
    done = keras_process.run(RUN_SNIPPETS, str(exported.folder), json.dumps(programs))
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert list(found) == PYTHON
    for kind, answer in found.items():
        assert np.array_equal(answer["image"], exported.image), kind
        np.testing.assert_allclose(answer["proba"], expected, atol=1e-4 if kind in FLOATS else 0.15, err_msg=kind)
    assert f"{classes[expected.argmax()]} " in done.stdout


def test_what_was_made_is_given_again_without_keras(exported, tmp_path, monkeypatch, capsys):
    from digitrec.cli.main import main

    monkeypatch.setenv("DIGITREC_MODELS", str(exported.run.path.parent))
    assert main(["export", "tiny", "--format", "savedmodel", "--output", str(tmp_path / "net.zip")]) == 0
    assert (tmp_path / "net.zip").read_bytes() == exported.path("savedmodel").read_bytes()
    assert "answers changed: 0 of" in capsys.readouterr().out
