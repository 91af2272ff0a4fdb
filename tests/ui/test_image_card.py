"""The card of an image: answers are judged by the label that people agree on."""

import numpy as np
import pytest

from digitrec.data import DATASETS
from digitrec.evaluation.label_errors import CORRECTIONS, DISPUTED
from digitrec.ui.image_card import CardImage, judge_answer


def image(dataset: str, index: int, split: str = "test") -> CardImage:
    """The card of an image that is labelled 7, but for those whose label is known to be wrong."""
    label = CORRECTIONS[index].given if index in CORRECTIONS else 7
    blank = np.zeros((28, 28), np.uint8)
    return CardImage("", DATASETS[dataset], split, index, blank, label, DATASETS[dataset].class_names, "")


@pytest.mark.parametrize(("index", "correction"), CORRECTIONS.items())
def test_a_corrected_label_counts_and_not_the_given_one(index, correction):
    assert judge_answer(image("mnist", index), correction.agreed) == "✓ right by the corrected label"
    assert judge_answer(image("mnist", index), correction.given) == "✗ wrong"


@pytest.mark.parametrize("index", DISPUTED)
def test_where_people_disagree_no_answer_is_wrong(index):
    assert {judge_answer(image("mnist", index), answer) for answer in range(10)} == {"⚑ label disputed"}


@pytest.mark.parametrize(("dataset", "split"), [("digits", "test"), ("mnist", "validation")])
def test_other_images_are_judged_by_their_labels(dataset, split):
    index = next(iter(CORRECTIONS))
    given = CORRECTIONS[index].given
    assert judge_answer(image(dataset, index, split), given) == "✓ right"
    assert judge_answer(image(dataset, index, split), given - 1) == "✗ wrong"
