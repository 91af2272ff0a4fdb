"""The networks that the API reads with: loaded once, and again when their files have changed."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from typing import NamedTuple

from digitrec.inference import Classifier, ClassifierError, Reference, load_reference
from digitrec.rest.problems import Problem
from digitrec.runs import Run, RunError, store

MAX_LOADED = 4  # networks in memory; the one used longest ago goes first
_MAX_NAME = 64  # characters of a run's name
_Stamp = tuple[tuple[int, int, int] | None, ...]


class Loaded(NamedTuple):
    """A run with all that its answers need."""

    run: Run
    classifier: Classifier
    reference: Reference | None
    files: tuple[str, ...]  # of the run, which it is loaded from


class Models:
    """Loads networks by the name of their run. Any number of threads may use it at once.

    Args:
        default: name of the run that reads where none is named; empty: the best built-in one.
    """

    def __init__(self, default: str = "") -> None:
        self._default = default
        self._lock = threading.Lock()
        self._loaded: OrderedDict[str, tuple[_Stamp, Loaded]] = OrderedDict()

    @property
    def default(self) -> str:
        """The name of the run that reads where none is named."""
        return self._default or store.SHIPPED[0]

    def find(self, name: str | None) -> Loaded | None:
        """The run with this name, or the default one, if it is loaded and its files are the same still."""
        name = name or self.default
        with self._lock:
            stamp, loaded = self._loaded.get(name, ((), None))
            if loaded is None or stamp != _stamp(loaded.files):
                return None
            self._loaded.move_to_end(name)
            return loaded

    def load(self, name: str | None) -> Loaded:
        """The run with this name, or the default one, loaded; it may take a moment.

        Raises:
            Problem: there is no such run, or it has no network that can be used.
        """
        if (found := self.find(name)) is not None:
            return found
        name = name or self.default
        if len(name) > _MAX_NAME:
            raise Problem(
                404, f"there is no model {name[:_MAX_NAME]!r}...: GET api/v1/models lists those there are."
            )
        try:
            run = store.open_run(name)
            files = tuple(map(str, (run.tflite_path, run.path / "calibration.json", run.reference_path)))
            stamp = _stamp(files)
            classifier = Classifier.load(run.tflite_path)
            loaded = Loaded(run, classifier, load_reference(run, classifier), files)
        except RunError as error:
            raise Problem(404, str(error)) from error
        except ClassifierError as error:
            raise Problem(
                409, f"the model {name!r} cannot be used: its file is missing or damaged. Choose another."
            ) from error
        with self._lock:
            self._loaded[name] = stamp, loaded
            while len(self._loaded) > MAX_LOADED:
                self._loaded.popitem(last=False)
        return loaded


def list_models() -> list[dict[str, object]]:
    """All runs that have a network, the built-in ones first."""
    return [
        {
            "name": run.name,
            "built_in": run.is_shipped,
            "network": run.config.network,
            "classes": list(run.class_names),
            "trained_on": run.config.dataset,
            "created": run.created.isoformat(timespec="seconds"),
        }
        for run in store.list_runs()
        if run.has_model
    ]


def _stamp(files: tuple[str, ...]) -> _Stamp:
    """Changes when a file of the network changes; asked for each request, so without `Path`."""
    found: list[tuple[int, int, int] | None] = []
    for path in files:
        try:
            stat = os.stat(path)  # noqa: PTH116
            found.append((stat.st_mtime_ns, stat.st_size, stat.st_ino))
        except OSError:
            found.append(None)
    return tuple(found)
