"""Evidence against classifiers whose evidence is known."""

import numpy as np
import pytest
from scipy import ndimage

from digitrec.explain.occlusion import (
    INNER_RADIUS,
    MAX_INK_DISTANCE,
    OUTER_RADIUS,
    PATCH_STRIDE,
    explain_by_occlusion,
    grid_centres,
    make_disc,
)
from support.linear_reader import BLANK, BOTTOM_RIGHT, CORNERS, TOP_LEFT, Linear, inked, weighing

CHANCE = np.random.default_rng(0)
RANDOM = Linear(CHANCE.normal(0, 0.1, (3, 28, 28)))
HAND = np.uint8(255 * (ndimage.gaussian_filter(CHANCE.normal(size=(28, 28)), 2) > 0.1))
HAND[:4] = HAND[24:] = HAND[:, :4] = HAND[:, 24:] = 0
NOTHING = np.zeros((28, 28))


def test_only_the_ink_that_the_classifier_looks_at_is_evidence():
    found = explain_by_occlusion(Linear([weighing(top_left=0.3), NOTHING]), CORNERS)
    assert found.answer == 0
    assert found.support[TOP_LEFT].min() > 0.5
    assert not found.support[14:, 14:].any()


def test_ink_that_speaks_against_the_answer_is_negative():
    found = explain_by_occlusion(Linear([weighing(top_left=0.3, bottom_right=-0.1), NOTHING]), CORNERS)
    assert found.support[TOP_LEFT].min() > 0 > found.support[BOTTOM_RIGHT].max()


def test_the_contrast_leaves_out_what_speaks_for_both():
    both = weighing(top_left=0.3)
    found = explain_by_occlusion(Linear([both + weighing(bottom_right=0.1), both, NOTHING]), CORNERS)
    assert (found.answer, found.rival) == (0, 1)
    assert found.contrast[BOTTOM_RIGHT].min() > 0.1
    np.testing.assert_allclose(found.contrast[TOP_LEFT], 0, atol=1e-5)


def test_the_evidence_for_another_class_is_that_class_s_own():
    model = Linear([weighing(top_left=0.3), weighing(bottom_right=0.2), NOTHING])
    found = explain_by_occlusion(model, CORNERS, answer=1)
    assert (found.answer, found.rival) == (1, 0)
    assert found.support[BOTTOM_RIGHT].min() > 0 > found.support[TOP_LEFT].max()
    own = explain_by_occlusion(model, CORNERS)
    assert np.array_equal(explain_by_occlusion(model, CORNERS, answer=0).support, own.support)


def test_twice_the_weight_is_twice_the_evidence():
    # With two classes the log-odds are the difference of the logits, so the map is linear in the weights.
    once, twice = (explain_by_occlusion(Linear([scale * RANDOM.weights[0], NOTHING]), HAND) for scale in (1, 2))
    assert once.answer == twice.answer
    np.testing.assert_allclose(twice.support, 2 * once.support, atol=1e-3)


def test_the_map_is_the_mean_of_the_patches_that_cover_a_pixel():
    # Of one inked pixel a patch takes its share there, so that each fall is known.
    weight, image = 8.0, inked((slice(12, 13), slice(9, 10)))
    patches = np.stack([make_disc(centre, INNER_RADIUS, OUTER_RADIUS) for centre in grid_centres(PATCH_STRIDE)])
    expected = weight * np.tensordot(patches[:, 12, 9], patches, axes=1) / patches.sum(axis=0)
    found = explain_by_occlusion(Linear([np.full((28, 28), weight), NOTHING]), image).support
    np.testing.assert_allclose(found[found != 0], expected[found != 0], atol=0.02)
    assert np.count_nonzero(found) == 13


def test_with_two_classes_the_contrast_is_the_support():
    found = explain_by_occlusion(Linear(RANDOM.weights[:2]), HAND)
    np.testing.assert_allclose(found.support, found.contrast, atol=1e-4)


