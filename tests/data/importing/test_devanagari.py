"""A data set of another script, as people have it, is imported whole and shown on Explore with its own digits."""

import os
from pathlib import Path

import numpy as np
import pytest

from digitrec.data import importing, loading
from digitrec.ui import state
from support.made_runs import open_page, rerun

DEVANAGARI = tuple("०१२३४५६७८९")


@pytest.fixture(scope="module")
def data():
    """The file as it is published."""
    path = Path(os.environ.get("DIGITREC_DATA", "")) / "devanagari" / "devnum.zip"
    if not path.is_file():
        (pytest.fail if os.environ.get("DIGITREC_REQUIRE") == "1" else pytest.skip)(f"{path} is not there")
    return path.read_bytes()


@pytest.mark.slow
def test_devanagari_is_imported_with_its_digits_and_explored(data, folders):
    names = {str(i): name for i, name in enumerate(DEVANAGARI)}
    preview = importing.preview(data)
    assert preview.facts["Size"] == "each cleaned and scaled to 28 × 28 pixels" and not preview.left_out
    assert preview.class_names == tuple("0123456789")
    made = importing.add_dataset(
        "devanagari", importing.read(data, choices=importing.Choices(class_names=names)), origin="devnum.zip"
    )
    assert made.description.class_names == DEVANAGARI and not made.left_out
    dataset = loading.load("devanagari")
    assert len(dataset.train.labels) + len(dataset.test.labels) == 2880
    assert np.bincount(dataset.test.labels).tolist() == [58] * 10
    corners = dataset.train.images[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners == 0).mean() > 0.99  # dark ink on light paper was inverted
    page = open_page("explore")
    page.selectbox(key=state.EXPLORE_DATASET).set_value("devanagari")
    page = rerun(page)
    page.segmented_control(key="explore-section").set_value("Classes")
    table = rerun(page).dataframe[0].value
    assert table["Class"].tolist() == list(DEVANAGARI) and table["Test"].tolist() == [58] * 10
