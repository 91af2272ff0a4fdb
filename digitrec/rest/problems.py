"""Errors of the API as problem+json (RFC 9457): what happened, what was expected, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """Why a request is refused; it becomes the answer.

    Args:
        status: of HTTP.
        detail: what happened, what was expected, what to do.
        headers: of the answer.
        more: members of the answer beside the usual ones.
    """

    def __init__(
        self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: object
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.more = status, detail, headers, more

    def respond(self) -> JSONResponse:
        """The answer."""
        return respond(self.status, self.detail, headers=self.headers, **self.more)


def respond(status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: object) -> JSONResponse:
    """An error as an answer."""
    body = {"type": "about:blank", "title": _title(status), "status": status, "detail": detail, **more}
    return JSONResponse(body, status, dict(headers or {}), MEDIA_TYPE)


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, what was expected, what to do."},
    },
}
