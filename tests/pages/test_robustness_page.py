"""Evaluate's section on robustness: measured, kept, compared, stale, failed; a sample; an attack."""

import dataclasses
import re

import numpy as np
import pytest

from digitrec.data import loading
from digitrec.evaluation import scoring
from digitrec.evaluation.record import Evaluation
from digitrec.robustness import corruptions, fast_gradient, scores
from digitrec.robustness.fast_gradient import EPSILONS, Attack, Example
from digitrec.runs import measurements, places
from digitrec.runs.measurements import Measurement
from digitrec.runs.run import Run
from digitrec.ui import pickers
from digitrec.ui.evaluate import address
from digitrec.ui.evaluate import cells as ui_cells
from digitrec.ui.evaluate import failures as ui_failures
from support import chain, made_runs
from support.made_runs import Reader, open_page, rerun, words
from support.measuring import FAIL, WAIT, stand_in, until

NAMES = tuple("0123456789")
measured: list[scores.RobustnessScores] = []  # once for all tests


class Known(Reader):
    """As `Reader`, with what `pickers.classifier` asks of a classifier."""

    classes = 10


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch, alone) -> None:
    """Every network is one with known mistakes."""
    for module in (scoring, scores, pickers):
        monkeypatch.setattr(module, "Classifier", Known)


def evaluated(run: Run) -> Evaluation:
    return scoring.score(run, "digits", "test").evaluation


def with_scores(run: Run, **changes: object) -> scores.RobustnessScores:
    """The run with kept robustness of the network and data that it has, or with changes."""
    if not measured:
        measured.append(scores.measure_robustness(run, scoring.score(run, "digits", "test"), n=60))
    now = evaluated(run)
    kept = dataclasses.replace(measured[0], model_sha256=now.model_sha256, data_sha256=now.data_sha256)
    kept = dataclasses.replace(kept, **changes)
    run.save_evaluation("digits", scores.record_name("test"), kept.to_dict())
    return kept


def with_attack(run: Run) -> Attack:
    now, labels = evaluated(run), loading.load("digits").test.labels
    signs = np.tile(np.array([[1, -1]], np.int8), (28, 14))
    kept = Attack(
        n=50,
        right=tuple(range(50, 30, -2)),
        right_by_chance=(50,) * len(EPSILONS),
        examples=tuple(Example(int(np.flatnonzero(labels == label)[1]), signs) for label in range(10)),
        model_sha256=now.model_sha256,
        data_sha256=now.data_sha256,
    )
    run.save_evaluation("digits", fast_gradient.record_name("test"), kept.to_dict())
    return kept


def open_robustness(*, other: str | None = None):
    page = open_page("evaluate")
    page.button_group(key="evaluate-section").set_value("Robustness")
    page = rerun(page)
    if other:
        page.selectbox(key="robustness-beside").set_value(other)
        page = rerun(page)
    return page


def metrics(page) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.main.metric}


def galleries(page) -> list[str]:
    return [html.body for html in page.main.get("html") if "digit-gallery" in html.body]


def captions(gallery: str) -> list[str]:
    return re.findall(r"<figcaption>(.*?)</figcaption>", gallery)


def button(page, start: str):
    (found,) = [each for each in page.main.button if each.key.startswith(start)]
    return found


def test_nothing_is_measured_until_asked_and_a_sample_is_shown_under_all_corruptions(run):
    page = open_robustness()
    assert not metrics(page)
    assert button(page, "measure robustness").label == "Measure robustness"
    (sample,) = galleries(page)
    assert sample.count("<img") == 16 and "Canny edges: " in sample


def test_a_server_that_only_reads_says_once_that_nothing_is_measured(run, monkeypatch):
    with_scores(run)
    with_scores(made_runs.ended(made_runs.new("second")))
    monkeypatch.setenv("DIGITREC_READ_ONLY", "1")
    page = open_robustness(other="first")
    assert words(page).count("you cannot start a measurement here") == 1
    labels = {each.label for each in page.main.button}
    assert not labels & {"Measure robustness", "Measure again", "Attack the network"}
    assert metrics(page)


