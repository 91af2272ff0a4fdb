"""The fast gradient sign method: attacked images, and the stored result of an attack.

Goodfellow, Shlens and Szegedy 2015, "Explaining and Harnessing Adversarial Examples" (arXiv 1412.6572, section 4):
every pixel moves by the same small step in the direction that raises the network's loss. A worker computes the
gradients (`training.attack`); everything else is here, without TensorFlow.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging import Images
from digitrec.metrics import Estimate, wilson_interval
from digitrec.robustness import stored

EPSILONS = (0, 4, 8, 12, 16, 24, 32, 48, 64, 80)  # levels of 255; the paper has 64 (0.25 of full ink) for MNIST
MAX_EXAMPLES = 12
Signs: TypeAlias = NDArray[np.int8]  # (n, 28, 28) or (28, 28): -1, 0 or 1


class AttackError(ValueError):
    """A stored attack is damaged: the message says which value is wrong."""


class Example(NamedTuple):
    """An attacked image and its directions."""

    place: int  # in the split
    signs: Signs  # int8 (28, 28): -1, 0 or 1


@dataclass(frozen=True, eq=False, kw_only=True)
class Attack:
    """The result of an attack on one network. Compare two by their `to_dict`."""

    n: int  # images attacked
    right: tuple[int, ...]  # right answers at each of `EPSILONS`
    right_by_chance: tuple[int, ...]  # the same in random directions
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

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        names = ("n", "right", "right_by_chance", *stored.ORIGIN_FIELDS)
        examples = [[place, base64.b64encode(signs.tobytes()).decode()] for place, signs in self.examples]
        return {name: getattr(self, name) for name in names} | {"epsilons": EPSILONS, "examples": examples}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Attack:
        """The attack that `to_dict` gave.

        Raises:
            AttackError: a value is missing or not what `to_dict` writes.
        """
        with stored.parsing("attack", "attack the network again", AttackError):
            parsed = cls(
                **stored.parse_origin(values),
                n=int(values["n"]),
                right=tuple(map(int, values["right"])),
                right_by_chance=tuple(map(int, values["right_by_chance"])),
                examples=tuple(Example(int(place), _decode_signs(text)) for place, text in values["examples"]),
            )
            epsilons = tuple(values["epsilons"])
        counts = (*parsed.right, *parsed.right_by_chance)
        whole = epsilons == EPSILONS and len(counts) == 2 * len(EPSILONS) == 2 * len(parsed.right)
        if not whole or parsed.n < 1 or not all(0 <= count <= parsed.n for count in counts):
            raise AttackError(
                f"the stored attack has no counts of 0 to {parsed.n} at each step: attack the network again."
            )
        return parsed

    def belongs_to(self, model_sha256: str | None, data_sha256: str | None) -> bool:
        """Whether the attack is on this model and these images."""
        return (self.model_sha256, self.data_sha256) == (model_sha256, data_sha256)


def perturb(images: Images, signs: Signs, epsilon: int) -> Images:
    """Images uint8 (n, 28, 28), each pixel moved by epsilon levels along its sign int8 (n, 28, 28).

    Epsilon is a whole number of levels, so that nothing is lost to rounding. Levels are clipped to 0 to 255.
    """
    moved = images.astype(np.int16) + epsilon * signs.astype(np.int16)
    clipped: Images = np.clip(moved, 0, 255).astype(np.uint8)
    return clipped


def choose_examples(labels: NDArray[np.int64], is_right: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Places of the images to show: the first right answer of each class, at most `MAX_EXAMPLES`."""
    places = np.flatnonzero(is_right)
    _, first = np.unique(labels[places], return_index=True)
    return places[first][:MAX_EXAMPLES]


def record_name(split: str) -> str:
    """The name under which a run stores the attack on a split."""
    return f"{split}-attack"


def _decode_signs(text: str) -> Signs:
    signs = np.frombuffer(base64.b64decode(text, validate=True), np.int8).reshape(28, 28)
    if np.abs(signs).max() > 1:
        raise ValueError("a direction is not -1, 0 or 1")
    return signs
