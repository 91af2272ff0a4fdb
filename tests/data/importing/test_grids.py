"""One picture with a grid of digits: how it is cut and named, and what is refused."""

import io

import numpy as np
import PIL.Image
import pytest

from digitrec.data import importing, loading
from digitrec.data.catalogue import DatasetError
from digitrec.data.importing import Choices, Grid, grids
from digitrec.imaging import to_mnist


def png(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def sheet(rows: int = 10, columns: int = 5, side: int = 40, *, lines: bool = False) -> np.ndarray:
    """Digits of scikit-learn's on white paper, one class a row: gray uint8 (rows * side, columns * side)."""
    digits = loading.load("digits").train
    gray = np.full((rows * side, columns * side), 255, np.uint8)
    for row in range(rows):
        for column, index in enumerate(np.flatnonzero(digits.labels == row % 10)[:columns]):
            at = (side - 28) // 2
            place = np.s_[row * side + at : row * side + at + 28, column * side + at : column * side + at + 28]
            gray[place] = 255 - digits.images[index]
    if lines:
        gray[::side] = gray[:, ::side] = gray[-1] = gray[:, -1] = 0
    return gray


def test_a_sheet_is_cut_as_it_was_made_and_its_rows_are_classes():
    data = png(sheet())
    shown = importing.preview(data)
    assert (shown.grid.rows, shown.grid.columns, shown.grid.by) == (10, 5, "row")
    assert shown.class_names == tuple("0123456789") and shown.counts["all"]["3"] == 5
    content = importing.read(data)
    part = content.parts["all"]
    assert np.bincount(part.labels).tolist() == [5] * 10
    digits = loading.load("digits").train
    first = digits.images[np.flatnonzero(digits.labels == 0)[0]]
    assert np.abs(part.images[0].astype(int) - to_mnist(first)).mean() < 12


def test_columns_or_each_cell_can_be_named_and_lines_cut_off():
    data = png(sheet(4, 3, lines=True))
    for grid, labels in (
        (Grid(4, 3, "column", ("a", "b", "c"), trim=0.1), [0, 1, 2] * 4),
        (Grid(4, 3, "list", tuple("aabbccddeeff"), trim=0.1), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
    ):
        part = importing.read(data, choices=Choices(grid=grid)).parts["all"]
        assert part.labels.tolist() == labels


def test_a_part_of_the_picture_is_the_grid_and_empty_cells_are_left_out():
    gray = np.pad(sheet(5, 4), ((40, 0), (80, 0)), constant_values=255)
    gray[40:80, 80:120] = 255
    area = (80 / gray.shape[1], 40 / gray.shape[0], 1, 1)
    content = importing.read(png(gray), choices=Choices(grid=Grid(5, 4, "row", area=area)))
    assert len(content.parts["all"].labels) == 19 and content.left_out == ("image 1: it is blank",)


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        (Grid(500, 5), "1 to 200"),
        (Grid(0, 5), "1 to 200"),
        (Grid(200, 200), "leave cells of"),
        (Grid(10, 5, "row", ("a", "b")), "2 names for 10 rows"),
        (Grid(10, 5, "list"), "names of the cells are missing"),
        (Grid(10, 5, area=(0.5, 0, 0.2, 1)), "not allowed"),
        (Grid(10, 5, trim=0.5), "not allowed"),
        (Grid(10, 5, "row", (*tuple("012345678"), "=x")), "not a valid class name"),
    ],
)
def test_what_cannot_be_cut_or_named_is_refused(grid, words):
    with pytest.raises(DatasetError, match=words):
        importing.read(png(sheet()), choices=Choices(grid=grid))


def test_a_damaged_and_a_huge_picture_are_refused():
    data = png(sheet())
    with pytest.raises(DatasetError, match="damaged"):
        importing.preview(data[: len(data) // 2])
    with pytest.raises(DatasetError, match="expected at most"):
        importing.preview(png(np.zeros((5000, 5000), np.uint8)))
    with pytest.raises(DatasetError, match="10 MB"):
        importing.preview(data + b"\0" * 10_000_001)


def test_typed_names_are_told_apart():
    assert grids.parse_names("0123") == ("0", "1", "2", "3")
    assert grids.parse_names("cat, dog\nowl") == ("cat", "dog", "owl")
    assert grids.parse_names(" ") == ()


def test_the_cuts_are_drawn_on_the_picture():
    shown = grids.draw_cuts(png(sheet(4, 3)), Grid(4, 3))
    assert shown.shape == (160, 120, 3) and (shown == (0, 158, 115)).all(2).any()
