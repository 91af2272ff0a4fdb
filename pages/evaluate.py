"""Evaluate: how well a network reads, what it mistakes for what, and the images behind the numbers."""

import streamlit as st

from digitrec.ui import pickers, state
from digitrec.ui.evaluate import address, errors, numbers, overview, report, robustness, slices, sureness

SECTIONS = {
    "Numbers": numbers.view,
    "Sureness": sureness.view,
    "Errors": errors.view,
    "Slices": slices.view,
    "Robustness": robustness.view,
    "Report": report.view,
}

st.title("Evaluate", anchor=False)
pickers.dataset_banner()
address.read_address(SECTIONS)
run = pickers.run_picker(state.EVALUATE_MODEL)
if run is None:
    st.info("There is no trained network yet.")
    pickers.page_link("train", "Train one", icon=":material/model_training:")
    st.stop()

dataset, split = overview.part_picker(run)
section = st.segmented_control(
    "Show",
    ("Overview", *SECTIONS),
    required=True,
    key=state.EVALUATE_SECTION,
    persist_state="session",
    label_visibility="collapsed",
)
is_same = address.write_address(run, dataset, split, section)
reading = st.container()
# An empty place removes at once what another model left there; the same view stays mounted.
place = st.container() if is_same else st.empty().container()
recorded = overview.load_recorded(run, dataset, split)
overview.record_view(run, recorded)
if section == "Overview" and recorded is not None:
    with place:
        overview.numbers(recorded, run.class_names)
with reading:
    score = overview.load_score(run, dataset, split)
overview.restart_if_outdated(run, recorded, score)
overview.record_view(run, score and score.evaluation)
with reading:
    overview.view_count(run, dataset, split)
if score is not None and (section != "Overview" or recorded is None):
    with place:
        if section == "Overview":
            overview.numbers(score.evaluation, run.class_names)
        else:
            SECTIONS[section](score)