def test_on_test_images_it_is_said_once_that_nothing_is_chosen_on_them(run):
    page = open_robustness()
    assert words(page).count("Choose models on validation images") == 1
    page.segmented_control(key="evaluate-split").set_value("validation")
    assert "Choose models on validation images" not in words(rerun(page))


def test_it_is_said_once_that_the_cluster_is_away_and_nothing_can_be_started(run, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setenv(places.VARIABLE, "tcp://127.0.0.1:9")
    made_runs.ended(made_runs.new("second"))
    page = open_robustness(other="first")  # the newest is the one chosen at first
    assert words(page).count("cannot be reached") == 1
    starts = [each for each in page.main.button if each.key.startswith("measure ")]
    assert len(starts) == 3 and all(each.disabled for each in starts)


def test_kept_numbers_are_shown_at_once_with_their_intervals(run):
    kept = with_scores(run)
    page = open_robustness()
    assert metrics(page)["MNIST-C's 15"] == f"{kept.at_paper.value:.1%}"
    assert metrics(page)["Uncorrupted"] == f"{kept.clean / kept.n:.1%}"
    assert f"{kept.overall.low:.1%} to {kept.overall.high:.1%}" in words(page)
    table = page.main.dataframe[0].value
    assert np.allclose(table[[f"Severity {i}" for i in range(1, 6)]], 100 * kept.right / kept.n)


@pytest.mark.parametrize("change", [{"model_sha256": "older"}, {"data_sha256": "others"}, {"version": 0}])
def test_numbers_of_another_network_images_or_corruptions_are_not_shown_but_said(run, change):
    with_scores(run, **change)
    page = open_robustness()
    assert not metrics(page)
    assert "Measure it again" in words(page)


def test_a_chosen_cell_shows_the_images_that_fail_with_answer_and_label(run):
    kept = with_scores(run)
    page = open_robustness()
    page.session_state[ui_cells.CELL] = ("first", "fog", 3)
    page = rerun(page)
    right, failures = kept.cell("fog", 3)
    assert "Fog, severity 3: images that first misreads" in words(page)
    assert f"{kept.n - right:,} images misread" in words(page)
    told = [shown["caption"] for shown in chain.galleries(page)[0]["images"]]
    assert len(told) == min(ui_failures.PER_PAGE, len(failures))
    assert all(re.fullmatch(r"✗ read \d \(91\.0%\), is\s\d", line) for line in told)


def test_a_chosen_failure_is_shown_large_beside_itself_uncorrupted_and_leads_to_its_card(run):
    kept = with_scores(run)
    page = open_robustness()
    place = kept.cell("fog", 3)[1][0].place
    page.session_state[ui_cells.CELL] = ("first", "fog", 3)
    page.session_state[ui_failures.CHOSEN] = (("first", ("fog", 3)), place)
    page = rerun(page)
    index = int(corruptions.sample_indices(len(loading.load("digits").test.labels), kept.n)[place])
    assert f"Image {index:,}, labelled" in words(page)
    assert sum("Fog, severity 3" in html.body for html in page.main.get("html")) == 1
    button(page, "robustness-card").click()
    page = rerun(page)
    assert page.session_state["evaluate-section"] == "Errors"
    assert page.session_state[address._SELECTION].image == index


@pytest.mark.parametrize("kind", ["figure", "table"])
def test_a_click_and_a_cell_of_the_table_choose_the_same(run, kind, monkeypatch):
    with_scores(run)
    key = f"robustness-{kind} {run.path}"
    points, cells = [{"point_index": 5 * 10 + 2}], [(10, "Severity 3")]
    monkeypatch.setattr(ui_cells.st, "session_state", {key: {"selection": {"points": points, "cells": cells}}})
    (ui_cells._choose_point if kind == "figure" else ui_cells._choose_cell)(run, key)
    assert ui_cells.st.session_state[ui_cells.CELL] == ("first", "fog", 3)


def test_corrupted_images_are_shown_with_the_calibrated_confidence(run):
    with_scores(run)
    with_attack(run)
    run.save_calibration({"temperature": 2.0})  # 91.0% becomes 51.5%
    page = open_robustness()
    page.session_state[ui_cells.CELL] = ("first", "fog", 3)
    page = rerun(page)
    told = [shown["caption"] for shown in chain.galleries(page)[0]["images"]]
    assert told and all("(51.5%)" in line for line in told)
    sample, attacked = galleries(page)
    assert all("(51.5%)" in line for line in captions(sample)) and "(91.0%)" not in attacked


def test_two_runs_stand_side_by_side(run):
    with_scores(run)
    with_scores(made_runs.ended(made_runs.new("second")))
    page = open_robustness(other="first")  # the newest is the one chosen at first
    assert len(page.main.get("plotly_chart")) == 2
    assert "**first**" in words(page) and "**second**" in words(page)


def test_a_measurement_shows_how_far_it_is_and_is_cancelled(run, monkeypatch):
    stand_in(monkeypatch, WAIT)
    page, other = open_robustness(), open_robustness()
    button(page, "measure robustness").click()
    until(lambda: "40% done" in words(rerun(page)))
    assert "40% done" in words(rerun(other))  # another visitor sees the same
    button(other, "cancel robustness").click()
    assert button(rerun(other), "measure robustness").label == "Measure robustness"
    assert button(rerun(page), "measure robustness").label == "Measure robustness"


def test_a_measurement_that_fails_says_why(run, monkeypatch):
    stand_in(monkeypatch, FAIL)
    page = open_robustness()
    button(page, "measure robustness").click()
    until(lambda: rerun(page).main.error)
    assert "The measurement failed: The model is damaged." in page.main.error[0].value


def test_a_measurement_that_cannot_be_started_says_why(run, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise OSError(12, "no memory for a process")

    monkeypatch.setattr(measurements, "start", refuse)
    page = open_robustness()
    button(page, "measure robustness").click()
    assert "could not be started (no memory for a process)" in rerun(page).main.error[0].value


def test_what_could_not_be_kept_is_shown_all_the_same(run):
    kept = with_scores(run)
    (run.path / "evaluations" / "digits-test-robustness.json").unlink()
    folder = measurements.claim(Measurement("robustness", run, "digits", "test"), 60, by_server=False)
    measurements.finish(folder, kept.to_dict())
    assert metrics(open_robustness())["All 75"] == f"{kept.overall.value:.1%}"


def test_a_kept_attack_shows_its_curve_and_an_example_of_each_class(run):
    with_attack(run)
    page = open_robustness()
    table = page.main.dataframe[0].value
    assert table["Along the gradient"].tolist() == pytest.approx([100 - 4 * i for i in range(len(EPSILONS))])
    told = captions(galleries(page)[-1])
    assert len(told) == 10
    # The stand-in knows images by their bytes and answers 0 to all others.
    assert told[0] == "0 (91.0%) → ✓ 0 (91.0%); never misread"
    assert told[7] == "7 (91.0%) → ✗ 0 (91.0%); misread from step 4"


def test_an_attack_on_another_network_is_said(run):
    with_attack(run)
    run.tflite_path.write_bytes(b"another network")
    assert "Attack again" in words(open_robustness())


def test_another_digit_is_another_and_a_severity_is_kept(run):
    page = open_robustness()
    before = galleries(page)[0]
    page.button(key="corruptions-other").click()
    after = galleries(rerun(page))[0]
    assert after != before
    page.segmented_control(key="corruptions-severity").set_value(5)
    assert galleries(rerun(page))[0] != after
