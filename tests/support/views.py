"""A part of a page by itself, as Streamlit shows it."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from support.made_runs import rerun


def show(view: Callable[..., object], *given: Any, **session: Any) -> AppTest:
    """What a function of a page shows, with these values in the session; fails if it raised."""

    def script(view, given):  # type: ignore[no-untyped-def]  # its source alone is run: no name but these is known
        view(*given)

    test = AppTest.from_function(script, args=(view, given), default_timeout=60)
    for key, value in session.items():
        test.session_state[key] = value
    return rerun(test)
