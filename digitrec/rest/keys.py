"""Keys of the API: made here, kept as hashes, compared in constant time.

A key is 32 random bytes. Nobody finds it by trying, so one SHA-256 of it is enough: slow hashes are for passwords.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path

import platformdirs

_HASH = re.compile(r"[0-9a-f]{64}")
MAX_KEY_CHARACTERS = 200  # a longer one is none of ours, and is not hashed


def default_file() -> Path:
    """Where the hashes are if nobody says another place."""
    return platformdirs.user_config_path("digitrec") / "api-keys"


def make_key() -> str:
    """A new key, 46 characters."""
    return f"dr_{secrets.token_urlsafe(32)}"


def hash_key(key: str) -> str:
    """The hash of a key, as it is stored: 64 hexadecimal digits."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def add_hash(path: Path, key: str) -> None:
    """Add a key's hash to a file, which only its owner may read.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "a", encoding="ascii") as file:
        file.write(f"{hash_key(key)}\n")


def read_hashes(path: Path) -> tuple[str, ...]:
    """The hashes in a file, one a line; what follows a # is a comment.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no text.
    """
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(filter(None, lines))


def check_hashes(hashes: Iterable[str]) -> tuple[str, ...]:
    """The same hashes in small letters.

    Raises:
        ValueError: one is no hash.
    """
    found = tuple(each.lower() for each in hashes)
    for number, each in enumerate(found, start=1):
        if not _HASH.fullmatch(each):  # not shown: it may be a key itself
            raise ValueError(f"hash {number} has {len(each)} characters: expected 64 hexadecimal digits.")
    return found


def is_known(key: str, hashes: Sequence[str]) -> bool:
    """Whether a key is one of those with these hashes; all are compared, whichever fits."""
    if not key or len(key) > MAX_KEY_CHARACTERS:
        return False
    digest = hash_key(key)
    return sum(hmac.compare_digest(digest, each) for each in hashes) > 0
