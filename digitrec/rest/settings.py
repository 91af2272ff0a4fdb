"""What an operator sets for the API, by environment variables: limits, keys, origins."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib import util
from pathlib import Path
from typing import Any, NamedTuple

from digitrec.rest import keys

PREFIX = "DIGITREC_API_"


class SettingsError(Exception):
    """A setting of the API cannot be used: the message says which, and what was expected."""


class Settings(NamedTuple):
    """Limits, keys and origins of the API; `read_settings` gives each from DIGITREC_API_ and its name in capitals.

    Attributes:
        max_bytes: of a request's body.
        max_files: pictures in a request.
        max_requests: in work at the same time; the next one is told to come back.
        body_seconds: within which a request's body must have come.
        rate: pictures a second that one client may send on average; 0: no limit.
        burst: pictures that it may send at once.
        batch_ms: milliseconds that a picture may wait for others, to be predicted together, where many come.
        model: name of the run that reads where a request names none; empty: the best built-in one.
        origins: of pages in browsers that may call the API (CORS); none by default.
        key_hashes: of the keys, one of which a request must have; none: no key is asked for.
    """

    max_bytes: int = 20_000_000
    max_files: int = 64
    max_requests: int = 64
    body_seconds: float = 30.0
    rate: float = 50.0
    burst: int = 200
    batch_ms: float = 8.0
    model: str = ""
    origins: tuple[str, ...] = ()
    key_hashes: tuple[str, ...] = ()


def is_installed() -> bool:
    """Whether the extra `serve` is installed; imports nothing of it."""
    return all(
        util.find_spec(name) is not None
        for name in ("fastapi", "python_multipart", "prometheus_client", "uvicorn")
    )


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that the environment gives, else the defaults; keys also from the file of the keys.

    Raises:
        SettingsError: a value is not a number, is out of range, or the keys cannot be read.
    """
    found: dict[str, Any] = {"model": environment.get(f"{PREFIX}MODEL", "").strip()}
    for name, (read, least, most) in _NUMBERS.items():
        if text := environment.get(variable := f"{PREFIX}{name.upper()}", "").strip():
            found[name] = _read_number(variable, text, read, least, most)
    found["origins"] = tuple(environment.get(f"{PREFIX}ORIGINS", "").split())
    found["key_hashes"] = _read_hashes(environment)
    return Settings(**found)


def keys_file(environment: Mapping[str, str] = os.environ) -> Path:
    """The file of the keys' hashes, there or not: by DIGITREC_API_KEYS, else in the user's settings."""
    return Path(environment.get(f"{PREFIX}KEYS") or keys.default_file())


_NUMBERS: dict[str, tuple[Callable[[str], float], float, float]] = {
    "max_bytes": (int, 1_000, 1_000_000_000),
    "max_files": (int, 1, 1_000),
    "max_requests": (int, 1, 10_000),
    "body_seconds": (float, 0.1, 3_600),
    "rate": (float, 0, 1_000_000),
    "burst": (int, 1, 1_000_000),
    "batch_ms": (float, 0, 1_000),
}


def _read_number(variable: str, text: str, read: Callable[[str], float], least: float, most: float) -> float:
    try:
        value = read(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most:  # no number fails, too
        raise SettingsError(f"{variable} is {text!r}: expected a number from {least:,} to {most:,}.")
    return value


def _read_hashes(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The hashes of the keys. What is given and cannot be read stops the start: else nobody would need a key."""
    given = tuple(environment.get(f"{PREFIX}KEY_HASH", "").replace(",", " ").split())
    path, named = keys_file(environment), bool(environment.get(f"{PREFIX}KEYS"))
    try:
        stored = keys.read_hashes(path) if named or path.exists() else ()
        return keys.check_hashes((*given, *stored))
    except (OSError, ValueError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        raise SettingsError(
            f"the keys of the API cannot be read ({path}): {reason} Write one by: digitrec serve --new-key"
        ) from error
