"""The Classes section of Explore: how many images each has, their mean and deviation, and all pixels."""

from __future__ import annotations

import streamlit as st

from digitrec.charts import data, style
from digitrec.data import Dataset
from digitrec.data import statistics as dataset_statistics
from digitrec.ui.components import digits
from digitrec.ui.explore import columns

MEASURED = {"train": "the training images", "test": "the test images"}


def view(dataset: Dataset) -> None:
    """The class balance, the mean and deviation images, and the intensities."""
    statistics = dataset_statistics.compute_statistics(dataset)
    measured, n = MEASURED[statistics.measured], int(statistics.class_counts[statistics.measured].sum())
    if statistics.sampled < n:
        measured = f"{statistics.sampled:,} of {measured}"
    st.header("Classes", anchor=False)
    _balance(dataset, statistics)
    names = dataset.class_names
    st.subheader(f"Mean image of each class, from {measured}", anchor=False)
    digits.digit_gallery(statistics.mean_images, names, alts=[f"Mean {name}" for name in names], size=72)
    st.subheader(
        "Standard deviation of each pixel",
        anchor=False,
        help="Bright where the images of a class differ. White: as often paper as ink.",
    )
    alts = [f"Deviation of {name}" for name in names]
    digits.digit_gallery(statistics.deviation_images, names, alts=alts, size=72)
    st.header("Pixels", anchor=False)
    pixels = statistics.intensities
    st.write(
        f"{pixels.paper:.1%} of the pixels in {measured} are paper (0). Scaled to [0, 1], as in the first layer "
        f"of each network, their mean is {pixels.mean:.4f} and their standard deviation {pixels.deviation:.4f}."
    )
    st.plotly_chart(
        data.intensity_histogram(*pixels.rebin(32)),
        key="explore-pixels",
        config=style.NO_TOOLBAR,
        alt=f"Pixels of each intensity in {measured}",
    )


def _balance(dataset: Dataset, statistics: dataset_statistics.DatasetStatistics) -> None:
    chart, table = st.columns([3, 2], gap="large")
    counts = {title: statistics.class_counts[split] for split, title in columns.SPLIT_TITLES.items()}
    chart.plotly_chart(
        data.class_balance(counts, dataset.class_names),
        key="explore-balance",
        config=style.NO_TOOLBAR,
        alt="Images per class and split",
    )
    numbers = dict.fromkeys(counts, st.column_config.NumberColumn(format="localized"))
    table.dataframe(
        {"Class": dataset.class_names, **counts}, hide_index=True, height="content", column_config=numbers
    )
