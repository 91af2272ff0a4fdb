"""How well a network reads parts of the images: thin and thick, upright and slanted; and the worst of them."""

from __future__ import annotations

import functools

import numpy as np
import streamlit as st

from digitrec.charts import slices as charts_slices
from digitrec.charts.slices import SliceRow
from digitrec.data import loading, splits
from digitrec.evaluation import queries, slices
from digitrec.evaluation.queries import AnswerQuery
from digitrec.evaluation.scoring import Score
from digitrec.evaluation.slices import QUALITIES, Cut, WorstSlice
from digitrec.runs.store import Run
from digitrec.ui.evaluate import address, card, listing
from digitrec.ui.evaluate.listing import Of


def view(run: Run, dataset: str, split: str, score: Score) -> None:
    """Accuracy on each part beside the misread images of the chosen one, or the card of one image."""
    of = Of(run, dataset, split, score)
    if card.is_open(of):
        card.view(of)
        return
    cuts, right = _cuts(of), _is_right(of)
    worst = slices.find_worst_slice(right, cuts)
    left, beside = st.columns([5, 6], gap="large")
    with left:
        st.subheader("What is read how well", anchor=False)
        st.markdown(slices.describe_worst_slice(worst))
        _figure(of, cuts, worst)
        st.caption(
            f"Bars: 95% Wilson intervals. Parts with fewer than {slices.MIN_SLICE_IMAGES} images are "
            f"shown, but not named the "
            "worst. Click on a part to see its misread images."
        )
        with st.expander("Choose a part in a table", icon=":material/keyboard:"):
            _table(of, cuts)
    with beside:
        _images(of, worst)


def members(of: Of, chosen: str | None) -> np.ndarray | None:
    """Which images are in a part, bool (n,); None without a part, or where there is no such."""
    found = _find_part(of, chosen)
    return None if found is None else found[0].codes == found[1]


def describe_part(of: Of, chosen: str) -> str:
    """A part in words that go on: "there is a stroke thickness below 1.8 pixels"."""
    cut, code = _find_part(of, chosen)
    return f"there is {slices.describe_slice(chosen.rpartition('-')[0], cut.names[code])}"


def _images(of: Of, worst: WorstSlice | None) -> None:
    chosen = address.get_selection().slice
    among = members(of, chosen)
    if among is None:
        st.info("Choose a part to see which of its images are read wrong.", icon=":material/touch_app:")
        if worst is not None:
            st.button(
                "Show the worst", key="slices-worst", on_click=_choose, args=(f"{worst.quality}-{worst.code}",)
            )
        return
    found = queries.find_answers(of.score.split.labels, of.score.proba, AnswerQuery(among=among))
    found = queries.sort_answers(found, of.score.split.labels, of.score.proba, by=queries.LOSS)
    st.subheader(f"{len(found):,} of {among.sum():,} read wrong", anchor=False)
    st.caption(f"Where {describe_part(of, chosen)}. The worst mistakes, by their loss, come first.")
    if len(found):
        listing.pages(of, found, key=f"slices {chosen}")
    st.button(
        "With filters and the matrix", key="slices-errors", icon=":material/filter_alt:", on_click=_open_errors
    )


def _open_errors() -> None:
    address.open_section("Errors", true=None, answer=None)


def _figure(of: Of, cuts: dict[str, Cut], worst: WorstSlice | None) -> None:
    chosen = address.get_selection().slice
    bad = None if worst is None else (worst.quality, worst.code)
    groups, ids = [], []
    for quality, cut in cuts.items():
        parts = [(code, part) for code, part in enumerate(slices.measure_slices(_is_right(of), cut)) if part.n]
        rows = [
            SliceRow(part.name, part, (quality, code) == bad, f"{quality}-{code}" == chosen)
            for code, part in parts
        ]
        groups.append((QUALITIES[quality].title, rows))
        ids += [f"{quality}-{code}" for code, _ in parts]
    key = f"slices-figure {chosen}"
    st.plotly_chart(
        charts_slices.slices_figure(groups, of.score.evaluation.accuracy),
        key=key,
        config={"displayModeBar": False},
        on_select=functools.partial(_clicked, key, tuple(ids)),
        selection_mode="points",
        alt="Accuracy on each part; the table below says the same and can be used by keyboard",
    )


def _clicked(key: str, ids: tuple[str, ...]) -> None:
    points = st.session_state[key]["selection"]["points"]
    if points:
        _choose(ids[int(points[-1]["point_index"])])


def _table(of: Of, cuts: dict[str, Cut]) -> None:
    rows, ids = [], []
    for quality, cut in cuts.items():
        for code, part in enumerate(slices.measure_slices(_is_right(of), cut)):
            caution = "few images" if part.n < slices.MIN_SLICE_IMAGES else ""
            rows.append(
                {
                    "Quality": QUALITIES[quality].title,
                    "Part": part.name,
                    "Images": part.n,
                    "Wrong": part.n - part.right,
                    "Right (%)": 100 * part.accuracy,
                    "From": 100 * part.low,
                    "To": 100 * part.high,
                    "Caution": caution,
                }
            )
            ids.append(f"{quality}-{code}")
    per_cent = st.column_config.NumberColumn(format="%.2f %%")
    st.dataframe(
        rows,
        key="slices-table",
        hide_index=True,
        height=320,
        column_config=dict.fromkeys(("Right (%)", "From", "To"), per_cent),
        on_select=functools.partial(_row_chosen, tuple(ids)),
        selection_mode="single-row",
        alt="Each part with its number of images, mistakes, accuracy and its 95% interval",
    )


def _row_chosen(ids: tuple[str, ...]) -> None:
    if chosen := st.session_state["slices-table"]["selection"]["rows"]:
        _choose(ids[chosen[0]])


def _choose(part: str) -> None:
    address.select(slice=part)


def _find_part(of: Of, chosen: str | None) -> tuple[Cut, int] | None:
    quality, _, code = (chosen or "").rpartition("-")
    if quality not in QUALITIES or not code.isdecimal():
        return None
    cut = _cuts(of).get(quality)  # a link may name what these images are not parted by
    return (cut, int(code)) if cut is not None and int(code) < len(cut.names) else None


def _is_right(of: Of) -> np.ndarray:
    return of.score.proba.argmax(1) == of.score.split.labels


def _cuts(of: Of) -> dict[str, Cut]:
    share, seed = of.run.config.validation_share, of.run.config.seed
    key = (of.dataset, of.split, (share, seed) if of.split != "test" else None, len(of.score.proba))
    writers = splits.select_writers(loading.load(of.dataset), of.split, share=share, seed=seed)
    return _measured_cuts(key, of.score.split.images) | slices.cut_by_writer(writers)


@st.cache_resource(max_entries=6, show_spinner="Measuring the strokes ...")
def _measured_cuts(key: tuple, _images: np.ndarray) -> dict[str, Cut]:
    del key  # names the images; they themselves would take long to compare
    return slices.cut_by_measures(_images)
