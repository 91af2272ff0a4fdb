"""The script behind every page: page config, navigation, and the progress of a training in the sidebar."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from digitrec.runs import jobs
from digitrec.search import folder
from digitrec.ui import pickers, sessions, state
from digitrec.ui.components import digits, header

PAGES = {
    "draw": ("Draw", ":material/draw:"),
    "read": ("Read", ":material/document_scanner:"),
    "explore": ("Explore", ":material/grid_view:"),
    "teach": ("Teach", ":material/school:"),
    "train": ("Train", ":material/model_training:"),
    "search": ("Search", ":material/manage_search:"),
    "evaluate": ("Evaluate", ":material/target:"),
    "models": ("Models", ":material/deployed_code:"),
}
ABOUT = """**digitrec** reads handwritten digits, explains its answers, and trains the networks.

Everything runs on this machine, unless you name a cluster. Your drawings go nowhere else."""
SIDEBAR_WIDTH = 220  # pixels
POLL_SECONDS = 2.0  # between two polls of the jobs


def main() -> None:
    """Show the page that the address names, and the sidebar beside it."""
    st.set_page_config(
        page_title="digitrec",
        page_icon="✍️",  # an emoji, because the browser would fetch a Material icon from the web
        layout="wide",
        initial_sidebar_state=SIDEBAR_WIDTH,
        menu_items={"About": ABOUT},
    )
    here = Path(__file__).parent
    st.logo(here / "logo.svg", size="large", icon_image=here / "icon.svg")
    digits.style()
    header.style()
    pages = [
        st.Page(pickers.page_path(name), title=title, icon=icon, default=name == "draw")
        for name, (title, icon) in PAGES.items()
        if pickers.page_path(name).is_file()
    ]
    page = st.navigation(pages)
    if not sessions.admit():
        sessions.show_full()
        return
    now = st.session_state.get(state.PAGE)
    # They show a page whether a person has just opened it.
    st.session_state.update({state.LAST_PAGE: now, state.PAGE: page.title})
    live = jobs.list_live()
    _announce_ended([run.name for run in live])
    if live:
        with st.sidebar:
            st.fragment(_job_status, run_every=POLL_SECONDS)()
    if folder.list_live():
        with st.sidebar:
            st.fragment(_search_status, run_every=POLL_SECONDS)()
    page.run()


def _announce_ended(live: list[str]) -> None:
    """Say on whatever page which trainings have ended since this session saw them; also when others follow."""
    watched = st.session_state.get("jobs-watched", [])
    st.session_state["jobs-watched"] = live
    ended = [name for name in watched if name not in live]
    if not ended:
        return
    from digitrec.evaluation import overview  # not needed to open a page, and Draw opens without it

    for name in ended:
        if text := overview.describe_end(name):
            st.toast(digits.escape_markdown(text), icon=":material/model_training:", duration="long")


def _job_status() -> None:
    """Name, epoch and progress of the training, and the length of the queue; polled while there is one."""
    live = jobs.list_live()
    if not live:
        st.rerun()  # the whole page, once: it shows how the job ended, and polls no more
    if [run.name for run in live] != st.session_state.get("jobs-watched"):
        st.rerun()  # one has ended, and another follows
    run, waiting = live[0], len(live) - 1
    history = run.history()
    progress = jobs.progress(history)
    share = progress.fraction if progress else 0.0
    if progress is None or not progress.epoch:
        step = "starting"
    elif history.is_paused:
        step = f"paused in epoch {progress.epoch} of {progress.epochs}"
    elif share < 1:
        step = f"epoch {progress.epoch} of {progress.epochs}, {share:.0%}"
    else:
        step = "saving the network"
    st.progress(share, text=f"**{run.name}**: {step}")
    if waiting:
        st.caption(f"{waiting} more {'queued' if jobs.queue()[1:] else 'training'}")
    if pickers.page_path("train").is_file():
        st.page_link(pickers.page_path("train"), label="Show the training", icon=":material/monitoring:")


def _search_status() -> None:
    """The name of the search in work, and the way to it; polled while there is one."""
    live = folder.list_live()
    if not live:
        st.rerun()  # the whole page, once; its process ends a little later than the search
    st.caption(f"**{digits.escape_markdown(live[0].name)}**: searching")
    st.page_link(pickers.page_path("search"), label="Show the search", icon=":material/manage_search:")


main()
