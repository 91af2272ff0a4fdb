"""Explore a data set: samples, classes, pixels."""

import streamlit as st

from digitrec.charts import data, style
from digitrec.data import DatasetError
from digitrec.data import statistics as dataset_statistics
from digitrec.ui import pickers, state
from digitrec.ui.components import digits
from digitrec.ui.components.header import page_header
from digitrec.ui.explore import import_panel, known_sets, manage_panel

HELP = """Look through the images of a data set, its classes and its pixels. Import your own data set, too."""

places = page_header("Explore the data", HELP)
pickers.dataset_banner()
with places:
    description = pickers.dataset_picker(state.EXPLORE_DATASET)
manage_panel.manage_dataset(description)
known_sets.known_sets()
import_panel.import_form()
try:
    dataset = pickers.load_with_progress(description)
    statistics = dataset_statistics.compute_statistics(dataset)
except DatasetError as error:
    st.error(str(error))
    st.stop()
splits = {"Training": dataset.train, "Test": dataset.test}
pixels = statistics.intensities
measured = {"train": "the training images", "test": "the test images"}[statistics.measured]

st.caption(digits.escape_markdown(f"{dataset.source}. Licence: {dataset.licence}."))
with st.container(horizontal=True, gap="medium"):
    for title, split in splits.items():
        st.metric(f"{title} images", f"{len(split.labels):,}", width="content")
    st.metric("Classes", len(dataset.class_names), width="content")
    height, width = dataset.test.images.shape[1:]
    st.metric("Image", f"{height} × {width} grey", width="content")

st.header("Samples", anchor=False)
there = {title: split for title, split in splits.items() if len(split.labels)}
digits.sample_browser(f"explore-{dataset.name}", there, dataset.class_names)

st.header("Classes", anchor=False)
chart, table = st.columns([3, 2], gap="large")
counts = {title: statistics.class_counts[split] for title, split in (("Training", "train"), ("Test", "test"))}
chart.plotly_chart(
    data.class_balance(counts, dataset.class_names),
    key="explore-balance",
    config=style.NO_TOOLBAR,
    alt="Images per class and split",
)
numbers = dict.fromkeys(counts, st.column_config.NumberColumn(format="localized"))
table.dataframe({"Class": dataset.class_names, **counts}, hide_index=True, height="content", column_config=numbers)
st.subheader(f"Mean image of each class, from {measured}", anchor=False)
digits.digit_gallery(
    statistics.mean_images, dataset.class_names, alts=[f"Mean {c}" for c in dataset.class_names], size=72
)

st.header("Pixels", anchor=False)
st.write(
    f"{pixels.paper:.1%} of the pixels in {measured} are paper (0). Scaled to [0, 1], as in the first layer of "
    f"each network, their mean is {pixels.mean:.4f} and their standard deviation {pixels.deviation:.4f}."
)
st.plotly_chart(
    data.intensity_histogram(*pixels.rebin(32)),
    key="explore-pixels",
    config=style.NO_TOOLBAR,
    alt=f"Pixels of each intensity in {measured}",
)
