"""Learn my handwriting: thirty digits, drawn in turn; what was gained and what was lost."""

from __future__ import annotations

import functools

import numpy as np
import streamlit as st

from digitrec.data import DatasetError, drawn_samples, loading, user_drawings
from digitrec.data.catalogue import DIGITS
from digitrec.data.drawn_samples import Samples
from digitrec.evaluation import handwriting, shared_work
from digitrec.inference import ClassifierError
from digitrec.reporting import handwriting_texts
from digitrec.runs import Run, RunError, teaching
from digitrec.ui import pickers
from digitrec.ui.components import gallery
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.teach import paper, training, trial

NAME = teaching.HANDWRITING  # of the collection
WANTED = teaching.PER_DIGIT * len(DIGITS)
_PROBLEM = "teach-hand-problem"


def view() -> None:
    """The whole section: thirty digits in turn, the training, and its result."""
    try:
        samples = drawn_samples.load(NAME)
        if samples.class_names != DIGITS:
            drawn_samples.clear(NAME)
            drawn_samples.set_classes(NAME, DIGITS)
            samples = drawn_samples.load(NAME)
    except DatasetError as error:
        st.error(escape_markdown(str(error)), icon=":material/warning:")
        st.button("Delete all", key="teach-hand-clear", icon=":material/delete:", on_click=_start_over)
        return
    is_ready = min(samples.counts) >= teaching.PER_DIGIT
    st.fragment(functools.partial(_draw, is_ready))()
    st.header("Learn", anchor=False)
    if not loading.is_available("mnist"):
        st.caption("It learns some images of MNIST as well, so that it forgets nothing.")
        pickers.dataset_banner()
        return
    run = training.view(NAME, teaching.start_handwriting, label="Learn my handwriting", ready=is_ready)
    if not is_ready:
        st.caption(f"First draw {WANTED} digits. A third of them is held back, to measure what was gained.")
    if run is not None:
        _show_result(run)
        trial.view(NAME)


def _draw(was_complete: bool) -> None:
    """The digit that is asked for, the canvas, and what was drawn."""
    with st.container(key="teach-stage-hand"):
        left, right = st.container(key="teach-left-hand"), st.container(key="teach-right-hand")
    with left:
        asked = _next_digit(drawn_samples.load(NAME))
        if asked is None:
            st.markdown("**All thirty are drawn.**")
        else:
            st.html(f'<p class="teach-ask">Draw this digit as you write it: <strong>{DIGITS[asked]}</strong></p>')
            paper.sample_canvas(NAME, asked)
    samples = drawn_samples.load(NAME)
    count = sum(min(each, teaching.PER_DIGIT) for each in samples.counts)
    if (_next_digit(samples) is None) != was_complete and not paper.is_drawing(NAME):
        st.rerun()  # the whole page: the training can begin, or it can no longer
    with right:
        st.progress(count / WANTED, text=f"{count} of {WANTED} drawn")
        _offer_saved(samples)
        _show_samples(samples)
        if problem := st.session_state.pop(_PROBLEM, None):
            st.error(escape_markdown(problem), icon=":material/warning:")


def _next_digit(samples: Samples) -> int | None:
    """The digit to draw: the one on the paper, or one with the fewest samples; None if all are there."""
    current = paper.current_sample(NAME)
    others = [int((samples.labels[samples.numbers != current] == digit).sum()) for digit in range(len(DIGITS))]
    fewest = min(others)
    return None if fewest >= teaching.PER_DIGIT else others.index(fewest)


def _offer_saved(samples: Samples) -> None:
    """A button that takes the drawings that were saved on Draw."""
    try:
        saved = user_drawings.load(DIGITS)
    except DatasetError:
        return
    missing = sum(
        min(max(0, teaching.PER_DIGIT - have), int((saved.labels == digit).sum()))
        for digit, have in enumerate(samples.counts)
    )
    with st.container(horizontal=True, gap="small"):
        if missing:
            st.button(
                f"Take {missing} of my saved drawings",
                key="teach-take",
                icon=":material/bookmark:",
                on_click=_take_saved,
                help="Those that you saved on Draw as your test set.",
            )
        if len(samples.labels):
            with st.popover("Start over", icon=":material/delete:"):
                st.markdown("All drawn digits of this section are deleted. Trained networks stay.")
                st.button("Delete all", key="teach-hand-clear", icon=":material/delete:", on_click=_start_over)


def _take_saved() -> None:
    paper.finish(NAME)
    try:
        saved, samples = user_drawings.load(DIGITS), drawn_samples.load(NAME)
        for digit, have in enumerate(samples.counts):
            newest = np.flatnonzero(saved.labels == digit)[::-1][: max(0, teaching.PER_DIGIT - have)]
            for index in newest:
                drawn_samples.put(NAME, saved.images[index], digit)
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)


def _start_over() -> None:
    paper.finish(NAME)
    try:
        drawn_samples.clear(NAME)
    except DatasetError as error:
        st.session_state[_PROBLEM] = str(error)


def _show_samples(samples: Samples) -> None:
    """All drawn digits, in order; a click deletes one, which is then asked for again."""
    if not len(samples.labels):
        st.caption("Draw each digit three times, as you usually write it. They are asked for in turn.")
        return
    order = np.argsort(samples.labels, kind="stable")
    gallery.choice_gallery(
        "teach-hand-samples",
        "Your digits",
        [
            gallery.Choice(int(samples.numbers[i]), samples.images[i], "", f"A {DIGITS[samples.labels[i]]}")
            for i in order
        ],
        lambda number: paper.delete(NAME, number),
        side=44,
        hint="Delete this digit",
    )
    st.caption("A click deletes a digit; it is asked for again.")


def _show_result(run: Run) -> None:
    """What was gained on one's own digits, and what of MNIST was lost."""
    try:
        found = handwriting.load(run)
        if found is None:
            with st.spinner("Reading your held-back digits and MNIST with both networks ..."):
                found = shared_work.run_shared((run.path, "handwriting"), lambda report: handwriting.measure(run))
    except (ClassifierError, DatasetError, RunError, OSError) as error:
        st.error(f"It cannot be measured: {escape_markdown(str(error))}", icon=":material/warning:")
        return
    for sentence in handwriting_texts.describe(found):
        st.markdown(sentence)
    with st.expander("All counts"):
        alt = "Counts before and after"
        st.table(handwriting_texts.rows(found), border="horizontal", hide_index=True, alt=alt)
