"""The Overview of Evaluate: what is evaluated, on which images, and the numbers at a glance."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digitrec.charts.confusion import confusion_figure
from digitrec.data import DatasetError, evaluation_dataset, loading
from digitrec.evaluation import Evaluation, Score, ScoringError, scoring
from digitrec.inference import ClassifierError
from digitrec.metrics import AVERAGED_METRICS, ClassEstimates, ClassMetrics, Estimate, classification, intervals
from digitrec.reporting import Figure, describe_note, describe_outdated, format_share, sections
from digitrec.runs import Run
from digitrec.ui import state
from digitrec.ui.evaluate import address, blocks

SPLIT_TEXTS = {
    "test": "Images not used for training. Choose networks and settings on the validation images; use these "
    "for the final numbers only.",
    "validation": "Images held out from training. Settings and the best epoch are chosen on them.",
    "train": "Images that the network was trained on: accuracy on new images is usually lower.",
}


def part_picker(run: Run) -> tuple[str, str]:
    """Let a person choose a data set, the run's own first, and a part of it."""
    own = evaluation_dataset(run.config.dataset)
    fitting = [known.name for known in loading.list_datasets() if known.class_names == run.class_names]
    names = [own, *(name for name in fitting if name != own and loading.find_folder(name))]
    key = state.evaluate_dataset(run.name)
    if st.session_state.get(key) not in names:
        st.session_state.pop(key, None)  # the chosen one may have been removed
    left, right = st.columns(2)
    dataset = left.selectbox("Data set", names, format_func=dataset_title, key=key, persist_state="session")
    split = right.segmented_control(
        "Images",
        scoring.SPLITS,
        format_func=str.capitalize,
        required=True,
        key=state.EVALUATE_SPLIT,
        persist_state="session",
    )
    split = split or scoring.SPLITS[0]
    st.caption(_describe_part(dataset, split, is_own=dataset == own))
    return dataset, split


def _describe_part(dataset: str, split: str, *, is_own: bool) -> str:
    """What the images of a part of a data set are; `is_own` if the run was trained on the data set."""
    try:
        made = loading.describe(dataset).user_made
    except DatasetError:
        made = None
    if made and made.is_own:
        return (
            f"Your own {made.test:,} drawings, with your labels. They measure accuracy on your writing only; "
            "with few drawings the interval is wide."
        )
    if not is_own:
        return "Not the data set that this run was trained on."
    # Imported images may be among those of another training: `provenance` compares them.
    seen = "set aside for the test" if made else "not used for training"
    return SPLIT_TEXTS[split].replace("not used for training", seen)


def load_score(run: Run, dataset: str, split: str) -> Score | None:
    """The network's answers, with a progress bar while it reads; None, with words, where there are none."""
    if not loading.is_available(dataset):
        st.info(
            f"{dataset_title(dataset)}. Only stored numbers are shown; all else needs the images. "
            f"{describe_outdated(scoring.find_outdated(run, dataset, split))}"
        )
        return None
    place = st.empty()
    bar = place.progress(0.0, text="Reading the images ...")

    def report(done: int, n: int) -> None:
        bar.progress(done / n, text=f"{done:,} of {n:,} images read")

    try:
        score = scoring.score(run, dataset, split, report)
    except (ScoringError, ClassifierError, DatasetError, OSError) as error:
        st.warning(f"This cannot be evaluated: {error}", icon=":material/warning:")
        return None
    finally:
        place.empty()
    for note in score.notes:
        st.info(describe_note(note), icon=":material/update:")
    return score


def load_recorded(run: Run, dataset: str, split: str) -> Evaluation | None:
    """The stored evaluation, shown before any image is read; None if it was found to be out of date."""
    found = scoring.load_evaluation(run, dataset, split)
    outdated = st.session_state.get("evaluate-contradicted", set())
    return None if found is not None and _identify(run, found) in outdated else found


