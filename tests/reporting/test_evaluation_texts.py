"""Sentences about what an evaluation found."""

import dataclasses

import numpy as np
import pytest

from digitrec.evaluation import scoring
from digitrec.evaluation.label_errors import SOURCE, Correction, LabelError
from digitrec.evaluation.scoring import Note
from digitrec.evaluation.slices import QUALITIES, Cut, WorstSlice, find_worst_slice
from digitrec.metrics.intervals import Estimate
from digitrec.reporting import evaluation_texts
from digitrec.reporting.evaluation_texts import CORRUPTION_TEXTS, QUALITY_TEXTS, describe_note
from digitrec.robustness.corruptions import CORRUPTIONS, SEVERITIES
from digitrec.robustness.fast_gradient import EPSILONS, Attack
from digitrec.robustness.scores import RobustnessScores

MEAN = Estimate(0.5, 0.4, 0.6)
SCORES = RobustnessScores(
    n=20,
    clean=19,
    right=np.full((15, 5), 10),
    at_paper=MEAN,
    overall=MEAN,
    failures=((),) * 75,
    model_sha256="model",
    data_sha256="data",
)
ATTACK = Attack(
    n=100,
    right=(49, *[10] * (len(EPSILONS) - 1)),
    right_by_chance=(49, *[40] * (len(EPSILONS) - 1)),
    examples=(),
    model_sha256="model",
    data_sha256="data",
)


def worst_of(first_wrong: int, second_wrong: int, n: int = 1000) -> WorstSlice:
    """The worst of two groups of n images, thin and thick, with so many wrong answers."""
    half = np.arange(n)
    right = np.concatenate([half >= first_wrong, half >= second_wrong])
    worst = find_worst_slice(right, {"thickness": Cut(np.repeat([0, 1], n), ("below 1.8", "1.8 and above"))})
    assert worst is not None
    return worst


def test_every_quality_and_every_corruption_has_words():
    assert tuple(QUALITY_TEXTS) == QUALITIES
    assert list(CORRUPTION_TEXTS) == list(CORRUPTIONS)


def test_the_worst_group_is_named_with_its_accuracy_and_that_of_the_others():
    text = evaluation_texts.describe_worst_slice(worst_of(100, 10))
    assert text.startswith("Lowest accuracy: a stroke thickness below 1.8 pixels. 90.00% of these 1,000 images")
    assert "(100 wrong), against 99.00% of all others" in text
    assert "With 2 groups, chance does not explain this gap." in text


def test_a_small_difference_can_be_chance():
    text = evaluation_texts.describe_worst_slice(worst_of(12, 10))
    assert "With 2 groups, a gap this large can be chance." in text and "does not explain" not in text


def test_without_a_worst_group_none_stands_out():
    assert "No group stands out" in evaluation_texts.describe_worst_slice(None)


def test_a_label_error_says_what_people_saw():
    describe = evaluation_texts.describe_label_error
    assert describe(LabelError(Correction(8, 9))) == f"labelled 8, but people agreed on 9 ({SOURCE})"
    assert describe(LabelError(None)) == f"people disagreed about the label ({SOURCE})"


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        (Note(scoring.OTHER_NETWORK, "2026-11-26"), "of 2026-11-26 belongs to another network"),
        (Note(scoring.OTHER_IMAGES, "2026-11-26"), "of 2026-11-26 belongs to other images"),
        (Note(scoring.DAMAGED_EVALUATION), "stored evaluation is damaged"),
        (Note(scoring.DAMAGED_ANSWERS), "stored answers are damaged: the images were read again"),
        (Note(scoring.NOT_STORED, "No space left on device"), "stored with the run (No space left on device)"),
        (Note(scoring.OVERLAP, "12 images overlap."), "12 images overlap."),
    ],
)
def test_every_note_has_a_sentence(note, expected):
    text = describe_note(note)
    assert expected in text and text.endswith(".") and "{" not in text
    is_new = note.kind in (scoring.OTHER_NETWORK, scoring.OTHER_IMAGES, scoring.DAMAGED_EVALUATION)
    assert ("It was computed again." in text) == is_new


def test_an_outdated_evaluation_that_is_not_computed_again_does_not_say_so():
    assert evaluation_texts.describe_outdated(None) == ""
    assert (
        evaluation_texts.describe_outdated(Note(scoring.DAMAGED_EVALUATION)) == "The stored evaluation is damaged."
    )


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_each_strength_has_its_own_words(name):
    texts = {evaluation_texts.describe_strength(name, severity) for severity in SEVERITIES}
    assert len(texts) == len(SEVERITIES)
    assert not any("{" in text or "(" in text for text in texts)


def test_strengths_name_their_own_numbers():
    assert evaluation_texts.describe_strength("glass_blur", 3) == "blur of 1.0 pixels, 3 rounds of swaps over 2"
    assert evaluation_texts.describe_strength("motion_blur", 5) == "15 pixels long"
    assert evaluation_texts.describe_strength("impulse_noise", 1) == "3% of the pixels"


def test_robustness_has_a_line_for_each_corruption_and_a_star_at_the_papers_severity():
    lines = evaluation_texts.list_robustness(SCORES)
    assert len(lines) == 2 + 15 + 2
    assert lines[0] == "20 images, 95.00% right without corruption"
    assert all(line.count("*") == 1 for line in lines[2:18])
    assert lines[2].split() == ["shot_noise", *["50.0%"] * 4, "50.0%*"]
    assert lines[-1] == "mean of all 75: 50.00% (95% interval 40.00% to 60.00%)"


def test_an_attack_has_a_line_for_each_step():
    lines = evaluation_texts.list_attack(ATTACK)
    assert len(lines) == 2 + len(EPSILONS)
    assert lines[2].split() == ["0", "49.00%", "49.00%"]
    assert lines[3].split() == ["4", "10.00%", "40.00%"]
    assert evaluation_texts.list_attack(dataclasses.replace(ATTACK, n=200))[2].split() == ["0", "24.50%", "24.50%"]
