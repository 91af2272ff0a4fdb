"""Streamlit pieces of the Evaluate page: what is evaluated, and the numbers at a glance."""

from __future__ import annotations

import contextlib
import functools

import numpy as np
import streamlit as st

from digitrec.charts import data, metrics
from digitrec.data import loading
from digitrec.data.catalogue import DatasetError, evaluation_dataset
from digitrec.evaluation import scoring
from digitrec.evaluation.scoring import Score, ScoringError
from digitrec.inference.classifier import ClassifierError
from digitrec.metrics import classification, intervals
from digitrec.metrics.classification import ClassEstimates, ClassMetrics, Evaluation, per_class
from digitrec.metrics.intervals import Estimate
from digitrec.report.formatting import format_interval, format_loss, format_share
from digitrec.runs.store import Run
from digitrec.ui import state
from digitrec.ui.evaluate import address

SPLIT_TEXTS = {
    "test": "Images that no training ever saw. They are for final numbers: choose networks and settings on the "
    "validation images, and look here last.",
    "validation": "Images held out of the training, on which settings and the best epoch are chosen.",
    "train": "Images that the network learnt from: they tell how well it remembers, not how well it reads.",
}
_MEAN = "the mean over the classes, each counting the same"
NUMBER_TEXTS = {
    "Precision": f"of the images answered so, the share that is so: {_MEAN}",
    "Recall": f"of the images that are so, the share answered so: {_MEAN}",
    "F1": f"the harmonic mean of precision and recall: {_MEAN}",
    "Log loss": "the mean of -ln(probability of the true class), in nats: sure mistakes cost most",
}


def part_picker(run: Run) -> tuple[str, str]:
    """Let a person choose a data set, the run's own first, and a part of it."""
    own = evaluation_dataset(run.config.dataset)
    fitting = [known.name for known in loading.list_datasets() if known.class_names == run.class_names]
    names = [own, *(name for name in fitting if name != own and loading.find_folder(name))]
    key = state.evaluate_dataset(run.name)
    if st.session_state.get(key) not in names:
        st.session_state.pop(key, None)  # what was chosen may have been removed
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
    st.caption(_describe_part(dataset, split, is_runs=dataset == own))
    return dataset, split


def _describe_part(dataset: str, split: str, *, is_runs: bool) -> str:
    """What the images of a part of a data set are, be it the one that the run learnt from or another."""
    try:
        kept = loading.describe(dataset).user_made
    except DatasetError:
        kept = None
    if kept and kept.is_own:
        return (
            f"Drawings that you kept, labelled by you: {kept.test:,} so far. They tell how it reads these hands, "
            "not others; the fewer they are, the wider the interval."
        )
    if not is_runs:
        return "Another data set than the run learnt from."
    # Of what a person imported nobody knows what else is in it; `overlap` looks.
    seen = "set aside for the test" if kept else "that no training ever saw"
    return SPLIT_TEXTS[split].replace("that no training ever saw", seen)


