"""What a data set is before any of its images is on this machine: classes, home, licence, files, checksums.

A `Description` is passed on instead of the name: then the name is looked up only once.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Literal, NamedTuple

DIGITS = tuple("0123456789")
NIST_DIGITS, NIST_LETTERS = "the digits of NIST Special Database 19", "the letters of NIST Special Database 19"
PEN_DIGITS = "the pen digits of UCI"
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


class PublicFile(NamedTuple):
    """A file of a data set as its home publishes it."""

    name: str
    urls: tuple[str, ...]  # of equal files; the first that answers is taken
    checksum: str | None = None  # "md5:..." or "sha256:...", as somebody published it; None: trusted at first use
    size: int = 0  # bytes; 0: not published

    @property
    def is_pinned(self) -> bool:
        """Whether nobody published a checksum, so that the first download says what the next ones must be."""
        return self.checksum is None


Form = Literal["idx", "emnist", "qmnist", "libsvm", "unipen"]  # of published files; see `public.formats`


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
    size: int = 0  # bytes to download; 0: nothing, or not published
    base: str | None = None  # name of the data set that pen drawings are added to
    has_forms: bool = False  # rare forms of digits are added to the pen drawings
    fold: int | None = None  # the fifth of the writers held out for testing, 1 to 5; None: no writer is held out
    user_made: UserMade | None = None  # set if a user made it
    home: str = ""  # address for people
    counts: tuple[int, int] = (0, 0)  # number of training and of test images; 0: not said
    published: tuple[PublicFile, ...] = ()  # the files at its home, which are converted once
    form: Form = "idx"  # of the published files
    shelf: str = ""  # folder of the published files, if data sets share them
    collections: tuple[str, ...] = ()  # of handwriting that the images are from; other data sets may have it, too
    note: str = ""  # what a person should know before using it: a sentence

    @property
    def is_embedded(self) -> bool:
        """Whether the data set comes with the program, without a download."""
        return not (self.files or self.published or self.base or self.user_made)

    @property
    def stored_size(self) -> int:
        """Size of all unpacked files, bytes."""
        if self.published:
            return sum(self.counts) * (28 * 28 + 16)  # an image, a label and a writer
        return sum(file.size for file in self.files)
