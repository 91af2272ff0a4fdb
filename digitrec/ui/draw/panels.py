"""The panels below the answer: one is chosen, and only that one is computed, anew with each stroke."""

from __future__ import annotations

import streamlit as st

from digitrec.inference import Classifier, Reading
from digitrec.runs import Run
from digitrec.ui.draw.doctor import doctor
from digitrec.ui.draw.features import features
from digitrec.ui.draw.map_panel import drawing_on_map
from digitrec.ui.draw.neighbours import neighbours
from digitrec.ui.draw.opinions import other_models
from digitrec.ui.draw.pictures import picture_steps
from digitrec.ui.draw.steps import drawn_steps
from digitrec.ui.draw.why import why

PANELS = ("Steps", "Why", "Doctor", "Layers", "Compare", "Neighbours", "Map")
_PROMISES = {
    "Steps": "each step from your drawing to the 28 by 28 pixels that the network sees",
    "Why": "the ink that speaks for and against each class, and the smallest change to another answer",
    "Doctor": "what is unusual in your drawing, with fixes to try",
    "Layers": "what each layer of the network makes of your drawing",
    "Compare": "what other models answer",
    "Neighbours": "the training images that your drawing resembles",
    "Map": "your drawing as a star among thousands of images",
}


def panel_key(key: str) -> str:
    """Key of the name of the panel that is chosen."""
    return f"{key}-panel"


def panels(
    key: str, run: Run, model: Classifier | None, reading: Reading | None, *, chosen: int | None = None
) -> None:
    """Let a person choose a panel, and show it; without a reading, say what it will show.

    Args:
        key: of the canvas.
        run: that read the drawing.
        model: the run's.
        reading: of the drawing.
        chosen: index of the class that a person asks about.
    """
    name = st.segmented_control(
        "About this drawing",
        PANELS,
        default=PANELS[0],
        required=True,
        key=panel_key(key),
        persist_state="session",
        label_visibility="collapsed",
    )
    with st.container(key=f"{key}-panel-{name.lower()}"):
        if model is None or reading is None:
            st.caption(f"Draw, and here you see {_PROMISES[name]}.")
        elif name == "Why":
            why(key, run, model, reading, chosen=chosen)
        else:
            _show_panel(name, key, run, model, reading)


def _show_panel(name: str, key: str, run: Run, model: Classifier, reading: Reading) -> None:
    match name:
        case "Steps":
            picture_steps(key)
            drawn_steps(reading, run)
        case "Doctor":
            doctor(key, run, model, reading)
        case "Layers":
            features(key, model, reading.image)
        case "Compare":
            other_models(key, run, reading)
        case "Neighbours":
            neighbours(key, run, model, reading)
        case _:
            drawing_on_map(run, model, reading)
