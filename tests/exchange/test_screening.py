"""Network files from elsewhere that may do harm are refused in words before anything loads them."""

import copy
import io
import json
import zipfile

import numpy as np
import pytest

from digitrec.exchange import ForeignFileError, screening
from digitrec.runs import store

h5py = pytest.importorskip("h5py")

LAYER = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 10}, "registered_name": None}
CONFIG = {"module": "keras.src.models.functional", "class_name": "Functional", "config": {"layers": [LAYER]}}


def h5(fill=lambda file: None, description=None) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["layers/dense/vars/0"] = np.zeros((784, 10), np.float32)
        if description is not None:
            file.attrs["model_config"] = json.dumps(description)
        fill(file)
    return buffer.getvalue()


def keras(config=CONFIG, weights: bytes | None = None, **more: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", h5() if weights is None else weights)
        for name, data in more.items():
            archive.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


def test_a_zip_that_is_no_network_is_pointed_to_the_command_for_bundles():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("bundle.json", "{}")
    with pytest.raises(ForeignFileError, match=r"is no \.keras file: .* digitrec bundle --import FILE"):
        screening.screen(buffer.getvalue(), "keras")


def with_layer(**changes) -> dict:
    config = copy.deepcopy(CONFIG)
    config["config"]["layers"].append(LAYER | changes)
    return config


def link_outside(file) -> None:
    file["layers/secret"] = h5py.ExternalLink("/etc/passwd", "/")


def point_outside(file) -> None:
    file.create_dataset("layers/raw", (10,), "u1", external=[("/etc/passwd", 0, 10)])


def claim_much(file) -> None:
    file.create_dataset("layers/much", (10**6, 10**5), "f4", chunks=(100, 100), compression="gzip")


HOSTILE = {
    "lambda": (keras(with_layer(class_name="Lambda")), "Lambda.*may run code"),
    "code": (
        keras(with_layer(config={"function": {"class_name": "__lambda__", "config": {"code": "4w"}}})),
        "lambda",
    ),
    "module": (keras(with_layer(module="os", class_name="system")), r"'os\.system'"),
    "builtins": (keras(with_layer(module="builtins", class_name="eval")), "eval"),
    "download": (keras(with_layer(module="keras.utils", class_name="get_file")), "get_file"),
    "download of the source": (
        keras(with_layer(module="keras.src.utils.file_utils", class_name="get_file")),
        "get_file",
    ),
    "hidden utils": (keras(with_layer(module="keras.layers.utils", class_name="x")), "may run code"),
    "dots": (keras(with_layer(module="keras", class_name="utils.get_file")), "get_file"),
    "registered": (keras(with_layer(registered_name="Evil>Layer")), "Evil>Layer"),
    "saved model": (keras(with_layer(class_name="TFSMLayer")), "TFSMLayer"),
    "giant": (keras(with_layer(config={"units": 10**9})), "size 1,000,000,000"),
    "assets": (keras(assets__vocabulary=b"words"), "'assets/vocabulary' as well"),
    "escape": (keras(**{"..__..__evil.py": b"evil"}), "evil.py' as well"),
    "no config": (keras()[:0] + b"PK\x03\x04" + b"\0" * 50, "damaged"),
    "cut": (keras()[:-200], "damaged"),
    "weights cut": (keras(weights=h5()[:500]), "damaged"),
    "external link": (keras(weights=h5(link_outside)), "links, which may lead to other files"),
    "external values": (keras(weights=h5(point_outside)), "values from another file"),
    "bomb": (keras(weights=h5(claim_much)), "100,000,007,840 numbers"),
    "deep": (b"PK" + keras()[2:].replace(b'"units": 10', b'"units": [ '), "damaged|refused"),
    "h5 without network": (h5(), "weights alone"),
    "h5 lambda": (h5(description=with_layer(class_name="Lambda")), "Lambda"),
    "h5 link": (h5(link_outside, description=CONFIG), "links"),
    "text": (b"hello", "no network that can be read"),
    "empty": (b"", "no network that can be read"),
}


@pytest.mark.parametrize(("data", "words"), HOSTILE.values(), ids=HOSTILE)
def test_a_harmful_file_is_refused_in_words(data, words):
    with pytest.raises(ForeignFileError, match=words):
        screening.screen(data, screening.tell_kind(data))


def test_too_large_a_file_is_refused(monkeypatch):
    monkeypatch.setattr(screening, "MAX_FILE_BYTES", 1000)
    with pytest.raises(ForeignFileError, match="expected at most"):
        screening.tell_kind(keras())


@pytest.mark.parametrize(
    ("data", "kind"), [(keras(), "keras"), (h5(description=CONFIG), "h5"), (b"\x1c\0\0\0TFL3", "tflite")]
)
def test_a_plain_file_passes(data, kind):
    assert screening.tell_kind(data) == kind
    screening.screen(data, kind)


@pytest.mark.parametrize("name", store.SHIPPED)
def test_our_own_networks_pass(name):
    screening.screen((store.SHIPPED_FOLDER / name / "model.keras").read_bytes(), "keras")
