"""`digitrec export` where files are made: each is written and described, and one that fails ends in words."""

import sys
from types import SimpleNamespace

import pytest

from digitrec.cli.main import main
from digitrec.exchange import FORMATS, Proof
from digitrec.offline import PAGES
from digitrec.runs import processes
from support.stand_ins import create

ABOUT = {"images": 1000, "dataset": "digits", "split": "test", "changed": 0, "latency": 0.001}


@pytest.fixture(autouse=True)
def made(monkeypatch, tmp_path) -> list[str]:
    """Makes files of a few bytes; "onnx" cannot be made. A trained run named "mine" is there."""
    run = create("mine")
    run.keras_path.write_bytes(b"for Keras")
    run.tflite_path.write_bytes(b"for LiteRT")
    kinds_made: list[str] = []

    def make_exports(run, kinds, report):
        for kind in kinds:
            kinds_made.append(kind)
            path = tmp_path / f"made.{kind}"
            path.write_bytes(kind.encode())
            proof = Proof(kind=kind, model_sha256="0" * 64, size=4, runtime="its own", **ABOUT)
            report(kind, ValueError("ONNX knows no such layer.") if kind == "onnx" else proof, path)

    training = SimpleNamespace(exports=SimpleNamespace(make_exports=make_exports))
    monkeypatch.setitem(sys.modules, "digitrec.training", training)
    monkeypatch.setattr(processes, "prepare_tensorflow", lambda: None)
    monkeypatch.setattr(processes, "has_tensorflow", lambda: True)
    monkeypatch.chdir(tmp_path)
    return kinds_made


def test_a_file_gets_the_name_of_its_run_and_is_described(made, tmp_path, capsys):
    assert main(["export", "mine", "--format", "h5"]) == 0
    (path,) = tmp_path.glob("mine*")
    assert path.read_bytes() == b"h5" and path.name == f"mine{FORMATS['h5'].suffix}" and made == ["h5"]
    said = capsys.readouterr().out
    assert said.startswith(f"Wrote {path.name} (0.00 MB): {FORMATS['h5'].title}.\n")
    assert "compared with Keras on 1,000 test images of" in said


def test_a_file_that_is_left_with_the_run_is_written_nowhere_else(made, tmp_path, capsys):
    assert main(["export", "mine", "--format", "h5", "--leave"]) == 0
    assert not list(tmp_path.glob("mine*")) and "Wrote" not in capsys.readouterr().out


def test_a_format_that_cannot_be_made_says_why_and_leaves_no_file(tmp_path, capsys):
    assert main(["export", "mine", "--format", "onnx"]) == 1
    assert "digitrec: ONNX knows no such layer." in capsys.readouterr().err
    assert not list(tmp_path.glob("mine*"))


def test_all_formats_are_made_but_the_one_that_cannot(made, tmp_path, capsys):
    assert main(["export", "mine", "--format", "all", "--output", "files"]) == 1
    assert made == list(FORMATS)
    assert f"1 of {len(FORMATS)} formats failed." in capsys.readouterr().err
    written = {path.name for path in (tmp_path / "files").iterdir()}
    assert written == {f"mine{FORMATS[kind].suffix}" for kind in FORMATS if kind != "onnx"}


def test_a_disk_that_is_full_leaves_neither_the_file_nor_half_of_it(tmp_path, monkeypatch, capsys):
    def full(source, target):
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    assert main(["export", "mine", "--format", "h5", "--output", str(tmp_path / "out" / "net.h5")]) == 1
    assert "No space left on device" in capsys.readouterr().err and not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("kind", sorted(PAGES))
def test_a_page_is_written_without_tensorflow(kind, made, tmp_path, monkeypatch, capsys):
    page = PAGES[kind]
    monkeypatch.setitem(PAGES, kind, page._replace(make=lambda run: b"page of " + run.name.encode()))
    assert main(["export", "mine", "--format", kind]) == 0
    assert (tmp_path / f"mine{page.suffix}").read_bytes() == b"page of mine" and not made
    assert f": {page.title}." in capsys.readouterr().out
