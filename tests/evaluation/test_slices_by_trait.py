"""Groups by trait: every image is in one group of each."""

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.evaluation import slices

IMAGES = loading.load("digits").test.images[:200]


@pytest.fixture(scope="module")
def cuts():
    return slices.cut_by_measures(IMAGES)


def test_every_quality_parts_all_images(cuts):
    assert set(cuts) == set(slices.QUALITIES) - {"writer"}
    for cut in cuts.values():
        assert len(cut.codes) == len(IMAGES) and 0 <= cut.codes.min() <= cut.codes.max() < len(cut.names)


def test_a_blank_image_has_no_pieces_but_is_measured(cuts):
    found = slices.cut_by_measures(np.concatenate([IMAGES, np.zeros((1, 28, 28), np.uint8)]))
    assert found["pieces"].codes[-1] == -1 and found["thickness"].codes[-1] == 0


def test_writers_are_parts_and_those_not_told_apart_are_in_none():
    assert slices.cut_by_writer(None) == {}
    cut = slices.cut_by_writer(np.array([-1, 12, 3, 12]))["writer"]
    assert cut.names == ("writer 03", "writer 12")
    assert cut.codes.tolist() == [-1, 1, 0, 1]


def test_one_stroke_two_strokes_and_none_are_told_apart():
    images = np.zeros((3, 28, 28), np.uint8)
    images[0, 4:24, 13:16] = images[1, 4:24, 6:9] = images[1, 4:24, 18:21] = 255
    cut = slices.cut_by_measures(images)["pieces"]
    assert [cut.names[code] if code >= 0 else "" for code in cut.codes] == ["one piece", "two pieces or more", ""]


def test_borders_are_per_cent_of_ink_and_hundredths_of_the_aspect(cuts):
    ink = [float(name.split()[-1]) for name in cuts["ink"].names[:-1]]
    assert 2 < min(ink) < max(ink) < 40
    assert all(len(name.split(".")[-1]) == 2 for name in cuts["aspect"].names[:-1])
