"""The answers of several models, in words."""

import numpy as np
import pytest

from digitrec.inference.verdict import Reason, Verdict
from digitrec.ui.draw.opinions import Opinion, describe_agreement, have_disagreement, make_opinion


def voices(*answers: str | None) -> list[Opinion]:
    """Opinions with these answers; "7?" is a guess that was refused."""
    return [
        Opinion(model, answer and answer[0], refusal="It is wide." if answer and answer[1:] else "")
        for model, answer in zip("abcde", answers, strict=False)
    ]


@pytest.mark.parametrize("reasons", [(), (Reason("many loops", "ink", 3, (0, 2), "loops"),)])
def test_an_opinion_is_a_verdict_with_the_two_likeliest_classes(reasons):
    found = make_opinion("m", Verdict(np.array([0.1, 0.6, 0.3], np.float32), ("x", "y", "z"), reasons))
    assert (found.model, found.answer, found.runner_up) == ("m", "y", "z")
    assert (found.confidence, found.runner_up_confidence) == pytest.approx((0.6, 0.3))
    assert bool(found.refusal) is bool(reasons) is not found.has_probabilities
    assert found.sure_answer == (None if reasons else "y")


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("77", "Both models answer 7."),
        ("7777", "All 4 models answer 7."),
        ("71", "The models disagree: a answers 7 and b answers 1."),
        ("7717", "The models disagree: 3 of 4 answer 7, but c answers 1."),
        ("17797", "The models disagree: 3 of 5 answer 7, but a answers 1 and d answers 9."),
        ("7711", "The models disagree: a answers 7, b answers 7, c answers 1 and d answers 1."),
        ((None, "7", "7"), "Both models answer 7. No answer from a."),
        (("7", None, "1"), "The models disagree: a answers 7 and c answers 1. No answer from b."),
        (("7", None), "There are no two answers to compare. No answer from b."),
        (("7?", "7?"), "Neither model is sure."),
        (("7?", "1?", "7?"), "None of the 3 models is sure."),
        (("7?", "7"), "b answers 7. a is not sure."),
        (("7?", "1", "7?"), "b answers 1. a and c are not sure."),
        (("7", "7?", "7"), "Both models that are sure answer 7. b is not sure."),
        (("7", "1?", "1"), "The models disagree: a answers 7 and c answers 1. b is not sure."),
        (("7?", None), "There are no two answers to compare. No answer from b."),
        ((None, None), "There are no two answers to compare. No answer from a and b."),
    ],
)
def test_agreement_in_words(answers, words):
    assert describe_agreement(voices(*answers)) == words
    assert have_disagreement(voices(*answers)) == ("disagree" in words)
