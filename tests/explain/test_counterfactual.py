"""Flips: that they flip, that they are small, and that no flip is told where none was found."""

import itertools

import numpy as np
import pytest

from digitrec.explain.counterfactual import MAX_DOTS, count_changed_pixels, find_counterfactual
from digitrec.inference.classifier import BATCH, Classifier
from support.linear_reader import BLANK, CORNERS, TOP_LEFT, Linear, inked, weighing
from support.places import ROOT

SHIPPED = ROOT / "models" / "mnist"
CHANCE = np.random.default_rng(0)
NOTHING = np.zeros((28, 28))


@pytest.mark.parametrize("seed", range(5))
def test_a_flip_is_answered_otherwise_when_asked_again(seed):
    reader = Linear(np.random.default_rng(seed).normal(0, 0.3, (4, 28, 28)))
    flip = find_counterfactual(reader, CORNERS)
    proba = reader.predict_proba(np.stack([CORNERS, flip.image]))
    assert list(proba.argmax(axis=1)) == [flip.was, flip.becomes]
    assert flip.was != flip.becomes
    np.testing.assert_allclose(flip.proba, proba[1], atol=1e-6)


def test_ink_is_taken_away_where_the_answer_hangs_on_it():
    flip = find_counterfactual(Linear([weighing(top_left=1), NOTHING], [-10, 0]), CORNERS)
    assert (flip.was, flip.becomes, flip.added) == (0, 1, 0)
    assert flip.removed > 0
    assert count_changed_pixels(CORNERS[TOP_LEFT], flip.image[TOP_LEFT]) == flip.pixels > 0


def test_ink_is_added_where_it_speaks_for_another_answer():
    beside = inked((slice(5, 9), slice(10, 14)))
    flip = find_counterfactual(Linear([NOTHING, weighing(top_right=1)], [6, 0]), beside)
    assert (flip.was, flip.becomes, flip.removed) == (0, 1, 0)
    assert flip.added >= 2
    assert np.array_equal(flip.image[:, :13], beside[:, :13])


def test_added_ink_grows_out_of_the_drawing():
    toward = Linear([NOTHING, np.ones((28, 28))], [40, 0])
    flip = find_counterfactual(toward, CORNERS)
    rows, columns = np.nonzero(flip.image > CORNERS)
    assert (flip.becomes, flip.removed) == (1, 0)
    distances = [np.abs([rows - row, columns - column]).max(axis=0) for row, column in np.argwhere(CORNERS)]
    assert np.min(distances, axis=0).max() <= 4


def test_one_dot_is_enough_where_one_is_enough():
    flip = find_counterfactual(Linear([weighing(top_left=1), NOTHING], [-14, 0]), CORNERS)
    assert flip.added + flip.removed == 1
    assert flip.pixels <= 12


@pytest.mark.parametrize("biases", [[1, 0], [0, 30]])
def test_what_no_ink_changes_is_not_flipped_and_the_search_ends(biases):
    reader = Linear([NOTHING, NOTHING], biases)
    assert find_counterfactual(reader, CORNERS) is None
    assert len(reader.asked) == 1 + MAX_DOTS
    assert max(reader.asked) <= 200


