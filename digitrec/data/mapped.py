"""Images that lie in a file and are mapped into memory: what was read of them is given back.

A mapped page counts for the memory of a process from when it is read until the machine needs it. 800,000 images
would count 640 MB for nothing: the machine keeps the file in its own cache anyway.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging import Images

CHUNK_IMAGES = 20_000  # read together: 16 MB


def release(images: Images) -> None:
    """Give back the memory of the pages of mapped images that were read; other arrays stay as they are."""
    mapped = _mapping(images)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def iterate_chunks(images: Images, count: int = CHUNK_IMAGES) -> Iterator[Images]:
    """The images in chunks of so many; what is mapped is given back after each."""
    for start in range(0, len(images), count):
        yield images[start : start + count]
        release(images)


def take(images: Images, indices: NDArray[np.int64]) -> Images:
    """The images with these ascending indices: mapped where the images are, else a copy in memory.

    The file of mapped ones lies beside theirs. It has no name, and goes with the array.
    """
    if not is_mapped(images):
        return images[indices]
    folder = Path(str(images.filename)).parent if isinstance(images, np.memmap) and images.filename else None
    with tempfile.TemporaryFile(dir=folder) as file:
        for start in range(0, len(indices), CHUNK_IMAGES):
            file.write(images[indices[start : start + CHUNK_IMAGES]].tobytes())
            release(images)
        file.flush()
        if not len(indices):
            return images[indices]
        return np.memmap(file, np.uint8, "r", shape=(len(indices), *images.shape[1:]))


def is_mapped(images: Images) -> bool:
    """Whether the images lie in a file that is mapped into memory."""
    return _mapping(images) is not None


def _mapping(images: Images) -> mmap.mmap | None:
    found = getattr(images, "_mmap", None)
    return found if isinstance(found, mmap.mmap) else None
