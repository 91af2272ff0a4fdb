"""The script behind every page: page config, navigation, and the job in work in the sidebar."""

from __future__ import annotations

import streamlit as st

from digitrec import jobs, ui

PAGES = {
    "draw": ("Draw", ":material/draw:"),
    "explore": ("Explore", ":material/grid_view:"),
    "train": ("Train", ":material/model_training:"),
    "evaluate": ("Evaluate", ":material/target:"),
    "models": ("Models", ":material/deployed_code:"),
}
POLL_SECONDS = 2.0  # how often the sidebar looks at the job in work


def main() -> None:
    """Show the page that the address names, and the sidebar beside it."""
    # An emoji, because the browser would fetch a Material icon for the tab from the web.
    st.set_page_config(page_title="digitrec", page_icon="✍️", layout="wide")
    pages = [
        st.Page(ui.page_path(name), title=title, icon=icon, default=name == "draw")
        for name, (title, icon) in PAGES.items()
        if ui.page_path(name).is_file()
    ]
    page = st.navigation(pages)
    with st.sidebar:
        st.fragment(_job_status, run_every=POLL_SECONDS if jobs.queue() else None)()
    page.run()


def _job_status() -> None:
    """Name, epoch and progress of the job in work; nothing where there is none."""
    live = jobs.queue()
    if not live:
        return
    run, waiting = live[0], len(live) - 1
    progress = jobs.progress(run.history())
    share = progress.fraction if progress else 0.0
    epoch = f"epoch {progress.epoch} of {progress.epochs}" if progress else "getting ready"
    st.progress(share, text=f"**{run.name}**: {epoch}, {share:.0%}")
    if waiting:
        st.caption(f"{waiting} more waiting")
    if ui.page_path("train").is_file():
        st.page_link(ui.page_path("train"), label="Watch it train", icon=":material/monitoring:")


main()
