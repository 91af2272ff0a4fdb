"""What `python -m digitrec predict` and `calibrate` do: read pictures or say "not sure", and learn when to."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from digitrec.imaging.pictures import PictureError
from digitrec.imaging.preprocessing import InkError, read_ink, to_mnist
from digitrec.inference import ood_fit
from digitrec.inference import verdict as certainty
from digitrec.inference.classifier import Classifier
from digitrec.inference.verdict import Verdict
from digitrec.runs import store


class PredictError(Exception):
    """Pictures cannot be read, or a run cannot be calibrated: the message says which and why."""


def add_predict(parser: argparse.ArgumentParser) -> None:
    """Make the options of `predict`."""
    parser.set_defaults(command=_predict)
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help="a picture of one digit")
    parser.add_argument("--run", help="name of the run that reads (default: the shipped one)")


def add_calibrate(parser: argparse.ArgumentParser) -> None:
    """Make the options of `calibrate`."""
    parser.set_defaults(command=_calibrate)
    parser.add_argument("run", help="name of a run with a trained network")


def format_verdict(verdict: Verdict, class_names: tuple[str, ...]) -> str:
    """A verdict as a line of text."""
    best = class_names[verdict.proba.argmax()]
    if verdict.sure:
        return f"{best} ({verdict.proba.max():.1%} sure)"
    return f"not sure, perhaps {best}. {verdict.why}"


def _predict(options: argparse.Namespace) -> None:
    run = store.open_run(options.run or store.SHIPPED[0])
    model = Classifier.load(run.tflite_path)
    known = certainty.load_reference(run, model)
    failed = 0
    for file in options.files:
        try:
            ink = read_ink(file.read_bytes())[1].ink
            image = to_mnist(ink)
        except (OSError, PictureError, InkError) as error:
            print(f"{file}: {error}", file=sys.stderr)
            failed += 1
            continue
        print(
            f"{file}: {format_verdict(certainty.judge(image, model, run, known=known, ink=ink), run.class_names)}"
        )
    if failed:
        raise PredictError(f"{failed} of {len(options.files)} pictures could not be read.")


def _calibrate(options: argparse.Namespace) -> None:
    run = store.open_run(options.run)
    print(f"Calibrating {run.name} on the images of {run.config.dataset} ...", flush=True)
    found = ood_fit.calibrate_run(run)
    if not found:
        raise PredictError(f"the run {run.name!r} kept no validation images: nothing can be fitted for it.")
    print(f"temperature {found['temperature']:.3f}, fitted on {found['validation_images']:,} validation images")
