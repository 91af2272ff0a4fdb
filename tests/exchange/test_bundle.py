"""A run travels whole in one ZIP, and no ZIP brings in what it should not."""

import io
import json
import zipfile

import pytest

from digitrec.cli.main import main
from digitrec.exchange import ForeignFileError, make_bundle, read_bundle
from digitrec.runs import Notes, RunError, processes, store
from support import made_runs


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> bytes:
    """The built-in network, bundled once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITREC_CACHE", str(tmp_path_factory.mktemp("cache")))
        return make_bundle(store.open_run("mnist"))


def unpack(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(contents) -> bytes:
    """A ZIP of pairs of names and data; a name may come twice."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in contents.items() if isinstance(contents, dict) else contents:
            archive.writestr(name, data)
    return buffer.getvalue()


def change(data: bytes, *, listed: bool = True, **files: bytes | None) -> bytes:
    """The bundle with other files, whose checksums fit if they are `listed`."""
    import hashlib

    contents = unpack(data)
    manifest = json.loads(contents["bundle.json"])
    for name, new in files.items():
        name = name.replace("__", "/").replace("_", ".")
        if new is None:
            del contents[name]
            continue
        contents[name] = new
        if listed:
            manifest["files"][name] = {"size": len(new), "sha256": hashlib.sha256(new).hexdigest()}
    return pack(contents | {"bundle.json": json.dumps(manifest).encode()})


def test_a_run_comes_back_byte_by_byte(bundle, folders):
    shipped = store.open_run("mnist")
    run = read_bundle(bundle, "copy")
    assert run == store.open_run("copy") and run.has_model and not run.is_shipped
    assert run.config == shipped.config and run.class_names == shipped.class_names
    (dynamic,) = (path.name for path in shipped.path.glob("dynamic-*.tflite"))
    for name in (
        "model.keras",
        "model.tflite",
        dynamic,
        "calibration.json",
        "reference.npz",
        "history.jsonl",
        "card.md",
    ):
        assert (run.path / name).read_bytes() == (shipped.path / name).read_bytes()
    assert run.load_evaluation("mnist", "test") == shipped.load_evaluation("mnist", "test")
    assert "MIT" in (run.path / "LICENSE.txt").read_text()


def test_what_a_person_wrote_goes_along_and_a_card_is_made(folders):
    run = made_runs.ended(made_runs.new("mine"))
    run.save_notes(Notes(("good",), "My best."))
    contents = unpack(make_bundle(run))
    card = contents["card.md"].decode()
    assert "# mine" in card and "Validation accuracy: 92.00%" in card and "My best." in card
    assert json.loads(contents["notes.json"])["tags"] == ["good"]


def test_a_run_without_a_network_is_not_bundled(folders):
    with pytest.raises(RunError, match="no trained network to bundle"):
        make_bundle(made_runs.new("mine"))


def test_a_name_that_is_taken_is_refused(bundle, folders):
    with pytest.raises(RunError, match="there is a run named 'mnist' already"):
        read_bundle(bundle)


LAMBDA = pack(
    {
        "config.json": '{"class_name": "Lambda", "module": "keras.layers"}',
        "metadata.json": "{}",
        "model.weights.h5": "",
    }
)
HOSTILE = {
    "no ZIP": (lambda data: b"hello", "the file is no ZIP: expected a bundle, .* by digitrec import-model"),
    "another ZIP": (lambda data: pack({"a.txt": b"a"}), "no bundle of digitrec.* digitrec datasets import"),
    "cut": (lambda data: data[:-2000], "damaged"),
    "a path upwards": (lambda data: pack(unpack(data) | {"../evil.py": b"x"}), r"evil\.py', which no bundle has"),
    "a deep path upwards": (lambda data: pack(unpack(data) | {"evaluations/../../x.json": b"x"}), "no bundle has"),
    "an absolute path": (lambda data: pack(unpack(data) | {"/etc/passwd": b"x"}), "no bundle has"),
    "code": (lambda data: pack(unpack(data) | {"worker.json": b"{}"}), "no bundle has"),
    "a file twice": (lambda data: pack([*unpack(data).items(), ("card.md", b"x")]), "one twice"),
    "many files": (
        lambda data: pack(unpack(data) | {f"evaluations/{i}.json": b"" for i in range(300)}),
        "expected 300 at most",
    ),
    "a file without a checksum": (lambda data: change(data, listed=False, notes_json=b"{}"), "has no checksum"),
    "a changed file": (lambda data: change(data, listed=False, card_md=b"# Better"), "another checksum"),
    "a missing file": (lambda data: change(data, reference_npz=None), "lacks reference.npz"),
    "no network": (lambda data: change(data, model_tflite=b"\x1c\0\0\0TFL3"), "damaged"),
    "damaged 8-bit weights": (
        lambda data: change(data, **{"dynamic-0123456789abcdef_tflite": b"\x1c\0\0\0TFL3"}),
        "dynamic-0123456789abcdef.tflite is damaged",
    ),
    "code in the network": (lambda data: change(data, model_keras=LAMBDA), "Lambda"),
    "no settings": (lambda data: change(data, config_json=b"[]"), "damaged"),
    "unknown settings": (
        lambda data: change(
            data, config_json=b'{"config": {"evil": 1}, "class_names": [], "created": "2026-01-01"}'
        ),
        "unknown setting evil",
    ),
    "other classes": (
        lambda data: change(
            data,
            config_json=b'{"config": {}, "class_names": ["a", "b"], "created": "2026-01-01T00:00:00+00:00"}',
        ),
        "10 classes, but the bundle names 2",
    ),
    "a newer format": (lambda data: pack(unpack(data) | {"bundle.json": b'{"format": 2}'}), "Update digitrec"),
}


@pytest.mark.parametrize(("make", "words"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_zip_is_refused_in_words_and_leaves_nothing(make, words, bundle, models_folder, folders):
    data = make(bundle)
    with pytest.raises(ForeignFileError, match=words):
        read_bundle(data, "evil")
    assert not list(models_folder.iterdir())


def test_a_zip_bomb_is_refused_before_it_is_unpacked(bundle, folders, monkeypatch):
    from digitrec.exchange import bundle as module

    monkeypatch.setattr(module, "MAX_BUNDLE_BYTES", len(bundle) + 1000)
    with pytest.raises(ForeignFileError, match="too large when unpacked"):
        read_bundle(bundle, "bomb")


def test_the_command_writes_a_bundle_and_takes_it_in(tmp_path, folders, monkeypatch, capsys):
    monkeypatch.setattr(processes, "limit_resources", lambda: None)  # this process has other tests to run
    path = tmp_path / "out.zip"
    assert main(["bundle", "mnist", str(path)]) == 0
    assert main(["bundle", "--import", str(path), "--name", "copy", "--here"]) == 0
    assert store.open_run("copy").has_model and "'copy' is in" in capsys.readouterr().out
    assert main(["bundle", "--import", str(tmp_path / "none.zip"), "--here"]) == 1
    assert "cannot be read" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["bundle"])
