"""Named data sets as read-only arrays: from the user's folder, from the cache, or from their public homes.

`load` looks in the folder that DIGITREC_DATA names, then in the cache folder, and then downloads. Without any of
them there are always the embedded digits. Beside the known data sets there are those that a person made: drawings
that were kept, and images that were imported.
"""

from __future__ import annotations

import functools
import os
import threading
from pathlib import Path

import numpy as np
import platformdirs

from digitrec.data import catalogue, idx_files, pen_digits, sklearn_digits, user_datasets
from digitrec.data.catalogue import DATASETS, DatasetError, Description
from digitrec.data.downloads import Progress, fetch
from digitrec.data.splits import Dataset, Split, make_split, validation_split

EMBEDDED_TEST_SHARE = 0.2
_LOADING_LOCK = threading.RLock()  # two sessions that load the same data set at once would take its memory twice
_MAX_USER_DATASETS = 3  # data sets that a person made, and that stay in memory: at most 78 MB each


def list_datasets() -> list[Description]:
    """All data sets that there are: the known ones, on this machine or not, and those that a person made."""
    return [*DATASETS.values(), *filter(None, map(_describe_if_whole, user_datasets.list_names(cache_folder())))]


def find_damaged() -> dict[str, str]:
    """The data sets that a person made and that cannot be read: name to what is wrong."""
    found = {}
    for name in user_datasets.list_names(cache_folder()):
        try:
            user_datasets.describe(cache_folder(), name)
        except DatasetError as error:
            found[name] = str(error)
    return found


def describe(name: str) -> Description:
    """What is known of the data set with this name, whoever made it; see `catalogue.described`.

    Raises:
        DatasetError: there is no such data set, or it is one that a person made, and damaged.
    """
    if found := user_datasets.describe(cache_folder(), name):
        return found
    try:
        return catalogue.describe(name)
    except DatasetError:
        names = ", ".join([*DATASETS, *user_datasets.list_names(cache_folder())])
        raise DatasetError(f"there is no data set {name!r}: expected one of {names}.") from None


def title(name: str) -> str:
    """What people call the data set with this name; the name itself where nothing is known of it here."""
    try:
        return describe(name).title
    except DatasetError:
        return name


def is_available(name: str) -> bool:
    """Whether a data set is on this machine; one that nobody knows here, as of a run from elsewhere, is not."""
    try:
        return find_folder(name) is not None
    except DatasetError:
        return False


def check_trainable(name: str) -> None:
    """Whether there are images to learn from in the data set with this name; those of a download come with it.

    Raises:
        DatasetError: there are none, or there is no such data set.
    """
    found = describe(name)
    if found.user_made is None or found.user_made.train:
        return
    copied = found.user_made.is_own
    way = "train on a copy of them (Explore makes one)" if copied else "import it again for training"
    raise DatasetError(f"{found.title!r} holds test images alone, none to learn from: {way}.")


def load(name: str, progress: Progress | None = None) -> Dataset:
    """The data set with this name, downloaded first if it is not on this machine.

    Args:
        name: a name in `DATASETS`.
        progress: called while downloading, with what is being fetched and the fraction done, 0 to 1.

    Raises:
        DatasetError: there is no such data set, its files are damaged, or it cannot be downloaded.
    """
    known = describe(name)
    if known.user_made:
        with _LOADING_LOCK:
            return _load_user_dataset(known, cache_folder())
    if known.is_embedded:
        return _load_once(known)
    paths = _locate_files(known)
    if known.base:
        load(known.base, progress)
        pen_digits.load(_locate_strokes(), cache_folder(), progress)  # made here, where progress can be told
        return _load_once(known, (_locate_strokes(),))
    if paths is None:
        return _load_once(known, _download_files(known, progress))
    try:
        return _load_once(known, paths)
    except DatasetError as damage:
        if cache_folder() not in paths[0].parents:
            raise
        return _repair_cache(known, damage, progress)


def find_folder(name: str) -> Path | None:
    """The folder on this machine that holds the data set, or None; touches no network and reads no file.

    Raises:
        DatasetError: there is no such data set.
    """
    known = describe(name)
    if known.user_made:
        return user_datasets.file_path(cache_folder(), name).parent
    if known.is_embedded:
        return sklearn_digits.CSV_PATH.parent if sklearn_digits.CSV_PATH.is_file() else None
    paths = _locate_files(known)
    return paths[0].parent if paths else None


def default_name() -> str:
    """The data set to begin with: MNIST if it is on this machine, else the embedded digits."""
    return "mnist" if find_folder("mnist") else "digits"


def download(name: str, progress: Progress | None = None) -> None:
    """Fetch the data set into the cache folder, even if it is on this machine; nothing to do for an embedded one.

    Args:
        name: a name in `DATASETS`.
        progress: called with what is being fetched and the fraction done, 0 to 1.

    Raises:
        DatasetError: there is no such data set, no home gives it whole, or it cannot be stored.
    """
    known = describe(name)
    if known.base:
        download(known.base, progress)
        pen_digits.load(_locate_strokes(), cache_folder(), progress)
    elif known.files:
        _download_files(known, progress)


