"""The API as routes of Starlette: mounted in the dashboard's server, or an application by itself."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Query
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from digitrec._version import __version__
from digitrec.forms import (
    MAX_CELLS,
    GridReader,
    GridReading,
    NumberReader,
    PictureReading,
    read_grids,
    read_pictures,
)
from digitrec.inference import ClassifierError, ReadError, Verdict
from digitrec.reporting import grid_records, number_records, verdict_records
from digitrec.rest import documents, logs, models, problems
from digitrec.rest.batching import Answer, Batcher
from digitrec.rest.gate import Gate, Seen, describe_fault
from digitrec.rest.limits import RateLimit
from digitrec.rest.metrics import MEDIA_TYPE, Metrics
from digitrec.rest.models import Loaded, Models
from digitrec.rest.pictures import Picture, Wanted, read_request
from digitrec.rest.problems import Problem
from digitrec.rest.settings import Settings, read_settings

PREFIX = "/api/v1"
ROUTES = ("/predict", "/read", "/models", "/health", "/openapi.json", "/docs", "/docs.css", "/docs.js")
_ASSETS = Path(__file__).parent
_GRID = re.compile(r"(\d{1,3})[x×](\d{1,3})")


class Service:
    """What the routes share: settings, networks, batches, counters.

    Args:
        settings: of the operator.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.models = Models(settings.model)
        self.metrics = Metrics(lambda: self.batcher.queued)
        self.batcher = Batcher(settings.batch_ms / 1000, self.metrics.count_batch)
        self.rate = RateLimit(settings.rate, settings.burst)

    async def find_model(self, name: str | None) -> Loaded:
        """The network with this name, or the default one; loading it does not stop the event loop.

        Raises:
            Problem: there is none, or it cannot be used.
        """
        found = self.models.find(name)
        return found if found is not None else await asyncio.to_thread(self.models.load, name)

    def charge(self, request: Request, wanted: Wanted) -> None:
        """Count the pictures of a request for the rate and the log."""
        seen: Seen = request.scope["digitrec"]
        self.rate.charge(seen.client, len(wanted.pictures) - 1)
        seen.notes["pictures"] = len(wanted.pictures)


def create_routes(settings: Settings | None = None, prefix: str = "") -> list[BaseRoute]:
    """The routes of the API and its counters.

    Args:
        settings: None: by the environment.
        prefix: of all paths, such as "/digitrec" behind a proxy that passes it on.

    Raises:
        SettingsError: a setting cannot be used.
    """
    logs.start()
    service = Service(read_settings() if settings is None else settings)
    gate = Gate(_create_api(service), service.settings, service.metrics, service.rate, ROUTES)
    api: ASGIApp = gate
    if service.settings.origins:
        api = CORSMiddleware(
            gate,
            allow_origins=service.settings.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key", "X-Request-ID"],
            expose_headers=["X-Request-ID"],
        )

    async def metrics(scope: Any, receive: Any, send: Any) -> None:
        await Response(service.metrics.to_text(), media_type=MEDIA_TYPE)(scope, receive, send)

    counters = Gate(metrics, service.settings, service.metrics, service.rate, (f"{prefix}/metrics",))
    return [Mount(f"{prefix}{PREFIX}", app=api), Route(f"{prefix}/metrics", counters, methods=["GET"])]


def create_app(settings: Settings | None = None) -> Starlette:
    """The API as an application by itself.

    Raises:
        SettingsError: a setting cannot be used.
    """

    async def to_docs(request: Request) -> Response:
        return RedirectResponse(f"{request.scope.get('root_path', '')}{PREFIX}/docs")

    routes = [*create_routes(settings), Route("/", to_docs)]
    return Starlette(routes=routes, exception_handlers=_HANDLERS)


def _create_api(service: Service) -> FastAPI:
    api = FastAPI(
        title="digitrec",
        summary="Reads handwritten digits and numbers in pictures.",
        version=__version__,
        docs_url=None,  # FastAPI's page loads its scripts from the web
        redoc_url=None,
        servers=[{"url": "./", "description": "this server"}],
        root_path_in_servers=False,
        exception_handlers=_HANDLERS,
    )
    _add_reading(api, service)
    _add_facts(api, service)
    _add_page(api)
    return api


def _add_reading(api: FastAPI, service: Service) -> None:
    @api.post("/predict", **documents.PREDICT)
    async def predict(request: Request, model: str | None = Query(None, max_length=64)) -> Response:
        """Read the digit in each picture."""
        wanted = await read_request(request, service.settings)
        service.charge(request, wanted)
        loaded = await service.find_model(model or wanted.model)
        answers = await service.batcher.read(loaded, wanted.pictures)
        for result in ("sure", "not sure", "not read"):
            service.metrics.count_images(result, sum(_result(answer) == result for answer in answers))
        return _respond(loaded, wanted.pictures, answers, verdict_records.to_record)

    @api.post("/read", **documents.READ)
    async def read(
        request: Request,
        model: str | None = Query(None, max_length=64),
        grid: str | None = Query(None, max_length=16, description="auto, or rows x columns such as 9x9"),
    ) -> Response:
        """Read the numbers in each picture, or a grid of boxes."""
        size = _read_grid(grid)
        wanted = await read_request(request, service.settings)
        service.charge(request, wanted)
        loaded = await service.find_model(model or wanted.model)
        count, (work, to_record) = len(wanted.pictures), _readers(size)
        answers = await service.batcher.run_in_thread(count, lambda: work(loaded, wanted.pictures))
        failed = sum(isinstance(answer, ReadError) for answer in answers)
        service.metrics.count_images("not read", failed)
        service.metrics.count_images("page", count - failed)
        return _respond(loaded, wanted.pictures, answers, to_record)


