"""What stands between the digits of made strings, and how they look as photos."""

import numpy as np
import pytest

from digitrec.forms.numbers import made_strings
from digitrec.forms.numbers.made_strings import MARK
from support.number_strings import hands

HANDS = hands()


def style(seed: int = 0) -> made_strings._Style:
    return made_strings._Style.sample(np.random.default_rng(seed), 40.0)


def fits(ink: np.ndarray) -> bool:
    """Whether there is ink in the first and last row and column."""
    return all((edge > 40).any() for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1]))


class Rolls:
    """A source of chance whose first whole number is chosen."""

    def __init__(self, first: int, seed: int) -> None:
        self._first: list[int] = [first]
        self._rng = np.random.default_rng(seed)

    def integers(self, *args):
        return self._first.pop() if self._first else self._rng.integers(*args)

    def __getattr__(self, name: str):
        return getattr(self._rng, name)


@pytest.mark.parametrize("kind", range(5))
def test_a_mark_of_each_kind_is_ink_of_about_a_digit_s_size_and_no_line_alone(kind):
    for seed in range(4):
        mark = made_strings._random_mark(style(seed), Rolls(kind, seed))
        height, width = mark.shape
        assert fits(mark) and max(mark.shape) < 80
        assert min(height, width) > 2 * style(seed).pen  # a line would be a 1


def test_points_are_smaller_than_minus_signs_and_these_are_flat():
    for seed in range(6):
        rng = np.random.default_rng(seed)
        point, comma = (made_strings._point(kind, style(seed), rng) for kind in ".,")
        symbol, minus, rise = made_strings._minus(style(seed), rng)
        assert symbol == "-" and minus.shape[1] > minus.shape[0] and rise > 0
        assert fits(point) and fits(comma) and point.shape[0] < comma.shape[0] < 40


def test_a_digit_that_is_struck_out_has_more_ink_and_is_a_mark():
    rng = np.random.default_rng(0)
    digit = style().digit(HANDS.images[0], rng)
    symbol, struck, _ = made_strings._struck_out(digit, style(), rng)
    assert symbol == MARK and (struck > 40).sum() > (digit > 40).sum() and fits(struck)


def test_a_word_of_letters_has_no_text(monkeypatch):
    monkeypatch.setattr(made_strings, "_WORD_SHARE", 1.0)
    texts = [made_strings.make_string(HANDS, np.random.default_rng(seed)).text for seed in range(4)]
    assert not any(character.isdigit() for text in texts for character in text)


class Always:
    """A source of chance where whatever may happen happens."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def random(self) -> float:
        return 0.0

    def integers(self, low, high=None):
        return self._rng.integers(low, high) if high is None else high - 1

    def __getattr__(self, name: str):
        return getattr(self._rng, name)


def test_specks_underlines_and_boxes_are_marks_of_their_own():
    ink, owner = np.zeros((100, 200), np.uint8), np.zeros((100, 200), np.int16)
    ink[40:60, 80:120], owner[40:60, 80:120] = 255, 1
    symbols = ["7"]
    made_strings._add_dirt(ink, owner, style(), Always(0), symbols)
    assert len(symbols) >= 4 and set(symbols[1:]) == {MARK}  # an underline and two lines of a box at least
    assert (owner[40:60, 80:120] == 1).all()  # the digit stays
    assert (owner[ink > 40] > 0).all() and set(np.unique(owner)) <= set(range(len(symbols) + 1))


@pytest.mark.parametrize("chance", [Always, np.random.default_rng])
def test_on_a_photo_ink_is_darker_than_its_paper(chance):
    made = made_strings.make_string(HANDS, np.random.default_rng(3), plain=True)
    photo = made_strings.to_photo(made, chance(1)).astype(float)
    assert photo.shape == made.ink.shape
    near = made.ink == 0
    assert photo[made.ink > 200].mean() < photo[near].mean() - 20


def test_ink_too_faint_to_see_is_a_dot():
    assert made_strings._crop(np.full((9, 9), 30, np.uint8)).tolist() == [[255, 255], [255, 255]]
