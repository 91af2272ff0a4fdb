"""Forms on the Read page: begun, given fields, saved, opened, and filled pages read; the canvas is a stand-in."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from digitrec.forms import Field, Template, page_size, template_store, templates
from digitrec.ui.components import canvas
from digitrec.ui.read import form_choice, form_editor, forms, grids
from digitrec.ui.read.corners import find_fault
from digitrec.ui.read.pictures import NamedPicture
from support.made_forms import fill, foreign_page, pen_glyph, photograph
from support.made_pages import TURNED, grid_page, photo, png
from support.made_runs import open_page, rerun, words

FORM = Template(
    "marks", *page_size("A4"), tuple(templates.make_grid("{number}", (0.1, 0.1, 0.9, 0.2), 1, 6, gap=0.3))
)


class Marked:
    """What the component would say of boxes and points that a person draws, once each."""

    def __init__(self):
        self.waiting = []

    def mount(self, key, container, mend, **options):
        objects = [self.waiting.pop(0)(options["width"], options["height"])] if self.waiting else []
        return SimpleNamespace(json_data={"objects": objects})


@pytest.fixture
def marked(monkeypatch):
    found = Marked()
    monkeypatch.setattr(canvas, "mount", found.mount)
    return found


@pytest.fixture
def page(folders, marked):
    shown = open_page("read")
    shown.segmented_control(key="read-what").set_value("Form")
    return rerun(shown)


def draft(page) -> Template:
    return page.session_state["read-form-draft"]


def is_editor_open(page) -> bool:
    return page.session_state[f"read-form-editor-{page.session_state['read-form-version']}"]


def test_a_form_is_begun_gets_a_grid_and_a_drawn_box_and_is_saved(page, marked):
    assert "Open or begin a form" in words(page)
    page.segmented_control(key="read-form-way").set_value("A new form to print")
    page = rerun(page)
    page.button(key="read-form-begin").click()
    page = rerun(page)
    assert "Give the form a field" in words(page)
    next(button for button in page.button if button.label == "Add the grid").click()
    page = rerun(page)
    assert len(draft(page).fields) == 25 and draft(page).fields[-1].name == "5, 5"
    marked.waiting = [
        lambda wide, high: {
            "type": "Rect",
            "left": 0.5 * wide,
            "top": 0.7 * high,
            "width": 0.1 * wide,
            "height": 0.05 * high,
            "scaleX": 2,
            "scaleY": 1,
            "originX": "left",
            "originY": "top",
        }
    ]
    page = rerun(page)
    assert draft(page).fields[-1].name == "field"
    assert draft(page).fields[-1].box == pytest.approx((0.5, 0.7, 0.7, 0.75))
    assert is_editor_open(page)
    page.button(key="read-form-save").click()
    page = rerun(page)
    assert not is_editor_open(page)
    assert "Saved as New form" in words(page) and template_store.list_names() == ["New form"]
    assert len(template_store.load("New form").fields) == 26
    labels = [button.label for button in page.main.get("download_button")]
    assert labels == ["Print (PDF)", "Download JSON"]
    page.button(key="read-form-delete").click()
    page = rerun(page)
    assert "Deleted New form" in words(page) and template_store.list_names() == []


def test_a_grid_of_numbers_has_their_digits(page):
    page.segmented_control(key="read-form-way").set_value("A new form to print")
    page = rerun(page)
    page.button(key="read-form-begin").click()
    page = rerun(page)
    next(each for each in page.selectbox if each.label == "Kind").set_value("number")
    for label, value in {"Rows": 1, "Columns": 2, "Digits of a number": 4, "Decimals of a number": 2}.items():
        next(each for each in page.number_input if each.label == label).set_value(value)
    next(each for each in page.checkbox if each.label.startswith("A box for each")).check()
    length = next(each for each in page.number_input if each.label == "Digits of a number")
    length.set_value(None)
    next(button for button in page.button if button.label == "Add the grid").click()
    page = rerun(page)
    assert "needs its length" in page.error[0].value and not draft(page).fields
    next(each for each in page.number_input if each.label == "Digits of a number").set_value(4)
    next(button for button in page.button if button.label == "Add the grid").click()
    fields = draft(rerun(page)).fields
    assert {(field.kind, field.length, field.decimals, field.boxed) for field in fields} == {
        ("number", 4, 2, True)
    }


def test_the_rules_of_a_form_stand_beside_its_fields():
    rules = ({"check": "range", "least": 1, "most": 6}, {"check": "range"}, {"check": "magic"})
    table = form_editor._to_table([FORM.fields[0], FORM.fields[1]._replace(rules=rules)])
    assert table["rules"][0] == ""
    good, empty, unknown = table["rules"][1].split(" | ")
    assert good == "Range 1 to 6"
    assert empty.startswith("not checked: the rule 'Range' needs") and "the check 'magic'" in unknown


def test_what_is_typed_in_a_form_stays_while_the_page_shows_something_else(page, monkeypatch):
    page.segmented_control(key="read-form-way").set_value("A new form to print")
    page = rerun(page)
    page.button(key="read-form-begin").click()
    page = rerun(page)
    page.text_input(key="read-form-name-1").set_value("Marks")
    next(button for button in page.button if button.label == "Add the grid").click()
    page = rerun(page)
    tables, editor = [], form_editor.st.data_editor

    def edit(table, **given):
        tables.append(table)
        edited = editor(table, **given).copy()
        edited.loc[0, "name"] = "age"
        return edited

    monkeypatch.setattr(form_editor.st, "data_editor", edit)
    page = rerun(page)
    for what in ("Numbers", "Form"):
        page.segmented_control(key="read-what").set_value(what)
        page = rerun(page)
    assert tables[0]["name"][0] == "1, 1" and tables[-1]["name"][0] == "age"
    assert (draft(page).name, draft(page).fields[0].name) == ("Marks", "age")
    assert [each.value for each in page.text_input if each.label == "Name"] == ["Marks"]
    page.button(key="read-form-save").click()
    page = rerun(rerun(page))
    assert "Saved as Marks" in words(page)


def test_a_saved_form_reads_filled_pages_and_says_which_are_none(folders, marked, monkeypatch):
    template_store.save(FORM)
    rng = np.random.default_rng(0)
    texts = {"1": "4", "2": "7", "4": "0"}
    filled = photograph(fill(FORM, texts, pen_glyph, rng, marks={"6": "scribble"}), rng, side=1500)
    given = [NamedPicture("a.jpg", filled), NamedPicture("b.png", png(np.full((300, 200), 240, np.uint8)))]
    monkeypatch.setattr(forms, "picture_input", lambda has_example: given)
    page = open_page("read")
    page.segmented_control(key="read-what").set_value("Form")
    page = rerun(page)
    page.button(key="read-form-open").click()
    page = rerun(page)
    assert not is_editor_open(page)  # the form is ready: its pages are what one looks at
    assert "1 of 2 pages read, 6 fields: 4 sure, 2 empty, 0 to look at." in words(page)
    assert "b.png cannot be read: the picture does not show the four black squares" in page.error[0].value
    table = page.dataframe[-1].value
    assert set(table["state"]) == {"sure", "empty"}
    assert dict(zip(table["name"], table["text"], strict=True)) == {
        "1": "4",
        "2": "7",
        "3": "empty",
        "4": "0",
        "5": "empty",
        "6": "struck out",
    }


def test_a_field_that_is_renamed_in_the_table_keeps_its_rules(folders, marked, monkeypatch):
    rules = ({"kind": "range", "least": 1, "most": 6},)
    ruled = FORM._replace(fields=tuple(field._replace(rules=rules) for field in FORM.fields[:2]))
    template_store.save(ruled)
    page = open_page("read")
    page.segmented_control(key="read-what").set_value("Form")
    page = rerun(page)
    page.button(key="read-form-open").click()
    page = rerun(page)
    editor = form_editor.st.data_editor

    def edit(table, **given):
        edited = editor(table, **given).copy()
        edited.loc[0, "name"] = "age"
        edited.loc[2] = edited.loc[1]
        edited.loc[2, "name"] = "new"
        return edited

    monkeypatch.setattr(form_editor.st, "data_editor", edit)
    page = rerun(page)
    found = [(field.name, field.rules) for field in draft(page).fields]
    assert found == [("age", rules), ("2", rules), ("new", ())]


def test_a_fault_in_the_table_is_said_and_nothing_is_read(folders, marked, monkeypatch):
    twins = Template("twins", 184.0, 271.0, (Field("a", (0.1, 0.1, 0.2, 0.2)), Field("a", (0.3, 0.1, 0.4, 0.2))))
    monkeypatch.setattr(template_store, "list_names", lambda: ["twins"])
    monkeypatch.setattr(template_store, "load", lambda name: twins)
    page = open_page("read")
    page.segmented_control(key="read-what").set_value("Form")
    page = rerun(page)
    page.button(key="read-form-open").click()
    page = rerun(page)
    assert "two fields are called 'a'" in page.error[0].value and is_editor_open(page)
    assert not page.main.get("download_button")


def jpeg(gray):
    buffer = io.BytesIO()
    Image.fromarray(gray).save(buffer, "JPEG")
    return buffer.getvalue()


def test_a_picture_of_an_empty_form_becomes_a_form_by_its_corners(page, monkeypatch, marked):
    uploaded = type(
        "File", (), {"name": "log.jpg", "file_id": "1", "getvalue": lambda self: jpeg(foreign_page()[0])}
    )()
    monkeypatch.setattr(
        form_choice.st, "file_uploader", lambda label, **given: uploaded if "empty" in label else None
    )
    page.segmented_control(key="read-form-way").set_value("A form from a picture")
    page = rerun(page)
    assert page.number_input(key="read-form-corners-1-frame-0-0x").value == pytest.approx(100 * 60 / 840, abs=0.5)
    marked.waiting = [lambda wide, high: {"left": 0.95 * wide, "top": 0.97 * high, "originX": "center"}]
    page = rerun(page)
    assert page.number_input(key="read-form-corners-1-frame-1-2x").value == 95.0  # a new field
    page.button(key="read-form-corners-1-frame-reset").click()
    page = rerun(page)
    page.button(key="read-form-use").click()
    page = rerun(page)
    form = draft(page)
    assert (form.anchor, form.fields) == ("frame", ())
    assert form.width / form.height == pytest.approx(720 / 1010, rel=0.01) and form.picture[:2] == b"\xff\xd8"


def list_readings(page):
    return [each for each in page.session_state["read-stored"].values() if isinstance(each, grids.GridReading)]


def test_the_corners_of_a_grid_are_moved_by_numbers_and_the_page_is_read_again(folders, marked, monkeypatch):
    given = [NamedPicture("page.png", png(photo(grid_page(["4 72", " 05 "]))))]
    monkeypatch.setattr("digitrec.ui.read.pictures.picture_input", lambda has_example: given)
    page = open_page("read")
    page.segmented_control(key="read-what").set_value("Grid of boxes")
    page = rerun(page)
    assert "8 cells" in words(page)
    toggle = next(each for each in page.toggle if each.label == "Move the corners")
    toggle.set_value(True)
    page = rerun(page)
    key = toggle.key.removesuffix("-shown")
    values = [page.number_input(key=f"{key}-0-0{axis}").value for axis in "xy"]
    assert values == pytest.approx([100 * TURNED[0][0] / 800, 100 * TURNED[0][1] / 640], abs=0.8)
    before = len(
        [each for each in page.session_state["read-stored"].values() if isinstance(each, grids.GridReading)]
    )
    page.number_input(key=f"{key}-0-0x").set_value(values[0] + 0.5)
    page = rerun(page)
    readings = list_readings(page)
    assert len(readings) == before + 1
    assert readings[-1].corners[0, 0] == pytest.approx((values[0] + 0.5) * 8, abs=0.1)
    assert "lines show 2 rows and 4 columns" in words(page) and not page.warning
    page.number_input(key=f"{key}-0-0y").set_value(60.0)
    assert "a corner seems to be far off" in rerun(page).warning[0].value


@pytest.mark.parametrize(
    ("corners", "says"),
    [
        ([(0, 0), (10, 0), (10, 10), (0, 10)], ""),
        ([(2, 0), (8, 0), (10, 10), (0, 10)], "far off"),  # the bottom is 1.67 times as long as the top
        ([(1, 0), (9, 0), (10, 10), (0, 10)], ""),
        ([(0, 0), (10, 0), (0, 10), (10, 10)], "crosses itself"),
        ([(0, 0), (10, 0), (3, 3), (0, 10)], "bends inwards"),
        ([(0, 0), (0, 0), (10, 10), (0, 10)], "bends inwards"),
        ([(0, 10), (10, 10), (10, 0), (0, 0)], "top left first"),
    ],
)
def test_corners_that_are_hardly_those_of_a_page_are_told(corners, says):
    fault = find_fault(np.array(corners, float))
    assert (says in fault) if says else fault == ""


def seen(ratio: float, tilt: float) -> np.ndarray:
    """The corners of a page in a picture of 1200 x 900 pixels, from so many degrees to its left."""
    x, y = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]).T * np.array([[0.5], [0.5 / ratio]])
    depth = 1.6 + x * np.sin(np.radians(tilt))
    return 1200 * np.stack([x * np.cos(np.radians(tilt)) / depth + 0.5, y / depth + 0.375], 1)


@pytest.mark.parametrize(
    ("page", "moved", "ratio", "is_fault"),
    [
        (seen(8 / 7, 0), 0, 8 / 7, False),
        (seen(8 / 7, 0), 0, 7 / 8, True),  # it lies on its side
        (seen(4, 40), 0, 4, False),  # a wide form: one side is 1.5 times as long as the other
        (seen(4, 40), 0, 1, True),
        (seen(8 / 7, 20), 20, 8 / 7, False),
        (seen(8 / 7, 20), -260, 8 / 7, True),
    ],
)
def test_corners_of_a_form_are_compared_with_its_own_shape(page, moved, ratio, is_fault):
    corners = page + np.array([(0, 0), (0, 0), (moved, moved / 4), (0, 0)])
    fault = find_fault(corners, ratio, (900, 1200))
    assert fault.startswith("The outline is no view of a page of the form's shape") == is_fault == bool(fault)
    assert bool(find_fault(corners * 2, ratio, (1800, 2400))) == is_fault
    assert bool(find_fault(corners[[1, 2, 3, 0]], 1 / ratio, (900, 1200))) == is_fault  # it lies on its side


def test_a_wide_form_from_the_side_is_no_fault_though_its_sides_differ():
    assert find_fault(seen(4, 40)) and not find_fault(seen(4, 40), 4.0, (900, 1200))
