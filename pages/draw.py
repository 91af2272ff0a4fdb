"""Draw a digit, and see what the network answers."""

import streamlit as st

from digitrec.inference import ClassifierError, calibrated_classifier
from digitrec.ui import pickers, state
from digitrec.ui.components import canvas, digits
from digitrec.ui.components.evidence import evidence
from digitrec.ui.draw.doctor import doctor
from digitrec.ui.draw.features import features
from digitrec.ui.draw.opinions import other_models
from digitrec.ui.draw.pictures import picture_input, picture_steps
from digitrec.ui.draw.recent import recent_drawings
from digitrec.ui.draw.samples import sample_picker
from digitrec.ui.draw.save import save_drawing
from digitrec.ui.draw.steps import drawn_steps

st.title("Draw a digit", anchor=False)
stage = st.container()  # above the model picker, because the paper and the answer come first on a phone
run = pickers.run_picker(state.DRAW_MODEL, label="Model")
if run is None:
    st.info("There is no trained network yet. The quick preset trains one in about a minute.")
    pickers.page_link("train", "Train a network", icon=":material/model_training:")
    st.stop()

model = None
try:
    model = pickers.load_classifier(run)
except ClassifierError as error:
    st.error(f"{error} Or choose another model above.")


@st.fragment
def playground() -> None:
    with st.container(horizontal=True, gap="medium"):
        paper, result = st.container(width=300), st.container()
    reading = None  # made once for each stroke; every panel below takes it
    with paper:
        ink = canvas.digit_canvas(state.CANVAS)
    with result:
        if ink is None and (problem := canvas.find_problem(state.CANVAS)):
            digits.show_no_answer("Not read.", problem)
        elif ink is None:
            digits.show_no_answer("Draw a digit here.", "The answer appears when you lift your pen.")
        elif model is None:
            digits.show_no_answer("No answer.", "The chosen model cannot be loaded; the reason is below.")
        else:
            reading = pickers.read_drawing(state.CANVAS, run, model, ink)
            digits.show_answer(reading.verdict, reading.image)
            picture_steps(state.CANVAS)
            drawn_steps(reading, run)
            canvas.note_answer(state.CANVAS, digits.short_verdict(reading.verdict))
            if dataset := save_drawing(state.CANVAS, reading.image, run.class_names):
                st.session_state[state.next_choice(state.EXPLORE_DATASET)] = dataset
                st.switch_page(pickers.page_path("explore"))
    recent_drawings(state.CANVAS)
    sample_picker(state.CANVAS, run)
    picture_input(state.CANVAS)
    if reading is not None:  # last, so that the answer is on the screen before the evidence is computed
        network = calibrated_classifier(run, model)
        evidence(state.CANVAS, network, reading.image, run.class_names, verdict=reading.verdict)
        doctor(state.CANVAS, run, model, reading)
        features(state.CANVAS, model, reading.image)
        other_models(state.CANVAS, run, reading)


with stage:
    playground()
