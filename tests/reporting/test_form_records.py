"""Pages of forms as JSON and CSV."""

import csv
import io
import json

import numpy as np

from digitrec.forms import FieldReading, PageReading
from digitrec.reporting import form_records

FIELDS = (
    FieldReading("=age", "number", "42", 0.98761, True, "", (1, 2, 30, 12)),
    FieldReading("b", "struck out", "", 0.0, False, "it may be a digit", (1, 20, 11, 30)),
)
PAGE = PageReading(np.zeros((40, 50), np.uint8), np.array([[0, 0], [9, 0], [9, 9], [0, 9.04]]), FIELDS, 3)


def test_a_page_is_a_json_object_with_its_fields():
    (record,) = json.loads(form_records.to_json([("a.pdf, page 2", PAGE)]))
    assert record["file"] == "a.pdf, page 2" and record["quarter turns"] == 3
    assert (record["width"], record["height"], record["corners"][3]) == (50, 40, [0.0, 9.0])
    assert record["fields"][1] == {
        "field": "b",
        "state": "look",
        "text": "",
        "confidence": None,
        "kind": "struck out",
        "why": "it may be a digit",
        "box": [1, 20, 11, 30],
    }


def test_a_field_is_a_row_of_a_csv_and_is_no_formula_there():
    rows = list(csv.DictReader(io.StringIO(form_records.to_csv([("a", PAGE)]))))
    assert [row["field"] for row in rows] == ["'=age", "b"]
    assert (rows[0]["text"], rows[0]["confidence"], rows[0]["state"], rows[0]["box"]) == (
        "42",
        "0.9876",
        "sure",
        "1 2 30 12",
    )
