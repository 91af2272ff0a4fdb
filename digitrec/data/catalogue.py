"""Descriptions of data sets: classes, source, licence, download mirrors and checksums.

A `Description` says what a data set is before any of its images is on this machine. Pass it on instead of the
name: then the name is looked up only once.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from typing import NamedTuple

Progress = Callable[[str, float], None]  # receives the name of the current step and its finished fraction, 0 to 1


class DatasetError(Exception):
    """A data set cannot be loaded, stored or changed. The message says why and what to do."""


class IdxFile(NamedTuple):
    """One IDX file of a data set: a header of big-endian sizes, then uint8 values."""

    name: str
    shape: tuple[int, ...]
    sha256: str  # of the unpacked bytes, with the header
    array: str  # name of the same array in an .npz

    @property
    def header(self) -> bytes:
        """First bytes of the file: magic number (uint8, number of axes), then the sizes."""
        return struct.pack(f">{1 + len(self.shape)}I", 0x0800 + len(self.shape), *self.shape)

    @property
    def size(self) -> int:
        """Size of the unpacked file, bytes."""
        return len(self.header) + math.prod(self.shape)


class Mirror(NamedTuple):
    """A public download location: a folder of gzipped IDX files, or one .npz file."""

    url: str
    npz_sha256: str | None = None  # set if the mirror is an .npz file


class UserMade(NamedTuple):
    """Facts about a data set that a user made: saved drawings or imported images."""

    sha256: str  # of images, labels and class names; differs between two data sets with the same name
    train: int  # number of training images; 0 if the data set is only for testing
    test: int  # number of test images
    is_own: bool  # the images are saved drawings


class Description(NamedTuple):
    """Facts about a data set that need none of its images."""

    name: str
    title: str
    class_names: tuple[str, ...]
    source: str
    licence: str
    mirrors: tuple[Mirror, ...] = ()
    files: tuple[IdxFile, ...] = ()  # train images, train labels, test images, test labels
    size: int = 0  # bytes to download
    base: str | None = None  # name of the data set that pen drawings are added to
    has_forms: bool = False  # rare forms of digits are added to the pen drawings
    fold: int | None = None  # the fifth of the writers held out for testing, 1 to 5; None: no writer is held out
    user_made: UserMade | None = None  # set if a user made it

    @property
    def is_embedded(self) -> bool:
        """Whether the data set comes with the program, without a download."""
        return not self.files and not self.base and not self.user_made

    @property
    def stored_size(self) -> int:
        """Size of all unpacked files, bytes."""
        return sum(file.size for file in self.files)


DIGITS = tuple("0123456789")
_MNIST_TEST = "the test images are MNIST's"
_PEN_SOURCE = (
    "MNIST, and 7,494 digits that 30 people drew with a pen, each drawn 8 times with random width and size "
    "(Alpaydin and Alimoglu 1998, Pen-Based Recognition of Handwritten Digits, UCI Machine Learning Repository)"
)
_PEN_LICENCE = "CC BY-SA 3.0 (MNIST), CC BY 4.0 (pen digits)"

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
        "Repository: the 1,797 digits of 8 x 8 pixels in scikit-learn, enlarged",
        licence="CC BY 4.0",
    ),
    "mnist+pen": Description(
        name="mnist+pen",
        title="MNIST and pen drawings",
        class_names=DIGITS,
        source=f"{_PEN_SOURCE}; {_MNIST_TEST}",
        licence=_PEN_LICENCE,
        base="mnist",
    ),
    "mnist+pen+forms": Description(
        name="mnist+pen+forms",
        title="MNIST, pen drawings and rare forms",
        class_names=DIGITS,
        source=f"{_PEN_SOURCE}; and forms that these hardly hold, such as slashed zeros, flagged ones, crossed "
        f"sevens and open fours, edited from the pen digits or made; {_MNIST_TEST}",
        licence=_PEN_LICENCE,
        base="mnist",
        has_forms=True,
    ),
}


def describe(name: str) -> Description:
    """The description of a public data set: one of `DATASETS`, or one with a fold of the writers held out.

    "mnist+pen-1" to "mnist+pen-5" train on four fifths of the writers and test on the drawings of the other fifth.
    They estimate how well a training on "mnist+pen" predicts digits of new writers.

    Raises:
        DatasetError: no data set has this name.
    """
    if name in DATASETS:
        return DATASETS[name]
    match = re.fullmatch(r"(.*)-([1-5])", name, re.DOTALL)
    whole = DATASETS.get(match[1]) if match else None
    if match is None or whole is None or whole.base is None:
        raise DatasetError(f"there is no data set {name!r}: expected one of {', '.join(DATASETS)}.")
    return whole._replace(
        name=name,
        title=f"{whole.title}, fifth {match[2]} of the writers held out",
        source=whole.source.replace(_MNIST_TEST, "the test images are drawings of the writers held out"),
        fold=int(match[2]),
    )


def evaluation_dataset(name: str) -> str:
    """The name of the data set on which to evaluate a network that was trained on this one.

    Usually the same; the base data set if pen drawings were added to one. Both have the same test images and hold
    out the same validation images, and the base needs no drawings. `name` may be unknown on this machine.
    """
    description = DATASETS.get(name)
    return description.base if description and description.base else name
