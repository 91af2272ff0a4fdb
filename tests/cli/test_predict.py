"""`digitrec predict` over files, folders and ZIP files: lines, CSV, JSON, what cannot be read, the bar."""

import csv
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw

import digitrec
from digitrec.cli import predict
from digitrec.cli.main import main
from digitrec.imaging import fit_to_square, read_ink
from digitrec.inference import BATCH, Classifier, load_reference, read_drawing, verdict_words
from digitrec.runs import store
from digitrec.ui.components import canvas
from support.hostile_files import KINDS, saved
from support.image_files import DIGITS, png, zipped
from support.places import ROOT


def photo(seed: int) -> Image.Image:
    """One of the embedded digits as a photo: enlarged, dark on shaded paper."""
    large = Image.fromarray(DIGITS.images[seed % len(DIGITS.images)]).resize((140, 140), Image.Resampling.BICUBIC)
    shade = np.linspace(225, 200, 200)[:, None] + np.random.default_rng(seed).normal(0, 2, (200, 200))
    paper = np.pad(np.asarray(large, np.float64), 30)
    return Image.fromarray(np.clip(shade - paper * 0.7, 0, 255).astype(np.uint8))


def scribble() -> Image.Image:
    page = Image.new("L", (280, 280), 255)
    rng = np.random.default_rng(0)
    ImageDraw.Draw(page).line([tuple(each) for each in rng.integers(20, 260, (30, 2))], fill=0, width=8)
    return page


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Pictures in a folder, in a folder of it and in a ZIP, and two files that are none."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for i, kind in enumerate(KINDS):
        (tmp_path / "in" / f"{i}.{kind.lower()}").write_bytes(saved(photo(i), kind))
    (tmp_path / "in" / "deep" / "image.png").write_bytes(png(DIGITS.images[7]))
    (tmp_path / "in" / "deep" / "scribble.png").write_bytes(saved(scribble(), "PNG"))
    (tmp_path / "in" / "z.zip").write_bytes(zipped({"8/a.png": saved(photo(8), "PNG"), "9.png": b"broken"}))
    (tmp_path / "in" / "empty.png").write_bytes(saved(Image.new("L", (60, 60), 255), "PNG"))
    (tmp_path / "in" / "labels.csv").write_text("file,label\n")
    return tmp_path / "in"


GOOD = 8
ENDS_OF_BAD = ("empty.png", "9.png")


def read_csv(text):
    return list(csv.DictReader(io.StringIO(text)))


def expected_rows(folder):
    """What `digitrec.predict` says of each picture, by its name."""
    files = {str(path.relative_to(folder.parent)): path for path in folder.rglob("*") if path.is_file()}
    data = {name: path.read_bytes() for name, path in files.items() if path.suffix not in (".zip", ".csv")}
    data["in/z.zip/8/a.png"] = saved(photo(8), "PNG")
    return {name: digitrec.predict(each) for name, each in data.items() if not name.endswith(ENDS_OF_BAD)}


def test_a_folder_gives_a_csv_a_json_and_an_exit_status(folder, capsys):
    assert main(["predict", "in", "--csv", "out/answers.csv", "--json", "answers.json"]) == 1
    expected = expected_rows(folder)
    rows = read_csv((folder.parent / "out" / "answers.csv").read_text(encoding="utf-8"))
    objects = json.loads((folder.parent / "answers.json").read_text(encoding="utf-8"))
    assert [row["file"] for row in rows] == [each["file"] for each in objects] == sorted(expected)
    assert len(rows) == GOOD and not all(verdict.sure for verdict in expected.values())
    for row, each in zip(rows, objects, strict=True):
        verdict = expected[row["file"]]
        reasons = [verdict_words.describe_reason(reason, verdict) for reason in verdict.reasons]
        assert (each["answer"], each["sure"], each["reasons"]) == (verdict.answer, verdict.sure, reasons)
        assert list(each["probabilities"].values()) == pytest.approx(verdict.proba.tolist(), abs=1e-6)
        assert list(each["probabilities"]) == list("0123456789")
        assert row == {
            "file": each["file"],
            "answer": each["answer"],
            "sure": str(each["sure"]),
            **{f"probability of {name}": str(value) for name, value in each["probabilities"].items()},
            "reasons": " ".join(reasons),
        }
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "in/empty.png: the picture shows nothing" in printed.err
    assert "in/z.zip/9.png: the file is not a picture" in printed.err
    assert "Left out in/labels.csv: its name is not that of a picture." in printed.err
    assert printed.err.endswith("Wrote answers.json: 8 pictures.\ndigitrec: 2 of 10 pictures could not be read.\n")


def test_lines_are_printed_where_no_file_is_asked_for(folder, capsys):
    assert main(["predict", "in/1.jpeg", "in/deep/scribble.png"]) == 0
    printed = capsys.readouterr()
    verdicts = [digitrec.predict(folder / name) for name in ("1.jpeg", "deep/scribble.png")]
    assert [verdict.sure for verdict in verdicts] == [True, False]
    names = ("in/1.jpeg", "in/deep/scribble.png")
    lines = [f"{name}: {predict.format_verdict(each)}" for name, each in zip(names, verdicts, strict=True)]
    assert printed.out.splitlines() == lines and printed.err == ""


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_dash_is_standard_output(folder, kind, capsys):
    assert main(["predict", "in/*.png", "in/1.jpeg", f"--{kind}", "-"]) == 1
    text = capsys.readouterr().out
    rows = read_csv(text) if kind == "csv" else json.loads(text)
    assert [row["file"] for row in rows] == ["in/0.png", "in/1.jpeg"]
    assert not (folder.parent / "-").exists()


