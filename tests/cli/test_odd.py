"""`digitrec odd` without a network, and the corrections of `digitrec train`."""

import csv
import json

import pytest

from digitrec.cli import train
from digitrec.cli.main import main, parser
from digitrec.curation import Finding, Findings, OddSearch, make_search
from digitrec.data import DatasetError, corrections, loading
from digitrec.data.corrections import RELABEL, Decision
from digitrec.runs import ConfigError, TrainConfig, measurements, processes, store

DIGITS = tuple("0123456789")


@pytest.fixture(autouse=True)
def no_tensorflow(folders, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels are not judged."""
    monkeypatch.setattr(processes, "has_tensorflow", lambda: False)


def relabel(place: int, to: int) -> None:
    key = corrections.find_key(loading.load("digits"), "train", place)
    corrections.decide("digits", Decision(key, RELABEL, to, "", place))


def test_what_is_odd_is_printed_stored_and_written(capsys, tmp_path):
    assert main(["odd", "digits"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("kind\tsplit\tindex") and "outlier\ttrain" in printed.out
    assert 'labels were not judged. That needs TensorFlow: pip install "digitrec[train]"' in printed.err
    path = tmp_path / "odd.csv"
    assert main(["odd", "digits", "--csv", str(path)]) == 0
    assert "of 1000" not in capsys.readouterr().err  # nothing is searched again
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert {row["kind"] for row in rows} == {"duplicate", "outlier"} and len(rows) > 20


def test_the_command_line_understands_what_the_page_asks():
    options = parser().parse_args([*OddSearch("digits", "00").arguments(0), "--watch-stdin"])
    assert options.dataset == "digits" and options.watch_stdin


def test_labels_are_in_the_file_with_what_is_suggested(tmp_path):
    folder = measurements.claim(make_search(loading.load("digits")), 0, by_server=False)
    measurements.finish(folder, Findings((Finding("label", "train", 3, 0.1, 4, 0.9),), {"train": 1}).to_dict())
    path = tmp_path / "odd.csv"
    assert main(["odd", "digits", "--csv", str(path)]) == 0
    (row,) = csv.DictReader(path.read_text().splitlines())
    label = str(loading.load("digits").train.labels[3])
    assert (row["label"], row["suggested"], row["share"], row["score"]) == (label, "4", "0.9", "0.1")


def test_the_change_log_is_a_table_or_json(tmp_path):
    relabel(3, 9)
    for name in ("log.csv", "log.json"):
        assert main(["odd", "digits", "--change-log", str(tmp_path / name)]) == 0
    (row,) = csv.DictReader((tmp_path / "log.csv").read_text().splitlines())
    assert (row["image"], row["action"], row["new label"], row["holds"]) == ("3", "relabel", "9", "yes")
    assert json.loads((tmp_path / "log.json").read_text())["decisions"][0]["to"] == 9


def test_an_unknown_data_set_is_an_error(capsys):
    assert main(["odd", "nothing"]) == 1
    assert "there is no data set 'nothing'" in capsys.readouterr().err


def test_a_training_keeps_the_version_of_its_start():
    relabel(3, 9)
    options = parser().parse_args(["train", "--dataset", "digits", "--corrections", "latest"])
    run = store.create(train.read_settings(options), DIGITS, "mine")
    version = corrections.find_version("digits")
    relabel(4, 9)
    assert store.open_run("mine").config.corrections == version != corrections.find_version("digits")
    assert run.config == store.open_run("mine").config
    assert store.create(run.config, DIGITS, "again").config == run.config


def test_without_corrections_the_latest_are_none_and_an_unknown_version_is_refused():
    assert store.create(TrainConfig(dataset="digits", corrections="latest"), DIGITS).config.corrections == ""
    with pytest.raises(DatasetError, match="are not on this machine"):
        store.create(TrainConfig(dataset="digits", corrections="0123456789ab"), DIGITS)


@pytest.mark.parametrize("value", ["yes", "0123", "0123456789AB", 3, None, "0123456789ab\n"])
def test_what_is_no_version_is_refused(value):
    with pytest.raises(
        ConfigError, match=r"^corrections is .*: expected latest, or a version of 12 letters and digits"
    ):
        TrainConfig(corrections=value)