def _add_facts(api: FastAPI, service: Service) -> None:
    @api.get("/models", **documents.MODELS)
    def list_models() -> Response:
        """List the networks."""
        return JSONResponse({"default": service.models.default, "models": models.list_models()})

    @api.get("/health", **documents.HEALTH)
    async def health() -> Response:
        """Say whether the server can read."""
        try:
            loaded = await service.find_model(None)
        except Problem as problem:
            raise Problem(503, problem.detail) from problem
        return JSONResponse({"status": "ok", "version": __version__, "model": loaded.run.name})


def _add_page(api: FastAPI) -> None:
    """The page of the API: it loads nothing from elsewhere."""
    for name, kind in (("docs.html", "text/html"), ("docs.css", "text/css"), ("docs.js", "text/javascript")):
        content = (_ASSETS / name).read_text(encoding="utf-8")
        path = f"/{name.removesuffix('.html')}"

        def send(request: Request, content: str = content, kind: str = kind) -> Response:
            return Response(content, media_type=kind, headers={"Content-Security-Policy": _POLICY})

        api.add_route(path, send, methods=["GET"], include_in_schema=False)


_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def _result(answer: Answer) -> str:
    if not isinstance(answer, Verdict):
        return "not read"
    return "sure" if answer.sure else "not sure"


def _respond(loaded: Loaded, pictures: Sequence[Picture], answers: Sequence[Any], to_record: Any) -> Response:
    """The answers to all pictures; a problem where not one could be read."""
    results = [
        {"file": picture.name, "error": _describe(answer)}
        if isinstance(answer, ReadError)
        else to_record(picture.name, answer)
        for picture, answer in zip(pictures, answers, strict=True)
    ]
    if all("error" in result for result in results):
        first = f"{results[0]['file']}: {results[0]['error']}"
        return problems.respond(422, f"no picture could be read. {first}", results=results)
    return JSONResponse({"model": loaded.run.name, "results": results})


def _describe(error: ReadError) -> str:
    return "the picture cannot be read." if isinstance(error, OSError) else str(error)


def _read_grid(text: str | None) -> tuple[int, int] | tuple[()] | None:
    """Rows and columns; nothing where they are to be found; None where no grid is asked for."""
    if text is None:
        return None
    if text.strip().lower() == "auto":
        return ()
    found = _GRID.fullmatch(text.strip().lower())
    size = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(1 <= count <= MAX_CELLS for count in size):
        raise Problem(
            422, f"grid is {text!r}: expected rows x columns, 1 to {MAX_CELLS} each, such as 9x9, or auto."
        )
    return size


def _readers(size: tuple[int, int] | tuple[()] | None) -> tuple[Callable[[Loaded, list[Picture]], list[Any]], Any]:
    """What reads pictures, and what makes an answer a record."""
    if size is None:
        return _read_numbers, number_records.to_record
    return functools.partial(_read_grids, size=size or None), grid_records.to_record


def _read_numbers(loaded: Loaded, pictures: list[Picture]) -> list[PictureReading | ReadError]:
    try:
        reader = NumberReader(loaded.classifier, loaded.run)
    except ClassifierError as error:
        raise Problem(409, str(error)) from error
    return list(read_pictures((picture.load_bytes for picture in pictures), reader))


def _read_grids(
    loaded: Loaded, pictures: list[Picture], size: tuple[int, int] | None
) -> list[GridReading | ReadError]:
    reader = GridReader(loaded.classifier, loaded.run)
    return list(read_grids((picture.load_bytes for picture in pictures), reader, size))


async def _on_problem(request: Request, error: Problem) -> Response:
    return error.respond()


async def _on_http_error(request: Request, error: HTTPException) -> Response:
    what = {
        404: f"there is nothing at this address: {PREFIX}/docs lists what there is.",
        405: "the method is not allowed here: expected another one, see the header Allow.",
    }
    return problems.respond(
        error.status_code, what.get(error.status_code, str(error.detail)), headers=error.headers
    )


async def _on_fault(request: Request, error: Exception) -> Response:
    return describe_fault(request.scope["digitrec"])  # the gate logs the error, which goes on to it


async def _on_invalid(request: Request, error: RequestValidationError) -> Response:
    found = "; ".join(f"{each['loc'][-1]}: {each['msg']}" for each in error.errors()[:5])
    return problems.respond(422, f"a parameter of the address is not allowed: {found}.")


_HANDLERS: dict[Any, Any] = {
    Problem: _on_problem,
    HTTPException: _on_http_error,
    RequestValidationError: _on_invalid,
    Exception: _on_fault,
}
