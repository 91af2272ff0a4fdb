"""Files with images and labels in every form that is imported, and many that are hostile."""

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from PIL import Image

from digitrec.data import loading, sklearn_digits

DIGITS = loading.load("digits").test  # 359 images


def zipped(files: Mapping[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def png(image: np.ndarray, scale: int = 1, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture = Image.fromarray(image)
    picture.resize((28 * scale, 28 * scale), Image.Resampling.BICUBIC).save(buffer, kind)
    return buffer.getvalue()


def folders(count: int = 60, above: str = "", scale: int = 1) -> dict[str, bytes]:
    """Pictures of the first digits in a folder for each class, in the digits' order."""
    return {f"{above}{DIGITS.labels[i]}/{i:03d}.png": png(DIGITS.images[i], scale) for i in range(count)}


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">{1 + array.ndim}I", 0x0800 + array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def idx_files(count: int = 60, stem: str = "") -> dict[str, bytes]:
    images, labels = DIGITS.images[:count], DIGITS.labels[:count]
    return {f"{stem}images-idx3-ubyte": idx(images), f"{stem}labels-idx1-ubyte.gz": gzip.compress(idx(labels))}


def csv(count: int = 60, header: str = "", *, labels: Sequence[object] | None = None, last: bool = False) -> bytes:
    """The first digits, their own labels or these before the pixels, or behind them."""
    rows = zip(labels or DIGITS.labels[:count].tolist(), DIGITS.images[:count].reshape(count, -1), strict=True)
    lines = [
        ",".join(map(str, [*pixels.tolist(), label] if last else [label, *pixels.tolist()]))
        for label, pixels in rows
    ]
    return "\n".join(([header] if header else []) + lines).encode()


def parquet(
    count: int = 60, *, names: Sequence[str] | None = None, rows_in_group: int = 25, **how: object
) -> bytes:
    """A Parquet file as Hugging Face writes it: pictures as a struct, labels as numbers with names in metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pictures = [{"bytes": png(image), "path": f"{i}.png"} for i, image in enumerate(DIGITS.images[:count])]
    table = pa.table(
        {
            "image": pa.array(pictures, pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
            "label": pa.array(DIGITS.labels[:count].tolist(), pa.int64()),
        }
    )
    if names:
        features = {"image": {"_type": "Image"}, "label": {"names": list(names), "_type": "ClassLabel"}}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, row_group_size=rows_in_group, **how)
    return buffer.getvalue()


def parquet_of(columns: Mapping[str, Sequence[object]], **how: object) -> bytes:
    """A Parquet file with these columns; texts of bytes are pictures."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table(dict(columns)), buffer, **how)
    return buffer.getvalue()


def hostile_parquets() -> dict[str, bytes]:
    import pyarrow as pa

    picture, y = png(DIGITS.images[0]), [i % 10 for i in range(20)]
    whole, repeated = parquet(), pa.DictionaryArray.from_arrays([0] * 5000, [bytes(9_000_000)])
    return {
        "parquet cut": whole[:-20],
        "parquet's start alone": b"PAR1" + bytes(100) + b"PAR1",
        "parquet without labels": parquet_of({"image": [picture] * 20}),
        "parquet without pictures": parquet_of({"label": y, "text": ["a"] * 20}),
        "parquet with two labels": parquet_of({"image": [picture] * 20, "a": y, "b": y}),
        "parquet with two pictures": parquet_of({"a": [picture] * 20, "b": [picture] * 20, "label": y}),
        "parquet with no picture in it": parquet_of({"image": [b"no"] * 20, "label": y}),
        "parquet of one class": parquet_of(
            {"image": [png(image) for image in DIGITS.images[:3]], "label": ["A"] * 3}
        ),
        "parquet with too many rows": parquet_of({"image": [b""] * 100_001, "label": [1] * 100_001}),
        "parquet with a huge value that is repeated": parquet_of(
            {"image": repeated, "label": list(range(5000))},
            compression="zstd",
            dictionary_pagesize_limit=10**9,
            store_schema=False,
        ),
        "parquet with huge pages": parquet_of(
            {"image": [bytes(65_000_000)], "label": y[:1]}, compression="zstd", use_dictionary=False
        ),
        "parquet with values made of others": parquet_of(
            {"image": [picture] * 20, "label": y},
            use_dictionary=False,
            column_encoding={"image": "DELTA_BYTE_ARRAY", "label": "PLAIN"},
        ),
        "parquet with a path that is no text": whole.replace(b"\x05label", b"\x05la\xffel"),
        "two parquets": zipped({"a.parquet": whole, "b.parquet": whole}),
        "parquet with altered pages": whole[:50] + b"\xff" * 4000 + whole[4050:],
    }


def hostile_hdf5s(path: str = "/etc/passwd") -> dict[str, bytes]:
    import h5py

    def make(fill: Callable[[h5py.File], object]) -> bytes:
        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            file["train/target"] = np.arange(10)
            fill(file)
        return buffer.getvalue()

    def claim(file: h5py.File, shape: tuple[int, ...], **how: object) -> None:
        file.create_dataset("train/data", shape, "u1", **how)

    whole = hdf5(train=(DIGITS.images[:20], DIGITS.labels[:20]))
    return {
        "hdf5 cut": whole[: len(whole) // 2],
        "hdf5's start alone": whole[:8] + bytes(1000),
        "hdf5 without images": make(lambda file: None),
        "hdf5 huge": make(lambda file: claim(file, (10**9, 28, 28), chunks=(1, 28, 28))),
        "hdf5 with huge images": make(lambda file: claim(file, (10, 10**5, 10**5), chunks=(1, 28, 28))),
        "hdf5 with texts": make(lambda file: file.__setitem__("train/data", ["a"] * 10)),
        "hdf5 that leads out of it": make(
            lambda file: file.__setitem__("train/data", h5py.ExternalLink(path, "x"))
        ),
        "hdf5 with values from a file": make(lambda file: claim(file, (10, 28, 28), external=[(path, 0, 7840)])),
        "hdf5 with other numbers": hdf5(train=(DIGITS.images[:20], DIGITS.labels[:19])),
    }


def hostile_texts() -> dict[str, bytes]:
    whole = arff()
    return {
        "arff without data": whole.partition(b"@DATA")[0],
        "arff with nothing in it": whole.partition(b"@DATA")[0] + b"@DATA\n",
        "arff sparse": whole.partition(b"@DATA")[0] + b"@DATA\n{0 1, 5 3}\n",
        "arff with a gap": whole.replace(b",0,", b",?,", 1),
        "arff of endless lines": whole + b"3,0\n" * 200_001,
        "arff with an endless header": b"@relation x\n" + b"@attribute a real\n" * 200_000,
        "semeion with a short line": semeion() + b"1 0 1\n",
        "semeion with another value": semeion() + b"7 " * 265 + b"1\n",
        "semeion with a word": semeion() + b"x " * 266 + b"\n",
    }


def arff(count: int = 60) -> bytes:
    """mnist_784 as OpenML has it: a comment, the attributes, and the class last."""
    pixels = "\n".join(f"@ATTRIBUTE pixel{i + 1} real" for i in range(784))
    classes = ",".join(map(str, range(10)))
    header = f"% Author: somebody\n%\n@RELATION mnist_784\n\n{pixels}\n@ATTRIBUTE class {{{classes}}}\n\n@DATA\n"
    return header.encode() + csv(count, last=True) + b"\n% the end\n"


def hdf5(**groups: tuple[np.ndarray, np.ndarray]) -> bytes:
    """usps.h5: a group for each part, with data from 0 to 1 and target."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, (images, labels) in groups.items():
            file[f"{name}/data"] = images
            file[f"{name}/target"] = labels
    return buffer.getvalue()


def semeion(count: int = 60) -> bytes:
    """The digits of scikit-learn, twice as large and in black and white, as Semeion has its own."""
    lines = []
    for row in optdigits().splitlines()[:count]:
        *pixels, label = map(int, row.split(b","))
        image = (np.array(pixels).reshape(8, 8) > 7).repeat(2, 0).repeat(2, 1)
        one_hot = np.arange(10) == label
        lines.append(
            " ".join(f"{value:.4f}" for value in image.ravel()) + " " + " ".join("01"[int(x)] for x in one_hot)
        )
    return " \n".join(lines).encode() + b" \n"


def optdigits() -> bytes:
    """The test part of UCI's optdigits as it is published: 64 values from 0 to 16, then the label."""
    return gzip.decompress(sklearn_digits.CSV_PATH.read_bytes())


def bomb(megabytes: int, name: str = "x.npy", other: bytes = b"") -> bytes:
    """A small ZIP with a file of so many megabytes of nothing."""
    return zipped({name: bytes(1_000_000 * megabytes), "y.npy" if name.endswith("npy") else "3/b.png": other})


def npy(header: str, data: bytes = b"", version: bytes = b"\1\0") -> bytes:
    return b"\x93NUMPY" + version + struct.pack("<H", len(header)) + header.encode("latin-1") + data


def _claim(descr: str, shape: str) -> bytes:
    return npy(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n", bytes(784))


def locked() -> bytes:
    """A ZIP whose file says that a password is needed."""
    data = bytearray(zipped({"3/a.png": png(DIGITS.images[0])}))
    data[6] |= 1
    data[data.rindex(b"PK\1\2") + 8] |= 1
    return bytes(data)


def hostile() -> dict[str, bytes]:
    """Files of which none is a data set, by what is wrong with each."""
    x, y = DIGITS.images[:60], DIGITS.labels[:60]
    pickled = io.BytesIO()
    np.save(pickled, np.array([print, {}], dtype=object), allow_pickle=True)
    whole = zipped(folders())
    label = npy("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }\n", bytes(8))
    claims = {
        "huge": ("'|u1'", "(10**9, 28, 28)"),
        "huge number": ("'|u1'", "(999999999, 28, 28)"),
        "negative": ("'|u1'", "(-1, 28, 28)"),
        "object": ("'|O'", "(1, 28, 28)"),
        "record": ("[('a', '<i4')]", "(196,)"),
        "complex": ("'<c8'", "(98,)"),
        "no size": ("'<U0'", "(1,)"),
        "no shape": ("'|u1'", "()"),
        "another size": ("'|u1'", "(2, 28, 28)"),
        "code": ("__import__('os').system('true')", "(1, 28, 28)"),
    }
    lying = {f"npz: {kind}": zipped({"x.npy": _claim(*claim), "y.npy": label}) for kind, claim in claims.items()}
    return (
        lying
        | hostile_parquets()
        | hostile_hdf5s()
        | hostile_texts()
        | {
            "empty": b"",
            "nothing": b"\0" * 5000,
            "text": b"hello",
            "html": b"<html>, <b>x</b></html>",
            "picture": png(DIGITS.images[0]),
            "cut zip": whole[: len(whole) // 2],
            "only a zip's start": b"PK\3\4" + bytes(100),
            "empty zip": zipped({}),
            "no pictures": zipped({"3/a.txt": b"x", "4/b.png": b"no"}),
            "pictures in no folder": zipped({"a.png": png(DIGITS.images[0])}),
            "blank pictures": zipped({f"{i}/a.png": png(np.zeros((28, 28), np.uint8)) for i in range(3)}),
            "classes that cannot be": zipped({"<script>/a.png": png(x[0]), "=1+1/b.png": png(x[1])}),
            "one class": zipped({f"A/{i}.png": png(x[i]) for i in range(3)}),
            "too many classes": npz(x=np.repeat(x, 2, 0), y=np.arange(120)),
            "locked": locked(),
            "unusual packing": zipped({"3/a.png": png(x[0])}, zipfile.ZIP_LZMA),
            "bomb": bomb(12, other=label),
            "bombed pictures": bomb(12, "3/a.png"),
            "pickle": zipped({"x.npy": pickled.getvalue(), "y.npy": pickled.getvalue()}),
            "no npy": zipped({"x.npy": b"no", "y.npy": b"no"}),
            "endless header": zipped({"x.npy": npy("(" * 60_000), "y.npy": label}),
            "npz without labels": npz(x=x),
            "more images than labels": npz(x=x, y=y[:50]),
            "no images": npz(x=x[:0], y=y[:0]),
            "values out of range": npz(x=x.astype(np.int32) * 3, y=y),
            "negative values": npz(x=x.astype(np.int8), y=y),
            "not a number": npz(x=np.full((60, 28, 28), np.nan), y=y),
            "infinite": npz(x=np.full((60, 28, 28), np.inf), y=y),
            "no square": npz(x=x.reshape(60, -1)[:, :700], y=y),
            "six axes": npz(x=x.reshape(60, 1, 28, 1, 28, 1), y=y),
            "texts for images": npz(x=np.array(["a", "b"]), y=y[:2]),
            "fractions for labels": npz(x=x, y=y + 0.5),
            "endless labels": npz(x=x[:2], y=np.array(["9" * 5000, "8" * 5000])),
            "two sizes": npz(x_train=x, y_train=y, x_test=x[:, :20, :20], y_test=y),
            "blank": npz(x=x * 0, y=y),
            "idx cut": zipped({name: data[:-9] for name, data in idx_files().items()}),
            "idx lying": zipped(idx_files() | {"images-idx3-ubyte": struct.pack(">4I", 0x803, 2**31, 2**31, 9)}),
            "idx without labels": zipped({"images-idx3-ubyte": idx(x)}),
            "idx of another kind": zipped(idx_files() | {"images-idx3-ubyte": b"\0\0\x0d\3" + bytes(12)}),
            "gzip bomb": zipped({"images-idx3-ubyte.gz": gzip.compress(bytes(12_000_000), 1), "labels-idx1": b""}),
            "csv without labels": csv().replace(b"\n", b",\n"),
            "csv with a short line": csv() + b"\n3,0,0",
            "csv with a word": csv().replace(b",0,", b",zero,", 1),
            "csv with a large number": csv().replace(b",0,", b",256,", 1),
            "csv with a fraction": csv().replace(b",0,", b",0.5,", 1),
            "csv header alone": b"label," + b",".join(b"pixel%d" % i for i in range(784)),
            "csv of one endless line": b"3" + b",0" * 200_000,
            "csv of endless lines": b"3,0\n" * 200_001,
            "two csv": zipped({"a.csv": csv(), "b.csv": csv()}),
        }
    )
