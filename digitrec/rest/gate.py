"""What every request passes: its id, its log line, the counters, the limits, the key."""

from __future__ import annotations

import time
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digitrec.rest import keys, limits, logs
from digitrec.rest.limits import RateLimit
from digitrec.rest.metrics import Metrics
from digitrec.rest.problems import Problem, respond
from digitrec.rest.settings import Settings

OPEN_ROUTES = (
    "/health",
    "/openapi.json",
    "/docs",
    "/docs.css",
    "/docs.js",
)  # they tell nothing of anybody: no key is needed


class Seen(NamedTuple):
    """What the gate knows of a request that it let in; in the scope under "digitrec"."""

    client: str
    request_id: str
    notes: dict[str, object]  # the handler adds what the log shall say


class Gate:
    """Wraps an application; of all applications that share it, the limits are the same.

    Args:
        app: what answers.
        settings: its limits and keys.
        metrics: count requests.
        rate: of each client.
        routes: paths that are told apart in the counters, behind the one where it is mounted.
    """

    def __init__(
        self, app: ASGIApp, settings: Settings, metrics: Metrics, rate: RateLimit, routes: tuple[str, ...]
    ) -> None:
        self._app, self._settings, self._metrics, self._rate = app, settings, metrics, rate
        self._routes = routes
        self._in_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500
        headers = Headers(scope=scope)
        route = _route(scope, self._routes)
        request_id = logs.request_id(headers.get("x-request-id"))
        seen = Seen(limits.client_name((scope.get("client") or (None,))[0]), request_id, {})
        scope["digitrec"] = seen
        has_begun = False

        async def send_with_id(message: Message) -> None:
            nonlocal status, has_begun
            if message["type"] == "http.response.start":
                status, has_begun = message["status"], True
                _add_headers(MutableHeaders(scope=message), request_id)
            await send(message)

        self._in_work += 1
        try:
            self._check(route, headers, seen)
            await self._app(scope, receive, send_with_id)
        except Problem as problem:
            await problem.respond()(scope, receive, send_with_id)
        except Exception:  # the outermost frame of a request: its answer says nothing of the inside, the log does
            logs.LOGGER.exception("failed", extra={"fields": {"id": request_id, "route": route}})
            if not has_begun:
                await describe_fault(seen)(scope, receive, send_with_id)
        finally:
            self._in_work -= 1
            seconds = time.perf_counter() - began
            self._metrics.count_request(scope["method"], route, status, seconds)
            fields = {
                "id": request_id,
                "client": seen.client,
                "method": scope["method"][:16],
                "route": route,
                "status": status,
                "seconds": round(seconds, 4),
                **seen.notes,
            }
            logs.LOGGER.info("request", extra={"fields": fields})

    def _check(self, route: str, headers: Headers, seen: Seen) -> None:
        """Refuse a request without a key, or beyond the limits.

        Raises:
            Problem: it is refused.
        """
        if route == "/health":  # whoever watches the server is always answered
            return
        if self._in_work > self._settings.max_requests:
            raise Problem(
                503, "the server has too much to do: try again in a second.", headers={"Retry-After": "1"}
            )
        if seconds := self._rate.take(seen.client):
            raise Problem(
                429,
                f"there were too many requests: expected {self._settings.rate:g} pictures a second. Wait "
                f"{max(1, round(seconds))} s.",
                headers=limits.retry_after(seconds),
            )
        hashes = self._settings.key_hashes
        if hashes and route not in OPEN_ROUTES and not keys.is_known(_key(headers), hashes):
            raise Problem(
                401,
                "the request has no key, or one that is not known: expected the header Authorization: Bearer KEY. "
                "Ask whoever runs this server for one.",
                headers={"WWW-Authenticate": 'Bearer realm="digitrec"'},
            )


def describe_fault(seen: Seen) -> JSONResponse:
    """The answer where the program fails."""
    return respond(500, f"the server failed by a fault of the program: its log says more under {seen.request_id}.")


def _key(headers: Headers) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")


def _route(scope: Scope, routes: tuple[str, ...]) -> str:
    """The path of a request behind the one where the application is mounted; "other" if it is not known."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return path if path in routes else "other"


def _add_headers(headers: MutableHeaders, request_id: str) -> None:
    headers["X-Request-ID"] = request_id
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Cache-Control", "no-store")
