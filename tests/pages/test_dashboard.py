"""The frame around every page: navigation, and the progress of a training."""

import pytest
from streamlit.testing.v1 import AppTest

from digitrec.runs.history import Batch, Start
from support.made_runs import at_work, in_epoch, new, open_page, rerun

pytestmark = pytest.mark.usefixtures("alone")
PAGES = ("draw", "read", "explore", "teach", "train", "search", "evaluate", "models")


def sidebar(page: AppTest) -> str:
    bars = [bar.proto.text for bar in page.sidebar.get("progress")]
    return "\n".join([*bars, *(text.value for text in page.sidebar.caption)])


def test_without_a_job_the_sidebar_says_nothing():
    in_epoch(new("old"), 2)
    page = open_page("draw")
    assert not sidebar(page)
    assert not page.sidebar.get("page_link")


def test_the_job_in_work_is_named_on_every_page_with_the_way_to_it():
    run = in_epoch(new("mine"), 2)
    with at_work(run):
        for name in PAGES:
            page = open_page(name)
            assert sidebar(page) == "**mine**: epoch 2 of 3, 50%"
            assert page.sidebar.get("page_link")[0].proto.page == "train"


def test_a_job_that_has_not_begun_is_getting_ready_and_others_wait():
    first, second, third = new("first"), new("second"), new("third")
    with at_work(first, second, third):
        assert sidebar(open_page("draw")) == "**first**: starting\n2 more queued"
        first.append(Start(epochs=3, steps_per_epoch=10))
        assert sidebar(open_page("draw")) == "**first**: starting\n2 more queued"


def test_after_the_last_batch_the_network_is_being_saved():
    run = in_epoch(new("mine"), 3)
    run.append(Batch(step=30, epoch=3, loss=0.1, accuracy=0.9, images_per_second=4000))
    with at_work(run):
        assert sidebar(open_page("draw")) == "**mine**: saving the network"


def test_when_the_job_ends_the_sidebar_is_empty_again():
    run = in_epoch(new("mine"), 2)
    with at_work(run):
        page = open_page("draw")
    assert not sidebar(rerun(page))
