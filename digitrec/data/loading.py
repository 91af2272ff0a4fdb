"""Loads named data sets as read-only arrays: from the user's folder, the cache folder, or a download mirror.

`load` looks in the folder that DIGITREC_DATA names, then in the cache folder, then downloads. The scikit-learn
digits are always available. The cache folder also holds the data sets that a user made: saved drawings and
imported images. Each function takes a name or a `Description`; with a `Description` no name is looked up again.
"""

from __future__ import annotations

import functools
import os
import threading
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray

from digitrec.data import catalogue, idx_files, pen_digits, public, sklearn_digits, user_datasets
from digitrec.data.catalogue import DATASETS, DatasetError, Description, Progress
from digitrec.data.downloads import fetch
from digitrec.data.splits import Dataset, Split, make_split, validation_split

SKLEARN_TEST_SHARE = 0.2
_LOADING_LOCK = threading.RLock()  # otherwise two sessions that load the same data set would use twice its memory
_MAX_USER_DATASETS = 3  # data sets made by users that stay in memory: at most 78 MB each


def list_datasets() -> list[Description]:
    """All data sets: the public ones, on this machine or not, then those that a user made."""
    return [*DATASETS.values(), *filter(None, map(_describe_if_whole, user_datasets.list_names(cache_folder())))]


def find_damaged() -> dict[str, str]:
    """The damaged data sets among those that a user made: from name to error message."""
    damaged = {}
    for name in user_datasets.list_names(cache_folder()):
        try:
            user_datasets.describe(cache_folder(), name)
        except DatasetError as error:
            damaged[name] = str(error)
    return damaged


def describe(name: str) -> Description:
    """The description of the data set with this name, public or made by a user.

    Raises:
        DatasetError: no data set has this name, or a user made it and its file is damaged.
    """
    if description := user_datasets.describe(cache_folder(), name):
        return description
    try:
        return catalogue.describe(name)
    except DatasetError:
        names = ", ".join([*DATASETS, *user_datasets.list_names(cache_folder())])
        raise DatasetError(f"there is no data set {name!r}: expected one of {names}.") from None


def title(name: str) -> str:
    """The title of the data set with this name; the name itself if it is unknown on this machine."""
    try:
        return describe(name).title
    except DatasetError:
        return name


def is_available(dataset: str | Description) -> bool:
    """Whether a data set is on this machine. A name that is unknown here, as of a run from elsewhere, is not."""
    try:
        return find_folder(dataset) is not None
    except DatasetError:
        return False


def check_trainable(dataset: str | Description) -> None:
    """Check that a data set has training images; a download that is still to come counts.

    Raises:
        DatasetError: it has none, or no data set has this name.
    """
    description = _resolve(dataset)
    made = description.user_made
    if made is None or made.train:
        return
    advice = "train on a copy of it" if made.is_own else "import it again for training"
    raise DatasetError(f"{description.title!r} has only test images, and no training images: {advice}.")


def load(dataset: str | Description, progress: Progress | None = None) -> Dataset:
    """Load a data set; download it first if it is not on this machine.

    Args:
        dataset: a name or a description.
        progress: receives the step of a download and its fraction, 0 to 1.

    Raises:
        DatasetError: no data set has this name, its files are damaged, or the download fails.
    """
    description = _resolve(dataset)
    if description.user_made:
        with _LOADING_LOCK:
            return _load_user_dataset(description, cache_folder())
    if description.published:
        return _load_public(description, progress)
    if description.is_embedded:
        return _load_once(description)
    if description.base:
        load(description.base, progress)
        strokes = _obtain_strokes(progress)
        _draw_pen_digits(description, strokes, progress)  # made here, where it can report progress
        return _load_once(description, (strokes,))
    paths = _locate_files(description)
    if paths is None:
        return _load_once(description, _download_files(description, progress))
    try:
        return _load_once(description, paths)
    except DatasetError as damage:
        if cache_folder() not in paths[0].parents:
            raise
        return _repair_cache(description, damage, progress)


