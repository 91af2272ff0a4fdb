"""What the tests of pages share: a machine with nothing on it, and a run that has ended."""

import pytest

from digitrec.evaluation import scoring
from digitrec.explain import neighbours
from digitrec.runs import store
from digitrec.runs.run import Run
from digitrec.search import Search, folder
from digitrec.ui import pickers
from support import made_runs
from support.made_runs import Reader
from support.searches import PLAN


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, folders) -> None:
    """No shipped run, no MNIST, nothing remembered."""
    monkeypatch.setattr(store, "SHIPPED", ())
    monkeypatch.setattr(scoring, "_score_cache", {})
    monkeypatch.setattr(neighbours, "_caches", {})


@pytest.fixture
def known_mistakes(monkeypatch: pytest.MonkeyPatch, alone) -> None:
    """Alone, and every network is one with known mistakes."""
    monkeypatch.setattr(scoring, "Classifier", Reader)
    monkeypatch.setattr(pickers, "load_classifier", lambda run: Reader())


@pytest.fixture
def run() -> Run:
    """A run that has ended; its model is whatever stands in for the Classifier."""
    return made_runs.ended(made_runs.new("first"))


@pytest.fixture
def search() -> Search:
    """A search that has not begun."""
    return folder.create(PLAN, "mine")
