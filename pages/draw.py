"""Draw a digit, and see what the network answers."""

import streamlit as st

from digitrec.inference import ClassifierError
from digitrec.ui import pickers, state
from digitrec.ui.components import canvas, digits, numbers
from digitrec.ui.draw import layout
from digitrec.ui.draw.answer import show_answer, show_no_answer
from digitrec.ui.draw.demo import demonstration
from digitrec.ui.draw.memory import remember_drawings
from digitrec.ui.draw.number import find_number, show_number
from digitrec.ui.draw.panels import panels
from digitrec.ui.draw.pictures import picture_input, way_picker
from digitrec.ui.draw.recent import recent_drawings
from digitrec.ui.draw.samples import sample_picker
from digitrec.ui.draw.save import save_drawing
from digitrec.ui.draw.shortcuts import shortcuts

layout.style()
with layout.heading("Draw a digit"):
    run = pickers.run_picker(state.DRAW_MODEL, label="Model")
if run is None:
    st.info("There is no trained network yet. The quick preset trains one in seconds.")
    pickers.page_link("train", "Train a network", icon=":material/model_training:")
    st.stop()

model = None
try:
    model = pickers.load_classifier(run)
except ClassifierError as error:
    st.error(f"{error} Or choose another model above.")


@st.fragment
def playground() -> None:
    stage = layout.stage()
    reading = None  # made once for each stroke; every panel takes it
    with stage.ways:
        way = way_picker(state.CANVAS)
        sample_picker(state.CANVAS, run)
    with stage.sheet:
        drawn = canvas.digit_canvas(state.CANVAS)
        picture_input(state.CANVAS, way)
    with stage.answer:
        chosen, demo = shortcuts(state.CANVAS, run), demonstration(state.CANVAS)
        ink = demo if drawn is None else drawn
        if ink is None and (problem := canvas.find_problem(state.CANVAS)):
            show_no_answer("Not read.", problem, run.class_names)
        elif ink is None:
            show_no_answer("Draw a digit here.", "The answer appears when you lift your pen.", run.class_names)
        elif model is None:
            show_no_answer("No answer.", "The chosen model cannot be loaded: see above.", run.class_names)
        else:
            reading = pickers.read_drawing(state.CANVAS, run, model, ink)
            number = find_number(state.CANVAS, run, model, ink, reading.verdict)
            if number is None:
                show_answer(reading.verdict, reading.image, chosen=chosen)
            else:
                show_number(number, ink, run.class_names)
            if drawn is not None:
                words = numbers.short_number(number) if number else digits.short_verdict(reading.verdict)
                canvas.note_answer(state.CANVAS, words)
        if dataset := save_drawing(state.CANVAS, reading and reading.image, run.class_names):
            st.session_state[state.next_choice(state.EXPLORE_DATASET)] = dataset
            st.switch_page(pickers.page_path("explore"))
    with stage.recent:
        recent_drawings(state.CANVAS)
        remember_drawings(state.CANVAS)
    with stage.panel:  # last, so that the answer is on the screen before the panel is computed
        panels(state.CANVAS, run, model, reading, chosen=chosen)


playground()
