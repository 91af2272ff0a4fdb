"""Structured logs: a JSON object a line on standard error. Neither pictures nor keys nor queries stand in them."""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import traceback
from datetime import UTC, datetime

LOGGER = logging.getLogger("digitrec.rest")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")  # no line ends, no quotes: it goes into headers and logs
_MAX_TRACE = 4000  # characters


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON; what `extra={"fields": ...}` gives stands beside time and message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["trace"] = "".join(traceback.format_exception(*record.exc_info))[-_MAX_TRACE:]
        return json.dumps(line, ensure_ascii=True, default=str)


def start() -> None:
    """Let the API's lines go to standard error, once."""
    if not LOGGER.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
        LOGGER.addHandler(handler)
        LOGGER.setLevel(logging.INFO)
        LOGGER.propagate = False


def request_id(given: str | None) -> str:
    """The id that a request gives itself if it is well formed, else a new one."""
    return given if given is not None and _ID.fullmatch(given) else secrets.token_hex(8)
