"""The command `digitrec`, also `python -m digitrec`: one subcommand for each task.

Exit status: 0 done, 1 failed, 2 wrong arguments. TensorFlow is imported inside the commands that need it, so that
the others answer at once.
"""

from __future__ import annotations

import argparse
import sys

from digitrec._version import __version__
from digitrec.cli import (
    curves,
    dataset_map,
    datasets,
    evaluate,
    exports,
    find_rate,
    form,
    imports,
    measure,
    odd,
    predict,
    read,
    read_stack,
    search,
    serve,
    train,
)
from digitrec.cli.evaluate import OutputError
from digitrec.cli.progress import PredictError
from digitrec.cli.train import CommandError
from digitrec.data import DatasetError
from digitrec.evaluation import ScoringError
from digitrec.exchange import ForeignFileError
from digitrec.explain import MapError
from digitrec.forms import TemplateError
from digitrec.inference import ClassifierError
from digitrec.rest import SettingsError
from digitrec.runs import ClusterError, ConfigError, DownloadError, MeasurementError, RunError, processes
from digitrec.search import SearchError
from digitrec.stacks import StackError

_FAILURES = (
    CommandError,
    ClassifierError,
    ClusterError,
    DatasetError,
    DownloadError,
    ForeignFileError,
    MapError,
    MeasurementError,
    OutputError,
    PredictError,
    RunError,
    ScoringError,
    SearchError,
    SettingsError,
    StackError,
    TemplateError,
    OSError,
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    command_line = parser()
    options = command_line.parse_args(arguments)
    try:
        options.command(options)
    except ConfigError as error:
        command_line.exit(2, f"digitrec: {error}\n")
    except _FAILURES as error:
        print(f"digitrec: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("digitrec: interrupted.", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line with all its commands and options."""
    made = argparse.ArgumentParser(prog="digitrec", description="Reads handwritten digits.")
    made.add_argument("--version", action="version", version=f"digitrec {__version__}")
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    _add_dashboard(commands.add_parser("dashboard", help="open the dashboard in the browser"))
    train.add_train(commands.add_parser("train", help="train a network"))
    search.add_search(commands.add_parser("search", help="search for better settings of a training"))
    search.add_worker(commands.add_parser("worker", help="join a search that is in a database"))
    find_rate.add_options(
        commands.add_parser("find-rate", help="find a learning rate for the settings of a training")
    )
    predict.add_calibrate(commands.add_parser("calibrate", help="calibrate the confidence of a trained network"))
    _add_evaluate(commands.add_parser("evaluate", help="evaluate a trained network"))
    measure.add_robustness(commands.add_parser("robustness", help="measure a network on corrupted images"))
    measure.add_attack(commands.add_parser("attack", help="change images so that a network misreads them"))
    dataset_map.add_map(commands.add_parser("map", help="place the images of a data set on a plane, by t-SNE"))
    odd.add_options(commands.add_parser("odd", help="find likely label errors, near-duplicates and outliers"))
    predict.add_predict(commands.add_parser("predict", help="read the digit in each picture"))
    read.add_read(commands.add_parser("read", help="read the numbers, grids or forms in each picture"))
    read_stack.add_read_stack(
        commands.add_parser("read-stack", help="go on reading pages that were uploaded on the dashboard")
    )
    form.add_options(commands.add_parser("form", help="make and print forms that `read --template` reads"))
    serve.add_serve(commands.add_parser("serve", help="answer requests for readings over HTTP"))
    exports.add_export(commands.add_parser("export", help="write a trained network to a file"))
    imports.add_import(
        commands.add_parser("import-model", help="make a run of a network that was trained elsewhere")
    )
    imports.add_bundle(commands.add_parser("bundle", help="put a run into one ZIP, or make a run of such a ZIP"))
    curves.add_options(commands.add_parser("curves", help="write the curves of runs as CSV or for TensorBoard"))
    datasets.add_options(
        commands.add_parser("datasets", help="list the data sets; download, import or remove one")
    )
    return made


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=evaluate.evaluate)
    evaluate.add_options(parser)


def _add_dashboard(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_open_dashboard)
    parser.add_argument("--port", type=int, help="port of the server (default: 8501)")
    where = "address to listen at (default: 127.0.0.1, this machine alone; 0.0.0.0: all networks)"
    parser.add_argument("--host", default="127.0.0.1", help=where)
    parser.add_argument("--base-path", metavar="PATH", help="the path below which a proxy shows it")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def _open_dashboard(options: argparse.Namespace) -> None:
    arguments = [f"--server.address={options.host}"]
    arguments += [f"--server.port={options.port}"] if options.port else []
    arguments += [f"--server.baseUrlPath={options.base_path}"] if options.base_path else []
    arguments += ["--server.headless=true"] if options.no_browser else []
    processes.become_dashboard(arguments)
