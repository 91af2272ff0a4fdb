"""Evaluate: how well a network reads, what it mistakes for what, and the images behind the numbers."""

import streamlit as st

from digitrec.ui import pickers, state
from digitrec.ui.components import taps
from digitrec.ui.components.header import page_header
from digitrec.ui.evaluate import address, errors, numbers, overview, report, robustness, slices, sureness

SECTIONS = {
    "Numbers": numbers.view,
    "Sureness": sureness.view,
    "Errors": errors.view,
    "Slices": slices.view,
    "Robustness": robustness.view,
    "Report": report.view,
}
HELP = """Choose a model, a data set and its images. Go from the numbers to the mistakes, to their images, and to
the reasons of one answer.

Choose models by the validation images; use the test images for the final numbers only."""

places = page_header("Evaluate", HELP)
taps.taps_choose()
pickers.dataset_banner()
address.read_address(SECTIONS)
with places:
    run = pickers.run_picker(state.EVALUATE_MODEL, width=overview.PICKER_WIDTH)
    if run is not None:
        dataset, split = overview.part_picker(run)
if run is None:
    st.info("There is no trained network yet.")
    pickers.page_link("train", "Train one", icon=":material/model_training:")
    st.stop()

headline = st.empty()
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
pickers.record_view(run, recorded)
if recorded is not None:
    with headline.container():
        overview.headline(run, recorded)
    if section == "Overview":
        with place:
            overview.numbers(recorded, run.class_names)
with reading:
    score = overview.load_score(run, dataset, split)
overview.restart_if_outdated(run, recorded, score)
if score is not None:
    pickers.record_view(run, score.evaluation)
    with headline.container():
        overview.headline(run, score.evaluation)
    with place:
        if section != "Overview":
            SECTIONS[section](score)
        elif recorded is None:
            overview.numbers(score.evaluation, run.class_names)
