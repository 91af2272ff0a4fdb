"""Every form of a data set's files reads the same; every wrong file is refused with words."""

import gzip
import io
import pickle
import zipfile

import numpy as np
import pytest

from digitrec.data import catalogue, idx_files
from digitrec.data.catalogue import DatasetError, IdxFile

IMAGES = "train-images-idx3-ubyte"


def npz(save=np.savez, **arrays):
    buffer = io.BytesIO()
    save(buffer, **arrays)
    return buffer.getvalue()


def forms(tiny):
    return {
        "plain": tiny.raw,
        "packed": tiny.packed,
        "dotted": {name.replace("-idx", ".idx"): data for name, data in tiny.raw.items()},
        "dotted and packed": {name.replace("-idx", ".idx"): data for name, data in tiny.packed.items()},
        "unpacked by a browser": {f"{name}.gz": data for name, data in tiny.raw.items()},
        "mixed": {
            (name, f"{name}.gz")[i % 2]: (d, gzip.compress(d))[i % 2]
            for i, (name, d) in enumerate(tiny.raw.items())
        },
        "npz": {"tiny.npz": npz(**tiny.arrays)},
        "packed npz": {"tiny.npz": npz(np.savez_compressed, **tiny.arrays, more=np.zeros(3))},
    }


FORMS = ["plain", "packed", "dotted", "dotted and packed", "unpacked by a browser", "mixed", "npz", "packed npz"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_reads_the_same(tiny, tmp_path, form):
    folder = tiny.write(tmp_path, forms(tiny)[form])
    arrays = idx_files.read(idx_files.locate(folder, tiny.known), tiny.known)
    assert [array.dtype for array in arrays] == [np.uint8] * 4
    assert all(np.array_equal(array, made) for array, made in zip(arrays, tiny.arrays.values(), strict=True))


def test_the_header_is_the_published_one():
    file = IdxFile("train-images-idx3-ubyte", (60_000, 28, 28), "", "")
    assert file.header.hex() == "000008030000ea600000001c0000001c"
    assert IdxFile("", (10_000,), "", "").header.hex() == "0000080100002710"
    assert file.size == 47_040_016


def test_an_npz_may_have_headers_of_version_2(tiny, tmp_path):
    arrays = {}
    for name, array in tiny.arrays.items():
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, array, version=(2, 0))
        arrays[f"{name}.npy"] = buffer.getvalue()
    folder = tiny.write(tmp_path, {"tiny.npz": zipped(arrays)})
    found = idx_files.read(idx_files.locate(folder, tiny.known), tiny.known)
    assert all(np.array_equal(array, made) for array, made in zip(found, tiny.arrays.values(), strict=True))


@pytest.mark.parametrize("lacking", [IMAGES, "t10k-labels-idx1-ubyte"])
def test_an_incomplete_folder_holds_no_data_set(tiny, tmp_path, lacking):
    folder = tiny.write(tmp_path, {name: data for name, data in tiny.raw.items() if name != lacking})
    assert idx_files.locate(folder, tiny.known) is None
    assert idx_files.list_missing(folder, tiny.known) == [lacking]


def altered(data, at=100):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def huge_header(magic="00000803"):
    return bytes.fromhex(magic + "7fffffff" * 3) + bytes(1000)


# What is wrong, the file's name, how it is made from the right one, and words of the message.
WRONG_FILES = {
    "cut off": ("", lambda raw: raw[:-1], "ends after 9,407 of 9,408 values"),
    "too long": ("", lambda raw: raw + b"\0", "has more than 9,408 values"),
    "altered": ("", altered, "SHA-256"),
    "empty": ("", lambda raw: b"", "begins with the bytes []"),
    "a web page": ("", lambda raw: b"<!DOCTYPE html>" * 1000, "begins with the bytes"),
    "another magic": ("", lambda raw: bytes.fromhex("00000d03") + raw[4:], "begins with the bytes [00000d03"),
    "a hostile size": ("", lambda raw: huge_header(), "begins with the bytes [000008037fffffff"),
    "many axes": ("", lambda raw: huge_header("000008ff"), "begins with the bytes [000008ff"),
    "packed, cut off": (".gz", lambda raw: gzip.compress(raw)[:-900], "end-of-stream"),
    "packed, only a start": (".gz", lambda raw: gzip.compress(raw)[:5], "end-of-stream"),
    "packed, without its checksum": (".gz", lambda raw: gzip.compress(raw)[:-8], "end-of-stream"),
    "packed, altered": (".gz", lambda raw: gzip.compress(altered(raw)), "SHA-256"),
    "packed, its packing altered": (".gz", lambda raw: altered(gzip.compress(raw), -5), "data is damaged"),
    "packed, too long": (".gz", lambda raw: gzip.compress(raw + bytes(10**6)), "has more than 9,408 values"),
}


@pytest.mark.parametrize("wrong", WRONG_FILES)
def test_a_wrong_idx_file_is_named_with_what_was_expected_and_what_to_do(tiny, tmp_path, wrong):
    ending, make, words = WRONG_FILES[wrong]
    files = {name: data for name, data in tiny.raw.items() if name != IMAGES}
    folder = tiny.write(tmp_path, files | {IMAGES + ending: make(tiny.raw[IMAGES])})
    with pytest.raises(DatasetError) as raised:
        idx_files.read(idx_files.locate(folder, tiny.known), tiny.known)
    message = str(raised.value)
    assert str(folder / (IMAGES + ending)) in message and words in message
    assert "Replace it" in message


