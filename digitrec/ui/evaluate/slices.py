"""The Slices section of Evaluate: the accuracy on groups of images that are alike, and their misread images."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digitrec.evaluation import QUALITIES, AnswerQuery, Cut, Score, WorstSlice, queries
from digitrec.evaluation import slices as slicing
from digitrec.imaging import Images
from digitrec.reporting import Figure, TableBlock, caption, describe_slice, evaluation_tables, sections
from digitrec.ui.components import reveal
from digitrec.ui.evaluate import address, blocks, card, listing

_IMAGES = "slices"  # the place of the images, which is brought into view after a choice


def view(score: Score) -> None:
    """Accuracy on each group beside the misread images of the chosen one, or the card of one image."""
    if card.is_open(score):
        card.view(score)
        return
    cuts = _cuts(score)
    worst = slicing.find_worst_slice(score.is_right, cuts)
    left, right = st.columns([5, 6], gap="large")
    with left:
        _groups(score, cuts, worst)
    with right:
        _images(score, worst)


def members(score: Score, chosen: str | None) -> NDArray[np.bool_] | None:
    """Which images are in a group, bool (n,); None without a group, or where there is no such."""
    found = _find_part(score, chosen)
    return None if found is None else found[0].codes == found[1]


def describe_part(score: Score, chosen: str) -> str:
    """A group in words: "a stroke thickness below 1.8 pixels"."""
    found = _find_part(score, chosen)
    if found is None:
        return ""
    cut, code = found
    return describe_slice(chosen.rpartition("-")[0], cut.names[code])


def _groups(score: Score, cuts: Mapping[str, Cut], worst: WorstSlice | None) -> None:
    """The section's blocks; its figure and its table choose a group."""
    chosen = address.get_selection().slice
    key = f"slices-figure {chosen}"  # a figure must not depend on its own selection
    for block in sections.slices(score, cuts, worst, chosen):
        match block:
            case Figure():
                drawn = tuple(_list_parts(score, cuts, is_drawn=True))
                blocks.show_figure(block, key=key, on_select=functools.partial(_clicked, key, drawn))
            case TableBlock(table):
                blocks.render([caption("Click a group to see its misread images.")])
                with st.expander("Choose a group in a table", icon=":material/keyboard:"):
                    on_select = functools.partial(_row_chosen, tuple(_list_parts(score, cuts)))
                    options = {"key": "slices-table", "height": 320, "on_select": on_select}
                    blocks.show_table(table, selection_mode="single-row", **options)
            case _:
                blocks.render([block])


def _images(score: Score, worst: WorstSlice | None) -> None:
    reveal.place(_IMAGES)
    chosen = address.get_selection().slice
    among = members(score, chosen)
    if chosen is None or among is None:
        st.info("Choose a group to see its misread images.", icon=":material/touch_app:")
        if worst is not None:
            st.button(
                "Show the worst", key="slices-worst", on_click=_choose, args=(f"{worst.quality}-{worst.code}",)
            )
        return
    labels, proba = score.split.labels, score.calibrated
    found = queries.find_answers(labels, proba, AnswerQuery(among=among))
    found = queries.sort_answers(found, labels, proba, by=queries.LOSS)
    st.header(f"{len(found):,} of {among.sum():,} misread", anchor=False)
    st.caption(f"Group: {describe_part(score, chosen)}. The largest loss first.")
    if len(found):
        listing.pages(score, found, key=f"slices {chosen}")
    st.button("Open in Errors", key="slices-errors", icon=":material/filter_alt:", on_click=_open_errors)


def _open_errors() -> None:
    address.open_section("Errors", true=None, answer=None)


def _list_parts(score: Score, cuts: Mapping[str, Cut], *, is_drawn: bool = False) -> list[str]:
    """The names of the groups as the address has them, in order; those with images if only they are drawn."""
    return [
        f"{quality}-{code}"
        for quality, cut in cuts.items()
        for code, part in enumerate(slicing.measure_slices(score.is_right, cut))
        if part.n or not is_drawn
    ]


def _clicked(key: str, ids: tuple[str, ...]) -> None:
    points = st.session_state[key]["selection"]["points"]
    if points:
        _choose(ids[int(points[-1]["point_index"])])


def _row_chosen(ids: tuple[str, ...]) -> None:
    if chosen := st.session_state["slices-table"]["selection"]["rows"]:
        _choose(ids[chosen[0]])


def _choose(part: str) -> None:
    address.select(slice=part)
    reveal.request(_IMAGES)


def _find_part(score: Score, chosen: str | None) -> tuple[Cut, int] | None:
    quality, _, code = (chosen or "").rpartition("-")
    if quality not in QUALITIES or not code.isdecimal():
        return None
    cut = _cuts(score).get(quality)  # a link may name a quality that these images do not have
    return (cut, int(code)) if cut is not None and int(code) < len(cut.names) else None


def _cuts(score: Score) -> dict[str, Cut]:
    config = score.run.config
    held_out = (config.validation_share, config.seed) if score.split_name != "test" else None
    key = (score.dataset.name, score.split_name, held_out, score.evaluation.data_sha256)
    return _measured_cuts(key, score.split.images) | evaluation_tables.writer_cut(score)


@st.cache_resource(max_entries=6, show_spinner="Measuring the strokes ...")
def _measured_cuts(key: tuple[object, ...], _images: Images) -> dict[str, Cut]:
    del key  # names the images; they themselves would take long to compare
    return slicing.cut_by_measures(_images)
