"""The Strokes section of Explore: how ink, thickness, slant and size are distributed in each class."""

from __future__ import annotations

import streamlit as st

from digitrec.charts import distributions as charts
from digitrec.charts import style
from digitrec.data import Dataset
from digitrec.evaluation import distributions
from digitrec.ui.explore import address, columns, filters

_MEASURE, _FIGURE, _TABLE = "explore-stroke", "explore-boxes", "explore-boxes-table"


def view(dataset: Dataset) -> None:
    """A figure of one measure by class; a class opens its images, sorted by it."""
    measured = columns.find_measures(dataset)
    if measured is None:
        columns.measure_in_background(dataset)
        return
    name = measure_picker(_MEASURE)
    values, labels = columns.make_table(dataset, measured).measures[name], columns.all_labels(dataset)
    names, unit = dataset.class_names, filters.UNITS[name]
    found = distributions.summarise_by_class(values, labels, len(names))
    st.plotly_chart(
        charts.class_boxes(found, names, axis_title(name)),
        key=_FIGURE,
        config=style.NO_TOOLBAR,
        alt=f"{unit.title} in each class; the table has the numbers",
        on_select=lambda: _open_point(name),
        selection_mode="points",
    )
    st.caption("Box: half of the images. Line: the median. Whiskers: 90%. Click a median to see its images.")
    rows = {
        "Class": list(names),
        "Images": [each.n for each in found],
        "5%": [each.low for each in found],
        "Median": [each.median for each in found],
        "95%": [each.high for each in found],
    }
    number = st.column_config.NumberColumn(format=f"%.{max(unit.decimals, 1)}f")
    with st.expander("As a table", icon=":material/keyboard:"):
        st.caption("Choose a row to see the images of its class.")
        st.dataframe(
            rows,
            hide_index=True,
            height="content",
            width="content",
            column_config=dict.fromkeys(("5%", "Median", "95%"), number),
            key=_TABLE,
            on_select=lambda: _open_row(name),
            selection_mode="single-row",
        )


def measure_picker(key: str) -> str:
    """Choose one of the measures."""
    return st.segmented_control(
        "Measure",
        list(filters.UNITS),
        default=next(iter(filters.UNITS)),
        required=True,
        format_func=lambda name: filters.UNITS[name].title,
        key=key,
        persist_state="session",
        label_visibility="collapsed",
    )


def axis_title(name: str) -> str:
    """The measure with its unit."""
    unit = filters.UNITS[name]
    return f"{unit.title} ({unit.sign.strip()})"


def _open_point(name: str) -> None:
    if points := st.session_state[_FIGURE]["selection"]["points"]:
        address.open_images(label=int(points[-1]["point_index"]), sort=name)


def _open_row(name: str) -> None:
    if rows := st.session_state[_TABLE]["selection"]["rows"]:
        address.open_images(label=int(rows[0]), sort=name)
