"""The sections of an evaluation: words that follow the numbers, one confidence, and the choices of the page."""

import dataclasses

import numpy as np
import pytest

from digitrec.evaluation import label_errors
from digitrec.evaluation.label_errors import CorrectedLabels, Correction, LabelError
from digitrec.reporting import evaluation_tables, report, sections
from digitrec.reporting.blocks import Figure, Gallery, Heading, Numbers, TableBlock, Text
from support.scored import random_score, score_of, trained


def texts(blocks) -> str:
    return "\n".join(str(block) for block in blocks if isinstance(block, Text))


def only(blocks, kind):
    (found,) = (block for block in blocks if isinstance(block, kind))
    return found


def answering(answers, labels, classes=3, run=None):
    """A score of certain answers."""
    return score_of(np.array(labels), np.eye(classes, dtype=np.float32)[answers], run=run or trained())


def test_the_accuracy_is_told_as_counts_with_its_interval():
    said = str(sections.accuracy_text(answering([0, 1, 2, 0], [0, 1, 2, 2]).evaluation))
    assert said.startswith("3 of 4 answers are right.") and "between 30.06% and 95.44%" in said


@pytest.mark.parametrize(
    ("n", "wrong", "expected"),
    [(99, 1, "With only 99 images"), (100, 0, "All answers are right"), (100, 100, "All answers are wrong")],
)
def test_numbers_that_say_little_say_so(n, wrong, expected):
    labels = np.zeros(n, int)
    blocks = sections.numbers(answering([1] * wrong + [0] * (n - wrong), labels))
    assert expected in str(blocks[-1]) and blocks[-1].role == "note"


def test_enough_images_with_a_mistake_need_no_note():
    assert "note" not in {getattr(b, "role", "") for b in sections.numbers(answering([1] + [0] * 99, [0] * 100))}


def test_the_weakest_class_is_the_one_with_the_least_recall():
    said = texts(sections.classes(answering([0, 0, 1, 0, 2], [0, 0, 1, 1, 2])))
    assert "Weakest class: b, with a recall of 50.00%" in said


def test_classes_without_images_or_answers_are_named():
    said = texts(sections.classes(answering([0, 0, 0], [0, 0, 1])))
    assert "No images of c: their recall is unknown" in said
    assert "Never answered: b. Their precision is unknown." in said
    assert "Weakest" not in texts(sections.classes(answering([0, 1], [0, 0], run=trained("one"))))


def test_a_report_draws_both_kinds_of_curves_and_a_page_the_chosen_one():
    score = random_score(run=trained())
    both = sections.curves(score)
    assert [block.text for block in both if isinstance(block, Heading)] == [
        "ROC curves, near the corner",
        "Precision-recall curves, near the corner",
    ]
    one = sections.curves(score, kinds=("ROC",), chosen=(2,), is_zoomed=False)
    assert [trace.name for trace in only(one, Figure).figure.data] == ["c", "guessing"]
    assert not any(isinstance(block, Heading) for block in one)


def test_of_many_classes_the_weakest_curves_are_drawn_in_their_order():
    names = tuple(f"class {i}" for i in range(14))
    score = random_score(400, 14, run=trained("many", names))
    drawn = only(sections.curves(score, kinds=("Precision-recall",)), Figure).figure.data
    areas = {row[0]: row[2] for row in evaluation_tables.areas(score).rows}
    strongest = sorted(areas, key=areas.get)[-2:]
    assert [trace.name for trace in drawn] == [name for name in names if name not in strongest]


def test_a_class_against_nothing_has_no_curve():
    assert "there is no curve" in texts(sections.curves(answering([0, 0], [0, 0]), kinds=("ROC",)))


def test_the_most_frequent_mistakes_come_first_and_none_is_said():
    score = answering([1, 1, 2, 0], [0, 0, 0, 0])
    assert "Most frequent: a read as b (2), a read as c (1)." in texts(sections.confusion(score))
    assert "There are no mistakes." in texts(sections.confusion(answering([0], [0], run=trained("right"))))


