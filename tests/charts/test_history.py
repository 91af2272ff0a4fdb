"""The report's learning curves."""

from digitrec.charts.history import history_figure
from digitrec.runs.history import Epoch


def row(epoch, val_loss):
    val_accuracy = None if val_loss is None else 0.8
    return Epoch(epoch=epoch, loss=1 / epoch, accuracy=0.9, val_loss=val_loss, val_accuracy=val_accuracy)


def test_accuracy_is_in_per_cent_and_loss_in_nats_on_both_kinds_of_images():
    figure = history_figure([row(1, 0.7), row(2, 0.6)])
    curves = {(trace.name, trace.xaxis): list(trace.y) for trace in figure.data}
    assert curves == {
        ("training", "x"): [90.0, 90.0],
        ("validation", "x"): [80.0, 80.0],
        ("training", "x2"): [1.0, 0.5],
        ("validation", "x2"): [0.7, 0.6],
    }


def test_without_validation_there_is_no_curve_of_it():
    assert {trace.name for trace in history_figure([row(1, None)]).data} == {"training"}
