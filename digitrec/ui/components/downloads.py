"""Download buttons for files that are made on demand. The page says why one cannot be made."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import streamlit as st

from digitrec.data import DatasetError
from digitrec.metrics import MetricsError
from digitrec.runs import DownloadError, RunError
from digitrec.ui.components.digits import escape_markdown

MAX_WAIT_SECONDS = 60  # seconds that the page waits for a file
HOLD_SECONDS = 1.5  # after a click the page does not end its run: the browser downloads the file in this time
_POLL_SECONDS = 0.05  # seconds between two polls
_UNEXPECTED_ERROR = "an unexpected error. The log of the server says more."


class File(NamedTuple):
    """A file that can be downloaded."""

    label: str  # of its button
    name: str
    mime: str
    make: Callable[[], str | bytes]
    key: str
    style: Mapping[str, Any] = {}  # of its button: icon, type, help, width


@dataclass
class _Making:
    """How often a file was requested and made. The page shares this with the thread that makes the file."""

    asked: int = 0
    ended: int = 0
    problem: str | None = None  # why it could not be made the last time
    asked_at: float = field(default=-math.inf, compare=False)  # on the monotonic clock


def offer(files: Sequence[File], **layout: Any) -> None:
    """A button for each file, in a container with this layout; below them why a file could not be made."""
    st.fragment(_offer)(files, layout)


def _offer(files: Sequence[File], layout: Mapping[str, Any]) -> None:
    with st.container(**layout):
        makings = [(file, _button(file)) for file in files]
    for file, making in makings:
        if making.asked > making.ended:
            with st.spinner(f"Making {file.name} ..."):
                _wait(making)
        # Streamlit forgets a file that was made before this run at its end, downloaded or not.
        time.sleep(max(0.0, making.asked_at + HOLD_SECONDS - time.monotonic()))
        if making.problem:
            problem = f"{file.name} could not be made: {making.problem}"
            st.error(escape_markdown(problem), icon=":material/warning:")


def _button(file: File) -> _Making:
    making: _Making = st.session_state.setdefault(f"making {file.name}", _Making())
    st.download_button(
        file.label,
        data=partial(_make_file, file.make, making),
        file_name=file.name,
        mime=file.mime,
        key=file.key,
        on_click=_record_click,
        args=(making,),
        **file.style,
    )
    return making


def _record_click(making: _Making) -> None:
    making.asked += 1
    making.asked_at = time.monotonic()
    making.problem = None if making.asked > making.ended else making.problem


def _make_file(make: Callable[[], str | bytes], making: _Making) -> str | bytes:
    """The bytes to download; called in a thread of the server, which cannot show anything."""
    problem: str | None = _UNEXPECTED_ERROR
    try:
        data, problem = make(), None
        return data
    except (DownloadError, DatasetError, MetricsError, RunError) as error:
        problem = str(error)
        raise
    except OSError as error:
        problem = f"{error.strerror or error}."
        raise
    finally:
        making.problem = problem
        making.ended += 1


def _wait(making: _Making) -> None:
    # At the end of a run Streamlit forgets the buttons of the run before, and their files.
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    while making.asked > making.ended and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    making.ended = making.asked
