"""The dashboard's server; `streamlit run app.py` and `digitrec dashboard` start it."""

from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

import digitrec

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


app = st.App(
    DASHBOARD,
    routes=[Route("/{page}/_stcore/{rest:path}", not_here), Route("/draw", to_draw)],
)
