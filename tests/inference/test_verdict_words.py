"""The words for verdicts: every kind of reason has a sentence, and the two strongest are said."""

import numpy as np
import pytest

from digitrec.inference import verdict as verdicts
from digitrec.inference.verdict import Reason, Verdict
from digitrec.inference.verdict_words import (
    describe,
    describe_measured,
    measure_reason,
    refusal_title,
    with_article,
)

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
    kinds = {kind for kind, _ in (*verdicts.TOO_HIGH.values(), *verdicts.TOO_LOW.values())}
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


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Reason("blot", "ink", 0.99, (0, 0.72)), ("Ink in its box", "99.0%", "at most 72%")),
        (Reason("line", "ink", 0.04, (0.09, 1)), ("Breadth of the line, of its length", "4.0%", "at least 9.0%")),
        (Reason("components", "ink", 3, (1, 2)), ("Separate parts", "3", "at most 2")),
        (Reason("several components", "ink", 4, (1, 1), "components"), ("Separate parts", "4", "at most 1")),
        (
            Reason("several components", "ink", 0.3, (0, 0.12), "second component"),
            ("Ink in the second part", "30%", "at most 12%"),
        ),
        (Reason("many loops", "ink", 3, (0, 2), "loops"), ("Closed loops", "3", "at most 2")),
        (
            Reason("many lines", "ink", np.log(73), (np.log(20), np.log(68)), "length"),
            ("Length of the lines", "70 pixels of the image", "at most 65 pixels of the image"),
        ),
        (
            Reason("few lines", "ink", np.log(8), (np.log(20), np.log(68)), "length"),
            ("Length of the lines", "5 pixels of the image", "at least 17 pixels of the image"),
        ),
        (
            Reason("unlike class", "distance", np.log(225), (0, np.log(100)), "embedding distance"),
            ("Distance from its class", "15 standard deviations", "at most 10 standard deviations"),
        ),
        (
            Reason("between two classes", "confidence", np.log(0.2), (np.log(1e-7), np.log(0.03)), "doubt"),
            ("Confidence before calibration", "80%", "at least 97.0%"),
        ),
        (Reason("between two classes", "confidence", 0.5, (0.6, 1)), ("Confidence", "50%", "at least 60%")),
        (
            Reason("other directions", "distance", 1, (0, 0), "other nearest class"),
            ("Stroke directions nearer to another class", "yes", "no"),
        ),
        (
            Reason("unusual in all", "distance", np.log(9), (-np.inf, 0)),
            ("Score for being of no class", "90%", "at most 50%"),
        ),
    ],
)
def test_a_reason_has_its_value_and_the_end_of_the_usual_range_with_units(found, expected):
    assert measure_reason(found) == expected
    sentence = describe_measured(found, unsure(found))
    assert sentence.endswith(f" {expected[0]}: {expected[1]} (usual: {expected[2]}).")
    assert sentence.startswith(describe(unsure(found)))


def test_every_feature_that_gives_a_reason_is_measured():
    for names in (verdicts.TOO_HIGH, verdicts.TOO_LOW):
        for feature, (kind, group) in names.items():
            assert all(measure_reason(Reason(kind, group, 5.0, (0.5, 1.0), feature)))


def test_what_was_refused_is_a_guess_or_a_choice_of_two():
    assert refusal_title(unsure(reason("many loops"))) == "Not sure: the best guess 8 was refused"
    doubt = Reason("between two classes", "confidence", 0.5, (0.6, 1))
    assert refusal_title(unsure(doubt)) == "Not sure between 8 and 4"
    assert unsure(doubt).has_probabilities and unsure().has_probabilities
    assert not unsure(reason("wide"), doubt).has_probabilities
