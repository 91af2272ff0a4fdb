"""The confusion matrix on the screen: what its cells show, and the choice of a cell by mouse or keyboard."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from digitrec.charts.confusion import confusion_figure
from digitrec.data import DatasetError
from digitrec.evaluation import Evaluation, Score, ScoringError, scoring
from digitrec.inference import ClassifierError
from digitrec.metrics import (
    COLUMN_SHARES,
    COUNTS,
    DIFFERENCE,
    ERRORS_ONLY,
    ROW_SHARES,
    ConfusionCells,
    MetricsError,
    confusion_cells,
    confusion_difference,
)
from digitrec.reporting import Figure, sections
from digitrec.runs import Run, store
from digitrec.ui.components import reveal
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.evaluate import address, blocks

IMAGES = "errors"  # the place of the images, which is brought into view after a choice
MODE_TEXTS = {
    COUNTS: "The number of images in each cell.",
    ROW_SHARES: "The share of each answer among the images of a class: the diagonal is the recall.",
    COLUMN_SHARES: "The share of each class among the images with an answer: the diagonal is the precision.",
    ERRORS_ONLY: "Mistakes only, the most frequent in the strongest colour.",
    DIFFERENCE: "The images in a cell, this network minus the other: blue is better, orange is worse.",
}


def matrix(score: Score) -> None:
    """The matrix of a network's answers; a click selects a cell."""
    others = _list_comparable(score)
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
    cells = _difference(score, others) if mode == DIFFERENCE else None
    cells = cells or confusion_cells(score.evaluation.confusion, COUNTS if mode == DIFFERENCE else mode)
    names = score.run.class_names
    _figure(cells, names)
    st.caption(escape_markdown(_describe_choice(score.evaluation, names)))
    with st.expander("Choose a cell in a table", icon=":material/keyboard:"):
        _table(cells, names)


def _figure(cells: ConfusionCells, class_names: Sequence[str]) -> None:
    """The figure; another choice has another key, so that each click finds it without a selection of its own."""
    now = address.get_selection()
    key = f"confusion {cells.mode} {now.true} {now.answer}"
    drawn = confusion_figure(cells, class_names, true=now.true, answer=now.answer)
    figure = Figure(key, drawn, "Confusion matrix; the table below says the same and can be used by keyboard")
    blocks.show_figure(figure, on_select=functools.partial(_clicked, key, len(class_names)))


def _clicked(key: str, classes: int) -> None:
    points = st.session_state[key]["selection"]["points"]
    if points:
        _choose(*divmod(int(points[-1]["point_index"]), classes))


def _table(cells: ConfusionCells, class_names: Sequence[str]) -> None:
    key, is_share = f"confusion-table {cells.mode}", cells.mode in (ROW_SHARES, COLUMN_SHARES)
    shown = cells.numbers * 100 if is_share else cells.numbers
    frame = pd.DataFrame(shown, index=pd.Index(class_names, name="True class"), columns=list(class_names))
    number = "%+d" if cells.mode == DIFFERENCE else "%.2f%%" if is_share else "%d"
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
    if cells and cells[0][1] in class_names:  # the index can be clicked as well
        _choose(int(cells[0][0]), class_names.index(cells[0][1]))


def _choose(true: int, answer: int) -> None:
    address.select(true=true, answer=answer)
    reveal.request(IMAGES)


def _list_comparable(score: Score) -> list[Run]:
    """Other runs that can answer to the very same images."""

    def held_out(run: Run) -> tuple[float, int]:
        return run.config.validation_share, run.config.seed

    return [
        other
        for other in store.list_runs()
        if other.has_model
        and other.path != score.run.path
        and other.class_names == score.run.class_names
        and (score.split_name == "test" or held_out(other) == held_out(score.run))
    ]


def _difference(score: Score, others: Sequence[Run]) -> ConfusionCells | None:
    by_name = {other.name: other for other in others}
    name = st.selectbox("Compare with", list(by_name), key="confusion-other", persist_state="session")
    dataset, split, ours = score.dataset.name, score.split_name, score.evaluation
    place = st.empty()
    try:
        theirs = scoring.load_evaluation(by_name[name], dataset, split)
        if theirs is None or theirs.data_sha256 != ours.data_sha256:  # of other images than there are now
            bar = place.progress(0.0, text=f"{name} reads the images ...")
            report = functools.partial(_report, bar)
            theirs = scoring.score(by_name[name], dataset, split, report).evaluation
        place.empty()
        st.caption(f"Right answers: {_count_right(ours)} here, {_count_right(theirs)} by {escape_markdown(name)}.")
        return confusion_difference(ours.confusion, theirs.confusion)
    except (ScoringError, ClassifierError, DatasetError, MetricsError, OSError) as error:
        place.warning(f"The comparison failed: {error} The counts are shown instead.", icon=":material/warning:")
        return None


def _report(bar: st.delta_generator.DeltaGenerator, done: int, n: int) -> None:
    bar.progress(done / n)


def _count_right(evaluation: Evaluation) -> str:
    return f"{evaluation.right:,} of {evaluation.n:,}"


def _describe_choice(evaluation: Evaluation, class_names: Sequence[str]) -> str:
    """The chosen cell, whose images a phone shows far below; or the most frequent mistakes."""
    true, answer, *_ = address.get_selection()
    if true is not None and answer is not None and max(true, answer) < len(class_names):
        images = sections.count_images(int(evaluation.confusion[true, answer]))
        return f"{class_names[true]} read as {class_names[answer]}: {images}."
    hint = " Click a cell to see its images." if evaluation.right < evaluation.n else ""
    return f"{sections.describe_mistakes(evaluation, class_names)}{hint}"
