"""The evaluation of a run's network on a split, as it is stored with the run in evaluations/*.json."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from digitrec.metrics import (
    Confusion,
    Estimate,
    Labels,
    MetricsError,
    Proba,
    confusion_matrix,
    log_loss,
    wilson_interval,
)


class EvaluationError(ValueError):
    """A stored evaluation is damaged: the message says which value is wrong."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Evaluation:
    """A network's confusion matrix and log loss on one split. Compare two by their `to_dict`.

    The log loss is that of the network's own probabilities, before calibration.
    """

    dataset: str
    split: str
    confusion: Confusion  # (c, c)
    log_loss: float  # nats
    model_sha256: str | None = None  # of the model file: numbers of an older network are recognised by it
    data_sha256: str | None = None  # of images and labels (`splits.hash_split`), for the same reason
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def n(self) -> int:
        """How many images the network answered."""
        return int(self.confusion.sum())

    @property
    def right(self) -> int:
        """How many answers are right."""
        return int(self.confusion.trace())

    @property
    def accuracy(self) -> Estimate:
        """The share of right answers with its 95% Wilson interval."""
        return wilson_interval(self.right, self.n)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; n, accuracy and interval are for readers and are not read back."""
        accuracy, *interval = self.accuracy
        return {
            "dataset": self.dataset,
            "split": self.split,
            "n": self.n,
            "accuracy": accuracy,
            "interval": interval,
            "log_loss": self.log_loss,
            "confusion": self.confusion.tolist(),
            "model_sha256": self.model_sha256,
            "data_sha256": self.data_sha256,
            "created": self.created,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Evaluation:
        """The evaluation that `to_dict` gave; unknown keys are ignored.

        Raises:
            EvaluationError: a value is missing or not what `to_dict` writes.
        """
        try:
            confusion, loss = np.array(values["confusion"]), float(values["log_loss"])
            datetime.fromisoformat(values["created"])
            texts = {key: values[key] for key in ("dataset", "split", "model_sha256", "created")}
            texts["data_sha256"] = values.get("data_sha256")  # older ones have none
        except KeyError as error:
            raise EvaluationError(f"the stored evaluation has no {error}: evaluate the run again.") from error
        except (TypeError, ValueError) as error:
            raise EvaluationError(
                f"the stored evaluation is damaged ({error}): evaluate the run again."
            ) from error
        _check(confusion, loss, texts)
        return cls(confusion=confusion, log_loss=loss, **texts)


def evaluate(
    y_true: Labels, proba: Proba, *, dataset: str, split: str, model_sha256: str | None = None
) -> Evaluation:
    """The evaluation of probabilities proba (n, c) of images with the labels y_true (n,).

    Raises:
        MetricsError: there are no images, or labels or probabilities are wrong.
    """
    loss = log_loss(y_true, proba)  # checks both
    if not len(y_true):
        raise MetricsError(f"there are no images in {dataset}, {split}: expected at least one.")
    confusion = confusion_matrix(y_true, proba.argmax(1), proba.shape[1])
    return Evaluation(dataset=dataset, split=split, confusion=confusion, log_loss=loss, model_sha256=model_sha256)


def _check(confusion: Confusion, loss: float, texts: Mapping[str, Any]) -> None:
    square = confusion.ndim == 2 and confusion.shape[0] == confusion.shape[1]
    if not square or confusion.dtype != np.int64 or (confusion < 0).any() or not confusion.any():
        raise EvaluationError("the stored confusion matrix does not hold counts (c, c): evaluate the run again.")
    if not (math.isfinite(loss) and loss >= 0):
        raise EvaluationError(f"the stored log loss is {loss}: expected a number from 0. Evaluate the run again.")
    for key, text in texts.items():
        if not isinstance(text, str) and not (key.endswith("sha256") and text is None):
            raise EvaluationError(f"the stored {key} is {text!r}: expected a text. Evaluate the run again.")
