"""Creates, opens, lists, renames and deletes runs; each is a folder, see `run`. Trials are listed apart."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from digitrec import files
from digitrec.data import catalogue, corrections
from digitrec.files import app_root, replace
from digitrec.metrics import intervals
from digitrec.runs.config import TrainConfig
from digitrec.runs.run import TRIAL_FILE, Run

SHIPPED_FOLDER = app_root() / "models"
SHIPPED = ("draw", "mnist")  # names of the runs that come with the program, best first

_NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}[A-Za-z0-9]|[A-Za-z0-9]")


class RunError(Exception):
    """A run cannot be created, opened, renamed or deleted: the message says why and what to do."""


def models_folder() -> Path:
    """The folder of the runs: by DIGITREC_MODELS, else models/ in a checkout, else in the user's data folder."""
    is_checkout = (app_root() / "digitrec").is_dir()
    default = SHIPPED_FOLDER if is_checkout else platformdirs.user_data_path("digitrec") / "models"
    return Path(os.environ.get("DIGITREC_MODELS") or default).resolve()


def create(
    config: TrainConfig, class_names: tuple[str, ...], name: str | None = None, *, search: str | None = None
) -> Run:
    """Create a run, with its folder.

    Args:
        config: its settings.
        class_names: of its data set.
        name: the run's name; without one, the time and the network's name.
        search: the name of the search that it is a trial of.

    Raises:
        RunError: the name is taken or not allowed, or the folder cannot be written.
        DatasetError: the corrections of the settings are not on this machine.
    """
    files.refuse_if_read_only("no run can be created")
    version = corrections.resolve(config.dataset, config.corrections) if config.corrections else ""
    config = dataclasses.replace(config, corrections=version)  # later decisions change nothing in a run
    created = datetime.now(UTC)
    about = {"config": config.to_dict(), "class_names": list(class_names), "created": created.isoformat()}
    by_time = models_folder() / f"{created.astimezone():%Y-%m-%d %H.%M.%S} {config.network}"
    path = by_time if name is None else _path_for_name(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path = _make_folder(path, numbered=name is None)
        if search is not None:  # first: nobody takes it for a run of its own
            Run(path).mark_trial(search)
        replace(path / "config.json", json.dumps(about, indent=2).encode())
    except OSError as error:
        with contextlib.suppress(OSError):
            Run(path).unmark_trial()
            path.rmdir()
        raise RunError(f"the run {path.name!r} cannot be written to {path.parent}: {error.strerror}.") from error
    return Run(path)


def adopt(contents: Mapping[str, bytes], name: str) -> Run:
    """Make a run of the files of one that was made elsewhere; it appears whole or not at all.

    Args:
        contents: the files by their names below the run's folder, checked.
        name: the run's name.

    Raises:
        RunError: the name is taken or not allowed, or the folder cannot be written.
    """
    files.refuse_if_read_only("no run can be taken in")
    path = _path_for_name(name)
    making = path.with_name(f".{path.name}.adopted-{os.getpid()}")
    try:
        for each, data in contents.items():
            target = making / each
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        making.rename(path)
    except OSError as error:
        raise RunError(f"the run {name!r} cannot be written to {path.parent}: {error.strerror}.") from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return Run(path)


def open_run(name: str) -> Run:
    """The run with this name.

    Raises:
        RunError: there is no such run, or its config cannot be read.
    """
    run = _find_run(name)
    if run is None:
        names = ", ".join(run.name for run in list_runs()) or "none yet"
        raise RunError(f"there is no run {name!r}: expected one of: {names}.")
    return run


def list_runs(*, search: str | None = None) -> list[Run]:
    """All readable runs: shipped ones first, then by age, the newest first.

    Args:
        search: the name of a search: its trials, which are not among the other runs.
    """
    trials = {path.parent.name for path in models_folder().glob(f"*/{TRIAL_FILE}")}
    if search is None:
        names = {path.parent.name for path in models_folder().glob("*/config.json")} - trials
    else:
        names = {name for name in trials if Run(models_folder() / name).search == search}
    runs = []
    for name in names.union(SHIPPED if search is None else ()):
        with contextlib.suppress(RunError):
            runs.append(_find_run(name))
    return sorted(filter(None, runs), key=lambda run: (run.is_shipped, run.created), reverse=True)


def list_searches() -> list[str]:
    """Names of the searches that have trials here, in alphabetical order."""
    found = {Run(path.parent).search for path in models_folder().glob(f"*/{TRIAL_FILE}")}
    return sorted(name for name in found if name is not None)


def default_run(runs: Sequence[Run]) -> Run:
    """The run that reads where nobody has chosen one, of at least one run.

    The first of the built-in runs, `draw`. Without those, the one with the best accuracy on its validation images
    among those that read digits, or if none does, the classes of the newest run. The accuracy counts by the lower
    end of its interval, so that a few lucky images do not decide. A run is never the default for being new.
    """
    built_in = [run for name in SHIPPED for run in runs if run.is_shipped and run.name == name]
    if built_in:
        return built_in[0]
    newest = max(runs, key=lambda run: run.created)
    classes = catalogue.DIGITS if any(run.class_names == catalogue.DIGITS for run in runs) else newest.class_names
    return max((run for run in runs if run.class_names == classes), key=_validation_accuracy)


def _validation_accuracy(run: Run) -> tuple[bool, float, datetime]:
    """Whether a network is there, the lowest likely accuracy on its validation images, and when it was made."""
    history = run.history()
    accuracy = history.end.val_accuracy if history.end else None
    images = (history.start.validation_images if history.start else None) or 1
    lowest = -1.0 if accuracy is None else intervals.wilson_interval(round(accuracy * images), images).low
    return run.has_model, lowest, run.created


def rename(run: Run, name: str) -> Run:
    """Give the run another name; its folder moves.

    Raises:
        RunError: the run is shipped, or the name is taken or not allowed.
    """
    files.refuse_if_read_only(f"the run {run.name!r} cannot be renamed")
    if run.is_shipped:
        raise RunError(f"{run.name!r} is built in: it cannot be renamed.")
    path = _path_for_name(name)
    try:
        run.path.rename(path)
    except OSError as error:
        raise RunError(f"the run {run.name!r} cannot be renamed: {error.strerror}.") from error
    return Run(path)


def delete(run: Run) -> None:
    """Delete the run's folder and all that is in it.

    Raises:
        RunError: the run is shipped, or its folder cannot be removed.
    """
    files.refuse_if_read_only(f"the run {run.name!r} cannot be deleted")
    if run.is_shipped:
        raise RunError(f"{run.name!r} is built in: it cannot be deleted.")
    doomed = run.path.with_name(f".{run.name}.deleted")
    try:
        shutil.rmtree(doomed, ignore_errors=True)  # what an earlier attempt left
        run.path.rename(doomed)  # nobody sees half a run
        shutil.rmtree(doomed)
    except FileNotFoundError:
        return  # another browser was quicker
    except OSError as error:
        raise RunError(f"the run {run.name!r} cannot be deleted: {error.strerror}.") from error


def _find_run(name: str) -> Run | None:
    """The run with this name, or None. A person's own run hides a shipped one of the same name."""
    if not _NAME_PATTERN.fullmatch(
        name
    ):  # first: such a name, from an address, leads to no look outside the folder
        return None
    folders = (models_folder(), SHIPPED_FOLDER) if name in SHIPPED else (models_folder(),)
    path = next((folder / name for folder in folders if (folder / name / "config.json").is_file()), None)
    if path is None:
        return None
    run = Run(path, is_shipped=path.parent == SHIPPED_FOLDER and name in SHIPPED)
    try:
        _ = run.config, run.class_names, run.created
    except (OSError, ValueError, KeyError, TypeError) as error:  # ConfigError is a ValueError
        raise RunError(f"the run {name!r} cannot be read: its config.json is damaged ({error}).") from error
    return run


def _make_folder(path: Path, *, numbered: bool) -> Path:
    """Make a new folder; if `numbered`, a number is added where another browser was quicker."""
    number = 1
    while True:
        made = path if number == 1 else path.with_name(f"{path.name} {number}")
        try:
            made.mkdir()
            return made
        except FileExistsError:
            if not numbered:
                raise
            number += 1


def _path_for_name(name: str) -> Path:
    name = name.strip()
    if not _NAME_PATTERN.fullmatch(name):
        raise RunError(
            f"{name!r} cannot be a run's name: expected 1 to 64 letters, digits, spaces, dots, dashes or "
            "underscores, with a letter or digit first and last."
        )
    path = models_folder() / name
    if path.exists() or name in SHIPPED:
        raise RunError(f"there is a run named {name!r} already: choose another name.")
    return path
