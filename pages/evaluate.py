"""Evaluate: how well a network reads, what it mistakes for what, and the images behind the numbers."""

import streamlit as st

from digitrec import scoring, ui, ui_evaluation

st.title("Evaluate", anchor=False)
ui.dataset_banner()
run = ui.run_picker("evaluate-model")
if run is None:
    st.info("There is no trained network yet.")
    ui.page_link("train", "Train one", icon=":material/model_training:")
    st.stop()

dataset, split = ui_evaluation.part_picker(run)
reading, place = st.container(), st.empty()  # an empty place takes away at once what another model left there
recorded = scoring.recorded(run, dataset, split)
if recorded is not None:
    with place.container():
        ui_evaluation.numbers(recorded, run.class_names)
with reading:
    score = ui_evaluation.scored(run, dataset, split)
if score is not None and recorded is None:
    with place.container():
        ui_evaluation.numbers(score.evaluation, run.class_names)
if score is not None:
    st.subheader("Misread images", anchor=False)
    st.fragment(ui_evaluation.mistakes_view)(score, run.class_names)
    st.subheader("A random sample", anchor=False)
    st.fragment(ui_evaluation.samples_view)(score, run.class_names)
