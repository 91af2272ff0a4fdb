"""What a run's report says of corrupted and attacked images, if that was measured and kept with the run."""

from __future__ import annotations

import numpy as np

from digitrec.charts.robustness import AttackCurve, attack_figure, robustness_figure
from digitrec.evaluation.scoring import Score
from digitrec.imaging.pictures import data_uri
from digitrec.metrics.classification import wilson_interval
from digitrec.report import evaluation_tables
from digitrec.report import html as html
from digitrec.report.tables import Share, format_cell
from digitrec.robustness import corruptions
from digitrec.robustness.corruptions import CORRUPTIONS, SEVERITIES
from digitrec.robustness.fast_gradient import EPSILONS, Attack
from digitrec.robustness.scores import RobustnessScores
from digitrec.runs.store import Run


def section(run: Run, score: Score) -> str:
    """The kept robustness and attack, if they are of this network and these images; else nothing."""
    scores, attack = evaluation_tables.load_robustness(run, score), evaluation_tables.load_attack(run, score)
    return (_corrupted(score, scores) if scores is not None else "") + (
        _attacked(attack) if attack is not None else ""
    )


def _corrupted(score: Score, scores: RobustnessScores) -> str:
    clean, mean = evaluation_tables.robustness_means(scores)
    worst = ", ".join(f"{CORRUPTIONS[name].title} ({format_cell(Share(share))})" for name, share in scores.worst())
    sample = score.split.images[corruptions.sample_indices(len(score.split.labels), scores.n)[:1]]
    figure = robustness_figure(
        scores.right / scores.n,
        [[_words(scores, name, severity) for severity in SEVERITIES] for name in CORRUPTIONS],
        titles=[found.title for found in CORRUPTIONS.values()],
        paper=[found.paper for found in CORRUPTIONS.values()],
        samples=[
            [data_uri(corruptions.corrupt(sample, name, severity=severity)[0]) for severity in SEVERITIES]
            for name in CORRUPTIONS
        ],
    )
    return (
        html.paragraph(
            f"{scores.n:,} images, each corrupted in the 15 ways of MNIST-C (Mu and Gilmer 2019) at five "
            f"severities; a frame marks that paper's. {clean} are read right as they are, {mean} on the mean "
            f"of the 15 at the paper's severities. Weakest there: {worst}."
        )
        + html.figure(
            figure, "Share read right of each corruption at each severity; the table below has the numbers"
        )
        + html.table(evaluation_tables.corruptions(scores))
    )


def _words(scores: RobustnessScores, name: str, severity: int) -> str:
    right, _ = scores.cell(name, severity)
    known = CORRUPTIONS[name]
    return (
        f"{known.title}, {known.words(severity)}<br>{right:,} of {scores.n:,} read right, {right / scores.n:.1%}"
    )


def _attacked(attack: Attack) -> str:
    named = {"Along the gradient": attack.right, "By chance": attack.right_by_chance}
    curves = [
        AttackCurve(
            name, np.array(counts) / attack.n, np.array([wilson_interval(right, attack.n) for right in counts])
        )
        for name, counts in named.items()
    ]
    return (
        html.heading("Attacked")
        + html.paragraph(
            f"{attack.n:,} images, every pixel moved by one step in the direction in which this network's error "
            "grows (Goodfellow et al. 2015), and for comparison in directions by chance."
        )
        + html.figure(
            attack_figure(EPSILONS, curves), "Share read right at each step; the table below has the numbers"
        )
        + html.table(evaluation_tables.attack_steps(attack))
    )
