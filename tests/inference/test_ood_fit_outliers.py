"""Outliers: as many as asked, reproducible, varied, and none of them an image of the data set."""

import numpy as np

from digitrec.data.sklearn_digits import read
from digitrec.inference.ood_fit import make_outliers

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
