"""Models: all runs, one of them in detail with what can be done with it, and its curves beside comparable ones."""

import streamlit as st

from digitrec.evaluation import overview
from digitrec.runs import jobs, store
from digitrec.ui import pickers, state
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.components.header import is_read_only, page_header
from digitrec.ui.models import actions, bring_in, compare, details, exports, table
from digitrec.ui.train import steering, training, watching

BUSY, IDLE = 2.0, 5.0  # seconds between two polls of the jobs
HELP = """Choose a run in the table, by mouse, finger or arrow keys. Below are its numbers, its files, your notes
about it, and its curves beside those of comparable runs."""

places = page_header("Models", HELP)
live = jobs.list_live()
search = table.pick_search()
found = {run.name: overview.summarise_run(run) for run in store.list_runs(search=search)}
for problem in overview.find_damaged_runs().values():
    st.warning(f"Skipped a folder: {problem}", icon=":material/warning:")
if not found:
    bring_in.bring_in_form()
    st.info("No models yet.")
    pickers.page_link("train", "Train a network", icon=":material/model_training:")
    st.stop()
bring_in.choose_brought_in()
with places:
    run = pickers.run_picker(state.MODELS_MODEL, candidates=[each.run for each in found.values()])


def watch() -> None:
    training.rerun_when_jobs_change(live)
    table.rerun_when_chosen()
    table.run_table(
        [overview.summarise_run(run) for run in store.list_runs(search=search)] if live else list(found.values())
    )


st.fragment(watch, run_every=BUSY if live else IDLE)()

may_change = not is_read_only("change, rename or delete a run")
if may_change:
    bring_in.bring_in_form()
if run is not None:
    st.header(escape_markdown(run.name), anchor=False)
    left, right = st.columns([2, 1], gap="large")
    with left:
        details.run_facts(found[run.name])
        bring_in.show_origin(run)
    with right:
        steering.show_problem()
        if may_change and found[run.name].status.ended_early and not run.is_shipped:
            steering.resume_button(run)
        st.subheader("Files", anchor=False)
        actions.download_buttons(run)
        if may_change:
            st.subheader("Notes", anchor=False)
            actions.notes_form(run)
            actions.rename_and_delete(run)
    exports.export_section(run)
    if found[run.name].epochs and st.toggle("How it learned", key="models-learned", persist_state="session"):
        watching.show_progress(run, is_live=False)
    st.header("Compare runs", anchor=False)
    compare.compare_runs(list(found.values()), run)
