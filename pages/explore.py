"""Explore a data set: all its images, its classes, its pixels; import other data sets."""

import streamlit as st

from digitrec.data import DatasetError
from digitrec.ui import pickers, state
from digitrec.ui.components import digits
from digitrec.ui.components.header import is_read_only, page_header
from digitrec.ui.explore import (
    address,
    classes,
    compare,
    grid,
    import_panel,
    known_sets,
    manage_panel,
    map_section,
    odd,
    strokes,
)

SECTIONS = {
    address.IMAGES: grid.view,
    address.MAP: map_section.view,
    "Classes": classes.view,
    "Strokes": strokes.view,
    "Compare": compare.view,
    "Odd images": odd.view,
}
HELP = """See all images of a data set: filter and sort them, and open one to see why it is read as it is. Look at
its classes, pixels and strokes, and compare it with another data set. Import your own data set, too."""

places = page_header("Explore the data", HELP)
pickers.dataset_banner()
address.read_address(SECTIONS)
with places:
    description = pickers.dataset_picker(state.EXPLORE_DATASET)
if not is_read_only("import, download or change data sets"):
    manage_panel.manage_dataset(description)
    with st.container(key="explore-more-data"):
        known_sets.known_sets()
        import_panel.import_form()
try:
    dataset = pickers.load_with_progress(description)
except DatasetError as error:
    st.error(str(error))
    st.stop()

address.fit_to(dataset)
with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="explore-facts"):
    for title, split in (("Training", dataset.train), ("Test", dataset.test)):
        st.metric(f"{title} images", f"{len(split.labels):,}", width="content")
    st.metric("Classes", len(dataset.class_names), width="content")
    height, width = dataset.test.images.shape[1:]
    st.metric("Image", f"{height} × {width} grey", width="content")
    st.caption(digits.escape_markdown(f"{dataset.source}. Licence: {dataset.licence}."), width="content")

section = st.segmented_control(
    "Show",
    list(SECTIONS),
    required=True,
    key=address.SECTION,
    on_change=address.close_image,
    persist_state="session",
    label_visibility="collapsed",
)
SECTIONS[section](dataset)
address.write_address(dataset, section)
