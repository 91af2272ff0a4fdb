"""Read the numbers in pictures: several digits, anywhere, with a confidence for each."""

import streamlit as st

from digitrec.inference import ClassifierError
from digitrec.ui import pickers, state
from digitrec.ui.components.header import page_header
from digitrec.ui.read.pictures import list_readers, picture_input, read_all
from digitrec.ui.read.results import show_results

HELP = """Upload one picture or many. Each number in it is found, divided into digits and read. *Sure* means: of a
hundred such numbers, about one is wrong. What is not sure says why: check it. All of it can be downloaded."""

places = page_header("Read", HELP)
readers = list_readers()
if not readers:
    st.info("There is no trained network yet that reads the digits 0 to 9.")
    pickers.page_link("train", "Train a network", icon=":material/model_training:")
    st.stop()
with places:
    run = pickers.run_picker(state.READ_MODEL, candidates=readers)
pictures = picture_input()
if not pictures or run is None:
    st.caption("The numbers appear here: the picture with a box around each digit, and the text beside it.")
    st.stop()
try:
    answers = read_all(pictures, run)
except ClassifierError as error:
    st.error(f"{error} Or choose another model above.")
    st.stop()
show_results(pictures, answers)
