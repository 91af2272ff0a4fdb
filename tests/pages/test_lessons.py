"""The links of the lessons: each opens Train with its settings and the controls that it names, and no others."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from digitrec.reporting import format_setting
from digitrec.runs import jobs
from digitrec.ui.train import address, shown_controls
from support.made_runs import rerun
from support.places import DASHBOARD, ROOT

LESSONS = {
    path.stem: path.read_text() for path in (ROOT / "docs" / "lessons").glob("*.md") if path.stem != "index"
}
# What a lesson says is on the page, as a cell of the table of layers.
CELLS = {"pixels": "200,960", "filters": "40"}


@pytest.fixture(autouse=True)
def no_training(monkeypatch: pytest.MonkeyPatch, alone) -> None:
    """No process is started."""
    monkeypatch.setattr(jobs, "start", lambda run: None)


def test_there_are_five_lessons_and_the_first_page_names_all():
    index = (ROOT / "docs" / "lessons" / "index.md").read_text()
    assert len(LESSONS) == 5 and set(re.findall(r"\((\w+)\.md\)", index)) == set(LESSONS)


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_opens_with_its_settings_and_its_controls_alone(lesson):
    text = LESSONS[lesson]
    link = urlsplit(re.search(r"\(http://localhost:8501(/train\?\S+)\)", text)[1])
    query = dict(parse_qsl(link.query))
    page = AppTest.from_file(DASHBOARD, default_timeout=60)
    page.query_params.update(query)
    page = rerun(page.switch_page("../../pages/train.py"))
    shown = shown_controls.parse(query.pop("show"))
    kinds = ("slider", "select_slider", "number_input", "selectbox")
    labels = {each.label for kind in kinds for each in getattr(page.main, kind)}
    assert labels >= {format_setting(name) for name in shown}
    assert all(group.proto.expanded for group in page.main.expander if group.label == "More")
    assert not labels & {format_setting(name) for name in set(shown_controls.NAMES) - set(shown)}
    address_now = address.to_address(address.parse(query))
    assert {name: page.query_params[name] for name in address_now} == address_now
    assert not page.main.warning and not page.main.error
    cells = {str(cell) for table in page.main.table for cell in table.value.to_numpy().ravel()}
    assert CELLS.get(lesson, "0") in cells