def load_score(run: Run, dataset: str, split: str) -> Score | None:
    """The network's answers, with a progress bar while it reads; None, with words, where there are none."""
    if not loading.is_available(dataset):
        st.info(
            f"{dataset_title(dataset)}. The images, and numbers that are not recorded yet, need it; the recorded "
            f"numbers are shown without it. {scoring.describe_outdated(run, dataset, split) or ''}"
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
        st.info(note, icon=":material/update:")
    return score


def load_recorded(run: Run, dataset: str, split: str) -> Evaluation | None:
    """The kept evaluation, to show before any image is read; None where it was seen to be out of date."""
    found = scoring.load_evaluation(run, dataset, split)
    contradicted = st.session_state.get("evaluate-contradicted", set())
    return None if found is not None and _identify(run, found) in contradicted else found


def restart_if_outdated(run: Run, shown: Evaluation | None, score: Score | None) -> None:
    """Begin the page anew if what was kept and is shown turns out to be of other images than there are now."""
    if shown is None or score is None or np.array_equal(shown.confusion, score.evaluation.confusion):
        return
    # Remembered, because a folder that cannot be written goes on holding the old numbers.
    st.session_state.setdefault("evaluate-contradicted", set()).add(_identify(run, shown))
    st.rerun()


def _identify(run: Run, found: Evaluation) -> tuple[object, ...]:
    return run.path, found.dataset, found.split, found.model_sha256, found.created, found.confusion.tobytes()


def record_view(run: Run, evaluation: Evaluation | None) -> None:
    """Count that test images were looked at: once for each network and data set in a session, reruns or not."""
    if evaluation is None or evaluation.split != "test":
        return
    look = run.path, evaluation.dataset, evaluation.model_sha256
    seen = st.session_state.setdefault("evaluate-looks", set())
    if look not in seen:
        seen.add(look)
        with contextlib.suppress(OSError):  # a folder that cannot be written says so where it is read
            run.record_view(evaluation.dataset, evaluation.split, evaluation.model_sha256)


def view_count(run: Run, dataset: str, split: str) -> None:
    """Say how often the run was looked at on the test images, and why that counts."""
    if split != "test" or not (looks := run.looks(dataset, split)):
        return
    often = "once, now" if looks == 1 else f"{looks:,} times"
    st.caption(
        f":material/visibility: Looked at on these test images: **{often}**. Each look tempts one to keep what "
        "does better here, and what is chosen by test images reads them better than it reads others."
    )


def numbers(evaluation: Evaluation, class_names: tuple[str, ...]) -> None:
    """Accuracy with its interval, the averages, the confusion matrix, and each class."""
    macro, classes = _estimates(evaluation.confusion)
    low, high = evaluation.interval
    right = int(evaluation.confusion.trace())
    st.metric("Accuracy", format_share(evaluation.accuracy))
    st.markdown(
        f"{right:,} of {evaluation.n:,} images are read right. With 95% confidence the accuracy on images of this "
        f"kind lies **between {format_share(low)} and {format_share(high)}** (Wilson interval)."
    )
    texts = {name: format_share(one.value) for name, one in macro.items()}
    texts["Log loss"] = format_loss(evaluation.log_loss)
    with st.container(horizontal=True, gap="medium"):
        for label, text in texts.items():
            st.metric(label, text, width="content", help=NUMBER_TEXTS[label])
    ends = "; ".join(f"{name} {format_interval(f'macro_{name.lower()}', one)}" for name, one in macro.items())
    st.caption(f"95% intervals: {ends}. That of the log loss stands under Numbers.")
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Which is taken for which", anchor=False)
        st.plotly_chart(
            data.confusion_figure(evaluation.confusion, class_names),
            key="confusion",
            config={"displayModeBar": False},
            on_select=functools.partial(_to_errors, len(class_names)),
            selection_mode="points",
            alt="Confusion matrix; the section Errors has it as a table as well",
        )
        st.caption("Click on a cell to see its images.")
    with right:
        st.subheader("Each class", anchor=False)
        _class_table(per_class(evaluation.confusion), class_names)
        st.plotly_chart(
            metrics.class_intervals_figure(classes, class_names),
            key="classes",
            config={"displayModeBar": False},
            alt="Precision, recall and F1 of each class with their 95% intervals; the table above has the numbers",
        )


@st.cache_data(max_entries=16, show_spinner=False)
def _estimates(confusion: np.ndarray) -> tuple[dict[str, Estimate], list[ClassEstimates]]:
    """The means over the classes by their names, and the numbers of each class, with their intervals."""
    drawn = classification.average_per_class(intervals.resample_confusions(confusion))
    macro = intervals.bootstrap_estimates(
        classification.average_per_class(confusion), drawn
    )  # those weighted by size come after
    return dict(zip(("Precision", "Recall", "F1"), macro, strict=False)), classification.estimate_per_class(
        confusion
    )


def _to_errors(classes: int) -> None:
    if points := st.session_state["confusion"]["selection"]["points"]:
        true, answer = divmod(int(points[-1]["point_index"]), classes)
        address.open_section("Errors", true=true, answer=answer)


def _class_table(estimates: ClassMetrics, class_names: tuple[str, ...]) -> None:
    rows = [
        {"Class": name, "Precision": precision, "Recall": recall, "F1": f1, "Images": int(support)}
        for name, precision, recall, f1, support in zip(class_names, *estimates, strict=True)
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
