"""Made strings: whose ink is whose, and what the text is."""

import numpy as np

from digitrec.forms.numbers import made_strings
from digitrec.forms.numbers.made_strings import MARK
from support.number_strings import hands


def test_each_symbol_owns_ink_and_ink_has_an_owner():
    rng = np.random.default_rng(0)
    for _ in range(12):
        made = made_strings.make_string(hands(), rng)
        assert made.text == "".join(each for each in made.symbols if each != MARK)
        assert set(np.unique(made.owner)) <= set(range(len(made.symbols) + 1))
        assert (made.owner[made.ink > 40] > 0).all() and made.ink.shape == made.owner.shape


def test_a_plain_string_has_only_digits_of_one_writer():
    made = made_strings.make_string(hands(), np.random.default_rng(1), plain=True)
    assert made.text.isdigit() and MARK not in made.symbols


def test_the_same_seed_makes_the_same_string_and_photo():
    (one, photo), (other, same) = (
        (made, made_strings.to_photo(made, rng))
        for rng in (np.random.default_rng(7), np.random.default_rng(7))
        for made in [made_strings.make_string(hands(), rng)]
    )
    np.testing.assert_array_equal(one.ink, other.ink)
    np.testing.assert_array_equal(photo, same)
    assert photo.shape == one.ink.shape and photo.std() > 1


def test_writers_of_few_digits_are_left_out():
    images, labels = np.zeros((25, 28, 28), np.uint8), np.zeros(25, np.int64)
    groups = made_strings.group_by_writer(images, labels, np.array([5] * 12 + [2] * 4 + [9] * 9)).groups
    assert [len(group) for group in groups] == [12]
