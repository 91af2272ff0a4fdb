"""What the tests of searches share: a small plan, a search, and trials that cost nothing."""

import math

from digitrec.runs import TrainConfig
from digitrec.search import Outcome, Plan, Range
from digitrec.search.work import Task

CONFIG = TrainConfig(dataset="digits", network="mlp", epochs=3)
SPACE = {"learning_rate": Range(1e-4, 1e-1, log=True), "dropout": Range(0.0, 0.5)}
PLAN = Plan(config=CONFIG, space=SPACE, trials=6, at_once=1)  # one by one, in the order of their numbers
BEST_RATE = 0.02


def train(task: Task) -> Outcome:
    """Trains nothing: the nearer the rate is to the best one, the fewer errors there are, and fewer each epoch."""
    task.note_run(task.name)
    errors = min(0.5, abs(math.log10(task.config.learning_rate / BEST_RATE)) / 4) + 0.01
    for epoch in range(1, task.config.epochs + 1):
        if task.report(epoch, errors * (1 + 1 / epoch), errors):
            return Outcome(1 - errors, errors, is_pruned=True)
    size = 1.0 + task.config.dropout
    return Outcome(1 - errors, errors, latency=1.0, size=size, seconds=2.0, images=200)
