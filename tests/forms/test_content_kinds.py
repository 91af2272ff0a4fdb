"""Digits, struck-out digits, stains and notes are told apart, by a network that is fitted to made boxes."""

import numpy as np
import pytest

from digitrec.forms import content_kinds, made_cells
from digitrec.forms.content_kinds import CONTENT_KINDS
from digitrec.imaging import to_mnist
from support.made_forms import pen_glyph

IMAGES = np.stack([to_mnist(np.pad(pen_glyph(symbol), 10)) for symbol in "0124579"])


@pytest.fixture(scope="module")
def cells() -> list[made_cells.MadeCell]:
    rng = np.random.default_rng(0)
    return [made_cells.make_cell(IMAGES, rng) for _ in range(160)]


def test_made_boxes_of_all_kinds_have_ink_and_chance_decides(cells):
    assert {cell.kind for cell in cells} == set(range(len(CONTENT_KINDS)))
    assert all(cell.ink.shape == (80, 80) and cell.ink.max() > 60 for cell in cells)
    again = made_cells.make_cell(IMAGES, np.random.default_rng(0))
    assert np.array_equal(again.ink, cells[0].ink) and again.kind == cells[0].kind


def test_the_network_that_is_shipped_tells_the_kinds_apart(cells):
    proba = content_kinds.find_kinds([cell.ink for cell in cells], [made_cells.SIDE] * len(cells))
    np.testing.assert_allclose(proba.sum(1), 1, atol=1e-5)
    kinds = np.array([cell.kind for cell in cells])
    assert (proba.argmax(1) == kinds).mean() > 0.93
    assert ((proba.max(1) > 0.95) & (proba.argmax(1) != kinds)).mean() < 0.03


def test_no_boxes_and_boxes_without_ink_are_no_error():
    assert content_kinds.find_kinds([], []).shape == (0, 4)
    assert content_kinds.find_kinds([np.zeros((60, 60), np.uint8)], [60.0]).shape == (1, 4)


def test_a_network_is_stored_and_loaded(monkeypatch, tmp_path):
    network = content_kinds.load_network()
    path = tmp_path / "network.npz"
    path.write_bytes(content_kinds.pack_network(network))
    monkeypatch.setattr(content_kinds, "_CONSTANTS", path)
    again = content_kinds.load_network.__wrapped__()
    for one, other in zip(network, again, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3)