def find_folder(dataset: str | Description) -> Path | None:
    """The folder on this machine with the data set, or None. Uses no network and reads no image.

    Raises:
        DatasetError: no data set has this name.
    """
    description = _resolve(dataset)
    if description.user_made:
        path = user_datasets.file_path(cache_folder(), description.name)
        return path.parent if path.is_file() else None
    if description.published:
        return _find_public(description)
    if description.is_embedded:
        return sklearn_digits.CSV_PATH.parent if sklearn_digits.CSV_PATH.is_file() else None
    paths = _locate_files(description)
    return paths[0].parent if paths else None


def default_name() -> str:
    """The data set to start with: MNIST if it is on this machine, else the scikit-learn digits."""
    return "mnist" if find_folder("mnist") else "digits"


def download(dataset: str | Description, progress: Progress | None = None) -> None:
    """Download a data set into the cache folder, even if it is on this machine already.

    Args:
        dataset: a name or a description. Data sets without mirrors need no download.
        progress: receives the step and its fraction, 0 to 1.

    Raises:
        DatasetError: no data set has this name, no mirror gives it whole, or it cannot be stored.
    """
    description = _resolve(dataset)
    if description.base:
        download(description.base, progress)
        _draw_pen_digits(description, _obtain_strokes(progress), progress)
    elif description.files:
        _download_files(description, progress)
    elif description.published:
        public.convert(description, public.fetch(description, cache_folder(), progress), cache_folder(), progress)


def cache_folder() -> Path:
    """The folder for downloads and user data: the one that DIGITREC_CACHE names, or the user's cache folder."""
    return Path(os.environ.get("DIGITREC_CACHE") or platformdirs.user_cache_dir("digitrec")).resolve()


def _resolve(dataset: str | Description) -> Description:
    return describe(dataset) if isinstance(dataset, str) else dataset


def _search_folders(below: str | Path) -> list[Path]:
    """Where a folder or file of a data set may be; the user's own folder comes first."""
    data = os.environ.get("DIGITREC_DATA")
    return [Path(folder).resolve() / below for folder in (data, cache_folder()) if folder]


def _load_public(description: Description, progress: Progress | None) -> Dataset:
    """A public data set that is converted first, and downloaded before that if needed."""
    cache = cache_folder()
    if not public.is_stored(description, cache):
        paths = public.locate_published(description, _data_folders())
        public.convert(description, paths or public.fetch(description, cache, progress), cache, progress)
    return _load_once(description, (cache / description.name,))


def _find_public(description: Description) -> Path | None:
    """Where a public data set is: converted, or as its home publishes it."""
    if public.is_stored(description, cache_folder()):
        return cache_folder() / description.name
    paths = public.locate_published(description, _data_folders())
    return next(iter(paths.values())).parent if paths else None


def _data_folders() -> list[Path]:
    return [folder for folder in _search_folders("") if folder != cache_folder()]


def _locate_files(description: Description) -> tuple[Path, ...] | None:
    if description.base:
        path = locate_strokes()
        return (path,) if path and find_folder(description.base) else None
    folders = _search_folders(description.name)
    return next(filter(None, (idx_files.locate(folder, description) for folder in folders)), None)


def locate_strokes() -> Path | None:
    """The file with the strokes of the pen digits, a stroke file or UCI's ZIP; None: it is not on this machine."""
    for path in _search_folders(pen_digits.STROKE_FILE):
        if path.is_file():
            return path
    home = DATASETS[pen_digits.HOME]
    paths = public.locate_published(home, _data_folders()) or public.locate_fetched(home, cache_folder())
    return next(iter(paths.values())) if paths else None


def _obtain_strokes(progress: Progress | None) -> Path:
    """The file with the strokes of the pen digits; UCI's ZIP is downloaded if there is none."""
    if path := locate_strokes():
        return path
    (path,) = public.fetch(DATASETS[pen_digits.HOME], cache_folder(), progress).values()
    return path


def _draw_pen_digits(description: Description, strokes: Path, progress: Progress | None) -> None:
    pen_digits.load(strokes, cache_folder(), progress)
    if description.has_forms:
        pen_digits.load_forms(strokes, cache_folder(), progress)


def _repair_cache(description: Description, damage: DatasetError, progress: Progress | None) -> Dataset:
    """Download the data set again, because its files in our own cache are damaged."""
    try:
        return _load_once(description, _download_files(description, progress))
    except DatasetError as failure:
        raise DatasetError(f"{damage}\n\n{failure}") from damage


