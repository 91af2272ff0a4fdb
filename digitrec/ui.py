"""Streamlit pieces that several pages share: the canvas, the pickers, the digit gallery, the banner."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from digitrec import datasets, runs
from digitrec.datasets import DatasetError
from digitrec.runs import Run
from digitrec.serving import Classifier

_PAGES = Path(__file__).resolve().parent.parent / "pages"


def page_path(name: str) -> Path:
    """Where the page of this name is: what `st.page_link` and `st.switch_page` want."""
    return _PAGES / f"{name}.py"


def run_picker(key: str, *, label: str = "Model", candidates: Sequence[Run] | None = None) -> Run | None:
    """Let a person choose a run, the shipped one first; None, with words, where there is nothing to choose.

    Args:
        key: the widget's key.
        label: what is chosen, for the person.
        candidates: the runs to choose from; all runs with a model, if not given.
    """
    found = [run for run in runs.list_runs() if run.has_model] if candidates is None else candidates
    by_name = {run.name: run for run in found}
    if not by_name:
        return None
    name = st.selectbox(
        label,
        list(by_name),
        format_func=lambda name: _run_title(by_name[name]),
        key=key,
        persist_state="session",
    )
    return by_name.get(name)


def classifier(run: Run) -> Classifier:
    """The run's model, loaded once and shared by all sessions; loaded anew when its file changes.

    Raises:
        ClassifierError: the model is damaged or missing.
    """
    changed = run.tflite_path.stat().st_mtime_ns if run.tflite_path.is_file() else 0
    return _load_classifier(str(run.path), changed)


@st.cache_resource(max_entries=8, show_spinner=False)
def _load_classifier(path: str, changed: int) -> Classifier:
    del changed  # part of the key alone
    return Classifier.load(Path(path))


def dataset_picker(key: str, *, label: str = "Data set") -> str:
    """Let a person choose among the data sets on this machine; the name for `datasets.load`."""
    names = [name for name in datasets.DATASETS if datasets.find(name)]
    first = names.index(datasets.default_name())
    ordered = [names[first], *names[:first], *names[first + 1 :]]
    return st.selectbox(
        label, ordered, format_func=lambda name: datasets.DATASETS[name].title, key=key, persist_state="session"
    )


def digit_gallery(
    images: np.ndarray, captions: Sequence[str], *, alts: Sequence[str] | None = None, size: int = 84
) -> None:
    """Show images in a grid that fits the width, pixels crisp, each with a caption.

    Args:
        images: uint8 (n, 28, 28).
        captions: a line below each image.
        alts: what a screen reader says for each image; the caption, if not given.
        size: side of an image on the screen, in pixels.
    """
    figures = [
        f'<figure><img src="{_data_uri(image)}" alt="{html.escape(alt, quote=True)}" width="{size}" '
        f'height="{size}"><figcaption>{html.escape(caption)}</figcaption></figure>'
        for image, caption, alt in zip(images, captions, alts or captions, strict=True)
    ]
    st.html(f'<div class="digit-gallery" style="--side:{size}px">{"".join(figures)}</div>')


def dataset_banner() -> None:
    """Say so where MNIST is not on this machine and the embedded digits stand in; offer to download it."""
    if datasets.find("mnist"):
        return
    description = datasets.DATASETS["mnist"]
    st.info(f"{description.title} is not on this machine: you see {datasets.DATASETS['digits'].title}.")
    st.button("Download MNIST (11.6 MB)", key="download-mnist", on_click=_ask_for_download)
    if st.session_state.pop("download-mnist-asked", False):
        _download("mnist")


def _ask_for_download() -> None:
    st.session_state["download-mnist-asked"] = True


def _download(name: str) -> None:
    bar = st.progress(0.0, text="Connecting ...")
    try:
        datasets.download(name, lambda what, share: bar.progress(share, text=f"{what}: {share:.0%}"))
    except DatasetError as error:
        bar.empty()
        st.error(str(error))
    else:
        st.rerun()


def _run_title(run: Run) -> str:
    shipped = " (shipped)" if run.is_shipped else ""
    return f"{run.name}{shipped}: {run.config.network} on {run.config.dataset}"


def _data_uri(image: np.ndarray) -> str:
    """A picture of uint8 values as a PNG that stands in the page itself."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
