"""Grids as records and rows, with what a person corrected."""

import csv
import json

import numpy as np

from digitrec.forms import Cell, GridReading
from digitrec.reporting import grid_records

CELLS = (
    Cell(0, 0, "digit", "4", 0.99, True, "", (0, 0, 9, 9)),
    Cell(0, 1, "digit", "1", 0.6, False, "It may be 7.", (9, 0, 18, 9)),
    Cell(1, 0, "empty", "", 0.0, True, "", (0, 9, 9, 18)),
    Cell(1, 1, "notes", "", 0.0, True, "", (9, 9, 18, 18)),
)
READING = GridReading(np.zeros((18, 18), np.uint8), np.array([[0, 0], [9, 0], [9, 9.25], [0, 9]]), 2, 2, CELLS)


def test_a_csv_has_a_line_for_each_cell_and_counts_from_one():
    rows = list(csv.DictReader(grid_records.to_csv([("=a.png", READING, {(0, 1): "7", (1, 0): ""})]).splitlines()))
    assert [row["state"] for row in rows] == ["sure", "corrected", "checked", "sure"]
    assert [row["answer"] for row in rows] == ["4", "7", "", ""]
    assert [(row["row"], row["column"]) for row in rows] == [("1", "1"), ("1", "2"), ("2", "1"), ("2", "2")]
    assert rows[0]["file"] == "'=a.png" and rows[2]["confidence"] == "" and rows[3]["kind"] == "notes"


def test_json_has_corners_and_cells():
    (page,) = json.loads(grid_records.to_json([("a.png", READING, {})]))
    assert page["corners"][2] == [9.0, 9.2] and (page["rows"], page["columns"]) == (2, 2)
    assert page["cells"][1] == {
        "row": 1, "column": 2, "state": "look", "answer": "1", "confidence": 0.6, "kind": "digit",
        "why": "It may be 7.", "box": [9, 0, 18, 9],
    }  # fmt: skip
