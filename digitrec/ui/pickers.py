"""Streamlit pieces that several pages share: pickers and banner here, the canvas and the digits beside it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from digitrec.data import catalogue, loading
from digitrec.data.catalogue import DatasetError
from digitrec.data.splits import Dataset
from digitrec.inference import verdict as certainty
from digitrec.inference.classifier import Classifier, ClassifierError
from digitrec.inference.verdict import Verdict
from digitrec.runs import store
from digitrec.runs.store import Run
from digitrec.ui import state

PICKER_WIDTH = 420  # pixels, where there is room
_PAGES = Path(__file__).resolve().parents[2] / "pages"


def page_path(name: str) -> Path:
    """Where the page of this name is: what `st.page_link` and `st.switch_page` want."""
    return _PAGES / f"{name}.py"


def page_link(name: str, label: str, *, icon: str | None = None) -> None:
    """A link to the page of this name."""
    st.page_link(page_path(name), label=label, icon=icon)


def run_picker(key: str, *, label: str = "Model", candidates: Sequence[Run] | None = None) -> Run | None:
    """Let a person choose a run, the shipped one first; None, with words, where there is nothing to choose.

    Args:
        key: the widget's key.
        label: what is chosen, for the person.
        candidates: the runs to choose from; all runs with a model, if not given.
    """
    found = [run for run in store.list_runs() if run.has_model] if candidates is None else candidates
    by_name = {run.name: run for run in found}
    if not by_name:
        return None
    name = st.selectbox(
        label,
        list(by_name),
        format_func=lambda name: _run_title(by_name[name]),
        key=key,
        persist_state="session",
        width=PICKER_WIDTH,
    )
    return by_name.get(name)


def load_classifier(run: Run) -> Classifier:
    """The run's model, loaded once and shared by all sessions; loaded anew when its file changes.

    Raises:
        ClassifierError: the model is damaged, missing, or of another number of classes than the run.
    """
    changed = run.tflite_path.stat().st_mtime_ns if run.tflite_path.is_file() else 0
    found = _cached_classifier(str(run.path), changed)
    if found.classes != len(run.class_names):
        raise ClassifierError(
            f"the model of {run.name!r} tells {found.classes} classes apart: expected {len(run.class_names)}, as "
            "its config.json names them. Put the run's own model.tflite back, or train a new run."
        )
    return found


@st.cache_resource(max_entries=8, show_spinner=False)
def _cached_classifier(path: str, changed: int) -> Classifier:
    del changed  # part of the key alone
    return Classifier.load(Path(path))


def judge(run: Run, model: Classifier, image: np.ndarray, ink: np.ndarray) -> Verdict:
    """What the run says of an image uint8 (28, 28) and the page of ink it came from, "not sure" included."""
    changed = run.reference_path.stat().st_mtime_ns if run.reference_path.is_file() else 0
    known = _cached_reference(run, model, str(run.path), (changed, model.sha256)) if changed else None
    return certainty.judge(image, model, run, known=known, ink=ink)


@st.cache_resource(max_entries=8, show_spinner=False)
def _cached_reference(
    _run: Run, _model: Classifier, path: str, changed: tuple[int, str]
) -> certainty.Reference | None:
    del path, changed  # the key alone
    return certainty.load_reference(_run, _model)


def dataset_picker(key: str) -> str:
    """Let a person choose among the data sets on this machine; the name for `loading.load`.

    What stands in the session under `KEY-next` is chosen in this run.
    """
    names = [known.name for known in loading.list_datasets() if loading.find_folder(known.name)]
    if (chosen := st.session_state.pop(state.next_choice(key), None)) in names or st.session_state.get(
        key
    ) not in names:
        st.session_state.pop(key, None)  # what was chosen may have been removed
    if chosen in names:
        st.session_state[key] = chosen
    first = names.index(loading.default_name())
    ordered = [names[first], *names[:first], *names[first + 1 :]]
    return st.selectbox(
        "Data set",
        ordered,
        format_func=loading.title,
        key=key,
        persist_state="session",
        width=PICKER_WIDTH,
    )


def dataset_banner() -> None:
    """Say so where MNIST is not on this machine and the embedded digits stand in; offer to download it."""
    if loading.find_folder("mnist"):
        return
    description = catalogue.DATASETS["mnist"]
    st.info(
        f"{description.title} is not on this machine. Until it is, the "
        f"{catalogue.DATASETS['digits'].title}, which "
        "come with the program, stand in: fewer and coarser, but real.",
        icon=":material/info:",
    )
    label = f"Download {description.title} ({description.size / 1e6:.1f} MB)"
    st.button(label, key="download-mnist", on_click=_request_download, icon=":material/download:")
    if st.session_state.pop("download-mnist-asked", False):
        _download("mnist")


def _request_download() -> None:
    st.session_state["download-mnist-asked"] = True


def _download(name: str) -> None:
    bar = st.progress(0.0, text="Connecting ...")
    try:
        loading.download(name, lambda what, share: bar.progress(share, text=f"{what}: {share:.0%}"))
    except DatasetError as error:
        bar.empty()
        st.error(str(error))
    else:
        st.rerun()


def _run_title(run: Run) -> str:
    shipped = " (shipped)" if run.is_shipped else ""
    return f"{run.name}{shipped}: {run.config.network} on {run.config.dataset}"


_REDRAW_SECONDS = 0.2  # seconds between two drawings of the bar


def load_with_progress(name: str) -> Dataset:
    """The data set with this name; while it is downloaded or drawn, a bar says how far that is.

    Raises:
        DatasetError: it cannot be had.
    """
    with progress_bar() as report:
        return loading.load(name, report)


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """What tells, on a bar that goes at the end, what is done and how far that is, 0 to 1."""
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
