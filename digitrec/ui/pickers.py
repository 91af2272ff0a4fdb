"""Pickers of runs and data sets that several pages share, and what they load, each model once for all sessions."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from digitrec.data import Dataset, Description, Progress, background, catalogue, loading
from digitrec.files import app_root
from digitrec.imaging import Image, Ink, fit_to_square
from digitrec.inference import (
    Classifier,
    ClassifierError,
    Reading,
    Reference,
    Verdict,
    judge,
    load_reference,
    reading,
    reject_threshold,
    temperature,
)
from digitrec.runs import Run, store
from digitrec.ui import state
from digitrec.ui.components import canvas, fetch_bar
from digitrec.ui.components.digits import escape_markdown

if TYPE_CHECKING:
    from digitrec.evaluation import Evaluation  # Draw opens without it

PICKER_WIDTH = 420  # pixels; less on a narrow screen
_REDRAW_SECONDS = 0.2  # between two updates of a progress bar


def page_path(name: str) -> Path:
    """Path of a page, for `st.page_link` and `st.switch_page`."""
    return app_root() / "pages" / f"{name}.py"


def page_link(name: str, label: str, *, icon: str | None = None) -> None:
    """Show a link to a page."""
    st.page_link(page_path(name), label=label, icon=icon)


def run_picker(
    key: str, *, label: str = "Model", candidates: Sequence[Run] | None = None, width: int = PICKER_WIDTH
) -> Run | None:
    """Let the user choose a run, built-in ones first. None if there is no run to choose.

    A run that the user chooses is chosen on all pages, until another one is chosen on one of them. Before any
    choice, it is the run of `store.default_run`. A link or a button that opens a page with a run sets the key of
    that page only.

    Args:
        key: key of the widget.
        label: label of the widget.
        candidates: the runs to choose from; by default all runs with a model.
        width: of the widget in pixels; less on a narrow screen.
    """
    runs = [run for run in store.list_runs() if run.has_model] if candidates is None else candidates
    by_name = {run.name: run for run in runs}
    if not by_name:
        return None
    if (chosen := st.session_state.get(key)) not in by_name:  # nothing was chosen yet, or it is gone
        st.session_state[key] = store.default_run(runs).name
        _say_gone(chosen, st.session_state[key])
    name = st.selectbox(
        label,
        list(by_name),
        format_func=lambda name: _run_title(by_name[name]),
        key=key,
        persist_state="session",
        width=width,
        on_change=lambda: share_choice(by_name[st.session_state[key]]),
    )
    return by_name.get(name)


def _say_gone(chosen: str | None, now: str) -> None:
    """Say that another page or program has taken the chosen run away; a search may only have left it out."""
    if chosen is not None and chosen not in {run.name for run in store.list_runs()}:
        gone, instead = escape_markdown(chosen), escape_markdown(now)
        st.toast(f"{gone} is gone: it was deleted or renamed. Chosen now: {instead}.", icon=":material/delete:")


def share_choice(run: Run) -> None:
    """Choose a run on all pages; for callbacks."""
    if run.has_model:  # Models lists runs without one, too, which no other page can use
        for key in state.PAGE_MODELS:
            st.session_state[key] = run.name


def load_classifier(run: Run) -> Classifier:
    """The model of a run, loaded once for all sessions, and again if its files change.

    Raises:
        ClassifierError: the model is damaged or missing, or its number of classes is not that of the run.
    """
    changed = max((file.stat().st_mtime_ns for file in run.path.glob("*.tflite")), default=0)
    model = _cached_classifier(str(run.path), changed)
    if model.classes != len(run.class_names):
        raise ClassifierError(
            f"the model of {run.name!r} has {model.classes} classes: expected {len(run.class_names)}, as in its "
            "config.json. Restore the model.tflite of this run, or train a new run."
        )
    return model


@st.cache_resource(max_entries=8, show_spinner=False)
def _cached_classifier(path: str, changed: int) -> Classifier:
    del changed  # only a part of the cache key
    return Classifier.load(Path(path))


def read_drawing(key: str, run: Run, model: Classifier, ink: Ink) -> Reading:
    """The reading of a drawing on a canvas by a run: made once for each stroke, then taken from the session.

    Args:
        key: key of the canvas.
        run: the run.
        model: the model of the run.
        ink: uint8 (height, width), the drawing.

    Raises:
        InkError: there is too little ink.
    """
    made_from = (
        model,
        _reference_time(run),
        reject_threshold(run),
        temperature(run, model.sha256),
        run.class_names,
    )
    last_made_from, last = st.session_state.get(f"{key}-reading", (None, None))
    if isinstance(last, Reading) and last_made_from == made_from and np.array_equal(last.ink, ink):
        return last
    reference = _load_reference(run, model)
    made = reading.read_drawing(ink, model, run, reference=reference)
    st.session_state[f"{key}-reading"] = made_from, made
    return made


def judge_drawing(run: Run, model: Classifier, image: Image, ink: Ink) -> Verdict:
    """A run's own verdict on an image.

    Args:
        run: the run.
        model: the model of the run.
        image: uint8 (28, 28).
        ink: uint8 (height, width), the drawing that the image was made of.

    Raises:
        ClassifierError: the model cannot read the image.
    """
    return judge(image, model, run, reference=_load_reference(run, model), ink=ink)


def judge_image(run: Run, model: Classifier, image: Image) -> Verdict:
    """A run's own verdict on an image uint8 (28, 28), as on Draw, where it would be enlarged to the paper.

    Raises:
        ClassifierError: the model cannot read the image.
    """
    return judge_drawing(run, model, image, fit_to_square(image, canvas.SIDE) if image.any() else image)


def _load_reference(run: Run, model: Classifier) -> Reference | None:
    changed = _reference_time(run)
    return _cached_reference(run, model, str(run.path), (changed, model.sha256)) if changed else None


def _reference_time(run: Run) -> int:
    return run.reference_path.stat().st_mtime_ns if run.reference_path.is_file() else 0


@st.cache_resource(max_entries=8, show_spinner=False)
def _cached_reference(_run: Run, _model: Classifier, path: str, changed: tuple[int, str]) -> Reference | None:
    del path, changed  # only a part of the cache key
    return load_reference(_run, _model)


def record_view(run: Run, evaluation: Evaluation | None) -> None:
    """Count that test images are viewed: once for each network and data set in a session, with any reruns."""
    if evaluation is None or evaluation.split != "test":
        return
    view = run.path, evaluation.dataset, evaluation.model_sha256
    seen = st.session_state.setdefault("evaluate-looks", set())
    if view not in seen:
        seen.add(view)
        with contextlib.suppress(OSError):  # a folder that cannot be written is reported where it is read
            run.record_view(evaluation.dataset, evaluation.split, evaluation.model_sha256)


def dataset_picker(key: str) -> Description:
    """Let the user choose among the data sets on this machine.

    A name in the session under `state.next_choice(key)` is chosen now.
    """
    available = {each.name: each for each in loading.list_datasets() if loading.is_available(each)}
    chosen = st.session_state.pop(state.next_choice(key), None)
    if chosen in available or st.session_state.get(key) not in available:
        st.session_state.pop(key, None)  # the last choice may have been removed
    if chosen in available:
        st.session_state[key] = chosen
    first = loading.default_name()
    if first not in available:  # a download has ended a moment ago: the next run of the page shows it
        first = next(iter(available))
    name = st.selectbox(
        "Data set",
        [first, *(name for name in available if name != first)],
        format_func=lambda name: available[name].title,
        key=key,
        persist_state="session",
        width=PICKER_WIDTH,
    )
    return available[name]


def dataset_banner() -> None:
    """Without MNIST on this machine, download it, and say which data set replaces it until then."""
    mnist, digits = catalogue.DATASETS["mnist"], catalogue.DATASETS["digits"]
    if loading.find_folder(mnist):
        return
    if mnist.mirrors and background.get(mnist.name) is None:
        background.start(mnist, is_automatic=True)
    st.info(
        f"{mnist.title} is not on this machine. Until it is downloaded, the {digits.title} replace it: fewer and "
        "coarser images.",
        icon=":material/info:",
    )
    fetch_bar.offer_download(mnist)


def offer_download(name: str) -> None:
    """Offer the download of a public data set that is not on this machine; MNIST has its banner for that."""
    known = catalogue.DATASETS.get(name)
    if known and known.published and not loading.is_available(known):
        fetch_bar.offer_download(known)


def _run_title(run: Run) -> str:
    origin = "built in, " if run.is_shipped else ""
    return f"{run.name}: {origin}{run.config.network} on {run.config.dataset}"


def load_with_progress(dataset: str | Description) -> Dataset:
    """Load a data set. A bar shows the progress of a download, or of drawing the pen digits.

    Raises:
        DatasetError: it cannot be loaded.
    """
    with progress_bar() as report:
        return loading.load(dataset, report)


@contextlib.contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show a progress bar until the end of the block; report the step and its fraction, 0 to 1."""
    place, last = st.empty(), 0.0

    def report(what: str, share: float) -> None:
        nonlocal last
        if time.monotonic() - last >= _REDRAW_SECONDS:
            last = time.monotonic()
            place.progress(share, text=f"{what}: {share:.0%}")

    try:
        yield report
    finally:
        place.empty()
