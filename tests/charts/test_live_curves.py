"""Curves draw the history's rows, whole; told apart by dash and shape; valid before the first row as well."""

import dataclasses
from itertools import pairwise

import pytest

from digitrec.charts import live_curves as curves
from digitrec.runs.history import Batch, End, Epoch, History, Start

METRICS = ("loss", "accuracy")


def a_history(epochs: int = 3, steps: int = 10, *, validation: bool = True, done: int | None = None) -> History:
    """A training after `done` steps (all, if not given), with a row for every batch."""
    total = epochs * steps
    batches, ends = [], []
    for step in range(1, (total if done is None else done) + 1):
        numbers = {"loss": 2 / step, "accuracy": 1 - 0.9 / step}
        batches.append(Batch(step=step, epoch=(step - 1) // steps + 1, **numbers))
        if step % steps == 0:
            held_out = {"val_loss": 2.5 / step, "val_accuracy": 1 - 1 / step} if validation else {}
            ends.append(Epoch(epoch=step // steps, **numbers, **held_out))
    end = End(reason="finished") if done is None else None
    return History(Start(epochs=epochs, steps_per_epoch=steps), tuple(batches), tuple(ends), end)


def points(chart, series: str) -> list[tuple[float, float]]:
    chosen = chart.data[chart.data["series"] == series]
    return list(zip(chosen["epochs"], chosen["value"], strict=True))


def domain(chart, axis: str) -> list[float]:
    return chart.to_dict()["encoding"][axis]["scale"]["domain"]


def look(chart, channel: str) -> dict[str, str]:
    """What each series looks like in one channel."""
    scale = next(encoding[channel]["scale"] for encoding in encodings(chart) if channel in encoding)
    return dict(zip(scale["domain"], scale["range"], strict=True))


def encodings(chart) -> list[dict]:
    """What the layers share, then what each has of its own."""
    drawn = chart.to_dict()
    return [drawn["encoding"], *(layer.get("encoding", {}) for layer in drawn["layer"])]


def dashed(chart) -> list[str]:
    (dash,) = [encoding["strokeDash"] for encoding in encodings(chart) if "strokeDash" in encoding]
    return dash["condition"]["test"]["oneOf"]


@pytest.mark.parametrize("metric", METRICS)
def test_live_curves_draw_batches_epochs_and_validation(metric):
    history = a_history(done=25)
    chart = curves.live_curves(history, metric)
    batches = [(row.step / 10, getattr(row, metric)) for row in history.batches]
    assert points(chart, "training, batches") == batches
    assert points(chart, "training, epochs") == [(row.epoch, getattr(row, metric)) for row in history.epochs]
    assert points(chart, "validation") == [(row.epoch, getattr(row, f"val_{metric}")) for row in history.epochs]


def test_the_live_series_differ_in_shape_dash_and_colour():
    chart = curves.live_curves(a_history(), "loss")
    assert dashed(chart) == ["validation"]
    assert len(set(look(chart, "shape").values())) == len(set(look(chart, "color").values())) == 3


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    "history",
    [History(), a_history(done=0), a_history(done=3), a_history(validation=False)],
    ids=["empty", "begun", "3 batches", "no validation"],
)
def test_live_curves_are_valid_however_little_there_is(metric, history):
    chart = curves.live_curves(history, metric)
    drawn = chart.to_dict()
    assert drawn["background"] == "transparent"
    assert drawn["encoding"]["x"]["title"] and drawn["encoding"]["y"]["title"]
    assert points(chart, "validation") == []
    assert len(points(chart, "training, batches")) == len(history.batches)


def test_a_training_in_work_grows_towards_its_last_epoch_and_an_ended_one_fills_the_width():
    stopped = dataclasses.replace(a_history(epochs=9, done=25), end=End(reason="stopped"))
    assert domain(curves.live_curves(a_history(epochs=9, done=25), "loss"), "x") == [0, 9]
    assert domain(curves.live_curves(stopped, "loss"), "x") == [0, 3]


@pytest.mark.parametrize("metric", METRICS)
def test_the_axes_hold_all_epochs_and_seldom_move(metric):
    domains = []
    for done in range(1, 301, 13):
        chart = curves.live_curves(a_history(30, 10, done=done), metric)
        domains.append(tuple(domain(chart, "y")))
        room = points(chart, "training, epochs") + points(chart, "validation")
        assert all(domains[-1][0] <= value <= domains[-1][1] for _, value in room)
    assert sum(before != after for before, after in pairwise(domains)) <= 10


@pytest.mark.parametrize("loss", [0.0, 1e-9, 1e9])
def test_no_loss_is_too_small_or_too_large_for_the_log_scale(loss):
    before = a_history(done=3)
    odd = Batch(step=4, epoch=1, loss=loss, accuracy=1.0)
    history = dataclasses.replace(before, batches=(*before.batches, odd))
    scale = curves.live_curves(history, "loss").to_dict()["encoding"]["y"]["scale"]
    assert scale["type"] == "log" and scale["clamp"] and scale["domain"][0] > 0


def test_long_trainings_are_thinned_without_moving_what_is_drawn():
    drawn = [
        points(curves.live_curves(a_history(1, 3000, done=n), "loss"), "training, batches") for n in (999, 2600)
    ]
    before, after = map(set, drawn)
    assert len(drawn[0]) <= 401 and len(drawn[1]) <= 401
    assert drawn[1][-1][0] == 2600 / 3000
    assert {point for point in after if point[0] < 999 / 3000} <= before


@pytest.mark.parametrize("metric", METRICS)
def test_runs_are_compared_on_validation_and_without_any_on_training(metric):
    plain = a_history(validation=False)
    chart = curves.compare_curves({"a": a_history(), "b": plain, "waiting": History()}, metric)
    assert points(chart, "a") == [(r.epoch, getattr(r, f"val_{metric}")) for r in a_history().epochs]
    assert points(chart, "b (training)") == [(r.epoch, getattr(r, metric)) for r in plain.epochs]
    assert list(look(chart, "color")) == ["a", "b (training)", "waiting"]
    assert "b (training)" in dashed(chart) and "a" not in dashed(chart)


def test_forty_runs_differ_in_colour_or_shape():
    chart = curves.compare_curves({f"run {i}": a_history(2) for i in range(40)}, "accuracy")
    shapes, colours = look(chart, "shape"), look(chart, "color")
    assert len({(shapes[name], colours[name]) for name in shapes}) == 40


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("histories", [{}, {"waiting": History()}, {"begun": a_history(done=2)}], ids=list)
def test_nothing_to_compare_is_an_empty_chart(metric, histories):
    assert curves.compare_curves(histories, metric).to_dict()["layer"]
    assert not len(curves.compare_curves(histories, metric).data)


def test_each_mark_is_a_line_with_its_words():
    plain = curves.live_curves(a_history(), "loss").to_dict()
    marked = curves.live_curves(a_history(), "loss", [(1.5, "paused"), (2.0, "resumed")]).to_dict()
    (rule,) = [layer for layer in marked["layer"] if layer["mark"]["type"] == "rule"]
    drawn = marked["datasets"][rule["data"]["name"]]
    assert [(row["epochs"], row["what"]) for row in drawn] == [(1.5, "paused"), (2.0, "resumed")]
    assert not [layer for layer in plain["layer"] if layer["mark"]["type"] == "rule"]
