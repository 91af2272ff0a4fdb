"""Tables: cells that know their units, for a person and for a program."""

import csv
import io
import math

import pytest

from digitrec.metrics.intervals import Estimate
from digitrec.reporting import tables
from digitrec.reporting.tables import Area, Interval, Loss, Probability, Share, Table

TABLE = Table(
    "name", "Title", ("Class", "Images", "Right"), [("a, b", 1200, Share(0.25)), ("=1+1", 3, Share(math.nan))]
)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Share(0.99999), ">99.99%"),
        (Share(1.0), "100.00%"),
        (Loss(0.12345), "0.1235"),
        (Area(0.9999999), ">0.99999"),
        (Probability(1.0), ">99.9999%"),
        (Interval(Share(0.1), Share(0.2)), "10.00% to 20.00%"),
        (Interval(Share(math.nan), Share(math.nan)), "–"),
        (Share(math.nan), "–"),
        (None, "–"),
        (12345, "12,345"),
        (0.001, "0.001"),
        ("text", "text"),
    ],
)
def test_each_unit_is_written_as_a_person_reads_it(cell, text):
    assert tables.format_cell(cell) == text


def test_csv_keeps_numbers_whole_and_disarms_formulas():
    rows = list(csv.reader(io.StringIO(tables.to_csv(TABLE))))
    assert rows == [["Class", "Images", "Right"], ["a, b", "1200", "0.25"], ["'=1+1", "3", ""]]


def test_a_sign_alone_is_no_formula():
    table = Table("name", "Title", ("A", "B", "C"), [("-", "-1", "+x")])
    assert tables.to_csv(table).splitlines()[1] == "-,'-1,'+x"


def test_an_interval_takes_two_columns_of_a_file():
    cells = tables.estimate_cells(Estimate(0.5, 0.25, 0.75))
    table = Table("name", "Title", ("Accuracy", "95% interval"), [cells])
    assert tables.to_records(table) == [{"Accuracy": 0.5, "95% interval from": 0.25, "95% interval to": 0.75}]
    assert tables.to_csv(table).splitlines()[0] == "Accuracy,95% interval from,95% interval to"


def test_a_table_without_rows_has_its_columns():
    assert tables.to_csv(TABLE._replace(rows=[])) == "Class,Images,Right\r\n"
    assert tables.to_text(TABLE._replace(rows=[])) == "Title\nClass  Images  Right"


def test_text_stands_in_columns_numbers_to_the_right():
    assert tables.to_text(TABLE).splitlines() == [
        "Title",
        "Class  Images   Right",
        "a, b    1,200  25.00%",
        "=1+1        3       –",
    ]


def test_a_column_can_be_left_out():
    found = tables.drop_column(TABLE, "Images")
    assert (found.columns, found.rows[0]) == (("Class", "Right"), ("a, b", Share(0.25)))
    assert tables.drop_column(TABLE, "none such") == TABLE
