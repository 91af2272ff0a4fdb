"""Two runs compared answer by answer: only when asked, only with the same classes, and why not."""

from types import SimpleNamespace

import numpy as np
import pytest

from digitrec.evaluation import ScoringError, comparison
from digitrec.reporting import comparison_texts
from digitrec.ui.models import answers
from support.views import show

FIRST, SECOND = (SimpleNamespace(name=name, class_names=tuple("012")) for name in ("first", "sec_ond"))


@pytest.fixture
def compared(monkeypatch) -> list[tuple]:
    """What is compared: `first` alone reads 30 images right, `sec_ond` none."""
    asked: list[tuple] = []

    def compare(first, second, split, report):
        asked.append((first.name, second.name, split))
        report(1, 2)
        n = 30
        part = SimpleNamespace(images=np.zeros((n, 28, 28), np.uint8), labels=np.full(n, 2))
        scores = [
            SimpleNamespace(run=run, split=part, proba=np.eye(3)[[at] * n])
            for run, at in ((FIRST, 2), (SECOND, 0))
        ]
        scores[0].dataset = SimpleNamespace(title="Digits")
        only = np.arange(n), np.array([], int)
        return SimpleNamespace(
            first=scores[0], second=scores[1], first_only=only[0], second_only=only[1], counts=None
        )

    monkeypatch.setattr(comparison, "compare", compare)
    monkeypatch.setattr(comparison_texts, "describe_comparison", lambda counts, *names: ", ".join(names))
    return asked


@pytest.fixture
def galleries(monkeypatch) -> list[list[str]]:
    shown: list[list[str]] = []
    monkeypatch.setattr(answers, "digit_gallery", lambda images, captions: shown.append(captions))
    return shown


def test_nothing_is_compared_before_a_person_asks(compared, galleries):
    shown = show(answers.compare_two, FIRST, SECOND)
    assert not compared
    shown.button(key="which").click().run()
    assert compared == [("first", "sec_ond", "validation")]
    assert shown.markdown[0].value == "first, sec\\_ond, validation images of Digits"


def test_images_that_one_alone_reads_right_are_shown_with_what_the_other_says(compared, galleries):
    shown = show(answers.compare_two, FIRST, SECOND)
    shown.button(key="which").click().run()
    assert [each.label for each in shown.expander] == ["Only first reads these right \\(30\\)"]
    assert galleries == [["2, not 0"] * answers.MAX_SHOWN]
    assert shown.caption[-1].value == f"The first {answers.MAX_SHOWN} of 30."


def test_test_images_come_with_a_warning_and_are_asked_for_anew(compared, galleries):
    shown = show(answers.compare_two, FIRST, SECOND)
    shown.button(key="which").click().run()
    shown.segmented_control(key="models-which-split").set_value("test").run()
    assert "Choose no network by test images" in shown.caption[0].value and len(compared) == 1


def test_runs_of_different_classes_are_not_compared(compared):
    shown = show(answers.compare_two, FIRST, SimpleNamespace(name="letters", class_names=tuple("ab")))
    assert shown.caption[0].value == "They have different classes." and not shown.button


def test_why_they_cannot_be_compared_is_said(compared, monkeypatch):
    def fail(*_):
        raise ScoringError("the run 'first' has *no* network.")

    monkeypatch.setattr(comparison, "compare", fail)
    shown = show(answers.compare_two, FIRST, SECOND)
    shown.button(key="which").click().run()
    assert shown.warning[0].value == "They cannot be compared: the run 'first' has \\*no\\* network."