def test_a_network_is_shown_with_one_confidence_everywhere():
    run = trained()
    run.save_calibration({"temperature": 4.0})
    score = score_of(np.array([1]), np.array([[0.98, 0.01, 0.01]], np.float32), run=run)
    assert score.calibrated[0, 0] == pytest.approx(0.6115, abs=1e-3)
    assert sections.answer_caption(score, 0) == "✗ read a (61.1%), is\u00a0b"
    assert only(sections.mistakes(score), Gallery).captions == ("#0 ✗ read a (61.1%), is\u00a0b",)
    assert evaluation_tables.mistakes(score).rows[0][3] == evaluation_tables.answers(score).rows[0][3]
    assert evaluation_tables.mistakes(score).rows[0][3] == pytest.approx(0.6115, abs=1e-3)


def test_a_right_answer_says_so():
    assert sections.answer_caption(answering([1], [1]), 0) == "✓ right: b (>99.9%)"


def test_a_known_label_error_stands_with_the_mistake(monkeypatch):
    monkeypatch.setattr(label_errors, "find_label_error", lambda *_: LabelError(Correction(1, 2)))
    assert (
        only(sections.mistakes(answering([1], [0])), Gallery)
        .captions[0]
        .endswith("; labelled 1, but people agreed on 2 (Northcutt et al. 2021)")
    )


def test_corrected_labels_are_counted_beside_the_given_ones(monkeypatch):
    better = CorrectedLabels(np.array([1, 0, 0, 0]), np.array([True, False, True, True]))
    monkeypatch.setattr(label_errors, "correct_labels", lambda *_: better)
    blocks = sections.corrected_labels(answering([1, 1, 0, 1], [0, 0, 0, 0]))
    given, corrected = only(blocks, Numbers).entries
    assert (given.value, corrected.value) == ("25.00%", "66.67%")
    assert given.sentence == "3 of 4 images misread." and corrected.sentence == "1 of 3 images misread."
    assert "They agreed that 1 are wrong" in texts(blocks) and "They did not agree on 1" in texts(blocks)
    assert "2 of the 3 mistakes are on these 2 images" in texts(blocks)
    first, second = only(blocks, Gallery).captions
    assert first.replace("\u00a0", " ") == "⚠ given a, agreed b; read b"
    assert second.replace("\u00a0", " ") == "⚠ given a, disputed; read b"


def test_the_figure_of_the_groups_marks_the_chosen_and_the_worst():
    score = random_score(run=trained())
    figure = only(sections.slices(score, chosen="thickness-1"), Figure).figure
    points, rings = figure.data
    assert list(rings.y) == [points.y[1]]
    assert list(points.marker.symbol).count("diamond") <= 1


def test_without_mistakes_there_is_no_gallery():
    assert texts(sections.mistakes(answering([0], [0]))) == "There are no mistakes."


def test_a_training_without_epochs_shows_its_settings():
    run = trained()
    assert [type(block) for block in sections.training(run)][:3] == [Heading, Figure, TableBlock]
    (run.path / "history.jsonl").unlink()
    assert [type(block) for block in sections.training(run)] == [Heading, Heading, TableBlock]


def test_every_figure_of_a_report_has_a_name_of_its_own():
    names = [block.name for block in report.list_blocks(random_score(run=trained())) if isinstance(block, Figure)]
    assert len(set(names)) == len(names) > 5


def test_a_score_knows_its_split_and_what_is_right():
    score = answering([0, 1], [0, 0])
    assert (score.split_name, score.is_right.tolist(), score.temperature) == ("test", [True, False], None)
    assert score.calibrated is score.proba
    assert dataclasses.replace(score, notes=("x",)).notes == ("x",)


def test_the_calibrated_probabilities_are_computed_once_for_each_temperature():
    run = trained()
    run.save_calibration({"temperature": 2.0})
    score = random_score(run=run)
    again = dataclasses.replace(score)
    assert score.calibrated is again.calibrated and not score.calibrated.flags.writeable
    run.save_calibration({"temperature": 3.0})
    assert not np.array_equal(dataclasses.replace(score).calibrated, score.calibrated)
    for _ in range(20):
        assert random_score(run=run).calibrated is not score.calibrated
