"""scripts/make_draw: one training from public data alone, then its limits of "not sure"."""

import dataclasses
import importlib.machinery
import importlib.util
from pathlib import Path

import pytest

from digitrec.cli import main as command_line
from digitrec.cli.train import read_settings
from digitrec.data import loading
from digitrec.runs import PRESETS

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "make_draw"


@pytest.fixture
def script():
    loader = importlib.machinery.SourceFileLoader("make_draw", str(SCRIPT))
    spec = importlib.util.spec_from_loader("make_draw", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_it_trains_on_public_data_without_an_earlier_network_and_then_calibrates(script, monkeypatch, capsys):
    commands, parse = [], command_line.parser().parse_args
    monkeypatch.setattr(script, "run_command", lambda words: commands.append(parse(words)))
    script.main(["--name", "mine", "--seed", "3"])
    train, calibrate = commands
    settings = read_settings(train)
    expected = {"dataset": "mnist+pen+forms", "seed": 3, "epochs": script.EPOCHS, **script.CHANGES}
    assert settings == dataclasses.replace(PRESETS["robust"], **expected)
    assert settings.start_names == settings.teacher_names == () and train.name == "mine"
    assert all(loading.describe(name).home for name in ("mnist", "pendigits"))
    assert (calibrate.run, calibrate.thorough) == ("mine", True)
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == ["train", "calibrate"]


def test_a_training_that_fails_is_not_calibrated(script, monkeypatch):
    commands = []
    monkeypatch.setattr(script, "run_command", lambda words: commands.append(words[0]) or 1)
    with pytest.raises(SystemExit) as ended:
        script.main([])
    assert ended.value.code == 1 and commands == ["train"]
