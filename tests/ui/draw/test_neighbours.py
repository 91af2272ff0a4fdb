"""The nearest training images on Draw: what the panel shows until they are known."""

from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from digitrec.data import loading
from digitrec.runs import provenance
from digitrec.ui.components import embeddings
from digitrec.ui.draw import neighbours


def test_while_the_training_images_are_compared_nothing_of_the_panel_before_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    emptied: list[None] = []
    monkeypatch.setattr(st, "empty", lambda: emptied.append(None))
    monkeypatch.setattr(provenance, "find_learnt_dataset", lambda run: None)
    monkeypatch.setattr(loading, "load", lambda name: None)
    monkeypatch.setattr(embeddings, "training_embeddings", lambda run, model: None)
    run: Any = SimpleNamespace(config=SimpleNamespace(dataset="digits"))
    nothing: Any = None
    neighbours.neighbours("draw", run, nothing, nothing)
    assert len(emptied) >= 10  # as many parts as the longest panel has
