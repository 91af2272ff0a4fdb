"""Read pictures of several digits: numbers anywhere in them, a grid of boxes, or the fields of a form."""

import streamlit as st

from digitrec.inference import ClassifierError
from digitrec.stacks import Way
from digitrec.ui import pickers, state
from digitrec.ui.components.header import page_header
from digitrec.ui.read import form_choice, forms, grids, stack_page, stacks
from digitrec.ui.read.pictures import leave_out_repeats, list_readers, picture_input, read_numbers
from digitrec.ui.read.results import show_results

HELP = """Upload one picture or many. *Numbers* are found anywhere in them, divided into digits and read. A *grid*
of boxes, such as a mark sheet or a puzzle, is put straight, and each box is read. A *form* has fields that you
draw once: print it here, or take one of your own. What is not sure says why: look at it.
More than 12 pages, and a ZIP, are read in the background, and checked here by the keyboard."""
NUMBERS, GRID, FORM = "Numbers", "Grid of boxes", "Form"

places = page_header("Read", HELP)
stack_page.go_on()
if stack := stacks.opened():
    form_choice.rest()
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
    "What to read", (NUMBERS, GRID, FORM), default=NUMBERS, required=True, key="read-what", persist_state="session"
)
if what == FORM and run is not None:
    try:
        forms.show_forms(run)
    except ClassifierError as error:
        st.error(f"{error} Or choose another model above.")
    st.stop()
form_choice.rest()
size = grids.size_input() if what == GRID else None
pictures = picture_input(has_example=what == NUMBERS)
stacks.choose()
if not pictures or run is None:
    st.caption("What is read appears here, beside the picture.")
    st.stop()
way = Way("grid", size) if what == GRID else Way("numbers")
try:
    stacks.make_if_many(pictures, run, way)
    pictures = leave_out_repeats(pictures)
    if what == GRID:
        answers = grids.read_pages(pictures, run, size)
        grids.show_pages(pictures, answers, run, size)
    else:
        answers = read_numbers(pictures, run)
        show_results(pictures, answers)
    stacks.offer_check(pictures, answers, run, way)
except ClassifierError as error:
    st.error(f"{error} Or choose another model above.")
