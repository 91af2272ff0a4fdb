"""The commands `digitrec robustness` and `digitrec attack`: long measurements of a run."""

from __future__ import annotations

import argparse
import contextlib
import functools
import sys
from collections.abc import Callable, Iterator

from digitrec.cli.train import CommandError, add_cluster
from digitrec.data import evaluation_dataset
from digitrec.evaluation import Score, scoring
from digitrec.reporting import list_attack, list_robustness
from digitrec.robustness import DEFAULT_IMAGES_PER_CELL, Attack, RobustnessScores, fast_gradient, scores
from digitrec.runs import (
    Measurable,
    Measurement,
    MeasurementError,
    Run,
    WorkFolder,
    measurements,
    places,
    processes,
    store,
)

Report = Callable[[int, int], None]  # gets how many steps are done, of how many


def add_robustness(parser: argparse.ArgumentParser) -> None:
    """Add the options of `robustness`."""
    _add_options(parser)
    parser.set_defaults(command=_robustness)


def add_attack(parser: argparse.ArgumentParser) -> None:
    """Add the options of `attack`."""
    _add_options(parser)
    parser.set_defaults(command=_attack)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help="name of a run")
    parser.add_argument("--dataset", help="name of a data set (default: the run's own)")
    parser.add_argument("--split", choices=scoring.SPLITS, default="validation")
    shown = f"how many images, at random; 0 for all (default: {DEFAULT_IMAGES_PER_CELL})"
    parser.add_argument("--images", type=int, default=DEFAULT_IMAGES_PER_CELL, help=shown)
    add_cluster(parser)
    parser.add_argument("--watch-stdin", action="store_true", help="end when standard input closes")


def _robustness(options: argparse.Namespace) -> None:
    def measure(run: Run, score: Score, n: int, report: Report) -> RobustnessScores:
        return scores.measure_robustness(run, score, n=n, progress=report)

    _measure(options, "robustness", scores.record_name(options.split), measure)


def _attack(options: argparse.Namespace) -> None:
    def attack(run: Run, score: Score, n: int, report: Report) -> Attack:
        if not processes.has_tensorflow():
            raise CommandError(processes.explain_missing_tensorflow("The attack"))
        from digitrec.training.attack import attack  # TensorFlow takes seconds and hundreds of megabytes

        return attack(run, score.split, n=n, data_sha256=str(score.evaluation.data_sha256), progress=report)

    _measure(options, "attack", fast_gradient.record_name(options.split), attack)


def _measure(
    options: argparse.Namespace,
    kind: str,
    name: str,
    measure: Callable[[Run, Score, int, Report], RobustnessScores | Attack],
) -> None:
    """Measure in turn, and store the numbers as the run's evaluation of this name."""
    if options.images < 0:
        raise CommandError(f"--images is {options.images}: expected a whole number from 1, or 0 for all.")
    run = store.open_run(options.run)
    measurement = Measurement(kind, run, options.dataset or evaluation_dataset(run.config.dataset), options.split)
    if options.cluster:
        _measure_on(options.cluster, measurement, options)
        return
    with measure_in_turn(measurement, options.images, by_server=options.watch_stdin) as (folder, report):
        score = scoring.score(run, measurement.dataset, measurement.split)
        shown = report if options.watch_stdin else report_and_print(report)
        found = measure(run, score, options.images or sys.maxsize, shown)
        _save(measurement, name, found)
        measurements.finish(folder, found.to_dict())
    if not options.watch_stdin:
        _print(measurement, found)


def _measure_on(cluster: str, measurement: Measurement, options: argparse.Namespace) -> None:
    """Measure on a cluster; progress and numbers come into the same folder, and to the run."""
    from digitrec.cluster import connection, jobs  # Dask takes a second, and is not installed everywhere

    places.check_address(cluster)
    if options.watch_stdin:
        processes.end_with_server()
    folder = measurements.claim(measurement, options.images, by_server=options.watch_stdin)
    places.record(folder, cluster)
    echo = functools.partial(print, end="", flush=True)
    with (
        _telling(folder, measurement),
        measurements.ending_when_cancelled(folder),
        connection.Connection(cluster) as connected,
    ):
        jobs.measure(connected, measurement, options.images, echo)
    state = measurements.progress(measurement)
    if state is None or state.result is None:
        raise MeasurementError(f"the {measurement.kind} failed: {state.error if state else 'it was cancelled.'}")
    if not options.watch_stdin:
        is_attack = measurement.kind == "attack"
        _print(measurement, (Attack if is_attack else RobustnessScores).from_dict(state.result))


@contextlib.contextmanager
def measure_in_turn(
    measurement: Measurable, images: int, *, by_server: bool
) -> Iterator[tuple[WorkFolder, Report]]:
    """The folder of a measurement by this process, and what reports its progress, once it is its turn.

    Args:
        measurement: what is measured.
        images: how many; 0 for all.
        by_server: whether the server has started this process, and it ends with the server.

    Raises:
        MeasurementError: another process measures the same.
    """
    processes.prepare_tensorflow()
    if by_server:
        processes.end_with_server()
        processes.lower_priority()
    folder = measurements.claim(measurement, images, by_server=by_server)
    with _telling(folder, measurement), measurements.in_turn(folder) as report:
        yield folder, report


@contextlib.contextmanager
def _telling(folder: WorkFolder, measurement: Measurable) -> Iterator[None]:
    """Tell the page how the work in a folder failed; Ctrl-C cancels it."""
    try:
        yield
    except KeyboardInterrupt:
        measurements.cancel(measurement)
        raise
    except Exception as error:  # the worker's outermost frame: the page must be able to show any error
        with contextlib.suppress(OSError):
            folder.record_error(processes.describe_error(error))
        raise


def _save(measurement: Measurement, name: str, found: RobustnessScores | Attack) -> None:
    try:
        measurement.run.save_evaluation(measurement.dataset, name, found.to_dict())
    except OSError as error:  # the numbers are right all the same
        why = error.strerror or error
        print(f"digitrec: the numbers cannot be saved with the run ({why}): note them down.", file=sys.stderr)


def _print(measurement: Measurement, found: RobustnessScores | Attack) -> None:
    run, dataset, split = measurement.run, measurement.dataset, measurement.split
    with contextlib.suppress(OSError):  # another person's run: the numbers are right all the same
        if split == "test":
            run.record_view(dataset, split, found.model_sha256)
    lines = list_attack(found) if isinstance(found, Attack) else list_robustness(found)
    print(f"{run.name} on {dataset}, {split}:", *lines, sep="\n")


def report_and_print(report: Report) -> Report:
    """Report, and print it as well."""

    def pass_on(done: int, of: int) -> None:
        report(done, of)
        print(f"\r{done} of {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)

    return pass_on
