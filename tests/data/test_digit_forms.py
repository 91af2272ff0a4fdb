"""Rare forms of digits: made of people's digits or by chance, always the same, and what they are called."""

import numpy as np
import pytest
from scipy import ndimage

from digitrec.data import digit_forms
from digitrec.imaging import to_mnist
from digitrec.imaging.pen_drawing import PenDigit, place, render

CIRCLE = 200 + 100 * np.stack([np.cos(a := np.linspace(0, 2 * np.pi, 40)), 1.4 * np.sin(a)], 1).astype(np.float32)
STEM = np.stack([np.full(20, 200), np.linspace(50, 450, 20)], 1).astype(np.float32)
SEVEN = np.concatenate([np.linspace((50, 50), (300, 50), 12), np.linspace((300, 50), (150, 450), 20)]).astype("f4")


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def draw(strokes: list[np.ndarray], width: float = 12) -> np.ndarray:
    return render(place(strokes, size=200), width=width)


def count_holes(ink: np.ndarray) -> int:
    mask = ink > 127
    return int(ndimage.label(np.pad(~mask, 1, constant_values=True))[1] - 1)


@pytest.mark.parametrize("seed", range(20))
def test_a_slash_divides_the_zero_and_stays_near_it(seed):
    slashed = digit_forms.slash([CIRCLE], rng(seed))
    assert np.array_equal(slashed[0], CIRCLE) and len(slashed) == 2
    low, high = CIRCLE.min(0), CIRCLE.max(0)
    assert (slashed[1] > low - 0.35 * (high - low)).all() and (slashed[1] < high + 0.35 * (high - low)).all()
    assert np.linalg.norm(slashed[1][-1] - slashed[1][0]) > 0.4 * np.linalg.norm(high - low)


@pytest.mark.parametrize("seed", range(20))
def test_a_dot_is_short_and_inside(seed):
    dotted = digit_forms.dot([CIRCLE], rng(seed))
    assert abs(dotted[1] - 200).max() < 80


@pytest.mark.parametrize("seed", range(20))
def test_a_flag_goes_down_to_the_left_from_the_top(seed):
    flagged = digit_forms.flag([STEM], rng(seed))
    assert flagged is not None
    tip, top = flagged[0][0], STEM[0]
    assert tip[0] < top[0] and tip[1] > top[1]
    assert np.allclose(flagged[0][-1], STEM[-1])


def test_what_cannot_be_edited_is_left_out():
    assert digit_forms.flag([CIRCLE], rng()) is None  # no plain line
    assert digit_forms.cross([SEVEN, STEM], rng()) is None  # crossed already
    assert digit_forms.open_gap([SEVEN], rng()) is None
    assert digit_forms.cut_end([STEM[:4]], rng()) is None


def test_the_bar_of_a_seven_crosses_its_stem():
    crossed = digit_forms.cross([SEVEN], rng())
    assert crossed is not None
    bar = crossed[1]
    x = np.interp(bar[:, 1].mean(), SEVEN[12:, 1], SEVEN[12:, 0])
    assert bar[:, 0].min() < x < bar[:, 0].max() and np.ptp(bar[:, 1]) < 60


def test_a_cut_loop_stays_open():
    assert count_holes(draw([CIRCLE])) == 1
    cut = digit_forms.cut_end([CIRCLE], rng())
    assert cut is not None and count_holes(draw(cut)) == 0


def test_the_same_digits_give_the_same_forms_and_each_has_a_writer_of_theirs():
    digits = [
        PenDigit(0, 4, (CIRCLE,)),
        PenDigit(1, 4, (STEM,)),
        PenDigit(7, 9, (SEVEN,)),
        PenDigit(3, 9, (SEVEN,)),
    ]
    once, again = (list(digit_forms.make(digits)) for _ in range(2))
    assert [form.label for form in once] == [form.label for form in again]
    for one, other in zip(once, again, strict=True):
        assert all(np.array_equal(*pair) for pair in zip(one.strokes, other.strokes, strict=True))
    assert {form.writer for form in once} == {4, 9}
    edited = once[: -2 * len(digit_forms.TEMPLATES) * digit_forms.TEMPLATES_PER_WRITER]
    assert [form.label for form in edited] == [0, 0, 0, 1, 1, 7]


@pytest.mark.parametrize(("label", "template"), digit_forms.TEMPLATES)
def test_templates_vary_and_are_drawn_whole(label, template):
    images = [to_mnist(draw(template(rng(seed)))) for seed in range(12)]
    assert all(image.max() > 200 for image in images)
    assert len({image.tobytes() for image in images}) == 12