def restart_if_outdated(run: Run, shown: Evaluation | None, score: Score | None) -> None:
    """Run the page again if the stored evaluation that it shows is of other images than there are now."""
    if shown is None or score is None or np.array_equal(shown.confusion, score.evaluation.confusion):
        return
    # Remembered, because a folder that cannot be written still holds the old numbers.
    st.session_state.setdefault("evaluate-contradicted", set()).add(_identify(run, shown))
    st.rerun()


def _identify(run: Run, found: Evaluation) -> tuple[object, ...]:
    return run.path, found.dataset, found.split, found.model_sha256, found.created, found.confusion.tobytes()


def record_view(run: Run, evaluation: Evaluation | None) -> None:
    """Count that test images are viewed: once for each network and data set in a session, with any reruns."""
    if evaluation is None or evaluation.split != "test":
        return
    view = run.path, evaluation.dataset, evaluation.model_sha256
    seen = st.session_state.setdefault("evaluate-looks", set())
    if view not in seen:
        seen.add(view)
        with contextlib.suppress(OSError):  # a folder that cannot be written is reported where it is read
            run.record_view(evaluation.dataset, evaluation.split, evaluation.model_sha256)


def view_count(run: Run, dataset: str, split: str) -> None:
    """Say how often the test images were viewed, and why that matters."""
    if split != "test" or not (views := run.count_views(dataset, split)):
        return
    times = "1 time" if views == 1 else f"{views:,} times"
    st.caption(
        f":material/visibility: Test images viewed **{times}**. Choose models on validation images; otherwise "
        "this number becomes too good."
    )


def numbers(evaluation: Evaluation, class_names: tuple[str, ...]) -> None:
    """Accuracy with its interval, the averages, the confusion matrix, and each class."""
    macro, classes = _estimates(evaluation.confusion)
    st.metric("Accuracy", format_share(evaluation.accuracy.value))
    blocks.render([sections.accuracy_text(evaluation), *sections.averages(evaluation, macro)])
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(sections.CONFUSION_TITLE, anchor=False)
        cells = classification.confusion_cells(evaluation.confusion, classification.COUNTS)
        alt = "Confusion matrix; the section Errors has it as a table as well"
        figure = Figure("confusion", confusion_figure(cells, class_names), alt)
        blocks.show_figure(figure, on_select=functools.partial(_open_errors, len(class_names)))
        st.caption("Click a cell to see its images.")
    with right:
        st.subheader("Each class", anchor=False)
        _class_table(classification.per_class(evaluation.confusion), class_names)
        blocks.render([sections.class_figure(classes, class_names)])


@st.cache_data(max_entries=16, show_spinner=False)
def _estimates(confusion: NDArray[np.int64]) -> tuple[dict[str, Estimate], list[ClassEstimates]]:
    """The means over the classes by their names, and the numbers of each class, with their intervals."""
    drawn = classification.average_per_class(intervals.resample_confusions(confusion))
    macro = intervals.bootstrap_estimates(classification.average_per_class(confusion), drawn)
    names = [f"macro_{name}" for name in AVERAGED_METRICS]  # those weighted by size come after
    return dict(zip(names, macro, strict=False)), classification.estimate_per_class(confusion)


def _open_errors(classes: int) -> None:
    if points := st.session_state["confusion"]["selection"]["points"]:
        true, answer = divmod(int(points[-1]["point_index"]), classes)
        address.open_section("Errors", true=true, answer=answer)


def _class_table(metrics: ClassMetrics, class_names: Sequence[str]) -> None:
    rows = [
        {"Class": name, "Precision": precision, "Recall": recall, "F1": f1, "Images": int(support)}
        for name, precision, recall, f1, support in zip(class_names, *metrics, strict=True)
    ]
    share = {
        name: st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1, width=82)
        for name in ("Precision", "Recall", "F1")
    }
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        column_config=share | {"Images": st.column_config.NumberColumn(format="localized", width=62)},
        alt="Precision, recall, F1 and number of images of each class",
    )


def dataset_title(name: str) -> str:
    """What a data set is called, and that it is not on this machine if so."""
    title = loading.title(name)
    return title if loading.is_available(name) else f"{title} is not on this machine"
