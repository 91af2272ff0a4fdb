"""Grids of boxes by the built-in model: made pages, and the photos of puzzles where they are."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from digitrec.forms import GridReader
from digitrec.imaging import read_gray
from digitrec.inference import Classifier
from digitrec.runs import store
from support.made_pages import TURNED, grid_page, photo

ROWS = ["4 72", " 0a5", "95 1"]
GRIDS = Path(os.environ.get("DIGITREC_DATA", "")) / "grids"


@pytest.fixture(scope="module")
def reader() -> GridReader:
    run = store.open_run("draw")
    return GridReader(Classifier.load(run.tflite_path), run)


def as_text(reading) -> list[str]:
    said = [cell.answer or {"empty": " ", "notes": "a"}[cell.kind] for cell in reading.cells]
    return ["".join(said[start : start + reading.columns]) for start in range(0, len(said), reading.columns)]


def test_a_page_at_a_slant_is_read_without_its_size_or_corners(reader):
    reading = reader.read(photo(grid_page(ROWS)))
    assert as_text(reading) == ROWS
    np.testing.assert_allclose(reading.corners, TURNED, atol=6)
    states = {cell.state for cell in reading.cells if cell.kind == "empty"}
    assert states == {"empty"} and [cell.row * 4 + cell.column for cell in reading.cells] == list(range(12))


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_page_on_its_side_or_upside_down_is_turned(reader, turns):
    reading = reader.read(np.rot90(photo(grid_page(ROWS)), turns))
    assert as_text(reading) == ROWS and reading.turns == 4 - turns


@pytest.mark.parametrize(("upside_down", "sure"), [(7, 0), (6, 8)])
def test_a_page_that_can_be_read_upside_down_as_well_has_no_sure_digit(reader, monkeypatch, upside_down, sure):
    """Of 12 digits 8 are sure as the page lies: if turned 7 are, nobody knows which way is up."""
    page = photo(grid_page(["4702", "0951", "9514"]))
    found = reader.read(page)

    def read(gray, size, corners, turns=0):
        count = {0: 8, 2: upside_down}.get(turns, 1)
        cells = (cell._replace(sure=at < count, why="") for at, cell in enumerate(found.cells))
        return found._replace(cells=tuple(cells), turns=turns)

    monkeypatch.setattr(reader, "_read", read)
    reading = reader.read(page, (3, 4))
    assert reading.turns == 0 and sum(cell.sure for cell in reading.cells) == sure
    assert bool(reading.cells[0].why) == (sure == 0)


def test_boxes_lie_on_the_page_side_by_side(reader):
    reading = reader.read(photo(grid_page(ROWS)), (3, 4))
    height, width = reading.page.shape
    assert reading.cells[0].box[:2] == (0, 0) and reading.cells[-1].box[2:] == (width, height)
    assert all(
        a.box[2] == b.box[0] for a, b in zip(reading.cells, reading.cells[1:], strict=False) if a.row == b.row
    )


def test_given_corners_choose_a_part_of_the_page(reader):
    page = grid_page(ROWS)
    flat = photo(page, ((100, 100), (340, 100), (340, 280), (100, 280)))
    right_half = np.array([[220, 100], [340, 100], [340, 280], [220, 280]], float)
    assert as_text(reader.read(flat, (3, 2), right_half)) == [row[2:] for row in ROWS]


def test_faint_writing_is_never_empty(reader):
    page = grid_page(["4 ", "  "]).astype(float)
    page[26:74, 26:74] = 235 - 0.16 * (235 - page[26:74, 26:74])
    reading = reader.read(photo(page.astype(np.uint8)), (2, 2))
    assert reading.cells[0].state == "look" or reading.cells[0].answer == "4"
    assert reading.cells[3].state == "empty"


def test_one_small_digit_is_a_sure_note_at_the_top_of_its_cell_only(reader):
    cells = reader.read(photo(grid_page(["40a", "57b"])), (2, 3)).cells
    assert [cell.kind for cell in cells] == ["digit", "digit", "notes"] * 2
    assert cells[2].sure and cells[5].why == "one small digit: it may be an answer" and not cells[5].sure


def test_a_stain_is_looked_at(reader):
    page = grid_page(["4 ", "  "]).copy()
    page[108:116, 40:60] = 40
    stained = reader.read(photo(page), (2, 2)).cells[2]
    assert (stained.kind, stained.state) == ("empty", "look") and stained.why


@pytest.mark.skipif(not GRIDS.is_dir(), reason="needs grids/ in the folder DIGITREC_DATA")
@pytest.mark.parametrize("number", [0, 7])
def test_a_photo_of_a_puzzle_is_read_and_nothing_is_surely_wrong(reader, number):
    labels = json.loads((GRIDS / "labels.json").read_text())[number]
    reading = reader.read(read_gray((GRIDS / labels["file"]).read_bytes()))
    assert (reading.rows, reading.columns) == (9, 9)
    wrong = []
    for cell in reading.cells:
        truth = labels["cells"][cell.row][cell.column]
        said = {"empty": 0, "notes": 10}.get(cell.kind) if cell.kind != "digit" else int(cell.answer)
        if said != truth:
            wrong.append(cell)
    assert len(wrong) <= 4 and not any(cell.sure for cell in wrong)
