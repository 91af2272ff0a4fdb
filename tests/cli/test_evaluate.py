"""`python -m digitrec evaluate`: what it prints and writes is what the page shows."""

import csv
import dataclasses
import json

import numpy as np
import pytest

from digitrec.cli.main import main
from digitrec.evaluation import scoring
from digitrec.evaluation.scoring import Note
from digitrec.reporting import evaluation_tables, tables
from support.scored import random_score, trained


@pytest.fixture(autouse=True)
def score(monkeypatch):
    """The answers of any network to any images."""
    found = random_score()
    monkeypatch.setattr(scoring, "score", lambda run, dataset, split: found)
    return found


def test_the_numbers_are_printed_and_the_look_is_counted(score, capsys):
    run = trained()
    assert main(["evaluate", "mine"]) == 0
    said = capsys.readouterr().out
    assert f"accuracy {score.evaluation.accuracy.value:.2%}" in said
    assert "test images viewed 1 time\n" in said
    for table in evaluation_tables.list_tables(score):
        if table.name in ("classes", "calibration"):
            assert tables.to_text(table.make()) in said
    assert run.count_views("digits", "test") == 1


def test_json_is_all_of_it_for_a_program(score, capsys):
    trained()
    assert main(["evaluate", "mine", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["run"], found["accuracy"], found["looks"]) == ("mine", score.evaluation.accuracy.value, 1)
    assert np.array_equal(found["confusion"], score.evaluation.confusion)
    assert set(found["tables"]) == {table.name for table in evaluation_tables.list_tables(score)} - {"answers"}


def test_tables_and_report_are_written_where_asked(score, capsys, tmp_path):
    trained()
    options = ["--csv", str(tmp_path / "new" / "tables"), "--report", str(tmp_path / "report.html")]
    assert main(["evaluate", "mine", *options]) == 0
    for table in evaluation_tables.list_tables(score):
        with (tmp_path / "new" / "tables" / f"{table.name}.csv").open(newline="") as file:
            assert len(list(csv.reader(file))) == 1 + len(table.make().rows)
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert not list(tmp_path.glob("**/*.tmp"))


@pytest.mark.parametrize("option", ["--csv", "--report"])
def test_a_place_that_cannot_be_written_is_named(option, tmp_path, capsys):
    trained()
    (tmp_path / "file").touch()
    assert main(["evaluate", "mine", option, str(tmp_path / "file" / "inside")]) == 1
    assert "inside" in (said := capsys.readouterr().err) and "Choose another file or folder" in said


def test_notes_of_how_the_numbers_came_about_are_said(score, monkeypatch, capsys):
    trained()
    noted = dataclasses.replace(score, notes=(Note(scoring.NOT_STORED, "The disk is full"),))
    monkeypatch.setattr(scoring, "score", lambda run, dataset, split: noted)
    assert main(["evaluate", "mine", "--split", "validation"]) == 0
    assert "digitrec: The evaluation cannot be stored with the run (The disk is full)" in capsys.readouterr().err
