"""The command line: `python -m digitrec train | calibrate | evaluate | predict | export | ...`.

Exit status: 0 done, 1 failed, 2 wrong arguments. TensorFlow is imported inside the commands that need it, so that
the others answer at once.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import errno
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

from digitrec.cli import datasets, evaluate, predict
from digitrec.cli.evaluate import OutputError
from digitrec.cli.predict import PredictError
from digitrec.data import loading
from digitrec.data.catalogue import DatasetError, evaluation_dataset
from digitrec.evaluation import scoring
from digitrec.evaluation.scoring import Score, ScoringError
from digitrec.inference.classifier import ClassifierError
from digitrec.robustness import fast_gradient
from digitrec.robustness import scores as robustness_scores
from digitrec.robustness.fast_gradient import Attack
from digitrec.robustness.scores import RobustnessScores
from digitrec.runs import jobs, measurements, store
from digitrec.runs.config import PRESETS, ConfigError, TrainConfig
from digitrec.runs.store import Run, RunError


class CommandError(Exception):
    """A command failed: the message says why and what to do."""


_FAILURES = (
    CommandError,
    ClassifierError,
    DatasetError,
    OutputError,
    PredictError,
    RunError,
    ScoringError,
    OSError,
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        options.command(options)
    except ConfigError as error:
        parser.exit(2, f"digitrec: {error}\n")
    except _FAILURES as error:
        print(f"digitrec: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("digitrec: interrupted.", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m digitrec", description="Reads handwritten digits.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands.add_parser("train", help="train a network"))
    predict.add_calibrate(
        commands.add_parser("calibrate", help="teach a trained network to say when it is not sure")
    )
    _add_evaluate(commands.add_parser("evaluate", help="measure a trained network"))
    _add_measure(commands.add_parser("robustness", help="let a network read corrupted images"), _robustness)
    _add_measure(commands.add_parser("attack", help="change images so that a network misreads them"), _attack)
    predict.add_predict(commands.add_parser("predict", help="read the digit in each picture"))
    _add_export(commands.add_parser("export", help="write a trained network to a file"))
    datasets.add_options(
        commands.add_parser("datasets", help="list the data sets; download, import or remove one")
    )
    return parser


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_train)
    parser.add_argument("--preset", choices=tuple(PRESETS), help="where the settings start from")
    parser.add_argument("--name", help="the new run's name (default: the time and the network)")
    parser.add_argument("--run", help="train this waiting run, as the dashboard does; other settings are its own")
    parser.add_argument("--watch-stdin", action="store_true", help="end when standard input closes")
    for f in dataclasses.fields(TrainConfig):
        kind = {"int": int, "float": float, "str": str}[f.type]
        flag = "--" + f.name.replace("_", "-")
        default = "none; names with commas between" if "optional" in f.metadata else f.default
        shown = f"{f.metadata['help']} (default: {default})".replace("%", "%%")
        parser.add_argument(flag, type=kind, choices=f.metadata.get("choices"), help=shown)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=evaluate.evaluate)
    evaluate.add_options(parser)


def _add_measure(parser: argparse.ArgumentParser, command: Callable[[argparse.Namespace], None]) -> None:
    parser.set_defaults(command=command)
    parser.add_argument("run", help="name of a run")
    parser.add_argument("--dataset", help="name of a data set (default: the run's own)")
    parser.add_argument("--split", choices=scoring.SPLITS, default="validation")
    shown = f"how many, by chance; 0 for all (default: {robustness_scores.DEFAULT_IMAGES_PER_CELL})"
    parser.add_argument("--images", type=int, default=robustness_scores.DEFAULT_IMAGES_PER_CELL, help=shown)
    parser.add_argument("--watch-stdin", action="store_true", help="as the dashboard calls it: JSON, no words")


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_export)
    parser.add_argument("run", help="name of a run")
    parser.add_argument("--format", choices=("keras", "h5", "tflite"), default="keras")
    parser.add_argument("--output", type=Path, help="the file to write (default: the run's name here)")


def _train(options: argparse.Namespace) -> None:
    run = store.open_run(options.run) if options.run else _create_run(options)
    if options.watch_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    jobs.claim(run)
    if hasattr(os, "nice"):  # not on Windows
        os.nice(10)  # the page, and whatever else the person does, goes first
    signal.signal(signal.SIGINT, lambda *_: run.ask("stop"))  # Ctrl-C keeps the best weights
    if not jobs.wait_for_turn(run, cancelled=lambda: run.wish == "stop"):
        run.append("end", reason="stopped", kept_epoch=None, val_accuracy=None)
        return
    try:
        _run_training(run)
    except Exception as error:  # the worker's outermost frame: whatever it was, the page must be able to say it
        run.record_error(_describe_error(error))
        traceback.print_exc()  # last: on a full disk the log cannot be written either
        raise CommandError(f"the training of {run.name!r} failed: {error}") from error
    print(f"The run {run.name!r} is in {run.path}")


def _describe_error(error: Exception) -> str:
    """Our own errors say all there is to say; another's needs its kind as well, and a full disk a way on."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "The disk is full: the training could not write on. Make room, then start it again."
    if type(error).__module__.partition(".")[0] == "digitrec":
        text = str(error)
        return text[:1].upper() + text[1:]
    return f"{type(error).__name__}: {error}"


