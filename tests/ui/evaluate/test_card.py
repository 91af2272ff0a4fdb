"""The card of an image: answers are judged by the label that people agree on."""

from types import SimpleNamespace

import numpy as np
import pytest

from digitrec.evaluation.label_errors import CORRECTIONS, DISPUTED
from digitrec.ui.evaluate.card import judge_answer


def images(dataset: str, split: str = "test") -> SimpleNamespace:
    """What a card knows of images that are all labelled 7, but for those whose label is known to be wrong."""
    labels = np.full(10_000, 7)
    for index, correction in CORRECTIONS.items():
        labels[index] = correction.given
    name = SimpleNamespace(name=dataset)
    return SimpleNamespace(dataset=name, split_name=split, split=SimpleNamespace(labels=labels))


@pytest.mark.parametrize(("index", "correction"), CORRECTIONS.items())
def test_a_corrected_label_counts_and_not_the_given_one(index, correction):
    assert judge_answer(images("mnist"), index, correction.agreed) == "✓ right by the corrected label"
    assert judge_answer(images("mnist"), index, correction.given) == "✗ wrong"


@pytest.mark.parametrize("index", DISPUTED)
def test_where_people_disagree_no_answer_is_wrong(index):
    assert {judge_answer(images("mnist"), index, answer) for answer in range(10)} == {"⚑ label disputed"}


@pytest.mark.parametrize(("dataset", "split"), [("digits", "test"), ("mnist", "validation")])
def test_other_images_are_judged_by_their_labels(dataset, split):
    index = next(iter(CORRECTIONS))
    given = CORRECTIONS[index].given
    assert judge_answer(images(dataset, split), index, given) == "✓ right"
    assert judge_answer(images(dataset, split), index, given - 1) == "✗ wrong"
