"""Reads images and labels from an HDF5 file, such as usps.h5: groups train and test, each with data and target.

The form is the one in which https://www.kaggle.com/datasets/bistaumanga/usps-dataset has USPS. The file may be
hostile: only numeric arrays in the file itself are read, and only if the size that they state is small enough.
"""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np

from digitrec.data.catalogue import DatasetError
from digitrec.data.importing.arrays import MAX_ARRAY_BYTES, MAX_IMAGES, RawDataset, RawPart
from digitrec.data.importing.pictures import part_of

MAGIC = b"\x89HDF\r\n\x1a\n"
_IMAGES, _LABELS = ("data", "x", "images", "image"), ("target", "targets", "y", "labels", "label")
_MAX_GROUPS = 20
_DAMAGE_ERRORS = (
    OSError,
    RuntimeError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    MemoryError,
    OverflowError,
)


def read_hdf5(data: bytes) -> RawDataset:
    """Read the arrays of an HDF5 file.

    Raises:
        DatasetError: it is damaged or too large, has no images with labels, or h5py is not installed.
    """
    try:
        import h5py  # installed with TensorFlow
    except ImportError as error:
        raise DatasetError(
            'HDF5 files are read with h5py, which is not installed: pip install "digitrec[train]".'
        ) from error
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            groups = {"": file} | {name: _get(file, name) for name in list(file)[:_MAX_GROUPS]}
            found = {name: _find_pair(group) for name, group in groups.items() if isinstance(group, h5py.Group)}
            pairs = {part_of([name]): pair for name, pair in found.items() if pair}
            if not pairs:
                raise DatasetError(
                    f"the HDF5 file has {', '.join(repr(name[:40]) for name in list(file)[:8]) or 'nothing'}: "
                    "expected groups train and test, each with data and target, the images and the labels."
                )
            return RawDataset(
                {part: RawPart(_read(images), _read(labels)) for part, (images, labels) in pairs.items()}
            )
    except _DAMAGE_ERRORS as error:
        raise DatasetError(f"the HDF5 file is damaged ({str(error)[:120]}): create or send it again.") from error


def _get(group: Any, name: str) -> Any:
    """An object of a group; None if it is a link, which may lead out of the file."""
    import h5py

    return group[name] if isinstance(group.get(name, getlink=True), h5py.HardLink) else None


def _find_pair(group: Any) -> tuple[Any, Any] | None:
    """The images and the labels of a group."""
    import h5py

    names = {name.casefold(): name for name in list(group)[:_MAX_GROUPS]}
    images, labels = (
        next((_get(group, names[title]) for title in titles if title in names), None)
        for titles in (_IMAGES, _LABELS)
    )
    is_pair = isinstance(images, h5py.Dataset) and isinstance(labels, h5py.Dataset)
    return (images, labels) if is_pair else None


def _read(dataset: Any) -> np.ndarray[Any, Any]:
    """The values of an array, if they are numbers in this file, and not too many."""
    if dataset.external or dataset.is_virtual:
        raise DatasetError("the HDF5 file takes values from another file: expected all of them in this one.")
    if dataset.dtype.kind not in "buif" or not dataset.shape:
        raise DatasetError(f"an array of the HDF5 file is {dataset.dtype} {dataset.shape}: expected numbers.")
    size = math.prod(dataset.shape) * dataset.dtype.itemsize
    if dataset.shape[0] > MAX_IMAGES or size > MAX_ARRAY_BYTES:
        raise DatasetError(
            f"an array of the HDF5 file is {dataset.dtype} {dataset.shape}: expected at most {MAX_IMAGES:,} "
            f"images and {MAX_ARRAY_BYTES / 1e6:.0f} MB."
        )
    if dataset.chunks and math.prod(dataset.chunks) * dataset.dtype.itemsize > MAX_ARRAY_BYTES:
        raise DatasetError("an array of the HDF5 file has too large chunks. Write it again without compression.")
    values: np.ndarray[Any, Any] = dataset[()]
    return values
