"""The download of a data set in place: a button, then a bar with the progress, then what failed."""

from __future__ import annotations

import streamlit as st

from digitrec.data import Description, background, loading
from digitrec.ui.components.digits import escape_markdown

POLL_SECONDS = 0.5


def offer_download(description: Description) -> None:
    """Offer the download of a data set that is not on this machine, and show it while it is at work.

    It goes on when a person leaves the page. At its end the page is run again.
    """
    is_running = _is_running(description)
    st.fragment(_show, run_every=POLL_SECONDS if is_running else None)(description, polls=is_running)


def download_label(description: Description) -> str:
    """What the button of a download says."""
    size = f" ({_format_size(description.size)})" if description.size else ""
    return f"Download {description.title}{size}"


def _show(description: Description, *, polls: bool) -> None:
    if _is_running(description) != polls:
        st.rerun()  # it has begun or ended: only a run of the page changes how often this part runs
    fetch = background.get(description.name)
    if fetch and fetch.is_running:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(min(fetch.share, 1.0), text=escape_markdown(f"{fetch.step}: {fetch.share:.0%}"))
            st.button("Cancel", key=f"cancel-{description.name}", on_click=fetch.cancel, icon=":material/close:")
        return
    if loading.is_available(description):
        st.rerun()
    if fetch and fetch.error:
        text = str(fetch.error).partition("\n")[0] if fetch.is_automatic else str(fetch.error)
        (st.caption if fetch.is_automatic else st.error)(escape_markdown(text).replace("\n", "\n\n"))
    elif fetch and fetch.was_cancelled:
        st.caption("The download was cancelled. The next one continues it where it can.")
    st.button(
        download_label(description),
        key=f"download-{description.name}",
        on_click=_start,
        args=(description,),
        icon=":material/download:",
    )


def _start(description: Description) -> None:
    background.start(description)


def _is_running(description: Description) -> bool:
    fetch = background.get(description.name)
    return fetch is not None and fetch.is_running


def _format_size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size < 100_000_000 else f"{size / 1e6:,.0f} MB"
