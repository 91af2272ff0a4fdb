"""The Overview of Evaluate: what is evaluated, on which images, and the numbers at a glance."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digitrec.charts.confusion import confusion_figure
from digitrec.data import DatasetError, evaluation_dataset, loading
from digitrec.evaluation import Evaluation, Score, ScoringError, scoring
from digitrec.inference import ClassifierError
from digitrec.metrics import ClassEstimates, ClassMetrics, classification
from digitrec.reporting import (
    UNKNOWN,
    Figure,
    describe_note,
    describe_outdated,
    format_count,
    format_share,
    sections,
)
from digitrec.runs import Run
from digitrec.ui import pickers, state
from digitrec.ui.components import reveal
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.evaluate import address, blocks, confusion

PICKER_WIDTH = 230  # pixels
BAR_STARTS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)  # of the bars of the classes
SPLIT_TEXTS = {
    "test": "Images not used for training.",
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
    dataset = st.selectbox(
        "Data set", names, format_func=dataset_title, key=key, persist_state="session", width=PICKER_WIDTH
    )
    split = st.segmented_control(
        "Images",
        scoring.SPLITS,
        format_func=str.capitalize,
        required=True,
        key=state.EVALUATE_SPLIT,
        persist_state="session",
    )
    return dataset, split or scoring.SPLITS[0]


def _describe_part(dataset: str, split: str, *, is_own: bool) -> str:
    """What the images of a part of a data set are; `is_own` if the run was trained on the data set."""
    try:
        made = loading.describe(dataset).user_made
    except DatasetError:
        made = None
    if made and made.is_own:
        return (
            f"Your own {format_count(made.test, 'drawing')}, with your labels. This measures accuracy on your "
            "writing only; with few drawings the interval is wide."
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
        pickers.offer_download(dataset)
        return None
    place = st.empty()
    bar = place.progress(0.0, text="Reading the images ...")

    def report(done: int, n: int) -> None:
        bar.progress(done / n, text=f"{done:,} of {format_count(n, 'image')} read")

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


def headline(run: Run, evaluation: Evaluation) -> None:
    """Model, data, split and accuracy with its interval in one line; below it, what the images are."""
    dataset, split = evaluation.dataset, evaluation.split
    value, low, high = evaluation.accuracy
    what = escape_markdown(f"{run.name} on {loading.title(dataset)}, {split} images:")
    interval = f"95% Wilson interval {format_share(low)} to {format_share(high)}"
    verb = "is" if evaluation.n == 1 else "are"
    counts = f"{evaluation.right:,} of {format_count(evaluation.n, 'answer')} {verb} right"
    st.markdown(f"{what} **{format_share(value)}** accuracy, {interval}. {counts}.")
    is_own = dataset == evaluation_dataset(run.config.dataset)
    part = _describe_part(dataset, split, is_own=is_own)
    st.caption(f"{part} {_describe_views(run, dataset, split)}")


def _describe_views(run: Run, dataset: str, split: str) -> str:
    """How often the test images were viewed, and why that matters."""
    if split != "test" or not (views := run.count_views(dataset, split)):
        return ""
    times = format_count(views, "time")
    why = "otherwise this number becomes too good"
    return f"They were viewed **{times}**. Choose models on validation images; {why}."


def numbers(evaluation: Evaluation, class_names: tuple[str, ...]) -> None:
    """The confusion matrix, and the numbers of each class."""
    with st.container(key="evaluate-overview"):  # as many columns as the page has room for: see look.css
        with st.container():
            st.header(sections.CONFUSION_TITLE, anchor=False)
            cells = classification.confusion_cells(evaluation.confusion, classification.COUNTS)
            alt = "Confusion matrix; the section Errors has it as a table as well"
            figure = Figure("confusion", confusion_figure(cells, class_names), alt)
            blocks.show_figure(figure, on_select=functools.partial(_open_errors, len(class_names)))
            st.caption("Click a cell to see its images.")
        with st.container():
            st.header("Each class", anchor=False)
            _class_table(classification.per_class(evaluation.confusion), class_names)
        with st.container():
            st.header("With 95% intervals", anchor=False)
            blocks.render([sections.class_figure(_class_estimates(evaluation.confusion), class_names)])


@st.cache_data(max_entries=16, show_spinner=False)
def _class_estimates(confusion: NDArray[np.int64]) -> list[ClassEstimates]:
    return classification.estimate_per_class(confusion)


def _open_errors(classes: int) -> None:
    if points := st.session_state["confusion"]["selection"]["points"]:
        true, answer = divmod(int(points[-1]["point_index"]), classes)
        address.open_section("Errors", true=true, answer=answer)
        reveal.request(confusion.IMAGES)


def _class_table(metrics: ClassMetrics, class_names: Sequence[str]) -> None:
    shares = np.array(metrics[:3], np.float64)
    low = bar_start(shares)
    rows = [
        {"Class": name, "Precision": precision, "Recall": recall, "F1": f1, "Images": int(images)}
        for name, precision, recall, f1, images in zip(class_names, *(100 * shares), metrics.support, strict=True)
    ]
    bars = {
        name: st.column_config.ProgressColumn(format="%.2f%%", min_value=100 * low, max_value=100, width=82)
        for name in ("Precision", "Recall", "F1")
    }
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        placeholder=UNKNOWN,
        column_config=bars | {"Images": st.column_config.NumberColumn(format="localized", width=62)},
        alt="Precision, recall, F1 and number of images of each class",
    )
    st.caption(f"The bars go from {low:.0%} to 100%.")


def bar_start(shares: NDArray[np.float64]) -> float:
    """Where bars of these shares start, so that their differences show; NaN is left out."""
    least = float(np.nanmin(shares, initial=1.0))
    return max(start for start in BAR_STARTS if start <= max(least - (1 - least) / 4, 0.0))


def dataset_title(name: str) -> str:
    """What a data set is called, and that it is not on this machine if so."""
    title = loading.title(name)
    return title if loading.is_available(name) else f"{title} is not on this machine"
