"""What several networks say, in words."""

import numpy as np
import pytest

from digitrec.inference.opinions import Opinion, describe_agreement, have_disagreement, make_opinion


def voices(*answers: str | None) -> list[Opinion]:
    return [Opinion(model, answer) for model, answer in zip("abcde", answers, strict=False)]


def test_an_opinion_is_the_two_likeliest_classes():
    found = make_opinion("m", np.array([0.1, 0.6, 0.3], np.float32), ("x", "y", "z"))
    assert found._replace(confidence=0, runner_up_confidence=0) == Opinion("m", "y", 0, "z", 0)
    assert (found.confidence, found.runner_up_confidence) == pytest.approx((0.6, 0.3))


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("77", "Both models say 7."),
        ("7777", "All 4 models say 7."),
        ("71", "The models disagree: a says 7 and b says 1."),
        ("7717", "The models disagree: 3 of 4 say 7, but c says 1."),
        ("17797", "The models disagree: 3 of 5 say 7, but a says 1 and d says 9."),
        ("7711", "The models disagree: a says 7, b says 7, c says 1 and d says 1."),
        ((None, "7", "7"), "Both models say 7. a could not read it."),
        (("7", None, "1"), "The models disagree: a says 7 and c says 1. b could not read it."),
        (("7", None), "There are not two answers to compare. b could not read it."),
        ((None, None), "There are not two answers to compare. a and b could not read it."),
    ],
)
def test_agreement_in_words(answers, words):
    assert describe_agreement(voices(*answers)) == words
    assert have_disagreement(voices(*answers)) == ("disagree" in words)
