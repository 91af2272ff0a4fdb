"""Reads the files of public data sets as their homes publish them, in chunks: images upright, 0 = paper.

- "idx": MNIST's format, big-endian sizes and then uint8 values (http://yann.lecun.com/exdb/mnist/), gzipped.
- "emnist": one ZIP with such files for six data sets, `gzip/emnist-NAME-train-images-idx3-ubyte.gz`. Each image
  has its rows and columns swapped ("inverted horizontally and rotated 90 anti-clockwise": TensorFlow Datasets,
  `image_classification/mnist.py`). The labels of "letters" begin at 1 (torchvision, `datasets/mnist.py`).
- "qmnist": images as above, labels int32 (n, 8): class, NIST series, writer, ... (section 2.2 of
  https://github.com/facebookresearch/qmnist).
- "libsvm": bzipped text, a line for each image, `label index:value ...`. In USPS the label is 1 to 10 for the
  digits 0 to 9, the values go from -1 to 1, and an index that is missing is 0 (torchvision, `datasets/usps.py`).
- "unipen": a ZIP with `pendigits-orig.tra.Z` and `.tes.Z`, packed by Unix `compress`. Each digit begins with
  `.SEGMENT DIGIT number ? "label"` and `.COMMENT label writer number`; the points of a stroke, x y with y upwards,
  are between `.PEN_DOWN` and `.PEN_UP` (pendigits-orig.names in the same ZIP).
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from digitrec.data.descriptions import Description, Form
from digitrec.data.public.lzw import unpack_z
from digitrec.imaging import Images, Labels, pen_drawing, to_mnist

MAX_IMAGES = 1_000_000  # in one part
PEN_SIZE, PEN_WIDTH = 200, 20  # of a pen digit's drawing, pixels on the canvas of 280: a usual drawing
PEN_BOX = 500  # side of the box on the tablet in which each digit was written, in the units of its points
_CHUNK_IMAGES = 4096
_CONVERTED_TOGETHER = 256  # drawings: progress is told after each chunk
_MAX_TEXT_BYTES = 200_000_000  # USPS unpacked has 18 MB, the pen digits 10 MB

_Item = TypeVar("_Item")


class Stream(Protocol):
    """What gzip and zipfile have in common."""

    def read(self, size: int = ..., /) -> bytes:
        """The next bytes, at most `size`."""


Opener = Callable[[], AbstractContextManager[Stream]]


class RawPart(NamedTuple):
    """The training or the test images of a data set."""

    labels: Labels  # (n,)
    writers: NDArray[np.int64] | None  # (n,), numbers of writers
    chunks: Callable[[], Iterator[Images]]  # the images (k, 28, 28), in order


Reader = Callable[[Description, Mapping[str, Path]], tuple[RawPart, RawPart]]


def read(description: Description, paths: Mapping[str, Path]) -> tuple[RawPart, RawPart]:
    """The training and the test part of a data set.

    Args:
        description: of the data set.
        paths: its published files, by name.

    Raises:
        ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error: a file is damaged or of another kind.
            Reading the chunks raises them, too.
    """
    return _READERS[description.form](description, paths)


def _read_idx(description: Description, paths: Mapping[str, Path]) -> tuple[RawPart, RawPart]:
    images, labels, test_images, test_labels = (_gzip_opener(paths[file.name]) for file in description.published)
    return _idx_part(images, _idx_labels(labels)), _idx_part(test_images, _idx_labels(test_labels))


def _read_emnist(description: Description, paths: Mapping[str, Path]) -> tuple[RawPart, RawPart]:
    (path,) = paths.values()
    first = 1 if description.name == "emnist-letters" else 0

    def part(name: str) -> RawPart:
        stem = f"{description.name}-{name}"
        labels = _idx_labels(_member_opener(path, f"{stem}-labels-idx1-ubyte.gz")) - first
        return _idx_part(_member_opener(path, f"{stem}-images-idx3-ubyte.gz"), labels, transposed=True)

    return part("train"), part("test")


def _read_qmnist(description: Description, paths: Mapping[str, Path]) -> tuple[RawPart, RawPart]:
    images, labels, test_images, test_labels = (_gzip_opener(paths[file.name]) for file in description.published)

    def part(image_file: Opener, label_file: Opener) -> RawPart:
        with label_file() as stream:
            shape = _read_header(stream, axes=2, kind=0x0C)
            if shape[0] > MAX_IMAGES or shape[1] != 8:
                raise ValueError(f"its labels are {shape}: expected (n, 8)")
            about = np.frombuffer(_read_exactly(stream, shape[0] * 32), ">i4").reshape(shape).astype(np.int64)
        return _idx_part(image_file, about[:, 0], writers=about[:, 2])

    return part(images, labels), part(test_images, test_labels)


def _read_libsvm(description: Description, paths: Mapping[str, Path]) -> tuple[RawPart, RawPart]:
    return tuple(_libsvm_part(paths[file.name]) for file in description.published)  # type: ignore[return-value]


def _libsvm_part(path: Path) -> RawPart:
    with path.open("rb") as packed, bz2.open(packed) as stream:
        try:
            text = stream.read(_MAX_TEXT_BYTES)
        except OSError as error:  # what bz2 raises for damage
            raise ValueError(f"{path.name} is damaged ({error})") from error
    lines = text.splitlines()
    labels, grays = np.empty(len(lines), np.int64), np.zeros((len(lines), 256))
    for i, line in enumerate(lines):
        label, *pairs = line.split()
        labels[i] = int(label) - 1
        for pair in pairs:
            index, value = pair.split(b":")
            if not 1 <= int(index) <= 256:
                raise ValueError(f"line {i + 1} has a pixel {int(index)}: expected 1 to 256")
            grays[i, int(index) - 1] = float(value)
    ink = np.rint(np.clip((grays + 1) / 2, 0, 1) * 255).astype(np.uint8).reshape(-1, 16, 16)
    return RawPart(labels, None, lambda: _in_chunks(list(ink), _enlarge))


def _enlarge(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An image (16, 16) as an image (28, 28), normalised like MNIST."""
    # Area averages of few pixels are squares: the image is enlarged by a cubic curve first.
    large = PIL.Image.fromarray(np.pad(ink, 1)).resize((72, 72), PIL.Image.Resampling.BICUBIC)
    return to_mnist(np.asarray(large))


