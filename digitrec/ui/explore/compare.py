"""The Compare section of Explore: two data sets over each other, and where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digitrec.charts import distributions as charts
from digitrec.charts import style
from digitrec.data import MEASURES, Dataset, DatasetError, Description, catalogue, loading, statistics
from digitrec.evaluation import Difference, distributions
from digitrec.imaging import Images
from digitrec.ui import pickers
from digitrec.ui.components import digits
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.explore import columns, filters, strokes

ALL_CLASSES = "all"
BINS = 40
COMPARED_WIDTH = 320  # pixels of the picker
# The share of images that would have to change class, from which on the mix of classes is told. A random choice of
# 80 images from ten equal classes lies at 0.13.
MIN_MIX = 0.2
_OTHER, _CLASS, _MEASURE = "explore-compared", "explore-compared-class", "explore-compared-measure"
_EXPLANATION = (
    "Larger, of pairs: how often the image of the second data set has the larger value, if one of each is taken "
    "at random. Distance: the largest gap between the two cumulative distributions, 0 to 1 (Kolmogorov-Smirnov). "
    "p: how often chance alone makes such a gap, corrected for {tests} tests (Holm). Images by one writer are "
    "alike, so p is rather too small: read the size of the difference first."
)
WORDS = {  # of the other data set against this one: if its values are larger, and if they are smaller
    "ink": ("has more ink", "has less ink"),
    "thickness": ("has thicker strokes", "has thinner strokes"),
    "slant": ("leans more to the right", "leans more to the left"),
    "width": ("is wider", "is narrower"),
    "height": ("is taller", "is lower"),
}


class Side(NamedTuple):
    """One of the two data sets: all its images, with the class of each by name."""

    dataset: Dataset
    values: Mapping[str, NDArray[np.float32]]  # each of MEASURES, (n,)
    labels: NDArray[np.int64]

    def select(self, name: str, class_name: str) -> NDArray[np.float32]:
        """The values of a measure in a class, or in all classes."""
        if class_name == ALL_CLASSES:
            return self.values[name]
        return self.values[name][self.labels == self.dataset.class_names.index(class_name)]


def view(dataset: Dataset) -> None:
    """Choose another data set; see both, and what differs."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        other = _load_other(dataset)
        common = [name for name in dataset.class_names if other and name in other.class_names]
        chosen = _class_picker(common) if other else ALL_CLASSES
    if other is None:
        return
    sides = []
    for each in (dataset, other):
        measured = columns.find_measures(each)
        if measured is None:
            columns.measure_in_background(each)
            return
        sides.append(Side(each, columns.make_table(each, measured).measures, columns.all_labels(each)))
    first, second = sides
    _warn(first, second, chosen)
    differences = _compare(_name(dataset), _name(other), chosen, first, second)
    st.header("What differs", anchor=False)
    _show_words(first, second, dict(zip(MEASURES, differences, strict=True)))
    name = strokes.measure_picker(_MEASURE)
    _histogram(first, second, name, chosen)
    if common:
        _by_class(first, second, common)
        _means(first, second, common)


def describe_difference(name: str, difference: Difference | None) -> str:
    """What a difference in one measure means, of the second data set against the first."""
    if difference is None:
        return f"Too few images: at least {distributions.MIN_COMPARED_IMAGES} in each data set are compared."
    if not difference.is_significant:
        return "No difference found: chance explains this."
    larger = difference.superiority > 0.5
    share = difference.superiority if larger else 1 - difference.superiority
    if difference.effect:
        words = WORDS[name][0 if larger else 1]
        return f"In {share:.0%} of pairs it {words}: a {difference.effect} difference."
    if difference.distance >= 0.1:
        return "About the same on average, but spread differently."
    return "A difference, but hardly one to see."


def _load_other(dataset: Dataset) -> Dataset | None:
    """The data set to compare with, the user's drawings first; None if there is none or it cannot be loaded."""
    offered = {
        each.name: each
        for each in loading.list_datasets()
        if each.name != dataset.name and loading.is_available(each)
    }
    if not offered:
        st.info("There is no other data set on this machine. Save drawings on Draw, or import a data set.")
        return None
    first = min(offered, key=lambda name: _rank(offered[name], dataset))
    if st.session_state.get(_OTHER) not in offered:
        st.session_state[_OTHER] = first
    name = st.selectbox(
        f"Compare {dataset.title} with",
        list(offered),
        format_func=lambda name: offered[name].title,
        key=_OTHER,
        persist_state="session",
        width=COMPARED_WIDTH,
    )
    try:
        return pickers.load_with_progress(offered[name])
    except DatasetError as error:
        st.error(escape_markdown(str(error)))
        return None


def _rank(description: Description, dataset: Dataset) -> tuple[bool, bool]:
    """Saved drawings of the same classes come first, then other data sets with these classes."""
    is_own = bool(description.user_made and description.user_made.is_own)
    has_classes = description.class_names == dataset.class_names
    return not (is_own and has_classes), not has_classes


def _class_picker(common: list[str]) -> str:
    options = [ALL_CLASSES, *common]
    if st.session_state.get(_CLASS) not in options:
        st.session_state[_CLASS] = ALL_CLASSES
    return st.selectbox("Class", options, key=_CLASS, persist_state="session", width=150)


def _warn(first: Side, second: Side, chosen: str) -> None:
    """What a reader of the comparison must know."""
    names = [
        {side.dataset.name, catalogue.evaluation_dataset(side.dataset.name), side.dataset.description.base}
        for side in (first, second)
    ]
    if (names[0] & names[1]) - {None}:
        st.info("The two data sets share images, so they are more alike than two separate ones.")
    if chosen == ALL_CLASSES and (share := _mix(first, second)) >= MIN_MIX:
        st.info(
            f"The two data sets have other shares of the classes ({share:.0%} of the images would have to change "
            "class). That alone makes a difference: choose a class to compare like with like."
        )


