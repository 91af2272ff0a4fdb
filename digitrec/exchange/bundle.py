"""A run in one ZIP that another digitrec takes in: network, card, calibration, history, evaluations, licence.

`bundle.json` names each file with its size and SHA-256. What comes in is checked against that, and by names and
sizes that are allowed: a bundle may come from anybody.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from digitrec import files
from digitrec._version import __version__
from digitrec.data import DatasetError, evaluation_dataset, loading
from digitrec.exchange import screening
from digitrec.exchange.screening import ForeignFileError
from digitrec.inference import Classifier, ClassifierError
from digitrec.runs import Run, RunError, TrainConfig, store

FORMAT = 1
MANIFEST, LICENCE = "bundle.json", "LICENSE.txt"
MAX_BUNDLE_BYTES = 300_000_000  # unpacked
_MAX_MEMBERS = 300
_REQUIRED = ("config.json", "model.keras", "model.tflite")
_OPTIONAL = (
    *("history.jsonl", "calibration.json", "reference.npz", "reject.json", "notes.json", "origin.json", "card.md"),
    LICENCE,
)
_EXPECTED = (
    "a bundle, as digitrec bundle RUN and the Models page make it. A network file comes in by "
    "digitrec import-model, a data set by digitrec datasets import or on Explore."
)
_EVALUATION = re.compile(r"evaluations/[A-Za-z0-9 %._+~-]{1,200}\.json")
_DYNAMIC = re.compile(r"dynamic-[0-9a-f]{16}\.tflite")
_DAMAGE_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError),
    *(KeyError, TypeError, AttributeError, RecursionError),
)


# --- out ---


def make_bundle(run: Run) -> bytes:
    """A run's network with all that belongs to it, as the bytes of a ZIP.

    Raises:
        RunError: the run has no network, or its files cannot be read.
    """
    if not run.has_model:
        raise RunError(f"the run {run.name!r} has no trained network to bundle: train it to the end first.")
    try:
        contents = _collect(run)
    except OSError as error:
        raise RunError(f"the run {run.name!r} cannot be read: {error.strerror}.") from error
    manifest = {
        "format": FORMAT,
        "digitrec": __version__,
        "run": run.name,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": {name: {"size": len(data), "sha256": _sha256(data)} for name, data in contents.items()},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        for name, data in contents.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _collect(run: Run) -> dict[str, bytes]:
    """The files of a run that go along; what this machine added comes before what the run was shipped with."""
    homes = list(dict.fromkeys((run.local_path, run.path)))
    found: dict[str, bytes] = {}
    for home in reversed(homes):
        evaluations = (f"evaluations/{path.name}" for path in home.glob("evaluations/*.json"))
        names = [*_REQUIRED, *_OPTIONAL, *(path.name for path in home.glob("dynamic-*.tflite")), *evaluations]
        found |= {name: (home / name).read_bytes() for name in names if (home / name).is_file()}
    found.setdefault("card.md", make_card(run).encode())
    licence = f"The network of the run {run.name!r}. Licence: {describe_licence(run)}.\n"
    found.setdefault(LICENCE, licence.encode())  # of a run that came as a bundle, its own goes on
    return {name: data for name, data in found.items() if "/" not in name or _EVALUATION.fullmatch(name)}


def describe_licence(run: Run) -> str:
    """The licences of a network: of what it learned from, and for a built-in one digitrec's own."""
    try:
        description = loading.describe(run.config.dataset)
        learned = f"it learned from {description.title} ({description.licence})"
    except DatasetError:
        learned = f"it learned from the data set {run.config.dataset}"
    return f"{'MIT, as digitrec' if run.is_shipped else 'as the person who trained it says'}; {learned}"


def make_card(run: Run) -> str:
    """A model card in Markdown, of what the run's files say."""
    config, history = run.config, run.history()
    data = evaluation_dataset(config.dataset)
    facts = {
        "Network": config.network_title,
        "Data set": config.dataset,
        "Classes": ", ".join(run.class_names),
        "Created": f"{run.created:%Y-%m-%d}",
        "Input": "uint8 28 x 28, 0 = paper, 255 = ink",
    }
    if history.end and history.end.val_accuracy is not None:
        facts["Validation accuracy"] = f"{history.end.val_accuracy:.2%}"
    test = (run.load_evaluation(data, "test") or {}).get("accuracy")
    if isinstance(test, list | tuple) and test and isinstance(test[0], float):
        facts["Test accuracy"] = f"{test[0]:.2%} on {data}"
    facts["Licence"] = describe_licence(run)
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    return "\n".join([f"# {run.name}", "", *lines, "", *filter(None, [run.notes.text]), ""])


# --- in ---


