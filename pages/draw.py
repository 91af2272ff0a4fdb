"""Draw a digit and have it read."""

import streamlit as st

from digitrec import ui
from digitrec.imaging.preprocessing import to_mnist
from digitrec.inference.classifier import ClassifierError

st.title("Draw a digit", anchor=False)
stage = st.container()  # above the model picker, because the paper and the answer come first on a phone
run = ui.run_picker("draw-model", label="Read by")
if run is None:
    st.info(
        "There is no trained network yet that could read a digit. The quick preset trains one in about a minute."
    )
    ui.page_link("train", "Train a network", icon=":material/model_training:")
    st.stop()

model = None
try:
    model = ui.classifier(run)
except ClassifierError as error:
    st.error(f"{error} Until then choose another model above.")


@st.fragment
def playground() -> None:
    with st.container(horizontal=True, gap="medium"):
        drawing, reading = st.container(width=300), st.container()
    image = None
    with drawing:
        ink = ui.digit_canvas("draw")
    with reading:
        if ink is None:
            ui.no_answer(
                "The paper is blank.", "Draw one digit: it is read as soon as you lift the mouse or the finger."
            )
        elif model is None:
            ui.no_answer("No answer.", "The chosen model cannot read; the reason stands below.")
        else:
            image = to_mnist(ink)
            verdict = ui.verdict(run, model, image, ink)
            proba = verdict.proba  # (c,)
            ui.answer(verdict, run.class_names, image)
            ui.picture_steps("draw")
            ui.drawn_steps(ink, run, int(proba.argmax()))
            ui.note_answer("draw", ui.reading(verdict, run.class_names))
            if kept := ui.keep_drawing("draw", image, run.class_names):
                st.session_state["explore-dataset-next"] = kept
                st.switch_page(ui.page_path("explore"))
    ui.recent_drawings("draw")
    ui.sample_picker("draw")
    ui.picture_input("draw")
    if image is not None:  # last, so that the answer is on the screen before the evidence is looked for
        ui.evidence("draw", model, image, run.class_names)
        ui.doctor("draw", run, model, ink)
        ui.features("draw", model, image)
        ui.several_models("draw", run, proba=proba, image=image, load=ui.classifier)


with stage:
    playground()
