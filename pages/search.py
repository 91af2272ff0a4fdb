"""Search: let the machine look for better settings, watch its trials, and take the best ones to Train."""

import streamlit as st

from digitrec.reporting import describe_config
from digitrec.runs import ConfigError
from digitrec.search import folder
from digitrec.ui import pickers
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.components.header import page_header, stop_if_read_only
from digitrec.ui.search import figures, form, progress
from digitrec.ui.train import address, settings

BUSY = 1.0  # seconds between two looks at a search that runs
HELP = """Tick settings and give them ranges. The search trains one network after the other with other values, and
ends those early that promise little. It goes on when you leave the page.

It compares them on validation images, never on test images."""

places = page_header("Search", HELP)
stop_if_read_only("search for settings")
settings.init_settings()
is_possible = form.is_possible()
with places:
    search = progress.pick_search(folder.list_searches()) if is_possible else None

# --- a search that runs, or has ended ---
if search is not None:
    plan, drawn = search.plan, folder.status(search)
    st.caption(escape_markdown(progress.describe_goal(plan)))

    def watch() -> None:
        now = folder.status(search)
        if now is not drawn:
            st.rerun()  # the whole page, once: it shows how the search ended, and polls no more
        found = progress.read(search)
        progress.show_state(search, search.plan, found, now)
        if found is not None and found.trials:
            progress.show_best(found, plan, address.to_link)
            figures.show(plan, found)
            progress.show_trials(found, plan, address.to_link)

    st.fragment(watch, run_every=BUSY if drawn.is_live else None)()

# --- the next one ---
with st.container() if search is None else st.expander("New search", icon=":material/add:"):
    try:
        config, problem = settings.read_config(), None
    except ConfigError as error:
        config, problem = None, str(error)
    if config is None:
        st.error(f"The settings on Train contradict each other: {problem}", icon=":material/warning:")
    else:
        st.markdown(f"**First trial:** {escape_markdown(describe_config(config, with_epochs=False))}")
    pickers.page_link("train", "Change these settings", icon=":material/tune:")
    if config is not None:
        form.show_start(form.show(config), is_possible=is_possible)