def read_bundle(data: bytes, name: str | None = None) -> Run:
    """Make a run of a bundle, once all in it has been checked. Call it in a process with limits.

    Args:
        data: the bytes of the ZIP.
        name: of the new run; None: the one in the bundle.

    Raises:
        ForeignFileError: it is no bundle, is damaged, or holds what it must not.
        RunError: the name is taken or not allowed.
    """
    files.refuse_if_read_only("no bundle can be taken in")
    try:
        manifest, contents = _unpack(data)
        _check_config(contents["config.json"])
    except _DAMAGE_ERRORS as error:
        raise ForeignFileError(f"the bundle is damaged ({str(error)[:120]}): make or send it again.") from error
    class_names = json.loads(contents["config.json"])["class_names"]
    screening.screen(contents["model.keras"], "keras")
    try:
        model = Classifier(contents["model.tflite"], "the bundle's model.tflite")
        for each in filter(_DYNAMIC.fullmatch, contents):
            Classifier(contents[each], f"the bundle's {each}")
    except ClassifierError as error:
        raise ForeignFileError(str(error)) from error
    if model.classes != len(class_names):
        raise ForeignFileError(
            f"the network has {model.classes} classes, but the bundle names {len(class_names)}."
        )
    return store.adopt(contents, name or str(manifest["run"]))


def _unpack(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The manifest and the files that it names, checked."""
    if len(data) > MAX_BUNDLE_BYTES:
        raise ForeignFileError(f"the bundle has {len(data) / 1e6:.0f} MB: expected at most 300.")
    if data[:4] != b"PK\x03\x04":
        raise ForeignFileError(f"the file is no ZIP: expected {_EXPECTED}")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        if MANIFEST not in names:
            raise ForeignFileError(
                f"the ZIP is no bundle of digitrec, as it has no {MANIFEST}: expected {_EXPECTED}"
            )
        if len(names) > _MAX_MEMBERS or len(set(names)) != len(names):
            raise ForeignFileError(
                f"the bundle has {len(names)} files, or one twice: expected {_MAX_MEMBERS} at most."
            )
        for name in names:
            _check_name(name)
        if sum(member.file_size for member in members) > MAX_BUNDLE_BYTES:
            raise ForeignFileError("the bundle is too large when unpacked: expected at most 300 MB.")
        contents = {member.filename: _read(archive, member) for member in members}
    manifest = json.loads(contents.pop(MANIFEST))
    if manifest.get("format") != FORMAT:
        raise ForeignFileError(
            f"the bundle has the format {str(manifest.get('format'))[:20]}: expected {FORMAT}. Update digitrec."
        )
    _check_files(manifest["files"], contents)
    return manifest, contents


def _check_name(name: str) -> None:
    is_named = name in (MANIFEST, *_REQUIRED, *_OPTIONAL)
    is_plain = is_named or _DYNAMIC.fullmatch(name) or _EVALUATION.fullmatch(name)
    if not is_plain or ".." in PurePosixPath(name).parts:
        raise ForeignFileError(f"the bundle holds {name[-60:]!r}, which no bundle has. Nothing was taken in.")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """A file of the ZIP, at most as long as it says it is."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or member.flag_bits & 1:
        raise ForeignFileError(f"{member.filename} of the bundle is packed in a way that is not read.")
    with archive.open(member) as stream:
        data = stream.read(member.file_size + 1)
    if len(data) != member.file_size:
        raise ForeignFileError(f"{member.filename} of the bundle is longer than it says.")
    return data


def _check_files(listed: Mapping[str, Any], contents: Mapping[str, bytes]) -> None:
    if missing := sorted({*listed, *_REQUIRED} - set(contents)):
        raise ForeignFileError(f"the bundle lacks {missing[0][-60:]}: it was cut. Send it again.")
    if unknown := sorted(set(contents) - set(listed)):
        raise ForeignFileError(f"{unknown[0][-60:]} of the bundle has no checksum: it was added later.")
    for name, data in contents.items():
        if listed[name]["sha256"] != _sha256(data):
            raise ForeignFileError(f"{name} of the bundle has another checksum: it is damaged or was changed.")


def _check_config(data: bytes) -> None:
    """Refuse a description of a run that cannot be read later.

    Raises:
        ForeignFileError: its classes are no names.
        ValueError: it is damaged in another way.
    """
    about = json.loads(data)
    TrainConfig.from_dict(about["config"])
    datetime.fromisoformat(about["created"])
    names = about["class_names"]
    is_list = isinstance(names, list) and 1 < len(names) <= 1000 and len({*map(str, names)}) == len(names)
    if not is_list or not all(isinstance(name, str) and 0 < len(name) <= 100 for name in names):
        raise ForeignFileError("the classes of the bundle are no names: expected 2 to 1,000 different ones.")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
