"""The training images that a drawing resembles."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from digitrec.data import loading
from digitrec.explain import neighbours as embeddings
from digitrec.imaging.ink_to_image import normalise
from digitrec.inference.classifier import ClassifierError
from digitrec.inference.reading import Reading
from digitrec.inference.verdict import Verdict
from digitrec.runs import TrainConfig, provenance, store
from digitrec.ui.components import embeddings as ui_embeddings
from digitrec.ui.draw import neighbours as ui_neighbours
from digitrec.ui.draw.neighbours import MAX_NEIGHBOURS
from support.html_reader import Reader, pixels

DIGITS = tuple("0123456789")


class Pixels:
    """A network whose embedding is the image itself."""

    sha256, embedding_size = "pixels", 784

    def embed(self, images: np.ndarray) -> np.ndarray:
        return images.reshape(len(images), -1).astype(np.float32)


class Silent(Pixels):
    """A network without an embedding."""

    def embed(self, images: np.ndarray) -> np.ndarray:
        raise ClassifierError("the model gives no embedding.")


@pytest.fixture(autouse=True)
def nothing_computed(monkeypatch):
    monkeypatch.setattr(embeddings, "_caches", {})


def page(model, reading):
    from digitrec.runs import store
    from digitrec.ui.draw.neighbours import neighbours

    neighbours("c", store.open_run("run"), model, reading)


def shown(model, image: np.ndarray, label: int, dataset: str = "digits") -> AppTest:
    store.create(TrainConfig(dataset=dataset, network="mlp"), DIGITS, "run")
    proba = np.eye(10, dtype=np.float32)[label]
    reading = Reading(image, normalise(image), image, proba, Verdict(proba, DIGITS))
    test = AppTest.from_function(page, args=(model, reading), default_timeout=60).run()
    assert not test.exception, test.exception
    return test


def training_image() -> tuple[np.ndarray, int]:
    """One of the images that the run learns from."""
    train = loading.load("digits").train
    place = embeddings.training_places(
        store.create(TrainConfig(dataset="digits", network="mlp"), DIGITS, "x"), loading.load("digits")
    )[5]
    return train.images[place], int(train.labels[place])


def test_the_nearest_to_a_training_image_is_itself_and_they_are_named():
    image, label = training_image()
    test = shown(Pixels(), image, label)
    found = Reader("".join(block.proto.body for block in test.get("html")))
    assert len(found.images) == MAX_NEIGHBOURS
    assert np.array_equal(pixels(found.images[0]["src"]), image)
    assert found.texts[0] == f"{label} · 1.000" and found.images[0]["alt"].endswith(f"a {label}")
    assert f"nearest training images have the answer's label, {label}" in test.caption[0].value.replace("\\", "")


def test_a_click_waits_for_one_slice_at_most_and_the_next_go_on(monkeypatch):
    monkeypatch.setattr("digitrec.ui.components.embeddings.SLICE_SECONDS", 0)
    test = shown(Pixels(), *training_image())
    said = []
    while not test.get("html"):
        (bar,) = test.get("progress")
        said.append(bar.proto.text)
        test.run()
    counts = [int(text.rpartition(": ")[2].split(" of ")[0].replace(",", "")) for text in said]
    assert len(said) > 1 and counts == sorted(set(counts))
    assert not test.get("progress") and len(Reader(test.get("html")[0].proto.body).images) == MAX_NEIGHBOURS


def test_a_network_without_an_embedding_says_so():
    test = shown(Silent(), *training_image())
    assert "gives no embedding" in test.warning[0].value and not test.get("html")


def test_where_the_training_images_are_gone_the_page_says_so(folders):
    image = np.zeros((28, 28), np.uint8)
    image[5:23, 12:16] = 255
    assert "cannot be shown" in shown(Pixels(), image, 1, dataset="devanagari").warning[0].value


def test_while_the_training_images_are_compared_nothing_of_the_panel_before_stays(monkeypatch):
    emptied: list[None] = []
    monkeypatch.setattr(st, "empty", lambda: emptied.append(None))
    monkeypatch.setattr(provenance, "find_learnt_dataset", lambda run: None)
    monkeypatch.setattr(loading, "load", lambda name: None)
    monkeypatch.setattr(ui_embeddings, "training_embeddings", lambda run, model: None)
    run: Any = SimpleNamespace(config=SimpleNamespace(dataset="digits"))
    nothing: Any = None
    ui_neighbours.neighbours("draw", run, nothing, nothing)
    assert len(emptied) >= 10  # as many parts as the longest panel has
