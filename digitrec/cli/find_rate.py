"""The command `digitrec find-rate`: a learning-rate range test for the settings of a training."""

from __future__ import annotations

import argparse
from typing import Any

from digitrec.cli import train
from digitrec.cli.measure import measure_in_turn
from digitrec.cli.train import CommandError
from digitrec.data import loading
from digitrec.metrics import suggest_rate
from digitrec.runs import MeasurementError, RangeTest, TrainConfig, measurements, processes, schedules, starts


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `find-rate`: those of a training."""
    parser.set_defaults(command=_find_rate)
    train.add_settings(parser)
    parser.add_argument("--watch-stdin", action="store_true", help="end when standard input closes")


def _find_rate(options: argparse.Namespace) -> None:
    if not processes.has_tensorflow():
        raise CommandError(processes.explain_missing_tensorflow("The range test"))
    config = train.read_settings(options)
    loading.check_trainable(config.dataset)
    starts.open_starts(config)  # refuses what does not fit
    measurement = RangeTest(config)
    try:
        with measure_in_turn(measurement, 0, by_server=options.watch_stdin) as (folder, report):
            found = _test(config, report)
            measurements.finish(folder, found)
    except MeasurementError:  # another process tests the same
        raise
    except Exception as error:
        raise CommandError(f"the range test failed: {error}") from error
    measurements.forget_range_tests()
    if not options.watch_stdin:
        _print(found, config)


def _test(config: TrainConfig, report: Any) -> dict[str, Any]:
    from digitrec.training import range_test  # TensorFlow takes seconds and hundreds of megabytes

    class_names = loading.load(config.dataset).class_names
    return range_test.test_rates(config, class_names, report)._asdict()


def _print(found: dict[str, Any], config: TrainConfig) -> None:
    is_peak = schedules.peaks_briefly(config.schedule)
    suggestion = suggest_rate(found["rates"], found["losses"], is_peak=is_peak)
    if suggestion is None:
        print("The loss does not fall at any learning rate: there is nothing to suggest. Look at the settings.")
        return
    print(f"learning rate: {suggestion.rate:.2g}")
    print(f"The loss falls fastest at {suggestion.steepest:.2g} and is lowest at {suggestion.minimum:.2g}.")
