"""The dashboard's server; `streamlit run app.py` and `digitrec dashboard` start it. The API is mounted in it."""

from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

import digitrec
from digitrec import rest
from digitrec.ui import sessions

# Beside this file in a checkout; in an installed package this file is inside of it.
DASHBOARD = Path(digitrec.__file__).parent / "ui" / "dashboard.py"


async def not_here(request: Request) -> Response:
    """Send the browser to the server's root, without an error in its console.

    On the address of a page, Streamlit's client first looks for the server below that address. After any answer
    but a good one it looks at the root. Browsers report all of them as failures but 300.
    """
    return Response(status_code=300)


async def to_draw(request: Request) -> Response:
    """Redirect to the root, which shows the Draw page."""
    return RedirectResponse("./")


def api_routes(prefix: str) -> list[BaseRoute]:
    """The routes of the API, if the extra `serve` is installed."""
    if not rest.is_installed():
        return []
    from digitrec.rest import application  # FastAPI takes a moment, and may not be there

    try:
        return application.create_routes(prefix=prefix)
    except rest.SettingsError as error:
        raise SystemExit(f"digitrec: {error}") from error


try:
    sessions.read_limit()
except ValueError as error:
    raise SystemExit(f"digitrec: {error}") from error

# Behind a proxy all paths begin with it; Streamlit adds it to its own routes alone.
prefix = "/".join(("", *(st.get_option("server.baseUrlPath") or "").strip("/").split("/"))).rstrip("/")
app = st.App(
    DASHBOARD,
    routes=[
        Route(f"{prefix}/{{page}}/_stcore/{{rest:path}}", not_here),
        Route(f"{prefix}/draw", to_draw),
        *api_routes(prefix),
    ],
)
