"""The API as a server by itself."""

from __future__ import annotations

import gc
import sys

import uvicorn

from digitrec.rest import application, logs
from digitrec.rest.models import Models
from digitrec.rest.problems import Problem
from digitrec.rest.settings import Settings, SettingsError

_SWITCH_SECONDS = 0.001  # a thread that computes lets the event loop go on after that; Python's own is 0.005
_KEEP_ALIVE_SECONDS = 30
_SHUTDOWN_SECONDS = 10
_COLLECTED_AFTER = (50_000, 20, 50)


def serve(settings: Settings, *, host: str, port: int, root_path: str = "") -> None:
    """Answer requests until the process is told to end.

    Args:
        settings: limits, keys, the default model.
        host: address to listen at.
        port: to listen at; 0: any that is free.
        root_path: what a proxy takes off the front of each path.

    Raises:
        SettingsError: the default model cannot be used.
    """
    try:
        Models(settings.model).load(None)
    except Problem as error:
        raise SettingsError(error.detail) from error
    app = application.create_app(settings)
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.freeze()
    gc.set_threshold(*_COLLECTED_AFTER)
    logs.LOGGER.info("listening", extra={"fields": {"host": host, "port": port, "keys": len(settings.key_hashes)}})
    uvicorn.run(
        app,
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
