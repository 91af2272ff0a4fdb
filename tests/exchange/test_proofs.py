"""The proof of a file: when it holds, what it warns of, and which images it is made on."""

import dataclasses
import json

import numpy as np
import pytest

from digitrec.data import DatasetError, loading
from digitrec.exchange import FORMATS, Proof, Quantisation, choose_images, export_path, find_proof, proofs
from digitrec.runs.config import TrainConfig
from support import made_runs
from support.stand_ins import create

GOOD = Proof(
    kind="h5", model_sha256="", size=4, runtime="Keras 2", images=1000, dataset="digits", split="validation"
)


@pytest.fixture
def run(folders):
    return made_runs.ended(made_runs.new("mine"))


@pytest.fixture
def proof(run):
    path = export_path(run, "h5")
    path.parent.mkdir()
    path.write_bytes(b"made")
    scale = Quantisation(1.0, -128, 0.00390625, -128)
    made = dataclasses.replace(GOOD, model_sha256=proofs.keras_sha256(run), quantisation=scale, latency=0.001)
    proofs.save_proof(made, path.parent)
    return made


def test_a_proof_is_found_again(run, proof):
    assert find_proof(run, "h5") == proof
    assert find_proof(run, "onnx") is None


@pytest.mark.parametrize("name", ["keras", "file", "half", "other", "json"])
def test_a_proof_does_not_hold_for_another_network_or_file(run, proof, name):
    path = export_path(run, "h5")
    match name:
        case "keras":
            run.keras_path.write_bytes(b"trained on")
        case "file":
            path.unlink()
        case "half":
            path.write_bytes(b"mad")
        case "other":
            values = proof.to_dict() | {"kind": "c"}
            (path.parent / "h5.json").write_text(json.dumps(values))
        case "json":
            (path.parent / "h5.json").write_text('{"kind": "h5", "unknown": 1}')
    assert find_proof(run, "h5") is None


@pytest.mark.parametrize(
    ("kind", "numbers", "words"),
    [
        ("h5", {}, None),
        ("h5", {"largest_difference": 1e-3}, None),
        ("h5", {"largest_difference": 2e-3}, "a probability by up to 0.002"),
        ("h5", {"changed": 1}, "It changes 1 of 1,000 answers"),
        ("tflite-int8", {"changed": 10, "largest_difference": 0.4}, None),
        ("tflite-int8", {"changed": 11}, "It changes 11 of 1,000 answers: expected at most 1%"),
        ("h5", {"images": 0, "note": "no data."}, "Not compared with Keras: no data."),
    ],
)
def test_what_a_proof_warns_of(kind, numbers, words):
    said = dataclasses.replace(GOOD, kind=kind, **numbers).warning
    assert said is None if words is None else words in said


def test_images_are_those_held_out_and_the_calibration_is_of_the_others(run, monkeypatch):
    monkeypatch.setattr(proofs, "PROOF_IMAGES", 100)
    found = choose_images(run)
    assert (found.dataset, found.split, len(found.images)) == ("digits", "validation", 100)
    assert found.images.shape[1:] == (28, 28) and len(found.calibration) == 500
    assert not {image.tobytes() for image in found.images} & {image.tobytes() for image in found.calibration}
    assert np.array_equal(choose_images(run).images, found.images)


def test_where_fewer_are_held_out_it_is_the_test_images(run):
    found = choose_images(run)
    assert found.split == "test" and np.array_equal(found.images, loading.load("digits").test.images)


def test_a_data_set_that_is_not_here_is_said(folders):
    with pytest.raises(DatasetError, match="the data set mnist is not on this machine"):
        choose_images(create("far", TrainConfig(dataset="mnist", network="mlp")))


def test_every_format_is_described():
    assert len({about.suffix for about in FORMATS.values()}) == len(FORMATS)
    assert len({about.label for about in FORMATS.values()}) == len(FORMATS)
