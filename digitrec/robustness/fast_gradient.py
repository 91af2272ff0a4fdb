"""The fast gradient sign method: how images are changed by it, and what is kept of an attack with it.

Goodfellow, Shlens and Szegedy 2015, "Explaining and Harnessing Adversarial Examples" (arXiv 1412.6572, section 4):
every pixel goes by the same small step in the direction in which the network's loss rises. The gradients come from
a worker (`attack`); all else is here, without TensorFlow.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from digitrec.metrics.intervals import Estimate, wilson_interval

EPSILONS = (0, 4, 8, 12, 16, 24, 32, 48, 64, 80)  # levels of 255; the paper has 64 (0.25 of full ink) for MNIST
MAX_EXAMPLES = 12
_TEXT_FIELDS = ("model_sha256", "data_sha256", "created")


class AttackError(ValueError):
    """A kept attack makes no sense: the message says which."""


class Example(NamedTuple):
    """An image and the direction in which it is attacked."""

    index: int  # in the split
    signs: np.ndarray  # int8 (28, 28): -1, 0 or 1


@dataclass(frozen=True, eq=False, kw_only=True)
class Attack:
    """What is kept of an attack on one network. Two are compared by their `to_dict`."""

    n: int  # images attacked
    right: tuple[int, ...]  # of these, read right at each of `EPSILONS`
    right_by_chance: tuple[int, ...]  # the same where each pixel's direction is chance
    examples: tuple[Example, ...]
    model_sha256: str
    data_sha256: str  # of the split, see `splits.hash_split`
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def accuracy(self) -> tuple[Estimate, ...]:
        """The share of right answers at each of `EPSILONS`, along the gradient."""
        return tuple(wilson_interval(right, self.n) for right in self.right)

    @property
    def accuracy_by_chance(self) -> tuple[Estimate, ...]:
        """The same in random directions."""
        return tuple(wilson_interval(right, self.n) for right in self.right_by_chance)

    def lines(self) -> list[str]:
        """A table in plain text."""
        said = [f"{self.n:,} images", f"{'levels of 255':>14} {'attacked':>9} {'by chance':>9}"]
        for epsilon, *counts in zip(EPSILONS, self.right, self.right_by_chance, strict=True):
            said.append(f"{epsilon:14} " + " ".join(f"{count / self.n:9.2%}" for count in counts))
        return said

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        names = ("n", "right", "right_by_chance", *_TEXT_FIELDS)
        examples = [[index, base64.b64encode(signs.tobytes()).decode()] for index, signs in self.examples]
        return {name: getattr(self, name) for name in names} | {"epsilons": EPSILONS, "examples": examples}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Attack:
        """The attack that `to_dict` gave.

        Raises:
            AttackError: a value is missing or not what `to_dict` writes.
        """
        try:
            found = cls(
                **{name: str(values[name]) for name in _TEXT_FIELDS},
                n=int(values["n"]),
                right=tuple(map(int, values["right"])),
                right_by_chance=tuple(map(int, values["right_by_chance"])),
                examples=tuple(Example(int(index), _decode_signs(text)) for index, text in values["examples"]),
            )
            epsilons = tuple(values["epsilons"])
        except (KeyError, TypeError, ValueError) as error:
            raise AttackError(f"the kept attack is damaged ({error}): attack the network again.") from error
        counts = (*found.right, *found.right_by_chance)
        whole = epsilons == EPSILONS and len(counts) == 2 * len(EPSILONS) == 2 * len(found.right)
        if not whole or found.n < 1 or not all(0 <= count <= found.n for count in counts):
            raise AttackError(f"the kept attack has no counts of 0 to {found.n} at each step: attack again.")
        return found

    def is_of(self, model_sha256: str | None, data_sha256: str | None) -> bool:
        """Whether this model was attacked, on these images."""
        return (self.model_sha256, self.data_sha256) == (model_sha256, data_sha256)


def perturb(images: np.ndarray, signs: np.ndarray, epsilon: int) -> np.ndarray:
    """Images uint8 (n, 28, 28), each pixel moved by epsilon levels along its sign int8 (n, 28, 28).

    Epsilon is a whole number of levels, so that what comes out is an image and nothing is lost to rounding; what
    would leave 0 to 255 stays at its end.
    """
    return np.clip(images.astype(np.int16) + epsilon * signs.astype(np.int16), 0, 255).astype(np.uint8)


def choose_examples(labels: np.ndarray, is_right: np.ndarray) -> np.ndarray:
    """Places of the images to show: the first of each class that is read right, at most `EXAMPLES`."""
    places = np.flatnonzero(is_right)
    _, first = np.unique(labels[places], return_index=True)
    return places[first][:MAX_EXAMPLES]


def record_name(split: str) -> str:
    """The name under which a run keeps the attack on a split."""
    return f"{split}-attack"


def _decode_signs(text: str) -> np.ndarray:
    signs = np.frombuffer(base64.b64decode(text, validate=True), np.int8).reshape(28, 28)
    if np.abs(signs).max() > 1:
        raise ValueError("a direction is neither -1, 0 nor 1")
    return signs
