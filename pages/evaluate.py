"""Evaluate: how well a network reads, what it mistakes for what, and the images behind the numbers."""

import streamlit as st

from digitrec import (
    ui,
    ui_address,
    ui_errors,
    ui_evaluation,
    ui_numbers,
    ui_report,
    ui_robustness,
    ui_slices,
    ui_sureness,
)

# Each is shown of a run, a data set, its split, and the network's answers to it.
SECTIONS = {
    "Numbers": ui_numbers.view,
    "Sureness": ui_sureness.view,
    "Errors": ui_errors.view,
    "Slices": ui_slices.view,
    "Robustness": ui_robustness.view,
    "Report": ui_report.view,
}

st.title("Evaluate", anchor=False)
ui.dataset_banner()
ui_address.follow(SECTIONS)
run = ui.run_picker("evaluate-model")
if run is None:
    st.info("There is no trained network yet.")
    ui.page_link("train", "Train one", icon=":material/model_training:")
    st.stop()

dataset, split = ui_evaluation.part_picker(run)
section = st.segmented_control(
    "Show",
    ("Overview", *SECTIONS),
    required=True,
    key="evaluate-section",
    persist_state="session",
    label_visibility="collapsed",
)
is_same = ui_address.publish(run, dataset, split, section)
reading = st.container()
# An empty place takes away at once what another model left there; what goes on is not mounted anew.
place = st.container() if is_same else st.empty().container()
recorded = ui_evaluation.recorded(run, dataset, split)
ui_evaluation.count_look(run, recorded)
if section == "Overview" and recorded is not None:
    with place:
        ui_evaluation.numbers(recorded, run.class_names)
with reading:
    score = ui_evaluation.scored(run, dataset, split)
ui_evaluation.contradict(run, recorded, score)
ui_evaluation.count_look(run, score and score.evaluation)
with reading:
    ui_evaluation.looks_view(run, dataset, split)
if score is not None and (section != "Overview" or recorded is None):
    with place:
        if section == "Overview":
            ui_evaluation.numbers(score.evaluation, run.class_names)
        else:
            SECTIONS[section](run, dataset, split, score)
