"""What the OpenAPI document says of each route."""

from __future__ import annotations

from typing import Any

from digitrec.imaging import PICTURE_KINDS
from digitrec.rest.problems import MEDIA_TYPE, SCHEMA

_FILES = {"type": "array", "items": {"type": "string", "format": "binary"}}
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {**_FILES, "description": f"Pictures: {PICTURE_KINDS}."},
                    "model": {"type": "string", "description": "Name of the run that reads."},
                },
                "additionalProperties": False,
            }
        },
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "model": {"type": "string"},
                    "pictures": {"type": "array", "items": {"type": "string", "format": "byte"}},
                    "images": {
                        "description": "An image or a list of them: 28 rows of 28 numbers, 0 = paper, 255 = ink.",
                        "type": "array",
                        "items": {},
                    },
                },
                "additionalProperties": False,
            }
        },
        "image/png": {"schema": {"type": "string", "format": "binary"}},
    },
}
_PROBLEM = {"content": {MEDIA_TYPE: {"schema": SCHEMA}}}
_PROBLEMS = {
    400: "The body cannot be read.",
    401: "A key is needed.",
    404: "There is no such model.",
    408: "The body came too slowly.",
    409: "The model cannot be used for this.",
    413: "Too large, or too many pictures.",
    415: "The content type is not known.",
    422: "No picture could be read, or a value is not allowed.",
    429: "Too many requests.",
    503: "The server has too much to do.",
}


def _responses(result: dict[str, Any], *statuses: int, is_open: bool = False) -> dict[int | str, dict[str, Any]]:
    found: dict[int | str, dict[str, Any]] = {
        status: {"description": _PROBLEMS[status], **_PROBLEM}
        for status in (*statuses, *(() if is_open else (401, 429)), 503)
    }
    found[200] = {"description": "The answer.", "content": {"application/json": {"schema": result}}}
    return found


_ERROR = {"file": {"type": "string"}, "error": {"type": "string", "description": "Why it cannot be read."}}


def _results(fields: dict[str, Any]) -> dict[str, Any]:
    good = {"type": "object", "required": ["file", *fields], "properties": {"file": {"type": "string"}, **fields}}
    bad = {"type": "object", "required": ["file", "error"], "properties": _ERROR}
    results = {"type": "array", "items": {"anyOf": [good, bad]}}
    return {"type": "object", "required": ["model", "results"], "properties": {"model": _TEXT, "results": results}}


_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_VERDICT = {
    "answer": {"type": "string", "description": "The most probable class."},
    "sure": {"type": "boolean", "description": "Whether the answer counts."},
    "probabilities": {"type": "object", "additionalProperties": {"type": "number"}},
    "reasons": {**_TEXTS, "description": "What speaks against the answer; empty if it is sure."},
}
_POST = (400, 404, 408, 409, 413, 415, 422)
PREDICT: dict[str, Any] = {
    "summary": "Read the digit in each picture",
    "openapi_extra": {"requestBody": _BODY},
    "responses": _responses(_results(_VERDICT), *_POST),
}
READ: dict[str, Any] = {
    "summary": "Read the numbers in each picture, or a grid of boxes",
    "openapi_extra": {"requestBody": _BODY},
    "responses": _responses(_results({}), *_POST),
}
MODELS: dict[str, Any] = {
    "summary": "List the networks",
    "responses": _responses(
        {
            "type": "object",
            "required": ["default", "models"],
            "properties": {"default": _TEXT, "models": {"type": "array", "items": {"type": "object"}}},
        }
    ),
}
HEALTH: dict[str, Any] = {
    "summary": "Say whether the server can read",
    "responses": _responses(
        {
            "type": "object",
            "required": ["status", "version", "model"],
            "properties": {"status": _TEXT, "version": _TEXT, "model": _TEXT},
        },
        is_open=True,
    ),
}
