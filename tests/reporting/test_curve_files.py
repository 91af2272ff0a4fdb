"""Curves as files: every row of a history in the CSV, and event files that TensorFlow itself reads."""

import csv
import io
import json
import zipfile

import pytest

from digitrec.cli.main import main
from digitrec.reporting import curve_files
from support import made_runs


def test_the_csv_has_every_row_of_every_run():
    first, second = made_runs.ended(made_runs.new("a")), made_runs.in_epoch(made_runs.new("b"), 2)
    rows = list(csv.DictReader(io.StringIO(curve_files.write_csv([first, second]))))
    assert [row["run"] for row in rows] == ["a"] * (25 + 2) + ["b"] * (15 + 1)
    epochs = [row for row in rows if row["row"] == "epoch"]
    assert [(row["epoch"], float(row["val_loss"]), row["step"]) for row in epochs] == [
        ("1", 0.6, ""),
        ("2", 0.3, ""),
        ("1", 0.6, ""),
    ]


def test_the_checksum_is_the_one_of_the_standard():
    assert curve_files.crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, appendix B.4
    assert curve_files.crc32c(bytes(range(32))) == 0x46DD794E


READ = """
import json, sys
from pathlib import Path
import tensorflow as tf
from tensorflow.python.summary.summary_iterator import summary_iterator
found = {}
for path in sorted(Path(sys.argv[1]).rglob("events.*")):
    for event in summary_iterator(str(path)):
        for value in event.summary.value:
            key = f"{path.parent.parent.name} {path.parent.name} {value.tag}"
            found.setdefault(key, []).append([event.step, round(value.simple_value, 4)])
print(json.dumps(found))
"""


@pytest.mark.slow
def test_tensorflow_reads_the_event_files(keras_process, tmp_path):
    run = made_runs.ended(made_runs.new("mine"))
    assert main(["curves", "mine", "--format", "tensorboard", "--output", str(tmp_path / "logs")]) == 0
    done = keras_process.run(READ, str(tmp_path / "logs"))
    assert done.returncode == 0, done.stderr[-2000:]
    found, history = json.loads(done.stdout.splitlines()[-1]), run.history()
    assert found["mine validation epoch_accuracy"] == [[row.epoch, row.val_accuracy] for row in history.epochs]
    assert found["mine train epoch_loss"] == [[row.epoch, row.loss] for row in history.epochs]
    assert found["mine train batch_loss"] == [[row.step, round(row.loss, 4)] for row in history.batches]


def test_the_zip_has_a_folder_for_each_run_that_has_begun():
    runs = [made_runs.ended(made_runs.new("a")), made_runs.new("waiting"), made_runs.ended(made_runs.new("b"))]
    with zipfile.ZipFile(io.BytesIO(curve_files.zip_event_files(runs))) as archive:
        folders = [name.rsplit("/", 1)[0] for name in archive.namelist()]
    assert folders == ["a/train", "a/validation", "b/train", "b/validation"]


def test_the_command_writes_the_csv_and_refuses_a_run_without_curves(tmp_path, capsys):
    run = made_runs.ended(made_runs.new("mine"))
    assert main(["curves", "mine", "--output", str(tmp_path / "c.csv")]) == 0
    assert (tmp_path / "c.csv").read_text() == curve_files.write_csv([run])
    made_runs.new("waiting")
    assert main(["curves", "waiting", "--format", "tensorboard", "--output", str(tmp_path)]) == 1
    assert "'waiting' has no curves yet" in capsys.readouterr().err
