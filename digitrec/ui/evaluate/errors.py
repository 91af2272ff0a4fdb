"""The errors of a network: from the confusion matrix to a cell's images, and to the card of one of them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from digitrec.evaluation import queries
from digitrec.evaluation.queries import AnswerQuery
from digitrec.evaluation.scoring import Score
from digitrec.runs.store import Run
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.evaluate import address, card, confusion, listing, slices
from digitrec.ui.evaluate.address import ImageSelection
from digitrec.ui.evaluate.listing import Of

ORDER_TEXTS = {
    queries.CONFIDENCE: "confidence, surest first",
    queries.LOSS: "loss, worst first",
    queries.MARGIN: "margin, closest first",
    queries.POSITION: "place in the data",
    queries.RANDOM: "chance",
}
ANY = -1  # in a picker of a class
ONE_LIST, CLASSES, LIKENESS = "one list", "by class", "by likeness"


def view(run: Run, dataset: str, split: str, score: Score) -> None:
    """The matrix beside the images of what is chosen in it, or the card of one image."""
    of = Of(run, dataset, split, score)
    if card.is_open(of):
        card.view(of)
        return
    left, right = st.columns([5, 6], gap="large")
    with left:
        st.subheader("Which is taken for which", anchor=False)
        confusion.matrix(run, dataset, split, score.evaluation)
    with right:
        _images(of)


def _images(of: Of) -> None:
    place = st.container()
    wanted, order = _filters(of)
    labels, proba = of.score.split.labels, of.score.proba
    found = queries.sort_answers(queries.find_answers(labels, proba, wanted), labels, proba, by=order)
    with place:
        _title(of, wanted, found)
    grouping = st.segmented_control(
        "Shown",
        (ONE_LIST, CLASSES, LIKENESS),
        format_func=str.capitalize,
        default=ONE_LIST,
        required=True,
        key="errors-grouping",
        persist_state="session",
        label_visibility="collapsed",
    )
    key = f"errors {wanted.true} {wanted.answer} {wanted.outcome} {order} {wanted.low} {wanted.high}"
    if not len(found):
        st.info("No image is like that." if wanted != AnswerQuery() else "Not one image is read wrong.")
    elif grouping == ONE_LIST:
        listing.pages(of, found, key=key)
    elif grouping == CLASSES:
        listing.by_classes(of, found, key=f"{key} classes")
    else:
        listing.by_likeness(of, found, key=f"{key} likeness")


def _filters(of: Of) -> tuple[AnswerQuery, str]:
    """What is asked for, and in which order."""
    now, names = address.get_selection(), of.run.class_names
    with st.container(horizontal=True, gap="small"):
        true = _class_picker("True class", "true", now.true, names)
        answer = _class_picker("Answered", "answer", now.answer, names)
        order = st.selectbox(
            "Sorted by",
            queries.ORDERS,
            format_func=ORDER_TEXTS.get,
            key="errors-order",
            persist_state="session",
            width=200,
        )
    is_cell = true is not None and answer is not None
    with st.container(horizontal=True, gap="medium"):
        outcome = st.segmented_control(
            "Read",
            queries.OUTCOMES,
            format_func=str.capitalize,
            default=queries.WRONG,
            required=True,
            key="errors-outcome",
            persist_state="session",
            disabled=is_cell,
        )
        low, high = st.slider(
            "Confidence (%)", 0, 100, (0, 100), key="errors-confidence", persist_state="session", width=190
        )
    among = slices.members(of, now.slice)
    return AnswerQuery(outcome, true, answer, low / 100, high / 100, among), order


def _class_picker(label: str, name: str, now: int | None, class_names: tuple[str, ...]) -> int | None:
    """A picker that follows what is looked at, and changes it."""
    key = f"errors-{name}"
    st.session_state[key] = ANY if now is None else now

    def chosen() -> None:
        address.select(**{name: None if st.session_state[key] == ANY else st.session_state[key]})

    index = st.selectbox(
        label,
        [ANY, *range(len(class_names))],
        format_func=lambda index: "any" if index == ANY else class_names[index],
        key=key,
        on_change=chosen,
        width=96,
    )
    return None if index == ANY else index


def _title(of: Of, wanted: AnswerQuery, found: np.ndarray) -> None:
    with st.container(horizontal=True, vertical_alignment="top"):
        st.subheader(escape_markdown(_describe_filter(of, wanted, len(found))), anchor=False)
        if address.get_selection()._replace(image=None) != ImageSelection():
            st.button("All mistakes", key="errors-all", icon=":material/close:", on_click=_clear_filter)
    if wanted.among is not None:
        st.caption(f"Only where {slices.describe_part(of, address.get_selection().slice)}.")


def _describe_filter(of: Of, wanted: AnswerQuery, n: int) -> str:
    images = "1 image" if n == 1 else f"{n:,} images"
    names = of.run.class_names
    if wanted.true is not None and wanted.answer is not None:
        how = "read right" if wanted.true == wanted.answer else f"read as {names[wanted.answer]}"
        return f"{images} of {names[wanted.true]} {how}"
    how = {queries.WRONG: " read wrong", queries.RIGHT: " read right", queries.ALL: ""}[wanted.outcome]
    true = "" if wanted.true is None else f" of {names[wanted.true]}"
    answer = "" if wanted.answer is None else f", answered {names[wanted.answer]}"
    return f"{images}{true}{how}{answer}"


def _clear_filter() -> None:
    address.select(true=None, answer=None, slice=None)
