"""Printed lines go, what is written stays: over lines, between lines, and where there are none."""

import numpy as np
import pytest

from digitrec.imaging.ink_to_image import to_mnist
from digitrec.imaging.photos import clean, to_ink
from digitrec.imaging.rules import remove_rules
from digitrec.inference.classifier import Classifier
from digitrec.runs import store
from support.drawn_digits import DIGITS, draw
from support.ruled_sheets import SIDE, rules, sheet

READ = 25  # sheets of each kind


def printed(seed, **how):
    """Some lines, a third of the ink's strength."""
    way = {"upright": False, "spacing": 60, "skew": 0, "thickness": 3} | how
    return 0.33 * rules(np.random.default_rng(seed), **way)


@pytest.mark.parametrize("kind", ["plain", "ruled", "squared"])
def test_digits_on_any_paper_are_read_as_on_plain_paper(mnist, kind):
    rng = np.random.default_rng(11)
    photos = [sheet(image, kind, rng) for image in mnist.test.images[:READ]]
    found = [clean(photo) for photo in photos]
    assert all((one.rules > 0) is (kind != "plain") for one in found)
    classifier = Classifier.load(store.open_run("mnist").tflite_path)
    answers = classifier.predict_proba(np.stack([to_mnist(one.ink) for one in found])).argmax(1)
    assert (answers == mnist.test.labels[:READ]).sum() >= READ - 1


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("skew", [-3.5, -1, 0, 2, 3.5])
def test_every_line_is_found_and_nothing_of_it_stays(upright, skew):
    lines = printed(2, upright=upright, skew=skew, spacing=70)
    bare, count = remove_rules(lines)
    assert count in (5, 6)  # 420 pixels hold six; one that leaves the sheet too soon may stay
    assert bare[60:-60, 60:-60].max() < 0.05


@pytest.mark.parametrize("upright", [False, True])
def test_a_stroke_across_a_line_stays_whole(upright):
    pen = np.zeros((SIDE, SIDE))
    pen[80:340, 200:216] = 0.8
    written = pen.T if upright else pen
    bare, count = remove_rules(np.maximum(written, printed(3, upright=upright, thickness=4)))
    assert count >= 6
    assert np.abs(bare - written)[90:330, 90:330].max() < 0.3
    assert (bare[written > 0.7] > 0.5).mean() > 0.97  # one line lies on the stroke's end


@pytest.mark.parametrize("seed", range(3))
def test_a_sheet_without_lines_stays_the_very_array(seed):
    rng = np.random.default_rng(seed)
    for strokes in DIGITS.values():
        missing = 0.7 * draw(strokes) / 255 + rng.normal(0, 0.02, (280, 280))
        assert remove_rules(missing)[0] is missing
    assert remove_rules(rng.normal(0, 0.05, (300, 200)))[1] == 0


@pytest.mark.parametrize("name", ["1", "4", "7"])
def test_a_digit_of_thin_strokes_that_fills_its_photo_is_not_taken_for_lines(name):
    ink = draw(DIGITS[name], size=400, centre=(140, 140), brush=5)  # runs off the sheet on all sides it can
    gray = (230 - 180 * (ink / 255)).astype(np.uint8)
    rows, columns = np.nonzero(ink)
    tight = gray[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert clean(tight).rules == 0 and to_ink(tight).any()


def test_a_line_as_dark_and_thick_as_the_pen_goes_where_there_are_several():
    pen = draw(DIGITS["3"], brush=6, size=150, centre=(140, 140)) / 255
    y = np.arange(280)[:, None] * np.ones(280)
    one = np.where(np.abs(y - 200) < 3, 1.0, 0)
    several = np.where(np.abs(y % 60 - 20) < 3, 1.0, 0)
    assert remove_rules(np.maximum(pen, one))[1] == 0
    assert remove_rules(np.maximum(pen, several))[1] == 5


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (40, 40), (64, 64)])
def test_what_is_too_small_for_lines_is_left_alone(shape):
    missing = np.random.default_rng(0).random(shape)
    assert remove_rules(missing)[0] is missing


def test_the_long_stem_of_a_4_in_thin_pen_stays():
    missing = np.zeros((290, 160))
    missing[18:276, 95:98] = 0.9  # the stem, not up to the border
    missing[84:87, 20:97] = 0.9
    rows = np.arange(24, 86)
    missing[rows, 96 - rows + 8] = missing[rows, 97 - rows + 8] = 0.9
    assert remove_rules(missing)[1] == 0


@pytest.mark.parametrize("scale", [4, 10])
def test_enlarged_digits_have_no_lines(mnist, scale):
    for image in mnist.test.images[:60]:
        assert remove_rules(np.kron(image, np.ones((scale, scale))) / 255)[1] == 0