def _read_unipen(description: Description, paths: Mapping[str, Path]) -> tuple[RawPart, RawPart]:
    (path,) = paths.values()
    del description

    def part(ending: str, first_writer: int) -> tuple[RawPart, int]:
        digits = read_pen_digits(path, ending)
        labels = np.array([digit.label for digit in digits], np.int64)
        writers = np.array([digit.writer for digit in digits], np.int64) + first_writer
        return RawPart(labels, writers, lambda: _in_chunks(digits, _draw)), int(writers.max()) + 1

    train, next_writer = part("tra", 0)
    return train, part("tes", next_writer)[0]  # other people, whose numbers begin anew


def read_pen_digits(path: Path, ending: str) -> list[pen_drawing.PenDigit]:
    """The digits of one part of UCI's ZIP, in its order.

    Args:
        path: the ZIP.
        ending: "tra" for the training part, "tes" for the test part, whose writers are numbered anew.

    Raises:
        ValueError, OSError, zipfile.BadZipFile, zlib.error: it is damaged, another file, or has no digit.
    """
    name = f"pendigits-orig.{ending}.Z"
    with _member_opener(path, name, packed=False)() as stream:
        text = unpack_z(stream.read(_MAX_TEXT_BYTES), _MAX_TEXT_BYTES).decode("ascii", errors="replace")
    digits = list(read_unipen(text))
    if not digits:
        raise ValueError(f"its member {name} has no digit")
    return digits


