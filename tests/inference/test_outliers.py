"""Outliers: as many as asked, reproducible, varied, and none of them an image of the data set."""

import numpy as np
import pytest

from digitrec.data.sklearn_digits import read
from digitrec.inference import outliers
from digitrec.inference.outliers import load_outliers, make_outliers

IMAGES = read()[0][:200]


def test_the_same_seed_gives_the_same_and_another_gives_others():
    one, same, other = make_outliers(IMAGES, 40), make_outliers(IMAGES, 40), make_outliers(IMAGES, 40, seed=1)
    assert one.dtype == np.uint8 and one.shape == (40, 28, 28)
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_every_outlier_holds_ink_and_none_is_another_or_an_image():
    made = make_outliers(IMAGES, 100)
    assert made.any((1, 2)).all()
    assert len(np.unique(np.concatenate([made, IMAGES]).reshape(-1, 784), axis=0)) >= 295  # dots alone are alike


def test_none_are_made_where_none_are_asked_for():
    assert make_outliers(IMAGES, 0).shape == (0, 28, 28)


def test_blank_images_stop_nobody():
    assert len(make_outliers(np.zeros((2, 28, 28), np.uint8), 45)) == 45


def test_they_are_drawn_once_for_the_same_images_and_again_for_others(folders, monkeypatch):
    drawn = []

    def draw(*given, **options):
        drawn.append(given)
        return make_outliers(*given, **options)

    monkeypatch.setattr(outliers, "make_outliers", draw)
    first, again = load_outliers(IMAGES, 20), load_outliers(IMAGES, 20)
    assert len(drawn) == 1 and np.array_equal(first, again)
    load_outliers(IMAGES[1:], 20), load_outliers(IMAGES, 21), load_outliers(IMAGES, 20, seed=1)
    assert len(drawn) == 4


@pytest.mark.parametrize("damage", [b"", b"PK no zip", None])
def test_a_damaged_store_is_drawn_anew(folders, damage):
    first = load_outliers(IMAGES, 20)
    (stored,) = folders[1].rglob("outliers/*.npz")
    if damage is None:
        np.savez(stored, images=first[:5])
    else:
        stored.write_bytes(damage)
    assert np.array_equal(load_outliers(IMAGES, 20), first)


def test_a_cache_that_cannot_be_written_is_no_error(folders):
    folders[1].mkdir(exist_ok=True)
    (folders[1] / "outliers").write_bytes(b"a file where the folder should be")
    assert load_outliers(IMAGES, 20).shape == (20, 28, 28)
