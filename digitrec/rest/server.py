"""The API as a server by itself."""

from __future__ import annotations

import gc
import os
import sys

import uvicorn
from starlette.applications import Starlette

from digitrec.rest import application, logs
from digitrec.rest.models import Models
from digitrec.rest.problems import Problem
from digitrec.rest.settings import PREFIX, Settings, SettingsError

_SWITCH_SECONDS = 0.001  # a thread that computes lets the event loop go on after that; Python's own is 0.005
_KEEP_ALIVE_SECONDS = 30
_SHUTDOWN_SECONDS = 10
_COLLECTED_AFTER = (50_000, 20, 50)


def serve(settings: Settings, *, host: str, port: int, root_path: str = "", workers: int = 1) -> None:
    """Answer requests until the process is told to end.

    Args:
        settings: those of the environment, and perhaps another model.
        host: address to listen at.
        port: to listen at; 0: any that is free.
        root_path: what a proxy takes off the front of each path.
        workers: processes that answer; each reads on one core, with limits and counters of its own.

    Raises:
        SettingsError: the default model cannot be used.
    """
    try:
        Models(settings.model).load(None)
    except Problem as error:
        raise SettingsError(error.detail) from error
    os.environ[f"{PREFIX}MODEL"] = settings.model  # workers know the environment alone
    logs.start()
    fields = {"host": host, "port": port, "workers": workers, "keys": len(settings.key_hashes)}
    logs.LOGGER.info("starting", extra={"fields": fields})
    uvicorn.run(
        "digitrec.rest.server:create_worker",
        factory=True,
        workers=workers,
        host=host,
        port=port,
        root_path=root_path,
        log_config=None,
        log_level="warning",
        access_log=False,  # the gate writes a line for each request
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        ws="none",
    )


def create_worker() -> Starlette:
    """The application of one process, by the environment."""
    app = application.create_app()
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.freeze()
    gc.set_threshold(*_COLLECTED_AFTER)
    return app
