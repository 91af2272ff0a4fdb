"""Curves draw the history's rows, whole; told apart by dash and shape; valid before the first row as well."""

import dataclasses
from itertools import pairwise

import pytest

from digitrec.charts import live_curves as curves
from digitrec.charts.curve_points import BATCHES, EPOCHS, MAX_EARLIER, SECONDS
from digitrec.runs.history import PAUSED, Batch, Change, End, Epoch, History, Start

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
    """Where an axis begins and ends: at points of the data, so that the chart stays the same when it grows."""
    assert "domain" not in chart.to_dict()["encoding"][axis]["scale"]
    return [point[0 if axis == "x" else 1] for point in points(chart, "edges")]


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
    chart = curves.live_curves(history, "loss")
    scale, (low, high) = chart.to_dict()["encoding"]["y"]["scale"], domain(chart, "y")
    assert scale["type"] == "log" and low > 0
    assert chart.data["drawn"].between(low, high).all()


def test_long_trainings_are_thinned_without_moving_what_is_drawn():
    drawn = [
        points(curves.live_curves(a_history(1, 3000, done=n), "loss"), "training, batches") for n in (999, 2600)
    ]
    before, after = map(set, drawn)
    assert len(drawn[0]) <= 151 and len(drawn[1]) <= 151
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


def a_timed_history(**options) -> History:
    """The same, with a step a second and a rest of 100 seconds after step 12."""
    history = a_history(**options)
    steps = {row.step: 1000.0 + row.step + (100 if row.step > 12 else 0) for row in history.batches}
    batches = tuple(dataclasses.replace(row, time=steps[row.step]) for row in history.batches)
    epochs = tuple(dataclasses.replace(row, time=steps[10 * row.epoch]) for row in history.epochs)
    pause = Change(setting=PAUSED, before=0, after=1, epoch=2, done=1.2, time=1012.0)
    rest = (pause, dataclasses.replace(pause, before=1, after=0, time=1112.0))
    start = dataclasses.replace(history.start, time=1000.0)
    return dataclasses.replace(history, start=start, batches=batches, epochs=epochs, changes=rest)


@pytest.mark.parametrize(("axis", "factor", "last"), [(EPOCHS, 0.1, 3), (BATCHES, 1, 30), (SECONDS, 1, 30)])
def test_the_axis_counts_epochs_batches_or_seconds_of_work(axis, factor, last):
    history = a_timed_history(done=25)
    marks = [(change.done, "rest") for change in history.changes]
    chart = curves.live_curves(history, "loss", marks, view=curves.CurveView(axis=axis))
    assert [place for place, _ in points(chart, "training, batches")] == pytest.approx(
        [factor * row.step for row in history.batches]
    )
    assert [place for place, _ in points(chart, "validation")] == pytest.approx([10 * factor, 20 * factor])
    drawn = chart.to_dict()
    (rule,) = [layer for layer in drawn["layer"] if layer["mark"]["type"] == "rule"]
    assert [row["epochs"] for row in drawn["datasets"][rule["data"]["name"]]] == pytest.approx([12 * factor] * 2)
    assert domain(chart, "x") == [0, pytest.approx(last)]


def test_a_smoothed_curve_follows_the_raw_one_without_its_noise():
    history = a_history(1, 100)
    noisy = tuple(dataclasses.replace(row, loss=1 + (-1) ** row.step * 0.5) for row in history.batches)
    chart = curves.live_curves(
        dataclasses.replace(history, batches=noisy), "loss", view=curves.CurveView(is_smoothed=True)
    )
    smooth = [value for _, value in points(chart, "smoothed")]
    assert len(points(chart, "training, batches")) == len(smooth) == 100
    assert smooth[0] == noisy[0].loss and smooth[-10:] == pytest.approx([1.0] * 10, abs=0.05)


def test_a_linear_axis_of_the_loss_begins_at_zero():
    chart = curves.live_curves(a_history(), "loss", view=curves.CurveView(is_log=False))
    assert domain(chart, "y")[0] == 0 and "type" not in chart.to_dict()["encoding"]["y"]["scale"]


def test_earlier_runs_are_behind_and_not_in_the_legend():
    others = {f"run {i}": a_history(5) for i in range(6)}
    chart = curves.live_curves(a_history(), "loss", earlier=others)
    names = set(chart.data["series"])
    assert {f"earlier: run {i}" for i in range(MAX_EARLIER)} <= names and "earlier: run 5" not in names
    assert points(chart, "earlier: run 0") == [(r.epoch, r.val_loss) for r in a_history(5).epochs]
    assert domain(chart, "x") == [0, 5] and "earlier: run 0" not in look(chart, "color")


def test_at_most_500_points_are_sent_and_the_chart_stays_the_same_when_they_grow():
    view = curves.CurveView(is_smoothed=True)
    charts = []
    for done in (4000, 6000):
        others = {f"run {i}": a_history(150, 40) for i in range(5)}
        charts.append(curves.live_curves(a_history(200, 40, done=done), "loss", view=view, earlier=others))
    assert all(len(chart.data) <= 500 for chart in charts)
    before, after = (chart.to_dict() for chart in charts)
    for drawn in (before, after):
        del drawn["datasets"], drawn["data"]
    assert before == after


@pytest.mark.parametrize("axis", [EPOCHS, BATCHES, SECONDS])
def test_the_learning_rate_lies_below_the_curves_on_their_axis_in_whole_numbers(axis):
    above = curves.live_curves(a_history(done=15), "loss", view=curves.CurveView(axis))
    below = curves.rate_curve([1.0, 2.0], [0.1, 0.2], last=3000, axis=axis)
    shown = [chart.to_dict()["encoding"]["x"] for chart in (above, below)]
    assert [(x["title"], x["axis"]["format"]) for x in shown] == [(axis, ",d")] * 2
