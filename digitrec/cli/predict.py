"""The commands `digitrec predict` (read pictures) and `digitrec calibrate` (fit a run's confidence)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from digitrec import api
from digitrec.imaging import InkError, PictureError
from digitrec.inference import Verdict, ood_fit, verdict_words
from digitrec.reporting import format_probability
from digitrec.runs import store


class PredictError(Exception):
    """A picture cannot be read, or a run cannot be calibrated: the message says which and why."""


def add_predict(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `predict`."""
    parser.set_defaults(command=_predict)
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help="a picture of one digit")
    parser.add_argument("--run", help="name of the run (default: the built-in one)")


def add_calibrate(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `calibrate`."""
    parser.set_defaults(command=_calibrate)
    parser.add_argument("run", help="name of a run with a trained network")


def format_verdict(verdict: Verdict) -> str:
    """A verdict as a line of text, with the calibrated confidence in per cent."""
    if verdict.sure:
        return f"{verdict.answer} ({format_probability(verdict.confidence)} sure)"
    return f"not sure, best guess {verdict.answer}. {verdict_words.describe(verdict)}"


def _predict(options: argparse.Namespace) -> None:
    model = api.load_model(options.run or store.SHIPPED[0])
    failed = 0
    for file in options.files:
        try:
            verdict = model.predict(file)
        except (OSError, PictureError, InkError) as error:
            print(f"{file}: {error}", file=sys.stderr)
            failed += 1
        else:
            print(f"{file}: {format_verdict(verdict)}")
    if failed:
        raise PredictError(f"{failed} of {len(options.files)} pictures could not be read.")


def _calibrate(options: argparse.Namespace) -> None:
    run = store.open_run(options.run)
    print(f"Calibrating {run.name} on the images of {run.config.dataset} ...", flush=True)
    calibration = ood_fit.calibrate_run(run)
    if not calibration:
        raise PredictError(
            f"the run {run.name!r} has no validation images: expected some to calibrate on. Train another run."
        )
    count = calibration["validation_images"]
    print(f"temperature {calibration['temperature']:.3f}, fitted on {count:,} validation images")