def test_the_search_asks_few_questions():
    reader = Linear([weighing(top_left=1), NOTHING], [-4, 0])
    find_counterfactual(reader, CORNERS)
    assert len(reader.asked) <= 1 + MAX_DOTS + 1
    assert sum(-(-asked // 100) for asked in reader.asked[1:]) <= MAX_DOTS + 2


def test_after_the_first_question_each_is_one_batch():
    reader = Linear([NOTHING, NOTHING], [1, 0])
    find_counterfactual(reader, np.full((28, 28), 255, np.uint8))
    assert reader.asked == [1, 196] + [BATCH] + [BATCH - i for i in range(1, MAX_DOTS - 1)]


class Three:
    """Sees whether each of three blocks is gone: the first weighs most, the others are enough together."""

    BLOCKS = tuple((slice(row, row + 2), slice(row, row + 2)) for row in (4, 12, 20))

    def predict_proba(self, images: np.ndarray) -> np.ndarray:
        a, b, c = (images[:, *block].mean(axis=(1, 2)) < 128 for block in self.BLOCKS)
        odds = np.exp(3 - 1.0 * a - 0.9 * b - 2.2 * (b & c))
        return np.stack([odds / (1 + odds), 1 / (1 + odds)], axis=1).astype(np.float32)


def test_a_dot_that_later_ones_make_needless_is_taken_back():
    image = inked(*Three.BLOCKS)
    flip = find_counterfactual(Three(), image)
    assert (flip.added, flip.removed, flip.pixels) == (0, 2, 8)
    assert np.array_equal(flip.image[:10], image[:10])


def test_blank_paper_has_no_ink_to_change():
    assert find_counterfactual(Linear([NOTHING, NOTHING], [1, 0]), BLANK) is None


def test_the_search_finds_the_same_each_time():
    reader = Linear(CHANCE.normal(0, 0.2, (3, 28, 28)))
    first, second = find_counterfactual(reader, CORNERS), find_counterfactual(reader, CORNERS)
    assert np.array_equal(first.steps, second.steps)
    assert first[1:3] + first[4:7] == second[1:3] + second[4:7]


@pytest.mark.parametrize("seed", range(5))
def test_the_steps_are_one_dot_each_and_end_with_the_changed_image(seed):
    flip = find_counterfactual(Linear(np.random.default_rng(seed).normal(0, 0.2, (4, 28, 28))), CORNERS)
    assert len(flip.steps) == flip.added + flip.removed and np.array_equal(flip.steps[-1], flip.image)
    counts = [count_changed_pixels(CORNERS, step) for step in flip.steps]
    assert all(0 < before < after for before, after in itertools.pairwise(counts))


@pytest.mark.parametrize("target", [1, 2, 3])
def test_a_flip_to_a_class_is_answered_with_that_class(target):
    reader = Linear(np.random.default_rng(0).normal(0, 0.2, (4, 28, 28)), [3, 0, 0, 0])
    flip = find_counterfactual(reader, CORNERS, 0, target=target)
    assert flip is None or reader.predict_proba(flip.image[None])[0].argmax() == flip.becomes == target


def test_the_nearest_other_class_is_one_of_the_targets():
    reader = Linear([weighing(top_left=1), NOTHING, NOTHING - 9], [-10, 0, 0])
    free, aimed = find_counterfactual(reader, CORNERS), find_counterfactual(reader, CORNERS, 0, target=1)
    assert free.becomes == aimed.becomes == 1 and np.array_equal(free.image, aimed.image)
    assert find_counterfactual(reader, CORNERS, 0, target=2) is None


def test_the_image_given_is_not_changed():
    image = CORNERS.copy()
    image.flags.writeable = False
    find_counterfactual(Linear(CHANCE.normal(0, 0.2, (3, 28, 28))), image)
    assert np.array_equal(image, CORNERS)


def test_only_changes_that_can_be_seen_are_counted():
    before = np.full((28, 28), 100, np.uint8)
    after = before.copy()
    after[0, :3] = (125, 126, 74)
    assert count_changed_pixels(before, after) == count_changed_pixels(after, before) == 2


def test_the_shipped_network_is_flipped_and_says_so_when_asked_alone(mnist):
    model = Classifier.load(SHIPPED)
    for image in mnist.test.images[:5]:
        flip = find_counterfactual(model, image)
        answers = [int(model.predict_proba(one[None])[0].argmax()) for one in (image, flip.image)]
        assert answers == [flip.was, flip.becomes]
        assert 0 < flip.pixels == count_changed_pixels(image, flip.image) < 60


def test_an_answer_that_is_there_is_not_predicted_again():
    reader = Linear([weighing(top_left=1), NOTHING], [-14, 0])
    found = find_counterfactual(reader, CORNERS)
    first = reader.asked.copy()
    reader.asked.clear()
    again = find_counterfactual(reader, CORNERS, found.was)
    assert reader.asked == first[1:] and np.array_equal(again.image, found.image)
