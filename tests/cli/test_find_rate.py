"""The range test from the command line, and its folder."""

import dataclasses
import json
import os

import pytest

from digitrec.cli import train
from digitrec.cli.main import main, parser
from digitrec.runs import PRESETS, measurements, processes
from digitrec.runs.config import TrainConfig
from digitrec.runs.measurements import RangeTest

OWN = TrainConfig(dataset="digits", network="own", layers="conv 4 max 2 norm, flatten", batch_size=64)


@pytest.mark.parametrize("config", [*PRESETS.values(), OWN])
def test_the_command_line_understands_what_it_is_asked(config):
    options = parser().parse_args([*RangeTest(config).arguments(0), "--watch-stdin"])
    assert RangeTest(train.read_settings(options)).folder == RangeTest(config).folder and options.watch_stdin


def test_only_the_settings_that_make_a_difference_name_the_folder(folders):
    found = RangeTest(OWN).folder
    other = dataclasses.replace(OWN, learning_rate=0.05, schedule="cosine", epochs=9, warmup=0.1)
    assert RangeTest(other).folder == found
    assert RangeTest(dataclasses.replace(OWN, seed=1)).folder != found


def test_the_newest_tests_are_kept(folders, monkeypatch):
    monkeypatch.setattr(measurements, "MAX_RANGE_TESTS", 2)
    tests = [RangeTest(dataclasses.replace(OWN, seed=seed)) for seed in range(4)]
    for age, test in enumerate(tests):
        test.folder.path.mkdir(parents=True)
        os.utime(test.folder.path, (1000 - age, 1000 - age))
    measurements.forget_range_tests()
    assert [test.folder.path.is_dir() for test in tests] == [True, True, False, False]
    measurements.forget_range_tests()
    assert sum(test.folder.path.is_dir() for test in tests) == 2


def test_without_tensorflow_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(processes, "has_tensorflow", lambda: False)
    assert main(["find-rate", "--dataset", "digits"]) == 1
    assert 'needs TensorFlow: pip install "digitrec[train]"' in capsys.readouterr().err


def test_a_failure_is_left_for_the_page_in_words(folders, monkeypatch, capsys):
    def fail(config, report):
        raise MemoryError("no room")

    monkeypatch.setattr("digitrec.cli.find_rate._test", fail)
    monkeypatch.setattr(processes, "prepare_tensorflow", lambda: None)
    assert main(["find-rate", "--dataset", "digits"]) == 1
    assert "the range test failed: no room" in capsys.readouterr().err
    assert measurements.progress(RangeTest(TrainConfig(dataset="digits"))).error == "MemoryError: no room"


def test_a_flat_curve_offers_nothing(folders, monkeypatch, capsys):
    flat = {"rates": [10.0**-i for i in range(5, 0, -1)], "losses": [2.3] * 5, "batch_size": 64}
    monkeypatch.setattr("digitrec.cli.find_rate._test", lambda config, report: flat)
    monkeypatch.setattr(processes, "prepare_tensorflow", lambda: None)
    assert main(["find-rate", "--dataset", "digits"]) == 0
    assert "nothing to suggest" in capsys.readouterr().out


@pytest.mark.slow
def test_an_own_network_has_its_rate_found(folders, keras_process):
    options = [*RangeTest(OWN).arguments(0), "--adversarial", "0.1"]
    done = keras_process.digitrec(*options)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("learning rate: ")
    measured = RangeTest(dataclasses.replace(OWN, adversarial=0.1))
    result = json.loads((measured.folder.path / "result.json").read_text())
    assert len(result["rates"]) == len(result["losses"]) > 20
    assert result["rates"] == sorted(result["rates"]) and result["batch_size"] <= 64
