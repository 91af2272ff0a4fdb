"""The Read page in every state: no network, no picture, the example, pictures that cannot be read."""

import numpy as np

from digitrec import files
from digitrec.forms import GridReading, corrections
from digitrec.ui.read import pictures
from digitrec.ui.read.example import example_picture
from digitrec.ui.read.grids import answer_of
from digitrec.ui.read.pictures import NamedPicture
from digitrec.ui.read.results import PER_PAGE
from support.made_pages import grid_page, photo, png
from support.made_runs import ended, new, open_page, rerun, words


def html(page) -> str:
    return "".join(block.proto.body for block in page.main.get("html"))


def test_without_a_network_the_page_leads_to_training(alone):
    page = open_page("read")
    assert "no trained network yet" in page.info[0].value
    assert page.main.get("page_link")[0].proto.page == "train"


def test_the_example_is_read_at_a_click(folders):
    page = open_page("read")
    assert "What is read appears here" in words(page)
    page.button(key="read-try").click()
    page = rerun(page)
    said = html(page)
    assert "<strong>4072</strong>" in said and "<strong>19.5</strong>" in said
    assert said.count('class="number-digits"') == 2 and "1 of 1 picture read: 2 numbers" in words(page)
    assert [button.label for button in page.main.get("download_button")] == ["Download CSV", "Download JSON"]


def test_pictures_are_read_once_and_bad_ones_are_named(folders, monkeypatch):
    given = [NamedPicture("a.png", example_picture()), NamedPicture("b*.png", b"broken")]
    given += [NamedPicture(f"{i}.png", example_picture() + bytes([i])) for i in range(PER_PAGE)]
    monkeypatch.setattr(pictures, "picture_input", lambda has_example: given)
    read, real = [], pictures.read_pictures
    monkeypatch.setattr(pictures, "read_pictures", lambda loads, reader: read.append(loads) or real(loads, reader))
    page = rerun(open_page("read"))
    assert len(read) == 1 and len(read[0]) == len(given)  # on the first run
    assert "9 of 10 pictures read: 18 numbers" in words(page)
    assert "cannot be read: the file is not a picture" in page.error[0].value
    assert len(page.subheader) == PER_PAGE


def test_the_same_file_counts_once_and_that_is_said(folders, monkeypatch):
    given = [NamedPicture(f"{name}.png", example_picture()) for name in ("a", "b*", "c", "a")]
    monkeypatch.setattr(pictures, "picture_input", lambda has_example: given)
    page = open_page("read")
    assert "1 of 1 picture read: 2 numbers" in words(page)
    said = "b\\*.png is the same file as a.png. c.png is the same file as a.png. a.png is there more than once."
    assert page.info[0].value == f"{said} Each counts once."


def test_where_no_number_is_read_the_page_points_to_draw_for_a_single_digit(folders, monkeypatch):
    given = [NamedPicture("blank.png", png(np.full((90, 90), 250, np.uint8)))]
    monkeypatch.setattr(pictures, "picture_input", lambda has_example: given)
    page = rerun(open_page("read"))
    assert "blank.png cannot be read" in page.error[0].value
    assert "one digit alone" in page.main.get("page_link")[0].proto.label
    given[:] = [NamedPicture("a.png", example_picture())]
    assert not rerun(page).main.get("page_link")


def test_a_damaged_network_is_said_so(alone, monkeypatch):
    ended(new("broken"))
    monkeypatch.setattr(pictures, "picture_input", lambda has_example: [NamedPicture("a.png", example_picture())])
    said = open_page("read").error[0].value
    assert "not a TensorFlow Lite model" in said and "choose another model" in said


def test_a_grid_is_shown_with_what_to_look_at_and_corrections_go_to_the_files(folders, monkeypatch):
    given = [
        NamedPicture("page.png", png(photo(grid_page(["4 ", "05"])))),
        NamedPicture("b.png", example_picture()),
    ]
    monkeypatch.setattr(pictures, "picture_input", lambda has_example: given)
    page = open_page("read")
    page.segmented_control(key="read-what").set_value("Grid of boxes")
    page = rerun(page)
    assert "1 of 2 pages read, 4 cells: 3 sure, 1 empty, 0 to look at." in words(page)
    assert "b.png cannot be read: the picture shows no frame" in page.error[0].value
    assert "No cell of this page has to be looked at" in page.success[0].value
    page.toggle[0].set_value(True)
    page = rerun(page)
    (table,) = [key for key in page.session_state["read-corrections-start"] if "True" in key]

    def edit(**rows):
        edited = {row.removeprefix("row"): values for row, values in rows.items()}
        page.session_state[table] = {"edited_rows": edited, "added_rows": [], "deleted_rows": []}
        return rerun(page)

    key = corrections.PageKey(given[0].sha256, 2, 2)
    assert "1 corrected" in words(edit(row0={"answer": "9"}))
    corrections.change(key, {(1, 1): "5"})  # another browser
    said = words(edit(row0={"answer": "9"}, row1={"checked": True}))
    assert "2 checked, 1 corrected" in said
    assert len(corrections.load(key)) == 3 and "9" in corrections.load(key).values()
    cells = sorted(pictures_cells(page), key=lambda cell: cell.confidence)
    back = edit(row0={"answer": answer_of(cells[0])}, row1={"checked": True})
    assert "2 checked" in words(back) and "corrected" not in words(back)
    assert "1 corrected" in words(edit(row0={"answer": "9"}, row1={"checked": True}))
    assert "corrected" not in words(edit(row1={"checked": True}))  # changed back: some editors forget the row
    monkeypatch.setattr(files, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    assert "cannot be kept: No space left on device" in edit(row2={"answer": "8"}).error[0].value


def pictures_cells(page):
    """The cells of the first page, as they were read."""
    (reading,) = [each for each in page.session_state["read-stored"].values() if isinstance(each, GridReading)]
    return reading.cells