def read_unipen(text: str) -> Iterator[pen_drawing.PenDigit]:
    """The digits of the UCI pen digits in their original form; y grows downwards, as on the canvas.

    A line may begin with blanks, and end as Windows ends lines.
    """
    text = re.sub(r"^[ \t]+(?=\.)", "", text.replace("\r\n", "\n"), flags=re.MULTILINE)
    for segment in re.split(r"^\.SEGMENT ", text, flags=re.MULTILINE)[1:]:
        label = re.search(r'"(\d)"', segment.partition("\n")[0])
        about = re.search(r"^\.COMMENT\s+(\d)\s+(\d+)", segment, flags=re.MULTILINE)
        strokes = [
            np.array(points.split(), np.float32).reshape(-1, 2) * (1, -1) + (0, PEN_BOX)
            for points in re.findall(r"^\.PEN_DOWN\s*\n([\s\d-]*?)^\.PEN_UP", segment, flags=re.MULTILINE)
        ]
        strokes = [stroke.astype(np.float32) for stroke in strokes if len(stroke)]
        if label and about and strokes:
            yield pen_drawing.PenDigit(int(label[1]), int(about[2]), tuple(strokes))


def _draw(digit: pen_drawing.PenDigit) -> NDArray[np.uint8]:
    placed = pen_drawing.place(digit.strokes, size=PEN_SIZE)
    return to_mnist(pen_drawing.render(placed, width=PEN_WIDTH))


def _in_chunks(items: Sequence[_Item], convert: Callable[[_Item], NDArray[np.uint8]]) -> Iterator[Images]:
    for start in range(0, len(items), _CONVERTED_TOGETHER):
        yield np.stack([convert(item) for item in items[start : start + _CONVERTED_TOGETHER]])


def _idx_part(
    images: Opener, labels: Labels, *, writers: NDArray[np.int64] | None = None, transposed: bool = False
) -> RawPart:
    """A part whose images are an IDX file with as many images as there are labels."""

    def chunks() -> Iterator[Images]:
        with images() as stream:
            shape = _read_header(stream, axes=3)
            if shape != (len(labels), 28, 28):
                raise ValueError(f"it has images {shape} and {len(labels):,} labels: expected equal numbers")
            for start in range(0, shape[0], _CHUNK_IMAGES):
                count = min(_CHUNK_IMAGES, shape[0] - start)
                chunk = np.frombuffer(_read_exactly(stream, count * 784), np.uint8).reshape(count, 28, 28)
                yield chunk.transpose(0, 2, 1) if transposed else chunk

    return RawPart(labels, writers, chunks)


def _idx_labels(labels: Opener) -> Labels:
    with labels() as stream:
        (count,) = _read_header(stream, axes=1)
        if count > MAX_IMAGES:
            raise ValueError(f"it has {count:,} labels: expected at most {MAX_IMAGES:,}")
        return np.frombuffer(_read_exactly(stream, count), np.uint8).astype(np.int64)


def _read_header(stream: Stream, *, axes: int, kind: int = 0x08) -> tuple[int, ...]:
    """The shape that an IDX file states."""
    if (magic := stream.read(4)) != bytes((0, 0, kind, axes)):
        raise ValueError(f"it begins with the bytes [{magic.hex()}], expected [{bytes((0, 0, kind, axes)).hex()}]")
    return tuple(np.frombuffer(_read_exactly(stream, 4 * axes), ">u4").tolist())


def _read_exactly(stream: Stream, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError(f"it ends {count - len(data):,} bytes too early")
    return data


def _gzip_opener(path: Path) -> Opener:
    return lambda: gzip.GzipFile(path)


def _member_opener(path: Path, name: str, *, packed: bool = True) -> Opener:
    """Opens one file of a ZIP, in whatever folder it lies, and unpacks it; the other files are not touched."""

    @contextlib.contextmanager
    def open_member() -> Iterator[Stream]:
        with zipfile.ZipFile(path) as archive:
            found = [each for each in archive.namelist() if each.rpartition("/")[2] == name]
            if not found:
                raise ValueError(f"it has no member {name}")
            with archive.open(found[0]) as member:
                if packed:
                    with gzip.GzipFile(fileobj=member) as stream:
                        yield stream
                else:
                    yield member

    return open_member


_READERS: dict[Form, Reader] = {
    "idx": _read_idx,
    "emnist": _read_emnist,
    "qmnist": _read_qmnist,
    "libsvm": _read_libsvm,
    "unipen": _read_unipen,
}
