"""The words for verdicts: every kind of reason has a sentence, and the two strongest are said."""

import numpy as np
import pytest

from digitrec.inference import verdict as verdicts
from digitrec.inference.verdict import Reason, Verdict
from digitrec.inference.verdict_words import describe, with_article

NAMES = ("4", "8", "X")


def unsure(*reasons: Reason, proba: tuple[float, ...] = (0.2, 0.7, 0.1)) -> Verdict:
    return Verdict(np.array(proba, np.float32), NAMES, reasons)


def reason(kind: str, value: float = 3.0) -> Reason:
    return Reason(kind, "ink", value, (0.0, 1.0))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("components", "It has 3 separate parts, like more than one digit."),
        ("unlike class", "It looks unlike an 8 in the training images."),
        ("other directions", "Its strokes go in other directions than in an 8."),
        ("between two classes", "The network cannot decide between 8 and 4."),
    ],
)
def test_a_reason_names_the_answer_the_runner_up_and_the_count(kind, expected):
    assert describe(unsure(reason(kind))) == expected


def test_every_kind_that_a_verdict_can_have_has_a_sentence():
    kinds = {kind for kind, _ in (*verdicts._TOO_HIGH.values(), *verdicts._TOO_LOW.values())}
    kinds |= {"blot", "line", "line from edge to edge", "components", "unusual in all", "between two classes"}
    assert all(describe(unsure(reason(kind))).endswith(".") for kind in kinds)


def test_the_two_strongest_reasons_are_said_and_a_sure_verdict_says_nothing():
    said = describe(unsure(reason("wide"), reason("many loops"), reason("much ink")))
    assert said == "It is wider than a digit usually is. It has more closed loops than a digit usually has."
    assert describe(unsure()) == ""


def test_a_verdict_names_answer_runner_up_and_confidence():
    found = unsure(reason("wide"), Reason("unlike class", "distance", 1, (0, 1)), reason("many loops"))
    assert (found.answer, found.runner_up, found.ranking) == ("8", "4", [1, 0, 2])
    assert found.confidence == pytest.approx(0.7) and not found.sure and unsure().sure
    assert found.reason_groups == ("ink", "distance")
    alone = Verdict(np.ones(1, np.float32), ("a",))
    assert (alone.answer, alone.runner_up) == ("a", "a")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("7", "a 7"), ("8", "an 8"), ("X", "an X"), ("B", "a B"), ("e", "an e")),
        *(("zero", "a zero"), ("Apple", "an Apple"), ("80", "an 80"), ("nine", "a nine")),
    ],
)
def test_the_article_is_as_it_is_spoken(name, expected):
    assert with_article(name) == expected
