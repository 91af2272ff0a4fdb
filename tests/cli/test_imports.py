"""`digitrec import-model` and `bundle`: what they refuse, and what a person reads when a network has come in."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from digitrec.cli import import_dataset, imports
from digitrec.cli.main import main
from digitrec.runs import processes, store
from support.stand_ins import create


class ExportError(Exception):
    """As that of the training, which is not imported here."""


@pytest.fixture
def network(tmp_path) -> Path:
    path = tmp_path / "theirs.keras"
    path.write_bytes(b"a network")
    return path


@pytest.fixture
def arrived(monkeypatch) -> list[tuple]:
    """What the process with limits is asked for; by the name of the run it may fail."""
    asked: list[tuple] = []

    def bring_in(data, file, name, dataset):
        asked.append((data, file, name, dataset))
        if name == "large":
            raise MemoryError
        if name == "odd":
            raise ExportError("it has two inputs.")

    training = SimpleNamespace(export=SimpleNamespace(ExportError=ExportError))
    training.foreign = SimpleNamespace(bring_in=bring_in)
    monkeypatch.setitem(sys.modules, "digitrec.training", training)
    monkeypatch.setattr(processes, "prepare_tensorflow", lambda: None)
    monkeypatch.setattr(processes, "limit_resources", lambda: asked.append(("limited",)))
    monkeypatch.setattr(processes, "has_tensorflow", lambda: True)
    return asked


def test_a_network_is_opened_only_after_the_limits_are_set(arrived, network):
    assert main(["import-model", str(network), "--name=mine", "--file-name=their net", "--here"]) == 0
    assert arrived == [("limited",), (b"a network", "their net", "mine", "mnist")]


@pytest.mark.parametrize(("name", "why"), [("large", "it takes too much memory"), ("odd", "it has two inputs.")])
def test_why_a_network_cannot_be_used_is_said(name, why, arrived, network, capsys):
    assert main(["import-model", str(network), f"--name={name}", "--here"]) == 1
    assert f"digitrec: the network cannot be used here: {why}" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(arrived, tmp_path, capsys):
    path = tmp_path / "none.onnx"
    assert main(["import-model", str(path), "--name=mine", "--here"]) == 1
    assert f"digitrec: {path} cannot be read: No such file or directory." in capsys.readouterr().err
    assert not arrived


def test_without_tensorflow_it_says_what_to_install(network, monkeypatch, capsys):
    monkeypatch.setattr(processes, "has_tensorflow", lambda: False)
    assert main(["import-model", str(network), "--name=mine"]) == 1
    assert 'Bringing in a network needs TensorFlow: pip install "digitrec[train]"' in capsys.readouterr().err


def test_where_nothing_may_be_written_no_network_comes_in(arrived, network, monkeypatch, capsys):
    monkeypatch.setenv("DIGITREC_READ_ONLY", "1")
    assert main(["import-model", str(network), "--name=mine", "--here"]) == 1
    assert "no network can be brought in" in capsys.readouterr().err and not arrived


def test_what_came_in_is_described_and_its_folder_told(arrived, network, monkeypatch, capsys):
    asked = {}

    def take(path, **names):
        asked.update(names, path=path)
        return create("mine")

    monkeypatch.setattr(imports, "import_network", take)
    monkeypatch.setattr(imports, "describe_origin", lambda run: [f"of {run.name}", "tried"])
    monkeypatch.setattr(import_dataset, "download_if_missing", lambda name: asked.update(downloaded=name))
    assert main(["import-model", str(network), "--name=mine", "--dataset=digits"]) == 0
    names = {"file": "theirs.keras", "name": "mine", "dataset": "digits", "downloaded": "digits"}
    assert asked == names | {"path": network.resolve()}
    said = capsys.readouterr().out.splitlines()
    assert said[:3] == ["Trying theirs.keras on images of digits ...", "of mine", "tried"]
    assert said[3] == f"The run 'mine' is in {store.open_run('mine').path}"


@pytest.mark.parametrize("arguments", [[], ["mine", "--import", "b.zip"]])
def test_a_bundle_is_made_or_taken_in_never_both(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["bundle", *arguments])
    assert "expected the name of a run, or --import with a file." in capsys.readouterr().err


@pytest.mark.parametrize("name", [None, "mine"])
def test_the_run_that_came_out_of_a_bundle_is_named(name, tmp_path, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(imports, "import_bundle", lambda *given: (asked.append(given), create(name or "theirs")))
    more = [] if name is None else ["--name", name]
    assert main(["bundle", "--import", str(tmp_path / "b.zip"), *more]) == 0
    assert asked == [((tmp_path / "b.zip").resolve(), name)]
    assert f"Took in the run {name or 'theirs'!r}." in capsys.readouterr().out
