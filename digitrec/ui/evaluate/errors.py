"""The Errors section of Evaluate: from the confusion matrix to a cell's images, and to the card of one of them."""

from __future__ import annotations

import streamlit as st

from digitrec.evaluation import AnswerQuery, Score, queries
from digitrec.reporting import sections
from digitrec.ui.components import reveal
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.evaluate import address, card, confusion, listing, slices
from digitrec.ui.evaluate.address import ImageSelection

ORDER_TEXTS = {
    queries.CONFIDENCE: "confidence, highest first",
    queries.LOSS: "loss, largest first",
    queries.MARGIN: "margin, smallest first",
    queries.POSITION: "position in the data",
    queries.RANDOM: "random",
}
ANY = -1  # in a picker of a class
ONE_LIST, CLASSES, SIMILARITY = "one list", "by class", "by similarity"


def view(score: Score) -> None:
    """The matrix beside the images of the chosen cell, or the card of one image."""
    if card.is_open(score):
        card.view(score)
        return
    left, right = st.columns([5, 6], gap="large")
    with left:
        st.header(sections.CONFUSION_TITLE, anchor=False)
        confusion.matrix(score)
    with right:
        _images(score)


def _images(score: Score) -> None:
    reveal.place(confusion.IMAGES)
    place = st.container()
    query, order = _filters(score)
    labels, proba = score.split.labels, score.calibrated
    found = queries.sort_answers(queries.find_answers(labels, proba, query), labels, proba, by=order)
    with place:
        _title(score, query, len(found))
    grouping = st.segmented_control(
        "Shown",
        (ONE_LIST, CLASSES, SIMILARITY),
        format_func=str.capitalize,
        default=ONE_LIST,
        required=True,
        key="errors-grouping",
        persist_state="session",
        label_visibility="collapsed",
    )
    key = f"errors {query.true} {query.answer} {query.outcome} {order} {query.low} {query.high}"
    if not len(found):
        _nothing(query)
    elif grouping == ONE_LIST:
        listing.pages(score, found, key=key)
    elif grouping == CLASSES:
        listing.by_classes(score, found, key=f"{key} classes")
    else:
        listing.by_similarity(score, found, key=f"{key} similarity")


def _nothing(query: AnswerQuery) -> None:
    if query == AnswerQuery():
        st.info("There are no mistakes.")
        return
    st.info("No images match.")
    st.button("Clear the filter", key="errors-clear", icon=":material/close:", on_click=_clear_all)


def _filters(score: Score) -> tuple[AnswerQuery, str]:
    """The images that a person wants to see, and their order."""
    selection, names = address.get_selection(), score.run.class_names
    with st.container(horizontal=True, gap="small"):
        true = _class_picker("True class", "true", selection.true, names)
        answer = _class_picker("Answer", "answer", selection.answer, names)
        order = st.selectbox(
            "Sort by",
            queries.ORDERS,
            format_func=lambda order: ORDER_TEXTS[order],
            key="errors-order",
            persist_state="session",
            width=200,
        )
    is_cell = true is not None and answer is not None
    with st.container(horizontal=True, gap="medium"):
        outcome = st.segmented_control(
            "Answers",
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
    among = slices.members(score, selection.slice)
    return AnswerQuery(outcome, true, answer, low / 100, high / 100, among), order


def _class_picker(label: str, name: str, now: int | None, class_names: tuple[str, ...]) -> int | None:
    """A picker that shows the selected class, and changes it."""
    key = f"errors-{name}"
    st.session_state[key] = ANY if now is None else now

    def choose() -> None:
        address.select(**{name: None if st.session_state[key] == ANY else st.session_state[key]})

    index = st.selectbox(
        label,
        [ANY, *range(len(class_names))],
        format_func=lambda index: "any" if index == ANY else class_names[index],
        key=key,
        on_change=choose,
        width=96,
    )
    return None if index == ANY else index


def _title(score: Score, query: AnswerQuery, images: int) -> None:
    with st.container(horizontal=True, vertical_alignment="top"):
        st.header(escape_markdown(_describe_filter(score, query, images)), anchor=False)
        if address.get_selection()._replace(image=None) != ImageSelection():
            st.button("All mistakes", key="errors-all", icon=":material/close:", on_click=_clear_selection)
    chosen = address.get_selection().slice
    if query.among is not None and chosen is not None:
        st.caption(f"Only the group: {slices.describe_part(score, chosen)}.")


def _describe_filter(score: Score, query: AnswerQuery, images: int) -> str:
    shown, names = sections.count_images(images), score.run.class_names
    true = "" if query.true is None else f"{names[query.true]} "
    answer = "" if query.answer is None else f"read as {names[query.answer]}"
    if query.true is not None and query.answer is not None:
        return f"{true}{answer}: {shown}"
    outcome = {queries.WRONG: "misread", queries.RIGHT: "read correctly", queries.ALL: ""}[query.outcome]
    what = ", ".join(filter(None, (outcome, true.strip() and f"true class {true.strip()}", answer)))
    return f"{shown}{f' {what}' if outcome else f', {what}' if what else ''}"


def _clear_selection() -> None:
    address.select(true=None, answer=None, slice=None)


def _clear_all() -> None:
    _clear_selection()
    st.session_state["errors-outcome"] = queries.WRONG
    st.session_state["errors-confidence"] = (0, 100)