def _run_training(run: Run) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    print(f"Training {run.config.network} on {run.config.dataset} ...", flush=True)
    from digitrec.training import fit  # TensorFlow: seconds and hundreds of megabytes, for this command alone

    fit.train(run, echo=lambda line: print(line, flush=True))


def _create_run(options: argparse.Namespace) -> Run:
    given = {f.name: getattr(options, f.name) for f in dataclasses.fields(TrainConfig)}
    chosen = {name: value for name, value in given.items() if value is not None}
    start = PRESETS[options.preset].to_dict() if options.preset else {}
    config = TrainConfig.from_dict(start | chosen)
    loading.check_trainable(config.dataset)
    return store.create(config, loading.load(config.dataset).class_names, options.name)


def _end_with_stdin() -> None:
    """End this process when the server that holds the other end of the pipe is gone, however it went."""
    while os.read(0, 1024):
        pass
    try:
        print("digitrec: the server is gone; this process ends with it.", file=sys.stderr, flush=True)
    finally:
        os._exit(1)  # even where the log's disk is full


def _robustness(options: argparse.Namespace) -> None:
    run, score, n = _measured(options)
    tell = measurements.teller(as_json=options.watch_stdin)
    scores = robustness_scores.measure_robustness(run, score, n=n, progress=tell)
    _leave(run, robustness_scores.record_name(options.split), scores, options)


def _attack(options: argparse.Namespace) -> None:
    run, score, n = _measured(options)
    from digitrec.training import attack  # TensorFlow, as above

    tell = measurements.teller(as_json=options.watch_stdin)
    found = attack.attack(run, score.split, n=n, data_sha256=str(score.evaluation.data_sha256), progress=tell)
    _leave(run, fast_gradient.record_name(options.split), found, options)


def _measured(options: argparse.Namespace) -> tuple[Run, Score, int]:
    """The run, its answers to the split as it is, and how many images; a measurement goes behind the pages."""
    if options.images < 0:
        raise CommandError(f"--images is {options.images}: expected a whole number from 1, or 0 for all.")
    if options.watch_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
        if hasattr(os, "nice"):  # not on Windows
            os.nice(10)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    run = store.open_run(options.run)
    options.dataset = options.dataset or evaluation_dataset(run.config.dataset)
    return run, scoring.score(run, options.dataset, options.split), options.images or sys.maxsize


def _leave(run: Run, name: str, found: RobustnessScores | Attack, options: argparse.Namespace) -> None:
    try:
        run.save_evaluation(options.dataset, name, found.to_dict())
    except OSError as error:  # the numbers are right all the same
        why = error.strerror or error
        print(f"digitrec: the numbers cannot be kept with the run ({why}): note them down.", file=sys.stderr)
    if options.watch_stdin:
        measurements.tell_result(found.to_dict())
        return
    with contextlib.suppress(OSError):  # as in `evaluate`
        if options.split == "test":
            run.record_view(options.dataset, options.split, found.model_sha256)
    print(f"{run.name} on {options.dataset}, {options.split}:", *found.lines(), sep="\n")


def _export(options: argparse.Namespace) -> None:
    run = store.open_run(options.run)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from digitrec.training import export  # TensorFlow, as above

    path = options.output or Path(f"{run.name}.{options.format}")
    try:
        export.export_run(run, options.format, path)
    except export.ExportError as error:
        raise CommandError(str(error)) from error
    print(f"Wrote {path} ({path.stat().st_size / 1e6:.2f} MB): {export.FORMATS[options.format]}.")
