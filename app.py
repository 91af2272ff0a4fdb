"""What `streamlit run app.py` starts: the dashboard."""

import streamlit as st
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route


async def not_here(request: Request) -> Response:
    """Send the browser to the server's root, without an error in its console.

    On the address of a page Streamlit's browser part looks for the server below that address first. Any answer but
    a good one makes it look at the root next; 300 is the one that browsers do not report as a failure.
    """
    return Response(status_code=300)


async def to_draw(request: Request) -> Response:
    """The Draw page is the default one, whose address is the root."""
    return RedirectResponse("./")


app = st.App(
    "digitrec/ui/dashboard.py",
    routes=[Route("/{page}/_stcore/{rest:path}", not_here), Route("/draw", to_draw)],
)
