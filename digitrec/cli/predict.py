"""The commands `digitrec predict` (read pictures) and `digitrec calibrate` (fit a run's confidence)."""

from __future__ import annotations

import argparse
import contextlib
import functools
import sys
from collections.abc import Iterator

from digitrec import api, files
from digitrec.cli import answer_files
from digitrec.cli.answer_files import STANDARD_OUTPUT, Write
from digitrec.cli.evaluate import OutputError
from digitrec.cli.progress import PredictError, write_answers
from digitrec.data import picture_files
from digitrec.inference import Verdict, answers_slowly, dynamic_name, ood_fit, verdict_words
from digitrec.reporting import format_probability
from digitrec.runs import Run, processes, store


def add_predict(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `predict`."""
    parser.set_defaults(command=_predict, refuse=parser.error)
    what = "pictures of one digit each: files, folders, ZIP files, or patterns such as 'scans/*.png'"
    parser.add_argument("places", nargs="+", metavar="PICTURE", help=what)
    parser.add_argument("--run", help="name of the run (default: the built-in one)")
    table = "write the answers, probabilities and reasons as a CSV; - is standard output"
    parser.add_argument("--csv", metavar="FILE", help=table)
    parser.add_argument("--json", metavar="FILE", help="the same as JSON")


def add_calibrate(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `calibrate`."""
    parser.set_defaults(command=_calibrate)
    parser.description = (
        "Fit the confidence of a trained network on its validation images. A large network of an older version "
        "also gets a file with weights of 8 bits, to answer faster. Of 1,000 answers at most one may change."
    )
    parser.add_argument("run", help="name of a run with a trained network")
    parser.add_argument("--thorough", action="store_true", help="refuse better what is no digit: takes minutes")


def format_verdict(verdict: Verdict) -> str:
    """A verdict as a line of text, with the calibrated confidence in per cent."""
    if verdict.sure:
        return f"{verdict.answer} ({format_probability(verdict.confidence)} sure)"
    return f"not sure, best guess {verdict.answer}. {verdict_words.describe(verdict)}"


def _predict(options: argparse.Namespace) -> None:
    if options.csv == options.json == STANDARD_OUTPUT:
        options.refuse("--csv and --json are both -: only one of them can go to standard output.")
    model = api.load_model(options.run or store.SHIPPED[0])
    found = picture_files.list_pictures(options.places)
    reader = picture_files.PictureReader()
    answers = model.predict_all(functools.partial(reader.read, file) for file in found.files)
    write_answers(found, answers, _writing(options, model.class_names), (options.csv, options.json))


@contextlib.contextmanager
def _writing(options: argparse.Namespace, class_names: tuple[str, ...]) -> Iterator[list[Write]]:
    """What takes each answer: the files that were asked for, or else standard output."""
    try:
        with contextlib.ExitStack() as stack:
            writers: list[Write] = [_print_line] if options.csv is None and options.json is None else []
            if options.csv is not None:
                writers.append(stack.enter_context(answer_files.csv_file(options.csv, class_names)))
            if options.json is not None:
                writers.append(stack.enter_context(answer_files.json_file(options.json)))
            yield writers
    except OSError as error:  # a picture's own is no exception here, but an answer
        raise OutputError(f"the answers cannot be written: {error.strerror}. Choose another file.") from error


def _print_line(name: str, verdict: Verdict) -> None:
    print(f"{name}: {format_verdict(verdict)}")


def _calibrate(options: argparse.Namespace) -> None:
    run = store.open_run(options.run)
    files.refuse_if_read_only(f"the run {run.name!r} cannot be calibrated")
    _add_dynamic(run)
    print(f"Calibrating {run.name} on the images of {run.config.dataset} ...", flush=True)
    calibration = ood_fit.calibrate_run(run, thorough=options.thorough)
    if not calibration:
        raise PredictError(
            f"the run {run.name!r} has no validation images: expected some to calibrate on. Train another run."
        )
    count = calibration["validation_images"]
    print(f"temperature {calibration['temperature']:.3f}, fitted on {count:,} validation images")
    if (threshold := calibration.get("threshold")) is not None:
        print(f"threshold {threshold:.1%}: below this confidence an answer is not sure, unless you chose another")


def _add_dynamic(run: Run) -> None:
    """Make the file with weights of 8 bits that a large network lacks; say why where that cannot be."""
    if not run.has_model or not answers_slowly(run):
        return
    if (run.path / dynamic_name(run.tflite_path.read_bytes())).is_file():
        return
    if not processes.has_tensorflow():
        print(f"digitrec: {processes.explain_missing_tensorflow('A faster file')}", file=sys.stderr)
        return
    print(f"Making a faster file of {run.name}, with weights of 8 bits ...", flush=True)
    processes.prepare_tensorflow()
    from digitrec.training import converting, export  # TensorFlow takes seconds and hundreds of megabytes

    try:
        with converting.quiet():
            decided = export.add_dynamic(run)
        print(decided)
    except export.ModelFileError as error:  # its confidence can be fitted all the same
        print(f"digitrec: {error}", file=sys.stderr)
