"""How well a network reads parts of the images: thin and thick, upright and slanted; and the worst of them."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import streamlit as st

from digitrec import answers, charts_slices, datasets, measures, slices, ui_address, ui_card, ui_listing
from digitrec.answers import Wanted
from digitrec.charts_slices import Row
from digitrec.runs import Run
from digitrec.scoring import Score
from digitrec.slices import Cut, Worst
from digitrec.ui_listing import Of


class Quality(NamedTuple):
    """What the images are parted by, in words."""

    title: str
    phrase: str  # before the name of a part
    unit: str  # after it


QUALITIES = {
    "thickness": Quality("Stroke thickness (pixels)", "a stroke thickness", " pixels"),
    "slant": Quality("Slant (degrees, + leans to the right)", "a slant", " degrees"),
    "ink": Quality("Ink (% of what the image could hold)", "an amount of ink", " %"),
    "aspect": Quality("Width over height", "a width over height", ""),
    "pieces": Quality("Pieces", "a drawing in", ""),
    "writer": Quality("Writer", "the hand of", ""),
}
DIGITS = {"aspect": 2}


def view(run: Run, dataset: str, split: str, score: Score) -> None:
    """Accuracy on each part beside the misread images of the chosen one, or the card of one image."""
    of = Of(run, dataset, split, score)
    if ui_card.is_open(of):
        ui_card.view(of)
        return
    cuts, right = _cuts(of), _right(of)
    worst = slices.worst(right, cuts)
    left, beside = st.columns([5, 6], gap="large")
    with left:
        st.subheader("What is read how well", anchor=False)
        st.markdown(_worst_words(worst))
        _figure(of, cuts, worst)
        st.caption(
            f"Bars: 95% Wilson intervals. Parts with fewer than {slices.FEW} images are shown, but not named the "
            "worst. Click on a part to see its misread images."
        )
        with st.expander("Choose a part in a table", icon=":material/keyboard:"):
            _table(of, cuts)
    with beside:
        _images(of, worst)


def members(of: Of, chosen: str | None) -> np.ndarray | None:
    """Which images are in a part, bool (n,); None without a part, or where there is no such."""
    found = _part(of, chosen)
    return None if found is None else found[0].codes == found[1]


def words(of: Of, chosen: str) -> str:
    """A part in words that go on: "there is a stroke thickness below 1.8 pixels"."""
    cut, code = _part(of, chosen)
    return f"there is {_phrase(chosen.rpartition('-')[0], cut.names[code])}"


def _images(of: Of, worst: Worst | None) -> None:
    chosen = ui_address.looking().slice
    among = members(of, chosen)
    if among is None:
        st.info("Choose a part to see which of its images are read wrong.", icon=":material/touch_app:")
        if worst is not None:
            st.button(
                "Show the worst", key="slices-worst", on_click=_choose, args=(f"{worst.quality}-{worst.code}",)
            )
        return
    found = answers.find(of.score.split.labels, of.score.proba, Wanted(among=among))
    found = answers.ordered(found, of.score.split.labels, of.score.proba, by=answers.LOSS)
    st.subheader(f"{len(found):,} of {among.sum():,} read wrong", anchor=False)
    st.caption(f"Where {words(of, chosen)}. The worst mistakes, by their loss, come first.")
    if len(found):
        ui_listing.pages(of, found, key=f"slices {chosen}")
    st.button("With filters and the matrix", key="slices-errors", icon=":material/filter_alt:", on_click=_filter)


def _filter() -> None:
    ui_address.go("Errors", true=None, answer=None)


def _figure(of: Of, cuts: dict[str, Cut], worst: Worst | None) -> None:
    chosen = ui_address.looking().slice
    bad = None if worst is None else (worst.quality, worst.code)
    groups, ids = [], []
    for quality, cut in cuts.items():
        parts = [(code, part) for code, part in enumerate(slices.slices(_right(of), cut)) if part.n]
        rows = [
            Row(part.name, part, (quality, code) == bad, f"{quality}-{code}" == chosen) for code, part in parts
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
        for code, part in enumerate(slices.slices(_right(of), cut)):
            caution = "few images" if part.n < slices.FEW else ""
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
        on_select=functools.partial(_chosen_in_table, tuple(ids)),
        selection_mode="single-row",
        alt="Each part with its number of images, mistakes, accuracy and its 95% interval",
    )


def _chosen_in_table(ids: tuple[str, ...]) -> None:
    if chosen := st.session_state["slices-table"]["selection"]["rows"]:
        _choose(ids[chosen[0]])


def _choose(part: str) -> None:
    ui_address.look(slice=part)


def _part(of: Of, chosen: str | None) -> tuple[Cut, int] | None:
    quality, _, code = (chosen or "").rpartition("-")
    if quality not in QUALITIES or not code.isdecimal():
        return None
    cut = _cuts(of)[quality]
    return (cut, int(code)) if int(code) < len(cut.names) else None


def _right(of: Of) -> np.ndarray:
    return of.score.proba.argmax(1) == of.score.split.labels


def _cuts(of: Of) -> dict[str, Cut]:
    share, seed = of.run.config.validation_share, of.run.config.seed
    key = (of.dataset, of.split, (share, seed) if of.split != "test" else None, len(of.score.proba))
    writers = datasets.writers(datasets.load(of.dataset), of.split, share=share, seed=seed)
    by_hand = {} if writers is None else {"writer": _by_writer(writers)}
    return _measured_cuts(key, of.score.split.images) | by_hand


def _by_writer(writers: np.ndarray) -> Cut:
    """A part for each writer; MNIST's, who are not told apart, are in none."""
    return slices.by_category(np.array([f"writer {number:02}" if number >= 0 else "" for number in writers]))


@st.cache_resource(max_entries=6, show_spinner="Measuring the strokes ...")
def _measured_cuts(key: tuple, _images: np.ndarray) -> dict[str, Cut]:
    del key  # names the images; they themselves would take long to compare
    found = measures.measure(_images)
    numbers = {"thickness": found.thickness, "slant": found.slant, "ink": 100 * found.ink, "aspect": found.aspect}
    cuts = {name: slices.by_quantiles(of, digits=DIGITS.get(name, 1)) for name, of in numbers.items()}
    pieces = np.where(found.pieces > 1, "two pieces or more", np.where(found.pieces == 1, "one piece", ""))
    return cuts | {"pieces": slices.by_category(pieces)}


def _worst_words(worst: Worst | None) -> str:
    if worst is None:
        return slices.worst_words(None)
    return slices.worst_words(worst, _phrase(worst.quality, worst.part.name))


def _phrase(quality: str, name: str) -> str:
    known = QUALITIES[quality]
    return f"{known.phrase} {name}{known.unit}"
