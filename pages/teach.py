"""Teach: draw samples of your own classes, or your own digits, train a network on them, and try it at once."""

import streamlit as st

from digitrec.ui.components.header import page_header, stop_if_read_only
from digitrec.ui.teach import classes, handwriting, paper

SECTIONS = {"My own classes": classes.view, "My handwriting": handwriting.view}
HELP = """Teach a network by drawing. *My own classes*: name some, draw a few samples of each, and train. *My
handwriting*: draw each digit three times, and see whether a network reads your hand better after it has learnt
from you.

What you draw stays on this machine. Each stroke is saved."""

page_header("Teach", HELP)
stop_if_read_only("teach a network")
paper.style()
section = st.segmented_control(
    "What to teach",
    list(SECTIONS),
    default=next(iter(SECTIONS)),
    required=True,
    key="teach-section",
    persist_state="session",
    label_visibility="collapsed",
)
SECTIONS[section]()