def test_two_files_do_not_fit_standard_output(folder, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["predict", "in", "--csv", "-", "--json", "-"])
    assert stop.value.code == 2 and "only one of them" in capsys.readouterr().err


def test_nothing_but_bad_files_gives_empty_answers(folder, capsys):
    assert main(["predict", "in/empty.png", "nowhere.png", "--json", "out.json", "--csv", "out.csv"]) == 1
    assert json.loads((folder.parent / "out.json").read_text()) == []
    assert (folder.parent / "out.csv").read_text().startswith("file,answer,sure,probability of 0,")
    assert "nowhere.png: there is no such file or folder" in capsys.readouterr().err


def test_a_failure_leaves_the_old_file_and_no_other(folder, monkeypatch):
    (folder.parent / "out.csv").write_text("old")
    monkeypatch.setattr(Classifier, "predict_and_embed", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert main(["predict", "in", "--csv", "out.csv"]) == 1
    assert (folder.parent / "out.csv").read_text() == "old"
    assert sorted(path.name for path in folder.parent.iterdir()) == ["in", "models", "out.csv"]


def test_a_file_that_cannot_be_written_is_said(folder, capsys):
    (folder.parent / "taken").mkdir()
    assert main(["predict", "in/0.png", "--csv", "taken"]) == 1
    assert (
        "digitrec: the answers cannot be written: Is a directory. Choose another file." in capsys.readouterr().err
    )


def test_a_name_that_a_spreadsheet_would_compute_is_escaped(folder, capsys):
    (folder / "0.png").rename(folder.parent / "=1+1.png")
    assert main(["predict", "=1+1.png", "--csv", "-"]) == 0
    assert read_csv(capsys.readouterr().out)[0]["file"] == "'=1+1.png"


@pytest.mark.slow
def test_more_than_one_batch_keeps_names_and_answers_together(tmp_path, capsys):
    pictures = {f"{i:03}.png": b"broken" if i % 7 == 3 else saved(photo(i), "PNG") for i in range(BATCH + 30)}
    (tmp_path / "many.zip").write_bytes(zipped(pictures))
    assert main(["predict", str(tmp_path / "many.zip"), "--json", "-"]) == 1
    found = {each["file"][-7:]: each["answer"] for each in json.loads(capsys.readouterr().out)}
    good = {name: data for name, data in pictures.items() if data != b"broken"}
    assert found.keys() == good.keys()
    model = digitrec.load_model("draw")
    for name in list(good)[::17]:
        assert found[name] == model.predict(good[name]).answer


def pieces() -> Image.Image:
    """Three bars on a picture of 28 x 28."""
    image = np.zeros((28, 28), np.uint8)
    image[5:23, 6:9] = image[5:23, 13:16] = image[5:23, 20:23] = 255
    return Image.fromarray(image)


def test_the_verdict_is_that_of_the_draw_page(folder, capsys):
    run = store.open_run("draw")
    model = Classifier.load(run.tflite_path)
    reference = load_reference(run, model)
    (folder / "pieces.png").write_bytes(saved(pieces(), "PNG"))
    assert main(["predict", "in", "--json", "-"]) == 1
    found = {each["file"]: each for each in json.loads(capsys.readouterr().out) if ".zip/" not in each["file"]}
    assert any("separate parts" in reason for reason in found["in/pieces.png"]["reasons"])
    for name, each in found.items():
        ink = fit_to_square(read_ink((folder.parent / name).read_bytes())[1].ink, canvas.SIDE)  # as `canvas.place`
        verdict = read_drawing(ink, model, run, reference=reference).verdict
        assert (each["answer"], each["sure"]) == (verdict.answer, verdict.sure)
        assert each["reasons"] == [verdict_words.describe_reason(reason, verdict) for reason in verdict.reasons]
        assert list(each["probabilities"].values()) == pytest.approx(verdict.proba.tolist(), abs=1e-6)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_and_whole_lines(folder, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    main(["predict", "in", "--csv", "out.csv"])
    text = terminal.getvalue()
    assert "\r[######" in text and "] 10 of 10\r" in text
    visible = [line.rpartition("\r")[2] for line in text.split("\n")]
    assert [line.partition(":")[0] for line in visible if line.startswith("in/")] == [
        "in/empty.png",
        "in/z.zip/9.png",
    ]
    assert not any("#" in line for line in visible)


def test_what_is_no_terminal_gets_no_bar(folder, capsys):
    main(["predict", "in", "--csv", "out.csv"])
    assert "\r" not in capsys.readouterr().err


def test_one_good_picture_prints_one_line_and_nothing_else(folder):
    done = subprocess.run(
        [sys.executable, "-m", "digitrec", "predict", str(folder / "0.png")],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{folder / '0.png'}: ") and done.stdout.count("\n") == 1
