"""What all tests share: folders of their own, MNIST where it is, Chromium where it is.

Where MNIST or Chromium is missing, the tests that need it are skipped with the reason; with DIGITREC_REQUIRE=1
set they fail instead, so that a checking machine cannot skip them unseen.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, NoReturn

# Before NumPy is imported, and for all processes that tests start: on two cores with other work on them, a second
# thread in the products of small matrices mostly waits, and burns the core that it waits on.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import coverage
import pytest
from streamlit.components.v2 import manifest_scanner

from digitrec.data import background, loading
from digitrec.data.catalogue import DATASETS
from digitrec.data.splits import Dataset
from digitrec.evaluation import durations
from digitrec.runs import spare
from digitrec.runs.run import Run
from support.homes import LoopbackHome, Tiny
from support.keras_process import KerasProcess
from support.made_networks import MadeNetworks, make_networks
from support.stand_ins import stand_ins


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever starts Keras is slow: TensorFlow alone takes many seconds."""
    for item in items:
        if "keras_process" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.keras)
        if item.get_closest_marker("browser") and "tests/browser/" not in item.path.as_posix():
            raise pytest.UsageError(
                f"{item.nodeid} drives a browser: scripts/check looks for it in tests/browser only"
            )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Coverage does not watch a test that is marked `untraced`, in no process and however often it was started."""
    watching = []
    while item.get_closest_marker("untraced") and (watch := coverage.Coverage.current()):
        watch.stop()
        watching.append(watch)
    try:
        return (yield)
    finally:
        for watch in reversed(watching):
            watch.start()


@pytest.fixture(scope="session", autouse=True)
def session_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache and a models folder for the whole session: no test reads or writes the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITREC_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("DIGITREC_MODELS", str(tmp_path_factory.mktemp("models")))
        yield


@pytest.fixture(scope="session", autouse=True)
def installed_components() -> Iterator[None]:
    """What is installed stays the same: Streamlit would read the metadata of all packages for each `AppTest`."""
    with pytest.MonkeyPatch.context() as patch:
        scan = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture(scope="session")
def keras_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KerasProcess]:
    """Where Keras is run: this process stays without it, as the server does."""
    process = KerasProcess(tmp_path_factory.mktemp("keras"))
    yield process
    process.end()


@pytest.fixture(scope="session")
def made_networks(tmp_path_factory: pytest.TempPathFactory, keras_process: KerasProcess) -> MadeNetworks:
    """Every named network with its files, which tests only read."""
    return make_networks(tmp_path_factory.mktemp("networks"), keras_process)


@pytest.fixture(autouse=True)
def models_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty models folder for each test, also for the processes it starts."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("DIGITREC_MODELS", str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_spare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No page that a test opens loads TensorFlow in a process beside it."""
    monkeypatch.setattr(spare, "prepare", lambda models: None)


@pytest.fixture(autouse=True)
def no_test_of_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No page that a test opens computes in the background for two seconds."""
    monkeypatch.setattr(durations, "prepare", lambda: None)


@pytest.fixture(autouse=True)
def no_public_homes(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test downloads from the real homes, whatever it loads, or sees what another has downloaded."""
    monkeypatch.setattr(background, "_FETCHES", {})
    for name, known in DATASETS.items():
        if not (known.mirrors or known.published):
            continue
        published = tuple(file._replace(urls=()) for file in known.published)
        monkeypatch.setitem(DATASETS, name, known._replace(mirrors=(), published=published))


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """An empty data folder and an empty cache folder, of this test alone."""
    data, cache = tmp_path / "data", tmp_path / "cache"
    monkeypatch.setenv("DIGITREC_DATA", str(data))
    monkeypatch.setenv("DIGITREC_CACHE", str(cache))
    return data, cache


@pytest.fixture
def stand_in() -> Iterator[Callable[[Run], subprocess.Popen]]:
    """Records an idle process as a run's worker."""
    with stand_ins() as begin:
        yield begin


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHome]:
    """A web server on loopback to download from."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = LoopbackHome()
    yield server
    server.close()


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """A data set of 18 images, known by the name "tiny"; it has no home yet."""
    made = Tiny()
    monkeypatch.setitem(DATASETS, "tiny", made.known)
    return made


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """Where MNIST's files are."""
    folder = os.environ.get("DIGITREC_DATA")
    found = loading.find_folder("mnist") if folder else None
    return found or _skip_or_fail(f"MNIST is not under DIGITREC_DATA ({folder or 'not set'})")


@pytest.fixture(scope="session")
def mnist(mnist_folder: Path) -> Dataset:
    """MNIST, from the folder that DIGITREC_DATA names."""
    return loading.load("mnist")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser."""
    found = next(filter(None, map(shutil.which, ("/usr/bin/chromium", "chromium", "chromium-browser"))), None)
    return found or _skip_or_fail("Chromium is not on this machine")


def _skip_or_fail(reason: str) -> NoReturn:
    if os.environ.get("DIGITREC_REQUIRE") == "1":
        pytest.fail(f"{reason}, and DIGITREC_REQUIRE=1 demands it")
    pytest.skip(reason)
