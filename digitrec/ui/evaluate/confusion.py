"""The confusion matrix on the screen: what its cells show, and the choice of a cell by mouse or keyboard."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from digitrec.charts import confusion as charts_confusion
from digitrec.data.catalogue import DatasetError
from digitrec.evaluation import scoring
from digitrec.evaluation.scoring import ScoringError
from digitrec.inference.classifier import ClassifierError
from digitrec.metrics import classification
from digitrec.metrics.classification import (
    COLUMN_SHARES,
    COUNTS,
    DIFFERENCE,
    ERRORS_ONLY,
    ROW_SHARES,
    ConfusionCells,
    Evaluation,
    MetricsError,
)
from digitrec.runs import store
from digitrec.runs.store import Run
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.evaluate import address

MODE_TEXTS = {
    COUNTS: "How many images of each class were answered with each.",
    ROW_SHARES: "Of the images of a class, the share that got each answer: the diagonal is the recall.",
    COLUMN_SHARES: "Of the images with an answer, the share that each class has: the diagonal is the precision.",
    ERRORS_ONLY: "The mistakes alone, the most frequent in the strongest colour.",
    DIFFERENCE: "How many images more (+) or fewer (−) this network has in a cell than the other: blue is better, "
    "orange worse.",
}
MAX_NAMED_MISTAKES = 3  # mistakes named in words


def matrix(run: Run, dataset: str, split: str, evaluation: Evaluation) -> None:
    """The matrix of a run's answers; a cell that is chosen is what is looked at from then on."""
    others = _list_comparable(run, dataset, split)
    mode = st.segmented_control(
        "Cells show",
        (COUNTS, ROW_SHARES, COLUMN_SHARES, ERRORS_ONLY, *([DIFFERENCE] if others else [])),
        format_func=str.capitalize,
        default=COUNTS,
        required=True,
        key="confusion-mode",
        persist_state="session",
        wrap=True,
    )
    st.caption(MODE_TEXTS[mode])
    cells = _difference(evaluation, others, dataset, split) if mode == DIFFERENCE else None
    cells = cells or classification.confusion_cells(evaluation.confusion, COUNTS if mode == DIFFERENCE else mode)
    _figure(cells, run.class_names)
    st.caption(escape_markdown(_describe_choice(evaluation.confusion, run.class_names)))
    with st.expander("Choose a cell in a table", icon=":material/keyboard:"):
        _table(cells, run.class_names)


def _figure(cells: ConfusionCells, class_names: Sequence[str]) -> None:
    """The figure; another choice has another key, so that each click finds it without a selection of its own."""
    now = address.get_selection()
    key = f"confusion {cells.mode} {now.true} {now.answer}"
    figure = charts_confusion.confusion_figure(cells, class_names, true=now.true, answer=now.answer)
    st.plotly_chart(
        figure,
        key=key,
        config={"displayModeBar": False},
        on_select=functools.partial(_clicked, key, len(class_names)),
        selection_mode="points",
        alt="Confusion matrix; the table below it says the same and can be used by keyboard",
    )


def _clicked(key: str, classes: int) -> None:
    points = st.session_state[key]["selection"]["points"]
    if points:
        _choose(*divmod(int(points[-1]["point_index"]), classes))


def _table(cells: ConfusionCells, class_names: Sequence[str]) -> None:
    key = f"confusion-table {cells.mode}"
    shown = cells.numbers * 100 if cells.mode in (ROW_SHARES, COLUMN_SHARES) else cells.numbers
    frame = pd.DataFrame(shown, index=pd.Index(class_names, name="True class"), columns=list(class_names))
    number = (
        "%+d" if cells.mode == DIFFERENCE else "%.2f %%" if cells.mode in (ROW_SHARES, COLUMN_SHARES) else "%d"
    )
    st.dataframe(
        frame,
        key=key,
        height="content",
        placeholder="–",
        column_config={name: st.column_config.NumberColumn(name, format=number, width=52) for name in class_names},
        on_select=functools.partial(_cell_chosen, key, tuple(class_names)),
        selection_mode="single-cell",
        alt="Confusion matrix: a row for each true class, a column for each answer",
    )


def _cell_chosen(key: str, class_names: tuple[str, ...]) -> None:
    cells = st.session_state[key]["selection"]["cells"]
    if cells and cells[0][1] in class_names:  # the index, too, can be clicked
        _choose(int(cells[0][0]), class_names.index(cells[0][1]))


def _choose(true: int, answer: int) -> None:
    address.select(true=true, answer=answer)


def _list_comparable(run: Run, dataset: str, split: str) -> list[Run]:
    """Other runs that can answer to the very same images."""

    def held_out(one: Run) -> tuple[float, int]:
        return one.config.validation_share, one.config.seed

    return [
        other
        for other in store.list_runs()
        if other.has_model
        and other.path != run.path
        and other.class_names == run.class_names
        and (split == "test" or held_out(other) == held_out(run))
    ]


def _difference(evaluation: Evaluation, others: Sequence[Run], dataset: str, split: str) -> ConfusionCells | None:
    by_name = {other.name: other for other in others}
    name = st.selectbox("Compared with", list(by_name), key="confusion-other", persist_state="session")
    place = st.empty()
    try:
        found = scoring.load_evaluation(by_name[name], dataset, split)
        if found is None or found.data_sha256 != evaluation.data_sha256:  # of other images than there are now
            bar = place.progress(0.0, text=f"{name} reads the images ...")
            found = scoring.score(by_name[name], dataset, split, lambda done, n: bar.progress(done / n)).evaluation
        place.empty()
        st.caption(
            f"Right answers: {_count_right(evaluation)} here, {_count_right(found)} by {escape_markdown(name)}."
        )
        return classification.confusion_difference(evaluation.confusion, found.confusion)
    except (ScoringError, ClassifierError, DatasetError, MetricsError, OSError) as error:
        place.warning(f"There is no comparison: {error} The counts are shown instead.", icon=":material/warning:")
        return None


def _count_right(evaluation: Evaluation) -> str:
    return f"{int(evaluation.confusion.trace()):,} of {evaluation.n:,}"


def _describe_choice(confusion: np.ndarray, class_names: Sequence[str]) -> str:
    """What is chosen, which on a phone is shown far below; or where to begin."""
    true, answer, *_ = address.get_selection()
    if true is not None and answer is not None and max(true, answer) < len(class_names):
        n = int(confusion[true, answer])
        images = "1 image" if n == 1 else f"{n:,} images"
        return f"Chosen: {class_names[true]} read as {class_names[answer]}, {images}, shown beside this or below."
    found = classification.top_mistakes(confusion, MAX_NAMED_MISTAKES)
    if not found:
        return "There is no mistake."
    words = [f"{class_names[true]} read as {class_names[answer]} ({n:,})" for true, answer, n in found]
    return f"Most frequent: {', '.join(words)}. Click on a cell to see its images."
