"""Read pictures of several digits: numbers anywhere in them, or a grid of boxes with a digit each."""

import streamlit as st

from digitrec.inference import ClassifierError
from digitrec.stacks import Way
from digitrec.ui import pickers, state
from digitrec.ui.components.header import page_header
from digitrec.ui.read import grids, stack_page, stacks
from digitrec.ui.read.pictures import list_readers, picture_input, read_numbers
from digitrec.ui.read.results import show_results

HELP = """Upload one picture or many. *Numbers* are found anywhere in them, divided into digits and read. A *grid*
of boxes, such as a form or a puzzle, is put straight, and each box is read. What is not sure says why.
More than 12 pictures, PDF files and a ZIP are read in the background, and checked here by the keyboard."""
NUMBERS, GRID = "Numbers", "Grid of boxes"

places = page_header("Read", HELP)
stack_page.go_on()
if stack := stacks.opened():
    stack_page.show(stack)
    st.stop()
readers = list_readers()
if not readers:
    st.info("There is no trained network yet that reads the digits 0 to 9.")
    pickers.page_link("train", "Train a network", icon=":material/model_training:")
    st.stop()
with places:
    run = pickers.run_picker(state.READ_MODEL, candidates=readers)
what = st.segmented_control(
    "What to read", (NUMBERS, GRID), default=NUMBERS, required=True, key="read-what", persist_state="session"
)
size = grids.size_input() if what == GRID else None
pictures = picture_input(has_example=what == NUMBERS)
stacks.choose()
if not pictures or run is None:
    st.caption("What is read appears here, beside the picture.")
    st.stop()
way = Way("grid", size) if what == GRID else Way("numbers")
try:
    if stacks.needs_stack(pictures):
        stacks.make(pictures, run, way)
        st.stop()
    if what == GRID:
        grids.show_pages(pictures, grids.read_pages(pictures, run, size), run, size)
    else:
        show_results(pictures, read_numbers(pictures, run))
    stacks.offer_check(pictures, run, way)
except ClassifierError as error:
    st.error(f"{error} Or choose another model above.")
