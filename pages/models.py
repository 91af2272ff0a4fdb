"""Models: all runs, their curves over each other, and what can be done with one of them."""

import streamlit as st

from digitrec.evaluation import overview
from digitrec.runs import jobs, store
from digitrec.ui import pickers, state
from digitrec.ui.models import table
from digitrec.ui.train import training

BUSY, IDLE = 2.0, 5.0  # seconds between two polls of the jobs

st.title("Models", anchor=False)
live = jobs.queue()
found = {run.name: overview.summarise_run(run) for run in store.list_runs()}
for problem in overview.find_damaged_runs().values():
    st.warning(f"Skipped a folder: {problem}", icon=":material/warning:")
if not found:
    st.info("No models yet.")
    pickers.page_link("train", "Train a network", icon=":material/model_training:")
    st.stop()


def watch() -> None:
    training.rerun_when_jobs_change(live)
    table.run_table([overview.summarise_run(run) for run in store.list_runs()] if live else list(found.values()))


st.fragment(watch, run_every=BUSY if live else IDLE)()

st.header("Learning curves", anchor=False)
table.compare_runs(list(found.values()))

st.header("One model", anchor=False)
run = pickers.run_picker(state.MODELS_MODEL, candidates=[each.run for each in found.values()])
if run is not None:
    left, right = st.columns([2, 1], gap="large")
    with left:
        table.run_facts(found[run.name])
    with right:
        table.download_buttons(run)
        table.rename_and_delete(run)