def _mix(first: Side, second: Side) -> float:
    """The share of images that would have to change class: 0 if the shares are equal, 1 without common classes."""
    shares = [
        {name: float((side.labels == label).mean()) for label, name in enumerate(side.dataset.class_names)}
        for side in (first, second)
    ]
    return sum(abs(shares[0].get(name, 0) - shares[1].get(name, 0)) for name in {*shares[0], *shares[1]}) / 2


def _name(dataset: Dataset) -> str:
    return repr(dataset.description)  # with the checksum of one that a user made


@st.cache_resource(max_entries=32, show_spinner="Comparing ...")
def _compare(first: str, second: str, chosen: str, _first: Side, _second: Side) -> list[Difference | None]:
    del first, second  # name the sides, which would take long to compare
    return distributions.compare_samples(
        [(_first.select(name, chosen), _second.select(name, chosen)) for name in MEASURES]
    )


@st.cache_resource(max_entries=8, show_spinner="Comparing the classes ...")
def _compare_classes(
    first: str, second: str, common: tuple[str, ...], _first: Side, _second: Side
) -> list[Difference | None]:
    """Of each class, each measure."""
    del first, second
    return distributions.compare_samples(
        [(_first.select(name, each), _second.select(name, each)) for each in common for name in MEASURES]
    )


def _show_words(first: Side, second: Side, differences: Mapping[str, Difference | None]) -> None:
    """Each difference in words; the numbers in a table."""
    titles = [side.dataset.title for side in (first, second)]
    lines = [f"{escape_markdown(titles[1])} against {escape_markdown(titles[0])}:"]
    rows = []
    for name, found in differences.items():
        unit = filters.UNITS[name].title
        lines.append(f"- **{unit}.** {describe_difference(name, found)}")
        if found is not None:
            medians = [filters.format_value(name, value) for value in found.medians]
            row = {f"{title}: median": median for title, median in zip(titles, medians, strict=True)}
            row |= {"Larger, of pairs": f"{found.superiority:.0%}", "Distance": f"{found.distance:.2f}"}
            rows.append({"Measure": unit} | row | {"p": _format_p(found.corrected_p)})
            lines[-1] += f" Median {medians[1]} against {medians[0]}."
    st.markdown("\n".join([lines[0], "", *lines[1:]]))
    if rows:
        with st.expander("The numbers", icon=":material/table:"):
            st.dataframe(rows, hide_index=True, height="content", alt="What differs between the two data sets")
            st.caption(_EXPLANATION.format(tests=len(rows)))


def _format_p(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _histogram(first: Side, second: Side, name: str, chosen: str) -> None:
    samples = {side.dataset.title: side.select(name, chosen) for side in (first, second)}
    if not all(map(len, samples.values())):
        st.caption("One of the data sets has no image of this class.")
        return
    shares, edges = distributions.share_histograms(list(samples.values()), BINS)
    st.plotly_chart(
        charts.overlaid_histograms(dict(zip(samples, shares, strict=True)), edges, strokes.axis_title(name)),
        key="explore-compared-figure",
        config=style.NO_TOOLBAR,
        alt=f"{filters.UNITS[name].title} in both data sets",
    )


def _by_class(first: Side, second: Side, common: list[str]) -> None:
    st.header("Where they differ: class by class", anchor=False)
    found = _compare_classes(_name(first.dataset), _name(second.dataset), tuple(common), first, second)
    rows = [
        {"Class": name}
        | {
            filters.UNITS[measure].title: _cell(measure, difference)
            for measure, difference in zip(MEASURES, found[at * len(MEASURES) :], strict=False)
        }
        for at, name in enumerate(common)
    ]
    st.dataframe(rows, hide_index=True, height="content", width="content", alt="Differences in each class")
    st.caption(
        f"Change of the median from {escape_markdown(first.dataset.title)} to "
        f"{escape_markdown(second.dataset.title)}, and how large the difference is. A dot: no difference found "
        f"(p corrected for {len(found)} tests). Empty: too few images."
    )


def _cell(measure: str, difference: Difference | None) -> str:
    if difference is None:
        return ""
    if not difference.is_significant:
        return "·"
    change = difference.medians[1] - difference.medians[0]
    sign = "+" if change > 0 else ""
    return f"{sign}{filters.format_value(measure, change)} {difference.effect or 'slight'}"


def _means(first: Side, second: Side, common: list[str]) -> None:
    st.header("Mean images over each other", anchor=False)
    means = [_mean_images(side.dataset) for side in (first, second)]
    pictures, names = [], []
    for name in common:
        pair = [means[i][side.dataset.class_names.index(name)] for i, side in enumerate((first, second))]
        if all(image.any() for image in pair):
            pictures.append(digits.map_picture((pair[1].astype(np.float32) - pair[0]) / 255, 0.6, signed=True))
            names.append(name)
    alts = [f"Mean {name} of the second data set minus that of the first" for name in names]
    digits.digit_gallery(pictures, names, alts=alts, size=84)
    st.caption(
        f"Blue: more ink in {escape_markdown(second.dataset.title)}. Orange: more ink in "
        f"{escape_markdown(first.dataset.title)}. Black: the same."
    )


def _mean_images(dataset: Dataset) -> Images:
    """Of all images, or of the training images where there are any."""
    return statistics.compute_statistics(dataset).mean_images
