"""What the stored results of an attack and of corruptions have in common: their origin, and how damage is told."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict


class Origin(TypedDict):
    """What was measured, and when."""

    model_sha256: str
    data_sha256: str  # of the split, see `splits.hash_split`
    created: str


ORIGIN_FIELDS = tuple(Origin.__annotations__)


def parse_origin(values: Mapping[str, Any]) -> Origin:
    """The origin in the plain values of a stored result. Raises KeyError where a value is missing."""
    model_sha256, data_sha256, created = (str(values[name]) for name in ORIGIN_FIELDS)
    return Origin(model_sha256=model_sha256, data_sha256=data_sha256, created=created)


@contextlib.contextmanager
def parsing(what: str, remedy: str, error_type: type[ValueError]) -> Iterator[None]:
    """Raise what goes wrong while a stored result is parsed as an `error_type`, in words.

    Args:
        what: was stored, such as "attack".
        remedy: what to do, such as "attack the network again".
        error_type: what the caller promises to raise.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise error_type(f"the stored {what} is damaged ({error}): {remedy}.") from error
