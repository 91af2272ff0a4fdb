"""The known data sets as plain data: what they are, whose, where they live, how to tell that they are whole."""

from __future__ import annotations

import math
import re
import struct
from typing import NamedTuple


class DatasetError(Exception):
    """A data set cannot be had: the message says why and what to do."""


class IdxFile(NamedTuple):
    """One file of a data set in the IDX form: a header of big-endian sizes, then plain uint8 values."""

    name: str
    shape: tuple[int, ...]
    sha256: str  # of the unpacked bytes, header included
    array: str  # what an npz of the same data set calls it

    @property
    def header(self) -> bytes:
        """The file's first bytes: the magic number, which says uint8 and the number of axes, and the sizes."""
        return struct.pack(f">{1 + len(self.shape)}I", 0x0800 + len(self.shape), *self.shape)

    @property
    def size(self) -> int:
        """Bytes of the unpacked file."""
        return len(self.header) + math.prod(self.shape)


class Mirror(NamedTuple):
    """A public place to download from: a folder of gzipped IDX files, or one npz."""

    url: str
    npz_sha256: str | None = None  # given where the home is an npz


class UserMade(NamedTuple):
    """What is known of a data set that a person made: drawings that were kept, or images that were imported."""

    sha256: str  # of its images, labels and class names: another set under the same name has another
    train: int  # images to learn from; none where it is for testing alone
    test: int
    is_own: bool  # drawn on the Draw page


class Description(NamedTuple):
    """What is known of a data set before any of it is on this machine."""

    name: str
    title: str
    class_names: tuple[str, ...]
    source: str
    licence: str
    mirrors: tuple[Mirror, ...] = ()
    files: tuple[IdxFile, ...] = ()  # train images, train labels, test images, test labels; none where embedded
    size: int = 0  # bytes to download
    base: str | None = None  # the data set whose images the drawings of people join, where there are any
    fold: int | None = None  # which fifth of the people is kept for the test; None where all are learnt from
    user_made: UserMade | None = None  # given where a person made it

    @property
    def is_embedded(self) -> bool:
        """Whether the data set comes with the program and needs no download."""
        return not self.files and not self.base and not self.user_made

    @property
    def stored_size(self) -> int:
        """Bytes of all unpacked files."""
        return sum(file.size for file in self.files)


DIGITS = tuple("0123456789")

DATASETS: dict[str, Description] = {
    "mnist": Description(
        name="mnist",
        title="MNIST",
        class_names=DIGITS,
        source="LeCun, Cortes and Burges 1998, The MNIST database of handwritten digits",
        licence="CC BY-SA 3.0",
        mirrors=(
            Mirror("https://ossci-datasets.s3.amazonaws.com/mnist/"),
            Mirror("https://storage.googleapis.com/cvdf-datasets/mnist/"),
            Mirror(
                "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
                "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
            ),
        ),
        files=(
            IdxFile(
                "train-images-idx3-ubyte",
                (60_000, 28, 28),
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                "x_train",
            ),
            IdxFile(
                "train-labels-idx1-ubyte",
                (60_000,),
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                "y_train",
            ),
            IdxFile(
                "t10k-images-idx3-ubyte",
                (10_000, 28, 28),
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                "x_test",
            ),
            IdxFile(
                "t10k-labels-idx1-ubyte",
                (10_000,),
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                "y_test",
            ),
        ),
        size=11_594_722,
    ),
    "digits": Description(
        name="digits",
        title="scikit-learn digits",
        class_names=DIGITS,
        source="Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits, UCI Machine Learning "
        "Repository: the 1,797 digits of 8 x 8 pixels that ship inside scikit-learn, enlarged",
        licence="CC BY 4.0",
    ),
    "mnist+pen": Description(
        name="mnist+pen",
        title="MNIST and pen drawings",
        class_names=DIGITS,
        source="MNIST, and 7,494 digits that 30 people drew with a pen, each drawn eight times over at chance "
        "widths and sizes (Alpaydin and Alimoglu 1998, Pen-Based Recognition of Handwritten Digits, UCI Machine "
        "Learning Repository); the test images are MNIST's",
        licence="CC BY-SA 3.0 (MNIST), CC BY 4.0 (pen digits)",
        base="mnist",
    ),
}


def describe(name: str) -> Description:
    """What is known of the data set with this name: one of `DATASETS`, or one of those with people left out.

    "mnist+pen-1" to "mnist+pen-5" learn from four fifths of the writers and are tested on the drawings of the
    rest: they tell how well a training on "mnist+pen" will read hands that it never saw.

    Raises:
        DatasetError: there is no such data set.
    """
    known, fold = re.fullmatch(r"(.*?)(?:-([1-5]))?", name, re.DOTALL).groups()
    if name in DATASETS:
        return DATASETS[name]
    if fold is None or known not in DATASETS or not DATASETS[known].base:
        raise DatasetError(f"there is no data set {name!r}: expected one of {', '.join(DATASETS)}.")
    whole = DATASETS[known]
    return whole._replace(
        name=name,
        title=f"{whole.title}, fifth {fold} of the writers left out",
        source=whole.source.replace(
            "the test images are MNIST's", "the test images are drawings of the writers left out"
        ),
        fold=int(fold),
    )


def evaluation_dataset(name: str) -> str:
    """The data set on whose images a network that learnt from the one of this name is evaluated first.

    Its own; where people's drawings joined a data set, that one: both are tested on the same images, hold out the
    same of it for validation, and it is there where the drawings are not. The name need not be known here.
    """
    known = DATASETS.get(name)
    return known.base if known and known.base else name
