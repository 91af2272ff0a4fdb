"""The commands `digitrec search`, which looks for better settings, and `digitrec worker`, which joins a search."""

from __future__ import annotations

import argparse
import shlex
import signal
from collections.abc import Callable
from pathlib import Path

from digitrec.cli.train import add_cluster, check_cluster
from digitrec.reporting import format_count
from digitrec.runs import places, processes
from digitrec.search import (
    DEFAULT_TRIALS,
    Plan,
    Search,
    SearchError,
    Trial,
    folder,
    read_space_file,
    results,
    session,
    storage,
)


def add_search(parser: argparse.ArgumentParser) -> None:
    """Add the options of `search`."""
    parser.set_defaults(command=_search)
    parser.add_argument("--space", type=Path, metavar="FILE", help="what is varied, and from where: TOML or JSON")
    parser.add_argument("--resume", metavar="NAME", help="go on with this search, which has ended")
    parser.add_argument("--trials", type=int, help=f"trials in all (default: {DEFAULT_TRIALS})")
    parser.add_argument("--hours", type=float, help="end after so many hours (default: no limit)")
    parser.add_argument(
        "--at-once",
        type=int,
        metavar="N",
        help="train so many trials at the same time (default: by cores and memory)",
    )
    parser.add_argument("--name", help="name of the new search (default: the time)")
    parser.add_argument(
        "--storage", metavar="URL", help="PostgreSQL database that several machines share (default: a file)"
    )
    add_cluster(parser)
    parser.add_argument("--watch-stdin", action="store_true", help="end when standard input closes")


def add_worker(parser: argparse.ArgumentParser) -> None:
    """Add the options of `worker`."""
    parser.set_defaults(command=_worker)
    parser.add_argument("url", help="database of the search, such as postgresql://user@host/database")
    parser.add_argument("--search", metavar="NAME", help="which search (default: the only one that is there)")


def _search(options: argparse.Namespace) -> None:
    _check_installed(needs_tensorflow=not options.cluster)
    if options.cluster:
        places.check_address(options.cluster)
        if not options.resume:
            check_cluster(options.cluster)  # before there is a search: its name stays free
    if bool(options.space) == bool(options.resume):
        raise SearchError("a search needs a space or a name: expected --space FILE, or --resume NAME.")
    search = _open(options) if options.resume else _create(options)
    if options.watch_stdin:
        processes.end_with_server()
    elif options.resume:
        folder.prepare_to_go_on(search, trials=options.trials, hours=options.hours)
    folder.claim(search)
    _on_interrupt(lambda: folder.stop(search))
    places.record(search, options.cluster)
    if options.cluster:
        reason = _search_on(options.cluster, search)
    else:
        at_once = search.plan.count_at_once()
        with session.make_trainers(search.name, at_once) as trainers:
            reason = session.run_search(search, trainers, echo=_echo, at_once=at_once)
    _report(search, reason)


def _search_on(cluster: str, search: Search) -> str | None:
    """Search with trials on a cluster; why the search ended."""
    try:
        trainers = session.make_cluster_trainers(search.name, cluster)
    except SearchError as error:
        search.record_error(processes.describe_error(error))
        raise
    with trainers:
        at_once = trainers.count_at_once(search.plan.at_once, search.plan.trials)
        _echo(f"On the cluster {cluster}: {format_count(at_once, 'trial')} at the same time.")
        return session.run_search(search, trainers, echo=_echo, at_once=at_once)


def _open(options: argparse.Namespace) -> Search:
    if options.name or options.storage or options.at_once:
        raise SearchError("--resume goes on as the search is: expected none of --name, --storage and --at-once.")
    return folder.open_search(options.resume)


def _create(options: argparse.Namespace) -> Search:
    given = {name: getattr(options, name) for name in ("trials", "hours", "storage", "at_once")}
    limits = {name: value for name, value in given.items() if value is not None}
    plan = Plan(**read_space_file(options.space), **limits)
    if plan.storage is not None:
        storage.open_database(plan.storage)  # before anything is written
    return folder.create(plan, options.name)


def _worker(options: argparse.Namespace) -> None:
    _check_installed()
    asked: list[bool] = []
    _on_interrupt(lambda: asked.append(True))
    reason = session.run_worker(options.url, options.search, is_stopped=lambda: bool(asked), echo=_echo)
    _echo(f"The worker has ended: {reason}.")


def _check_installed(*, needs_tensorflow: bool = True) -> None:
    if not storage.has_optuna():
        raise SearchError(storage.explain_missing_optuna())
    if needs_tensorflow and not processes.has_tensorflow():
        raise SearchError(processes.explain_missing_tensorflow("A search"))


def _on_interrupt(stop: Callable[[], None]) -> None:
    """Ctrl-C ends the search in good order; a second one at once."""

    def handle(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop()

    signal.signal(signal.SIGINT, handle)


def _report(search: Search, reason: str | None) -> None:
    plan, found = search.plan, results.read(search)
    _echo(f"The search {search.name!r} has ended: {reason or 'cancelled'}.")
    _echo(results.describe_best(found, plan))
    if found.best is None:
        return
    _echo(results.CAUTION)
    for trial in found.frontier:
        numbers = (results.format_objective(name, trial.outcome) for name in plan.objectives)
        _echo(f"frontier: trial {trial.number}: {', '.join(numbers)}")
    _echo(f"Train with its settings: {_train_command(plan, found.best)}")


def _train_command(plan: Plan, trial: Trial) -> str:
    config, default = results.trial_config(plan, trial).to_dict(), type(plan.config)().to_dict()
    options = (f"--{name.replace('_', '-')}={value}" for name, value in config.items() if value != default[name])
    return shlex.join(["digitrec", "train", *options])


def _echo(line: str) -> None:
    print(line, flush=True)
