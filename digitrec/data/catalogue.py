"""The public data sets by name: classes, home, licence, download mirrors and checksums."""

from __future__ import annotations

import re

from digitrec.data.descriptions import (
    DIGITS,
    NIST_DIGITS,
    PEN_DIGITS,
    DatasetError,
    Description,
    IdxFile,
    Mirror,
    Progress,
    PublicFile,
    UserMade,
)
from digitrec.data.public import PUBLIC_SETS

__all__ = [
    "DATASETS",
    "DIGITS",
    "DatasetError",
    "Description",
    "IdxFile",
    "Mirror",
    "Progress",
    "PublicFile",
    "UserMade",
    "describe",
    "evaluation_dataset",
    "shared_collection",
]

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
        home="https://yann.lecun.com/exdb/mnist/",
        counts=(60_000, 10_000),
        collections=(NIST_DIGITS,),
    ),
    "digits": Description(
        name="digits",
        title="scikit-learn digits",
        class_names=DIGITS,
        source="Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits, UCI Machine Learning "
        "Repository: the 1,797 digits of 8 x 8 pixels in scikit-learn, enlarged",
        licence="CC BY 4.0",
        home="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
        counts=(1_438, 359),
    ),
    "mnist+pen": Description(
        name="mnist+pen",
        title="MNIST and pen drawings",
        class_names=DIGITS,
        source=f"{_PEN_SOURCE}; {_MNIST_TEST}",
        licence=_PEN_LICENCE,
        base="mnist",
        collections=(NIST_DIGITS, PEN_DIGITS),
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
        collections=(NIST_DIGITS, PEN_DIGITS),
    ),
    **PUBLIC_SETS,
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


def shared_collection(learnt: Description, tested: Description, split: str) -> str | None:
    """The handwriting that two public data sets have in common, if test images may be among those learnt; or None.

    The images differ, because each data set scales them in its own way: comparing pixels would find nothing.

    Args:
        learnt: the data set whose training images a network has learnt.
        tested: another data set.
        split: its part: "train", "validation" or "test".
    """
    if _stem(learnt) == _stem(tested):
        return None  # the same images: these can be compared
    drawings_only = tested.fold is not None and split == "test"
    collections = (PEN_DIGITS,) if drawings_only else tested.collections
    shared = [each for each in collections if each in learnt.collections]
    # QMNIST's test images are MNIST's and others that were left over; others drew the pen digits for testing.
    keeps_test = all(not each.name.startswith("emnist-") for each in (learnt, tested)) and tested.fold is None
    return shared[0] if shared and not (split == "test" and keeps_test) else None


def _stem(description: Description) -> str:
    return description.base or description.name
