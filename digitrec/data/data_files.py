"""The files of a data set on this machine, for another machine that is to load it from its own two folders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from digitrec.data import corrections, idx_files, loading, pen_digits, public, user_datasets
from digitrec.data.catalogue import Description

DATA, CACHE = "data", "cache"  # what DIGITREC_DATA and DIGITREC_CACHE name there


def list_files(name: str) -> dict[str, Path]:
    """The files of a data set by their paths there, such as "data/mnist/train-images-idx3-ubyte.gz".

    Args:
        name: of a data set.

    Returns:
        None of a data set that every installation has; those of the decisions about its images as well.

    Raises:
        DatasetError: no data set has this name, or it is not on this machine.
    """
    description = loading.describe(name)
    found = _list_of(description)
    decisions = corrections.log_path(name)
    if decisions.is_file():
        found |= _below(CACHE, loading.cache_folder(), [decisions])
    return found


def _list_of(description: Description) -> dict[str, Path]:
    cache = loading.cache_folder()
    if description.user_made:
        return _below(CACHE, cache, [user_datasets.file_path(cache, description.name)])
    if description.is_embedded:
        return {}
    if description.base:
        found, path = _list_of(loading.describe(description.base)), loading.locate_strokes()
        if path is None:
            return found
        place = Path(pen_digits.HOME, path.name) if pen_digits.is_archive(path) else pen_digits.STROKE_FILE
        return found | {f"{DATA}/{place.as_posix()}": path}
    folder = loading.find_folder(description)
    if folder is None:
        loading.load(description)  # downloads it, or says why that is not possible
        folder = loading.find_folder(description)
    assert folder is not None
    if description.published:
        if public.is_stored(description, cache):
            return _below(CACHE, cache, (path for path in folder.iterdir() if path.is_file()))
        return _below(DATA, folder.parent, (folder / file.name for file in description.published))
    paths = idx_files.locate(folder, description) or ()
    return {f"{DATA}/{description.name}/{path.name}": path for path in paths}


def _below(home: str, root: Path, paths: Iterable[Path]) -> dict[str, Path]:
    return {f"{home}/{path.relative_to(root).as_posix()}": path for path in paths}