class Trap:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def npz_of(tiny, **changed):
    return npz(**(tiny.arrays | changed))


def zipped(members, packing=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def with_header(tiny, text):
    start = npz_of(tiny)
    with zipfile.ZipFile(io.BytesIO(start)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    head = text.encode()
    return zipped(members | {"x_train.npy": b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head})


WRONG_NPZ = {
    "no zip": (lambda tiny: b"PK" + bytes(5000), "compressed data is damaged"),
    "empty": (lambda tiny: b"", "compressed data is damaged"),
    "cut off": (lambda tiny: npz_of(tiny)[:-300], "compressed data is damaged"),
    "altered": (lambda tiny: altered(npz_of(tiny), 1000), "compressed data is damaged"),
    "another image": (lambda tiny: npz_of(tiny, x_train=tiny.arrays["x_train"] ^ 1), "SHA-256"),
    "an array missing": (lambda tiny: npz(x_train=tiny.arrays["x_train"]), "y_train"),
    "another shape": (lambda tiny: npz_of(tiny, x_train=np.zeros((12, 8, 8), np.uint8)), "(12, 8, 8)"),
    "another type": (lambda tiny: npz_of(tiny, x_train=tiny.arrays["x_train"] / 255), "<f8"),
    "a hostile shape": (
        lambda tiny: with_header(tiny, "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999,), }"),
        "99999999999",
    ),
    "hostile code": (lambda tiny: with_header(tiny, "__import__('os').abort()"), "abort"),
    "a bottomless header": (lambda tiny: with_header(tiny, "(" * 60_000), "'(((("),
    "a foreign packing": (
        lambda tiny: zipped({f"{key}.npy": b"" for key in tiny.arrays}, zipfile.ZIP_LZMA),
        "unknown method",
    ),
}


@pytest.mark.parametrize("wrong", WRONG_NPZ)
def test_a_wrong_npz_is_named_with_what_was_expected_and_what_to_do(tiny, tmp_path, wrong):
    make, words = WRONG_NPZ[wrong]
    folder = tiny.write(tmp_path, {"tiny.npz": make(tiny)})
    with pytest.raises(DatasetError) as raised:
        idx_files.read(idx_files.locate(folder, tiny.known), tiny.known)
    assert str(folder / "tiny.npz") in str(raised.value) and words in str(raised.value)


def test_an_npz_of_pickles_is_refused_and_never_unpickled(tiny, tmp_path):
    sprung = tmp_path / "sprung"
    pickles = np.array([Trap(sprung)], dtype=object)
    folder = tiny.write(tmp_path, {"tiny.npz": npz_of(tiny, x_train=pickles)})
    with pytest.raises(DatasetError, match=r"\|O"):
        idx_files.read(idx_files.locate(folder, tiny.known), tiny.known)
    assert not sprung.exists()
    pickle.loads(pickle.dumps(Trap(sprung))).close()  # the trap works
    assert sprung.exists()


def test_a_file_that_may_not_be_read_is_named(tiny, tmp_path, monkeypatch):
    folder = tiny.write(tmp_path, tiny.raw)
    paths = idx_files.locate(folder, tiny.known)
    (folder / IMAGES).unlink()
    (folder / IMAGES).mkdir()
    with pytest.raises(DatasetError, match=f"{IMAGES} cannot be read: Is a directory"):
        idx_files.read(paths, tiny.known)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_in_a_damaged_file_only_a_dataset_error_comes_out(tiny, tmp_path, seed):
    rng = np.random.default_rng(seed)
    whole = {"tiny.npz": npz_of(tiny)} if seed % 2 else {f"{IMAGES}.gz": gzip.compress(tiny.raw[IMAGES])}
    (name, data), *_ = whole.items()
    damaged = bytearray(data)
    for place in rng.integers(0, 300 if seed % 3 else len(data), 4):
        damaged[-place if seed % 4 == 1 else place] ^= int(rng.integers(1, 256))
    rest = {} if seed % 2 else {key: value for key, value in tiny.raw.items() if key != IMAGES}
    folder = tiny.write(tmp_path, {name: bytes(damaged)} | rest)
    try:
        arrays = idx_files.read(idx_files.locate(folder, tiny.known), tiny.known)
    except DatasetError:
        return
    assert all(np.array_equal(array, made) for array, made in zip(arrays, tiny.arrays.values(), strict=True))


def test_mnist_in_any_form_is_the_published_one(mnist, tmp_path, monkeypatch):
    arrays = {"x_train": mnist.train.images, "x_test": mnist.test.images}
    arrays |= {"y_train": mnist.train.labels.astype(np.uint8), "y_test": mnist.test.labels.astype(np.uint8)}
    known = catalogue.DATASETS["mnist"]
    (tmp_path / "mnist.npz").write_bytes(npz(**arrays))
    again = idx_files.read(idx_files.locate(tmp_path, known), known)
    assert all(np.array_equal(array, arrays[file.array]) for array, file in zip(again, known.files, strict=True))
