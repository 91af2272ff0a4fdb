"""Several runs side by side: what differs, what each costs, and for two of them, which is better."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from digitrec.data import DatasetError
from digitrec.evaluation import Comparison, RunSummary, ScoringError, comparison
from digitrec.imaging import Labels
from digitrec.inference import ClassifierError
from digitrec.reporting import comparison_texts, format_duration, format_share
from digitrec.runs import Run
from digitrec.ui import pickers
from digitrec.ui.components.digits import digit_gallery, escape_markdown

MAX_COMPARED = 6  # columns of a table that can be read
MAX_SHOWN = 24  # images that one run alone reads right
_ASKED = "models-which"  # in the session: the two runs and the split that a person wants compared


def show_differences(found: Sequence[RunSummary]) -> None:
    """The numbers of two to six runs in one table, with only those settings that differ."""
    if len(found) < 2:
        return
    if len(found) > MAX_COMPARED:
        st.caption(f"A table compares up to {MAX_COMPARED} runs: choose fewer.")
        return
    rows = [{"Setting": title, **values} for title, values in _facts(found).items()]
    rows += comparison_texts.list_differences([each.run for each in found])
    st.subheader("What differs", anchor=False)
    st.table(rows, border="horizontal", hide_index=True, alt="Numbers and settings in which the runs differ")
    trained = [each.run for each in found if each.run.has_model]
    if len(trained) == 2 == len(found):
        _compare_two(*trained)


def _facts(found: Sequence[RunSummary]) -> dict[str, dict[str, str]]:
    """What each run reached and costs: title -> name of the run -> text."""
    facts = {
        "Validation accuracy": [_share(each.val_accuracy) for each in found],
        "Test accuracy": [_share(each.test_accuracy) for each in found],
        "Parameters": [f"{each.parameters:,}" for each in found],
        "Size of the .tflite": [_size(each.run) for each in found],
        "Training time": ["–" if each.seconds is None else format_duration(each.seconds) for each in found],
    }
    names = [each.run.name for each in found]
    return {title: dict(zip(names, values, strict=True)) for title, values in facts.items()}


def _share(share: float | None) -> str:
    return "–" if share is None else format_share(share)


def _size(run: Run) -> str:
    return f"{run.tflite_path.stat().st_size / 1e6:.2f} MB" if run.has_model else "–"


def _compare_two(first: Run, second: Run) -> None:
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
