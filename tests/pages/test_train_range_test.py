"""Find a learning rate on the Train page, without training anything."""

import json

import numpy as np
import pytest

from digitrec.runs import RangeTest, jobs, measurements
from digitrec.ui.train import range_test, settings
from support.made_runs import open_page, rerun, words

RATES = np.geomspace(1e-5, 1, 60)


@pytest.fixture(autouse=True)
def no_training(monkeypatch: pytest.MonkeyPatch, alone) -> None:
    """No process is started."""
    monkeypatch.setattr(jobs, "start", lambda run: None)


def measured(monkeypatch, losses) -> None:
    """A test with these losses, of whatever settings."""
    result = {"rates": RATES.tolist(), "losses": list(losses), "batch_size": 32}
    state = measurements.Progress(60, 60, 0.0, result=json.loads(json.dumps(result)))
    monkeypatch.setattr(measurements, "progress", lambda measurement: state)


def test_it_is_started_in_the_background_with_the_settings_of_the_page(monkeypatch):
    started = []
    monkeypatch.setattr(measurements, "start", lambda measurement, images: started.append(measurement))
    page = open_page("train")
    (button,) = [each for each in page.main.button if each.label == "Find a learning rate"]
    button.click()
    rerun(page)
    ((name, value),) = [(f, v) for f, v in started[0].settings.items() if f == "network"]
    assert isinstance(started[0], RangeTest) and (name, value) == ("network", "strided")


def test_the_rate_that_is_offered_goes_into_the_field_at_a_click(monkeypatch):
    x = np.log10(RATES)
    measured(monkeypatch, 0.5 + 1.8 / (1 + np.exp(6 * (x + 3))) + 4 / (1 + np.exp(-8 * (x + 1))))
    page = open_page("train")
    assert "is offered: the loss falls fastest at 0.001" in words(page)
    assert "Measured in batches of 32" in words(page)
    (use,) = [each for each in page.main.button if each.key == "use-rate"]
    offered = float(use.label.removeprefix("Use "))
    use.click()
    rerun(page)
    (rate,) = [each for each in page.main.select_slider if each.label == "Learning rate"]
    assert rate.value == offered and 1e-3 < offered < 0.1
    (use,) = [each for each in page.main.button if each.key == "use-rate"]
    assert use.label == "It is used" and use.disabled


def test_a_flat_curve_is_drawn_and_offers_nothing(monkeypatch):
    measured(monkeypatch, np.full(60, 2.3))
    page = open_page("train")
    assert "no rate can be offered" in words(page)
    assert not [each for each in page.main.button if each.key == "use-rate"]


def test_a_result_of_another_version_is_passed_over(monkeypatch):
    state = measurements.Progress(1, 1, 0.0, result={"rates": [1.0]})
    monkeypatch.setattr(measurements, "progress", lambda measurement: state)
    assert "offered" not in words(open_page("train"))


@pytest.mark.parametrize(("rate", "setting"), [(0.012345, 0.012), (3.0, 0.1), (1e-7, 1e-5)])
def test_a_rate_fits_the_setting(rate, setting):
    assert range_test.to_setting(rate) == setting and settings.limits("learning_rate") == (1e-5, 0.1)
