"""The report's part on corrupted and attacked images: there if it was measured of this network, else not."""

import numpy as np

from digitrec.cli.main import main
from digitrec.evaluation import scoring
from digitrec.metrics.intervals import Estimate
from digitrec.reporting import html, robustness
from digitrec.robustness import fast_gradient, scores
from digitrec.robustness.corruptions import CORRUPTIONS
from digitrec.robustness.fast_gradient import EPSILONS, Attack
from digitrec.robustness.scores import RobustnessScores
from digitrec.runs.run import Run
from support.scored import random_score, trained

OURS = {"model_sha256": "sha of the model", "data_sha256": "sha of the data"}
SCORES = RobustnessScores(
    n=20,
    clean=19,
    right=np.arange(75).reshape(15, 5) % 21,
    at_paper=Estimate(0.5, 0.4, 0.6),
    overall=Estimate(0.4, 0.3, 0.5),
    failures=((),) * 75,
    **OURS,
)
ATTACK = Attack(n=4, right=(2,) * len(EPSILONS), right_by_chance=(4,) * len(EPSILONS), examples=(), **OURS)


def section(score) -> str:
    return html.render([*robustness.corruption_accuracy(score), *robustness.attack_accuracy(score)])


def test_without_a_measurement_there_is_nothing():
    assert section(random_score(run=trained())) == ""


def test_what_was_measured_is_drawn_and_said():
    run, score = trained(), random_score()
    run.save_evaluation("digits", scores.record_name("test"), SCORES.to_dict())
    run.save_evaluation("digits", fast_gradient.record_name("test"), ATTACK.to_dict())
    found = section(score)
    assert "<b>95.0%</b>" in found and "<b>50.0%</b> 95% interval 40.0% to 60.0%" in found
    assert found.count('class="figure"') == 2 and found.count("<table>") == 2
    assert found.count('"source":"data:image') == 75


def test_a_cell_says_its_strength_its_counts_and_its_interval():
    row = list(CORRUPTIONS).index("scale")
    right = int(SCORES.right[row, 2])
    said = robustness.describe_cell(SCORES, "scale", 3)
    assert said.startswith(f"To 70%: {right} of 20 right, {right / 20:.1%} (95% interval ")


def test_of_a_network_that_is_gone_nothing_is_said():
    run, score = trained(), random_score()
    old = {"model_sha256": "another"}
    run.save_evaluation("digits", scores.record_name("test"), SCORES.to_dict() | old)
    run.save_evaluation("digits", fast_gradient.record_name("test"), ATTACK.to_dict() | old)
    assert section(score) == ""


def test_numbers_that_cannot_be_kept_are_printed_and_that_is_said(monkeypatch, capsys):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    trained()
    monkeypatch.setattr(scoring, "score", lambda *_: random_score())
    monkeypatch.setattr(scores, "measure_robustness", lambda *_, **__: SCORES)
    monkeypatch.setattr(Run, "save_evaluation", full)
    assert main(["robustness", "mine"]) == 0
    said = capsys.readouterr()
    assert "mean of all 75: 40.00%" in said.out and "(No space left on device): note them down" in said.err