def cache_folder() -> Path:
    """Where downloads are kept: the folder that DIGITREC_CACHE names, or the user's own cache folder."""
    return Path(os.environ.get("DIGITREC_CACHE") or platformdirs.user_cache_dir("digitrec")).resolve()


def _search_folders(known: Description) -> list[Path]:
    """Where the data set's files may be, first the user's own folder."""
    data = os.environ.get("DIGITREC_DATA")
    return [Path(folder).resolve() / known.name for folder in (data, cache_folder()) if folder]


def _locate_files(known: Description) -> tuple[Path, ...] | None:
    if known.base:
        path = _locate_strokes()
        return (path,) if path.is_file() and find_folder(known.base) else None
    return next(filter(None, (idx_files.locate(folder, known) for folder in _search_folders(known))), None)


def _locate_strokes() -> Path:
    """Where the pen digits are, or the first place where they should be."""
    data = os.environ.get("DIGITREC_DATA")
    places = [Path(folder).resolve() / pen_digits.STROKE_FILE for folder in (data, cache_folder()) if folder]
    return next((path for path in places if path.is_file()), places[0])


def _repair_cache(known: Description, damage: DatasetError, progress: Progress | None) -> Dataset:
    """The data set after a new download, because the cache, which is ours, is damaged."""
    try:
        return _load_once(known, _download_files(known, progress))
    except DatasetError as failure:
        raise DatasetError(f"{damage}\n\n{failure}") from damage


def _download_files(known: Description, progress: Progress | None) -> tuple[Path, ...]:
    try:
        return fetch(known, cache_folder(), progress)
    except DatasetError as error:
        raise DatasetError(f"{error}\n\n{_explain_manual_download(known)}") from error


def _load_once(known: Description, paths: tuple[Path, ...] = ()) -> Dataset:
    with _LOADING_LOCK:
        return _build_dataset(known, paths)


@functools.cache
def _build_dataset(known: Description, paths: tuple[Path, ...]) -> Dataset:
    about = known.name, known.title, known.class_names
    if known.base:
        base = load(known.base)
        train, test, *more = _join_drawings(base, known.fold, paths[0])
        return Dataset(*about, train, test, known.source, known.licence, len(base.train.labels), *more)
    train, test = _split_sklearn_digits() if known.is_embedded else _read_idx_splits(known, paths)
    return Dataset(*about, train, test, known.source, known.licence)


@functools.lru_cache(maxsize=_MAX_USER_DATASETS)
def _load_user_dataset(known: Description, cache: Path) -> Dataset:
    parts = user_datasets.read(cache, known.name)
    return Dataset(known.name, known.title, known.class_names, *parts, known.source, known.licence)


def _describe_if_whole(name: str) -> Description | None:
    try:
        return user_datasets.describe(cache_folder(), name)
    except DatasetError:
        return None


def _join_drawings(
    base: Dataset, fold: int | None, path: Path
) -> tuple[Split, Split, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """A data set and the drawings of people: train, test (those of people left out, if any), groups, writers."""
    drawn = pen_digits.load(path, cache_folder())
    out = np.zeros(len(drawn.labels), bool) if fold is None else pen_digits.mask_left_out(drawn.writers, fold)
    n = len(base.train.labels)
    train = make_split(
        np.concatenate([base.train.images, drawn.images[~out]]),
        np.concatenate([base.train.labels, drawn.labels[~out]]),
    )
    groups = np.concatenate([np.arange(n), n + drawn.digits[~out]])
    test = base.test if fold is None else make_split(drawn.images[out], drawn.labels[out])
    test_writers = np.full(len(base.test.labels), -1) if fold is None else drawn.writers[out]
    return train, test, groups, (np.concatenate([np.full(n, -1), drawn.writers[~out]]), test_writers)


def _read_idx_splits(known: Description, paths: tuple[Path, ...]) -> tuple[Split, Split]:
    train_images, train_labels, test_images, test_labels = idx_files.read(paths, known)
    return make_split(train_images, train_labels), make_split(test_images, test_labels)


def _split_sklearn_digits() -> tuple[Split, Split]:
    images, labels = sklearn_digits.read()
    train, test = validation_split(labels, EMBEDDED_TEST_SHARE, seed=0)
    return make_split(images[train], labels[train]), make_split(images[test], labels[test])


def _explain_manual_download(known: Description) -> str:
    """What a person can do where the download cannot."""
    names = ", ".join(f"{file.name}.gz" for file in known.files)
    lines = [f"Put {names} (or {known.name}.npz) into {_search_folders(known)[0]}, or try again."]
    for folder in _search_folders(known):
        lacks = idx_files.list_missing(folder, known)
        if 0 < len(lacks) < len(known.files):
            lines.append(f"{folder} lacks {', '.join(lacks)}.")
    return " ".join(lines)
