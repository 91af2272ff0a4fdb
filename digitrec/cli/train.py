"""The command `digitrec train`, which makes a network."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import gc
import signal
import traceback

from digitrec.cli import import_dataset
from digitrec.data import loading
from digitrec.runs import PRESETS, ClusterError, Run, TrainConfig, jobs, places, processes, spare, starts, store


class CommandError(Exception):
    """A command failed: the message says why and what to do."""


def add_train(parser: argparse.ArgumentParser) -> None:
    """Add the options of `train`, most of them made from the fields of `TrainConfig`."""
    parser.set_defaults(command=_train)
    parser.add_argument("--name", help="name of the new run (default: the time and the network)")
    parser.add_argument("--run", help="train this queued run with its own settings, as the dashboard does")
    parser.add_argument(
        "--resume", metavar="RUN", help="go on with this run, which has ended, after its last whole epoch"
    )
    parser.add_argument("--watch-stdin", action="store_true", help="end when standard input closes")
    parser.add_argument(
        "--spare", action="store_true", help="load TensorFlow and wait for a run, as the dashboard does"
    )
    parser.add_argument(
        "--series", action="store_true", help="train the runs that standard input names, as a search does"
    )
    add_cluster(parser)
    add_settings(parser)


def add_cluster(parser: argparse.ArgumentParser) -> None:
    """Add the option of a cluster."""
    shown = f"work on this Dask cluster, such as {places.EXAMPLE} (default: on this machine)"
    parser.add_argument("--cluster", metavar="ADDRESS", help=shown)


def check_cluster(address: str) -> None:
    """Refuse a cluster that is away, or has other versions than this machine.

    Raises:
        ClusterError: the message says why and what to do.
    """
    from digitrec.cluster import connection  # Dask takes a second, and is not installed everywhere

    connection.check(address)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the options of a preset and of all settings, made from the fields of `TrainConfig`."""
    parser.add_argument("--preset", choices=tuple(PRESETS), help="settings to start from")
    for f in dataclasses.fields(TrainConfig):
        kind = {"int": int, "float": float, "str": str}[str(f.type)]
        flag = "--" + f.name.replace("_", "-")
        default = f.metadata.get("optional", f.default)
        shown = f"{f.metadata['help']} (default: {default})".replace("%", "%%")
        parser.add_argument(flag, type=kind, choices=f.metadata.get("choices"), help=shown)


def _train(options: argparse.Namespace) -> None:
    if options.series:
        _train_series()
        return
    if options.spare:
        options.run, options.watch_stdin = _wait_for_run(), True
        if options.run is None:
            return
    is_possible = bool(options.cluster) or processes.has_tensorflow()
    missing = None if is_possible else processes.explain_missing_tensorflow("Training")
    if options.cluster:
        places.check_address(options.cluster)
        if not options.run and not options.resume:
            check_cluster(options.cluster)  # before there is a run: its name stays free
    if missing and not options.run:
        raise CommandError(missing)
    run = _open_resumed(options) if options.resume else None
    run = run or (store.open_run(options.run) if options.run else _create_run(options))
    if options.watch_stdin:
        processes.end_with_server()
    jobs.claim(run)
    places.record(run, options.cluster)
    if missing:
        run.record_error(missing)
        raise CommandError(missing)
    if not options.spare and not options.cluster:
        processes.lower_priority()
    signal.signal(signal.SIGINT, lambda *_: jobs.stop(run))  # Ctrl-C saves the best weights
    if not options.cluster and not jobs.wait_for_turn(run, cancelled=lambda: run.wish is not None):
        jobs.cancel(run)
        return
    _train_run(run, options.cluster)
    if run.path.is_dir():  # not discarded
        print(f"The run {run.name!r} is in {run.path}")


def _train_run(run: Run, cluster: str | None = None) -> None:
    try:
        if cluster:
            _train_on(cluster, run)
        else:
            _run_training(run)
    except ClusterError as error:
        run.record_error(processes.describe_error(error))
        raise CommandError(f"the training of {run.name!r} failed: {error}") from error
    except Exception as error:  # the worker's outermost frame: the page must be able to show any error
        if run.path.is_dir():  # else it was removed while it trained
            run.record_error(processes.describe_error(error))
        traceback.print_exc()  # last: on a full disk the log cannot be written either
        raise CommandError(f"the training of {run.name!r} failed: {error}") from error


def _train_on(cluster: str, run: Run) -> None:
    """Have a run trained by a cluster; this process keeps its folder."""
    from digitrec.cluster import connection, jobs  # Dask takes a second, and is not installed everywhere

    print(f"Training {run.config.network} on {run.config.dataset} on the cluster {cluster} ...", flush=True)
    with connection.Connection(cluster) as connected:
        jobs.train(connected, run, echo=lambda text: print(text, end="", flush=True))


def _train_series() -> None:
    """Train one run after the other; a search hands them over when no other training needs the machine."""
    _load_tensorflow()
    for name in spare.wait_for_runs():
        run = store.open_run(name)
        jobs.claim(run)
        with contextlib.suppress(CommandError):  # the reason is in the run; the next one may be well
            _train_run(run)


def _open_resumed(options: argparse.Namespace) -> Run:
    """The run that goes on; of its settings only the number of epochs may be another."""
    names = (f.name for f in dataclasses.fields(TrainConfig))
    given = [name for name in names if getattr(options, name) is not None and name != "epochs"]
    if given or options.preset or options.name:
        raise CommandError(
            f"--resume goes on with the settings of the run: expected none but --epochs, found "
            f"{', '.join(given) or 'a preset or a name'}."
        )
    run = store.open_run(options.resume)
    jobs.prepare_to_go_on(run, options.epochs)
    return run


def _wait_for_run() -> str | None:
    """The name of the run that the dashboard hands over; meanwhile TensorFlow is loaded."""
    _load_tensorflow()
    return spare.wait_for_run()


def _load_tensorflow() -> None:
    processes.lower_priority()
    processes.prepare_tensorflow()
    from digitrec.training import fit  # noqa: F401  what takes the time

    gc.freeze()  # what was imported lives on: looking through it again took 0.25 s before each training


def read_settings(options: argparse.Namespace) -> TrainConfig:
    """The settings that the options of `add_settings` give.

    Raises:
        ConfigError: a value is not allowed.
    """
    given = {f.name: getattr(options, f.name) for f in dataclasses.fields(TrainConfig)}
    chosen = {name: value for name, value in given.items() if value is not None}
    start = PRESETS[options.preset].to_dict() if options.preset else {}
    return TrainConfig.from_dict(start | chosen)


def _create_run(options: argparse.Namespace) -> Run:
    config = read_settings(options)
    starts.open_starts(config)  # refuses what does not fit
    dataset = loading.describe(config.dataset)
    loading.check_trainable(dataset)
    import_dataset.download_if_missing(dataset.name)
    return store.create(config, loading.load(dataset).class_names, options.name)


def _run_training(run: Run) -> None:
    processes.prepare_tensorflow()
    print(f"Training {run.config.network} on {run.config.dataset} ...", flush=True)
    from digitrec.training import fit  # TensorFlow takes seconds and hundreds of megabytes

    fit.train(run, echo=lambda line: print(line, flush=True))
