"""Corrupted and attacked images, and the accuracy of a network on them."""

from digitrec.robustness import corruptions, fast_gradient, scores
from digitrec.robustness.corruptions import CORRUPTIONS, SEVERITIES
from digitrec.robustness.fast_gradient import EPSILONS, Attack, AttackError, Example, choose_examples, perturb
from digitrec.robustness.scores import DEFAULT_IMAGES_PER_CELL, Failure, RobustnessScores, RobustnessScoresError

__all__ = [
    "CORRUPTIONS",
    "DEFAULT_IMAGES_PER_CELL",
    "EPSILONS",
    "SEVERITIES",
    "Attack",
    "AttackError",
    "Example",
    "Failure",
    "RobustnessScores",
    "RobustnessScoresError",
    "choose_examples",
    "corruptions",
    "fast_gradient",
    "perturb",
    "scores",
]
