"""The fields of a stack as files: the same in each, corrected where a person did, no formula in a spreadsheet."""

import csv
import io
import json
import zipfile

import pytest
from openpyxl import load_workbook

from digitrec.data import DatasetError
from digitrec.reporting import stack_files, stack_texts
from digitrec.reporting.spreadsheets import as_number
from digitrec.stacks import Page, load_table, log
from digitrec.stacks.drawings import Saved
from support import made_stacks
from support.made_stacks import add, field, new


@pytest.fixture
def table(folders):
    page = made_stacks.page(0, ["48", "1 "], r1c2=0.5)
    other = made_stacks.page(2, [" "])
    other = other._replace(fields=(field("1, 1", "007", kind="number"), field("=a", "", kind="notes")))
    stack = add(new(3), page, Page(1, "=bad.png", "b" * 64, problem="it is blank."), other)
    log.say(stack, [((0, "1, 2"), "digit", "3")], cause="doubt")
    return load_table(stack)


def test_json_has_each_field_and_each_page_that_cannot_be_read(table):
    records = json.loads(stack_files.to_json(table))
    assert [record["page"] for record in records] == [1, 1, 1, 1, 2, 3, 3]
    assert records[1] == {
        "file": "0.png",
        "page": 1,
        "field": "1, 2",
        "text": "3",
        "kind": "digit",
        "state": "corrected",
        "confidence": 0.5,
        "read as": "8",
        "why": "",
        "box": [20, 0, 40, 20],
        "crop": "crops/00001/0002.jpg",
    }
    assert records[4] == {"file": "=bad.png", "page": 2, "problem": "it is blank."}


def test_csv_has_the_same_and_no_formula(table):
    rows = list(csv.DictReader(io.StringIO(stack_files.to_csv(table))))
    assert [row["text"] for row in rows] == ["4", "3", "1", "", "007", ""]
    assert rows[5]["field"] == "'=a" and rows[5]["state"] == "look"


def test_a_spreadsheet_has_a_row_for_each_page_and_texts_stay_texts(table):
    book = load_workbook(io.BytesIO(stack_files.to_xlsx(table)))
    assert book.sheetnames == ["Pages", "Fields", "Problems"]
    pages = [[cell.value for cell in row] for row in book["Pages"].iter_rows()]
    assert pages[0] == ["file", "page", "to look at", "1, 1", "1, 2", "2, 1", "2, 2", "=a"]
    assert pages[1] == ["0.png", 1, 0, 4, 3, 1, None, None]
    assert pages[2][:5] == ["2.png", 3, 1, "007", None] and pages[2][7] == "notes"
    cell = book["Fields"].cell(7, 3)
    assert (cell.value, cell.data_type) == ("=a", "s")
    assert [cell.value for cell in list(book["Problems"].rows)[1]] == ["=bad.png", 2, "it is blank."]


def test_a_zip_has_the_picture_of_each_field(table, monkeypatch):
    archive = zipfile.ZipFile(io.BytesIO(stack_files.to_zip(table)))
    named = [record["crop"] for record in json.loads(archive.read("fields.json")) if "crop" in record]
    assert set(archive.namelist()) == {"fields.json", "fields.csv", *named}
    assert archive.read(named[0])[:2] == b"\xff\xd8"
    monkeypatch.setattr(stack_files, "MAX_CROPS", 3)
    with pytest.raises(DatasetError, match="6 fields: expected at most 3"):
        stack_files.to_zip(table)


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), ("-0.5", -0.5), ("007", "007"), ("1,5", "1,5"), ("x", "x"), ("9" * 20, "9" * 20), ("0", 0)],
)
def test_texts_that_are_numbers(text, value):
    assert as_number(text) == value


def test_a_doubtful_field_that_was_checked_says_nothing_of_the_sure_ones(table):
    assert table.said and "None of them was checked yet" in stack_texts.describe_outlook(table)


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        (Saved(1), "1 drawing added. Evaluate and Train offer them as a data set."),
        (
            Saved(2, 1, 1),
            "2 drawings added. Evaluate and Train offer them as a data set. No ink can be cut out of 1 digit. 1 "
            "number is left out: the ink is not divided into the digits that you say it has.",
        ),
        (
            Saved(0, 0, 3),
            "0 drawings added. 3 numbers are left out: the ink is not divided into the digits that you say they "
            "have.",
        ),
        (Saved(0, 0, 2, "the model is gone."), "0 drawings added. 2 numbers are left out: the model is gone."),
    ],
)
def test_what_became_of_corrected_digits_is_said(saved, words):
    assert stack_texts.describe_saved(saved) == words
