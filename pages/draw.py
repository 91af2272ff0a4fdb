"""Draw a digit and have it read."""

import streamlit as st

from digitrec.imaging.preprocessing import to_mnist
from digitrec.inference.classifier import ClassifierError
from digitrec.ui import pickers, state
from digitrec.ui.components import canvas, digits
from digitrec.ui.components.evidence import evidence
from digitrec.ui.draw.doctor import doctor
from digitrec.ui.draw.features import features
from digitrec.ui.draw.keep import keep_drawing
from digitrec.ui.draw.opinions import several_models
from digitrec.ui.draw.pictures import picture_input, picture_steps
from digitrec.ui.draw.recent import recent_drawings
from digitrec.ui.draw.samples import sample_picker
from digitrec.ui.draw.steps import drawn_steps

st.title("Draw a digit", anchor=False)
stage = st.container()  # above the model picker, because the paper and the answer come first on a phone
run = pickers.run_picker(state.DRAW_MODEL, label="Read by")
if run is None:
    st.info(
        "There is no trained network yet that could read a digit. The quick preset trains one in about a minute."
    )
    pickers.page_link("train", "Train a network", icon=":material/model_training:")
    st.stop()

model = None
try:
    model = pickers.load_classifier(run)
except ClassifierError as error:
    st.error(f"{error} Until then choose another model above.")


@st.fragment
def playground() -> None:
    with st.container(horizontal=True, gap="medium"):
        drawing, reading = st.container(width=300), st.container()
    image = None
    with drawing:
        ink = canvas.digit_canvas("draw")
    with reading:
        if ink is None:
            digits.no_answer(
                "The paper is blank.", "Draw one digit: it is read as soon as you lift the mouse or the finger."
            )
        elif model is None:
            digits.no_answer("No answer.", "The chosen model cannot read; the reason stands below.")
        else:
            image = to_mnist(ink)
            verdict = pickers.judge(run, model, image, ink)
            proba = verdict.proba  # (c,)
            digits.answer(verdict, run.class_names, image)
            picture_steps("draw")
            drawn_steps(ink, run, int(proba.argmax()))
            canvas.note_answer("draw", digits.reading(verdict, run.class_names))
            if kept := keep_drawing("draw", image, run.class_names):
                st.session_state[state.next_choice(state.EXPLORE_DATASET)] = kept
                st.switch_page(pickers.page_path("explore"))
    recent_drawings("draw")
    sample_picker("draw")
    picture_input("draw")
    if image is not None:  # last, so that the answer is on the screen before the evidence is looked for
        evidence("draw", model, image, run.class_names)
        doctor("draw", run, model, ink)
        features("draw", model, image)
        several_models("draw", run, proba=proba, image=image, load=pickers.load_classifier)


with stage:
    playground()
