"""Two runs on the same images: which is better, answer by answer."""

from __future__ import annotations

import streamlit as st

from digitrec.data import DatasetError
from digitrec.evaluation import Comparison, ScoringError, comparison
from digitrec.imaging import Labels
from digitrec.inference import ClassifierError
from digitrec.reporting import comparison_texts
from digitrec.runs import Run
from digitrec.ui import pickers
from digitrec.ui.components.digits import digit_gallery, escape_markdown

MAX_SHOWN = 24  # images that one run alone reads right
_ASKED = "models-which"  # in the session: the two runs and the split that a person wants compared


def compare_two(first: Run, second: Run) -> None:
    """Which of two networks is better, answer by answer, once a person asks."""
    st.subheader("Which is better?", anchor=False)
    if first.class_names != second.class_names:
        st.caption("They have different classes.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = st.segmented_control(
            "Images", ("validation", "test"), default="validation", required=True, key="models-which-split"
        )
        asked = (first.name, second.name, split)
        if st.button("Compare answer by answer", key="which", icon=":material/balance:"):
            st.session_state[_ASKED] = asked
    if split == "test":
        st.caption("Choose no network by test images: they are for the last number alone.")
    if st.session_state.get(_ASKED) != asked:
        return
    try:
        with pickers.progress_bar() as report:
            found = comparison.compare(first, second, split, lambda done, n: report("Reading", done / n))
    except (ScoringError, ClassifierError, DatasetError) as error:
        st.warning(escape_markdown(f"They cannot be compared: {error}"), icon=":material/warning:")
        return
    images = f"{split} images of {found.first.dataset.title}"
    text = comparison_texts.describe_comparison(found.counts, first.name, second.name, images)
    st.markdown(escape_markdown(text))
    for run, indices in ((first, found.first_only), (second, found.second_only)):
        if len(indices):
            with st.expander(escape_markdown(f"Only {run.name} reads these right ({len(indices)})")):
                _show_images(found, indices, is_first=run is first)


def _show_images(found: Comparison, indices: Labels, *, is_first: bool) -> None:
    """Images that one of the two reads right, with their label and what the other takes them for."""
    shown, wrong = indices[:MAX_SHOWN], found.second if is_first else found.first
    names, labels = wrong.run.class_names, wrong.split.labels
    answers = wrong.proba.argmax(1)
    captions = [f"{names[labels[i]]}, not {names[answers[i]]}" for i in shown]
    digit_gallery(wrong.split.images[shown], captions)
    if len(indices) > len(shown):
        st.caption(f"The first {len(shown)} of {len(indices)}.")
