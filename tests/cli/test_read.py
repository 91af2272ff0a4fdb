"""`digitrec read` over pictures: lines, JSON, CSV, and what cannot be read."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitrec.cli.main import main
from digitrec.forms import templates
from digitrec.ui.read.example import example_picture
from support.made_forms import fill, pen_glyph
from support.made_pages import grid_page, photo, png


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "=a.png").write_bytes(example_picture())
    (tmp_path / "in" / "b.png").write_bytes(b"broken")
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    return "in"


def test_files_have_the_text_each_digit_and_its_box(folder, capsys):
    assert main(["read", folder, "--json", "out.json", "--csv", "out.csv"]) == 1
    (record,) = json.loads(Path("out.json").read_text())
    assert (record["file"], record["text"]) == ("in/=a.png", "4072 19.5")
    assert [digit["answer"] for digit in record["digits"]] == list("407219.5")
    assert all(set(digit) == {"box", "answer", "confidence", "sure"} for digit in record["digits"])
    assert 0 < record["confidence"] <= 1 and len(record["digits"][0]["box"]) == 4
    (row,) = csv.DictReader(Path("out.csv").read_text().splitlines())
    assert (row["text"], row["digits"]) == ("4072 19.5", "4 0 7 2 1 9 . 5")
    said = capsys.readouterr().err
    assert "in/b.png: the file is not a picture" in said and "1 of 2 pictures could not be read" in said
    assert "Left out in/notes.txt" in said and "Wrote out.json: 1 picture." in said


def test_without_files_each_picture_is_a_line(folder, capsys):
    assert main(["read", "in/=a.png"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("in/=a.png: ") and "4072" in said and said.count("\n") == 1


def test_a_csv_on_standard_output_has_one_line_for_each_picture(folder, capsys):
    assert main(["read", "in/=a.png", "--csv", "-"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_both_files_on_standard_output_are_refused(folder):
    with pytest.raises(SystemExit):
        main(["read", folder, "--csv", "-", "--json", "-"])


def test_a_file_that_cannot_be_written_is_an_error(folder, capsys):
    assert main(["read", "in/=a.png", "--csv", "in/=a.png/out.csv"]) == 1
    assert "Choose another file" in capsys.readouterr().err


def test_a_grid_is_read_in_place_of_numbers(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("page.png").write_bytes(png(photo(grid_page(["4 ", "05"]))))
    assert main(["read", "page.png", "--grid", "auto"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()[1:]] == [["4", "."], ["0", "5"]]
    assert main(["read", "page.png", "--grid", "2x2", "--csv", "out.csv", "--json", "out.json"]) == 0
    assert [row["answer"] for row in csv.DictReader(Path("out.csv").read_text().splitlines())] == [
        "4",
        "",
        "0",
        "5",
    ]
    assert json.loads(Path("out.json").read_text())[0]["rows"] == 2
    assert main(["read", "page.png", "--grid", "3x3"]) == 1
    assert "its lines make 2 x 2" in capsys.readouterr().err


@pytest.mark.parametrize("size", ["9", "0x3", "3x41", "x"])
def test_a_size_that_is_none_is_refused(size, capsys):
    with pytest.raises(SystemExit):
        main(["read", "page.png", "--grid", size])
    assert "expected rows x columns, 1 to 40 each" in capsys.readouterr().err


def test_a_grid_of_numbers_has_their_digits_and_only_numbers_have_them(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    sizes = ["form", "grid", "sheet.json", "--rows", "1", "--columns", "2", "--length", "4", "--decimals", "2"]
    assert main([*sizes, "--kind", "number", "--boxes"]) == 0
    fields = templates.from_json(Path("sheet.json").read_bytes()).fields
    assert {(field.kind, field.length, field.decimals, field.boxed) for field in fields} == {
        ("number", 4, 2, True)
    }
    assert len(fields[0].cells) == 4
    assert main(sizes) == 1
    assert "expected --kind number" in capsys.readouterr().err


def test_pages_of_a_form_are_read_from_a_file_with_several(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["form", "grid", "sheet.json", "--rows", "2", "--columns", "2", "--names", "{row}-{column}"]) == 0
    assert main(["form", "print", "sheet.json", "sheet.pdf"]) == 0
    form, rng = templates.from_json(Path("sheet.json").read_bytes()), np.random.default_rng(0)
    filled = Image.fromarray(fill(form, {"1-2": "4", "2-1": "7"}, pen_glyph, rng))
    filled.save("scan.tif", save_all=True, append_images=[Image.new("L", filled.size, 250)])
    assert main(["read", "sheet.pdf", "scan.tif", "--template", "sheet.json", "--csv", "out.csv"]) == 1
    assert "scan.tif, page 2: the picture does not show the four black squares" in capsys.readouterr().err
    rows = list(csv.DictReader(Path("out.csv").read_text().splitlines()))
    assert [row["state"] for row in rows[:4]] == ["empty"] * 4
    names = ("1-1", "1-2", "2-1", "2-2")
    assert [(row["file"], row["field"], row["text"]) for row in rows[4:]] == [
        ("scan.tif, page 1", name, text) for name, text in zip(names, ("", "4", "7", ""), strict=True)
    ]
    assert main(["read", "scan.tif", "--template", "none"]) == 1
    assert "there is no form 'none'" in capsys.readouterr().err
