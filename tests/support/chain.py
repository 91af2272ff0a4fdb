"""The way from the confusion matrix to one image's card, as the tests of it go along."""

import json

import numpy as np
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import NumberInput

from digitrec.data import loading
from digitrec.ui.evaluate.address import ImageSelection
from support import made_runs
from support.made_runs import open_page, rerun
from support.places import DASHBOARD

DIGITS = loading.load("digits").test
WRONG = np.arange(0, len(DIGITS.labels), made_runs.WRONG_EVERY)  # each is read as the next digit


def open_at(section: str = "Errors", **looking: object) -> AppTest:
    page = open_page("evaluate")
    page.session_state["evaluate-section"] = section
    rerun(page)
    return look(page, **looking) if looking else page


def look(page: AppTest, **looking: object) -> AppTest:
    page.session_state["evaluate-looking"] = ImageSelection(**looking)
    return rerun(page)


def galleries(page: AppTest) -> list[dict]:
    """What each gallery of buttons was given."""
    found = [block.proto for block in page.main.get("bidi_component")]
    return [json.loads(proto.json) for proto in found if proto.component_name == "digitrec_gallery"]


def shown(page: AppTest) -> list[int]:
    """The places of all images that can be chosen."""
    return [image["value"] for gallery in galleries(page) for image in gallery["images"]]


def page_number(page: AppTest) -> NumberInput:
    """The field with the page of the grid."""
    return next(field for field in page.number_input if field.label == "Page")


def cell(true: int) -> list[int]:
    return [int(index) for index in WRONG if DIGITS.labels[index] == true]


def visit(**address: str) -> AppTest:
    page = AppTest.from_file(DASHBOARD, default_timeout=60)
    page.switch_page("../../pages/evaluate.py")
    for name, text in address.items():
        page.query_params[name] = text
    return rerun(page)