@pytest.mark.parametrize("turn", [np.fliplr, np.flipud, np.transpose], ids=lambda turn: turn.__name__)
def test_a_turned_image_has_the_turned_map(turn):
    turned = explain_by_occlusion(Linear([turn(weights) for weights in RANDOM.weights]), turn(HAND).copy())
    np.testing.assert_allclose(turned.support, turn(explain_by_occlusion(RANDOM, HAND).support), atol=1e-4)


def test_paper_far_from_ink_is_zero():
    found = explain_by_occlusion(RANDOM, CORNERS)
    steps = ndimage.distance_transform_cdt(CORNERS == 0, "taxicab")
    assert found.support[steps <= MAX_INK_DISTANCE].all()
    assert not found.support[steps > MAX_INK_DISTANCE].any()


def test_without_ink_there_is_no_evidence():
    found = explain_by_occlusion(RANDOM, BLANK)
    assert not found.support.any() and not found.contrast.any()
    assert found.regions == ()


def test_one_question_is_enough():
    reader = Linear(RANDOM.weights)
    explain_by_occlusion(reader, np.full((28, 28), 255, np.uint8))
    assert reader.asked == [1 + 196 + 9]


def test_the_map_does_not_depend_on_the_batch():
    class OneByOne(Linear):
        def predict_proba(self, images):
            return np.concatenate([super(OneByOne, self).predict_proba(image[None]) for image in images])

    one_by_one, together = explain_by_occlusion(OneByOne(RANDOM.weights), HAND), explain_by_occlusion(RANDOM, HAND)
    np.testing.assert_allclose(one_by_one.support, together.support, atol=1e-5)
    assert np.array_equal(together.support, explain_by_occlusion(RANDOM, HAND).support)


@pytest.mark.parametrize("image", [HAND, CORNERS, inked((slice(4, 24), slice(13, 15))), inked(TOP_LEFT)])
def test_the_regions_part_the_evidence_and_nothing_is_counted_twice(image):
    found = explain_by_occlusion(RANDOM, image)
    assert sum(region.support for region in found.regions) == pytest.approx(
        found.support[image > 0].sum(), abs=1e-3
    )
    assert len({region.place for region in found.regions}) == len(found.regions) <= 9


def test_an_upright_stroke_is_parted_along_its_length_only():
    upright, level = (slice(4, 24), slice(13, 15)), (slice(13, 15), slice(4, 24))
    places = [
        [region.place for region in explain_by_occlusion(RANDOM, inked(place)).regions]
        for place in (upright, level)
    ]
    assert places == [
        [(0, 1), (1, 1), (2, 1)],
        [(1, 0), (1, 1), (1, 2)],
    ]


def test_a_region_says_what_is_read_without_its_ink():
    reader = Linear([weighing(top_left=0.3), NOTHING], [-1, 0])
    top, bottom = explain_by_occlusion(reader, CORNERS).regions
    alone = reader.predict_proba(inked(BOTTOM_RIGHT)[None])[0]
    np.testing.assert_allclose(top.proba, alone, atol=0.05)
    np.testing.assert_allclose(bottom.proba, reader.predict_proba(CORNERS[None])[0], atol=0.05)


def test_extreme_certainty_stays_finite():
    found = explain_by_occlusion(Linear([weighing(top_left=1000), NOTHING]), CORNERS)
    assert np.isfinite(found.support).all() and np.isfinite(found.contrast).all()


def test_a_prediction_that_is_there_is_not_made_again():
    reader = Linear(RANDOM.weights)
    proba = reader.predict_proba(HAND[None])[0]
    reader.asked.clear()
    found, alone = explain_by_occlusion(reader, HAND, proba), explain_by_occlusion(RANDOM, HAND)
    assert np.array_equal(found.proba, proba) and len(reader.asked) == 1
    assert (found.answer, found.rival) == (alone.answer, alone.rival)
    np.testing.assert_allclose(found.support, alone.support, atol=1e-5)
    assert [region.place for region in found.regions] == [region.place for region in alone.regions]
