"""The coach's words."""

import pytest

from digitrec.evaluation import Finding, Kind
from digitrec.reporting import coach_texts
from digitrec.runs import TrainConfig


@pytest.mark.parametrize("kind", Kind)
def test_every_finding_has_a_title_and_a_reason_of_short_sentences(kind):
    finding = Finding(kind, 0.5, 0.25, {}, 3)
    text = coach_texts.describe_finding(finding, ("0", "1"))
    assert coach_texts.finding_title(finding) and text.endswith(".")
    assert all(len(sentence.split()) <= 20 for sentence in text.split(". "))


def test_advice_names_each_setting_with_its_value_before_and_after():
    config = TrainConfig(learning_rate=0.01, patience=3)
    finding = Finding(Kind.OVERFIT, 1.5, 1.1, {"learning_rate": 0.002, "patience": 3, "rotation": 8.0}, 2)
    assert coach_texts.describe_changes(finding, config) == (
        "Learning rate from 0.01 to 0.002; Rotation from 0 to 8"
    )
