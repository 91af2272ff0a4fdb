"""Draw a digit and have it read."""

import streamlit as st

from digitrec.imaging.preprocessing import to_mnist
from digitrec.inference.classifier import ClassifierError
from digitrec.ui import pickers

st.title("Draw a digit", anchor=False)
stage = st.container()  # above the model picker, because the paper and the answer come first on a phone
run = pickers.run_picker("draw-model", label="Read by")
if run is None:
    st.info(
        "There is no trained network yet that could read a digit. The quick preset trains one in about a minute."
    )
    pickers.page_link("train", "Train a network", icon=":material/model_training:")
    st.stop()

model = None
try:
    model = pickers.classifier(run)
except ClassifierError as error:
    st.error(f"{error} Until then choose another model above.")


@st.fragment
def playground() -> None:
    with st.container(horizontal=True, gap="medium"):
        drawing, reading = st.container(width=300), st.container()
    image = None
    with drawing:
        ink = pickers.digit_canvas("draw")
    with reading:
        if ink is None:
            pickers.no_answer(
                "The paper is blank.", "Draw one digit: it is read as soon as you lift the mouse or the finger."
            )
        elif model is None:
            pickers.no_answer("No answer.", "The chosen model cannot read; the reason stands below.")
        else:
            image = to_mnist(ink)
            verdict = pickers.verdict(run, model, image, ink)
            proba = verdict.proba  # (c,)
            pickers.answer(verdict, run.class_names, image)
            pickers.picture_steps("draw")
            pickers.drawn_steps(ink, run, int(proba.argmax()))
            pickers.note_answer("draw", pickers.reading(verdict, run.class_names))
            if kept := pickers.keep_drawing("draw", image, run.class_names):
                st.session_state["explore-dataset-next"] = kept
                st.switch_page(pickers.page_path("explore"))
    pickers.recent_drawings("draw")
    pickers.sample_picker("draw")
    pickers.picture_input("draw")
    if image is not None:  # last, so that the answer is on the screen before the evidence is looked for
        pickers.evidence("draw", model, image, run.class_names)
        pickers.doctor("draw", run, model, ink)
        pickers.features("draw", model, image)
        pickers.several_models("draw", run, proba=proba, image=image, load=pickers.classifier)


with stage:
    playground()