def _download_files(description: Description, progress: Progress | None) -> tuple[Path, ...]:
    try:
        return fetch(description, cache_folder(), progress)
    except public.Cancelled:
        raise
    except DatasetError as error:
        raise DatasetError(f"{error}\n\n{_explain_manual_download(description)}") from error


def _load_once(description: Description, paths: tuple[Path, ...] = ()) -> Dataset:
    with _LOADING_LOCK:
        return _build_dataset(description, paths)


@functools.cache
def _build_dataset(description: Description, paths: tuple[Path, ...]) -> Dataset:
    if description.base:
        return _join_drawings(description, load(description.base), paths[0])
    if description.published:
        return _open_public(description, paths[0].parent)
    if description.is_embedded:
        return Dataset(description, *_split_sklearn_digits())
    return Dataset(description, *_read_idx_splits(paths, description))


def _open_public(description: Description, cache: Path) -> Dataset:
    train, test = public.open_stored(description, cache)
    writers = None
    if train.writers is not None and test.writers is not None:
        writers = train.writers, test.writers
    return Dataset(
        description, make_split(train.images, train.labels), make_split(test.images, test.labels), writers=writers
    )


@functools.lru_cache(maxsize=_MAX_USER_DATASETS)
def _load_user_dataset(description: Description, cache: Path) -> Dataset:
    return Dataset(description, *user_datasets.read(cache, description.name))


def _describe_if_whole(name: str) -> Description | None:
    try:
        return user_datasets.describe(cache_folder(), name)
    except DatasetError:
        return None


def _join_drawings(description: Description, base: Dataset, path: Path) -> Dataset:
    """The base data set with pen drawings added; test images are those of writers held out, if there are any."""
    drawn, fold = pen_digits.load(path, cache_folder()), description.fold
    out = pen_digits.mask_left_out(drawn.writers, fold)
    added = [drawn.select(~out)]
    n, usual_count = len(base.train.labels), None
    if description.has_forms:
        forms = pen_digits.load_forms(path, cache_folder())
        forms = forms._replace(digits=forms.digits + drawn.digits.max() + 1)  # they are digits of their own
        usual_count = n + len(added[0].labels)
        added.append(forms.select(~pen_digits.mask_left_out(forms.writers, fold)))
    train_writers = [_unknown_writers(base.train), *(part.writers for part in added)]
    train = make_split(
        np.concatenate([base.train.images, *(part.images for part in added)]),
        np.concatenate([base.train.labels, *(part.labels for part in added)]),
    )
    test = base.test if fold is None else make_split(drawn.images[out], drawn.labels[out])
    test_writers = _unknown_writers(base.test) if fold is None else drawn.writers[out]
    groups = np.concatenate([np.arange(n), *(n + part.digits for part in added)])
    writers = np.concatenate(train_writers), test_writers
    return Dataset(description, train, test, n, groups, writers, usual_count)


def _unknown_writers(split: Split) -> NDArray[np.int64]:
    return np.full(len(split.labels), -1)


def _read_idx_splits(paths: tuple[Path, ...], description: Description) -> tuple[Split, Split]:
    train_images, train_labels, test_images, test_labels = idx_files.read(paths, description)
    return make_split(train_images, train_labels), make_split(test_images, test_labels)


def _split_sklearn_digits() -> tuple[Split, Split]:
    images, labels = sklearn_digits.read()
    train, test = validation_split(labels, SKLEARN_TEST_SHARE, seed=0)
    return make_split(images[train], labels[train]), make_split(images[test], labels[test])


def _explain_manual_download(description: Description) -> str:
    """What a person can do if the download fails."""
    names = ", ".join(f"{file.name}.gz" for file in description.files)
    folders = _search_folders(description.name)
    lines = [f"Put {names} (or {description.name}.npz) into {folders[0]}, or try again."]
    for folder in folders:
        missing = idx_files.list_missing(folder, description)
        if 0 < len(missing) < len(description.files):
            lines.append(f"{folder} has no {', '.join(missing)}.")
    return " ".join(lines)
