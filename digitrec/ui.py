"""Streamlit pieces that several pages share: pickers, the canvas and its answer, the digit gallery, the banner."""

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
from digitrec.serving import Classifier, ClassifierError
from digitrec.ui_canvas import ANSWER, digit_canvas, place

__all__ = [
    "answer",
    "classifier",
    "dataset_banner",
    "dataset_picker",
    "digit_canvas",
    "digit_gallery",
    "no_answer",
    "page_link",
    "page_path",
    "percent",
    "place",
    "run_picker",
    "sample_button",
    "style",
]

UNSURE = 0.6  # below this confidence an answer is put as a guess
PICKER_WIDTH = 420  # pixels, where there is room
_PAGES = Path(__file__).resolve().parent.parent / "pages"


def page_path(name: str) -> Path:
    """Where the page of this name is: what `st.page_link` and `st.switch_page` want."""
    return _PAGES / f"{name}.py"


def page_link(name: str, label: str, *, icon: str | None = None) -> None:
    """A link to the page of this name."""
    st.page_link(page_path(name), label=label, icon=icon)


def style() -> None:
    """The look of what this module writes as HTML; once a page."""
    st.html(Path(__file__).with_name("ui.css"))


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
        width=PICKER_WIDTH,
    )
    return by_name.get(name)


def classifier(run: Run) -> Classifier:
    """The run's model, loaded once and shared by all sessions; loaded anew when its file changes.

    Raises:
        ClassifierError: the model is damaged, missing, or of another number of classes than the run.
    """
    changed = run.tflite_path.stat().st_mtime_ns if run.tflite_path.is_file() else 0
    found = _load_classifier(str(run.path), changed)
    if found.classes != len(run.class_names):
        raise ClassifierError(
            f"the model of {run.name!r} tells {found.classes} classes apart: expected {len(run.class_names)}, as "
            "its config.json names them. Put the run's own model.tflite back, or train a new run."
        )
    return found


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
        label,
        ordered,
        format_func=lambda name: datasets.DATASETS[name].title,
        key=key,
        persist_state="session",
        width=PICKER_WIDTH,
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
        _figure(image, caption, alt, size)
        for image, caption, alt in zip(images, captions, alts or captions, strict=True)
    ]
    st.html(f'<div class="digit-gallery" style="--side:{size}px">{"".join(figures)}</div>')


def answer(proba: np.ndarray, class_names: Sequence[str], image: np.ndarray) -> None:
    """Say what was read and how sure that is; show what the network saw, and the probabilities of all classes.

    Args:
        proba: float32 (c,).
        class_names: the c names.
        image: uint8 (28, 28), what was read.
    """
    second, best = np.argsort(proba)[-2:]
    verb = "It is" if proba[best] >= UNSURE else "Perhaps"
    length = "long" if len(class_names[best]) > 2 else "short"
    bars = "".join(
        f"<li{' class=best' if i == best else ''}><b>{html.escape(name)}</b>"
        f'<span class="track" aria-hidden="true"><span style="width:{100 * p:.1f}%"></span></span>'
        f"<span>{percent(p)}</span></li>"
        for i, (name, p) in enumerate(zip(class_names, proba, strict=True))
    )
    with st.container(key=ANSWER):
        st.html(
            f'<div class="digit-answer"><p><span class="verb">{verb}</span> '
            f'<strong class="{length}">{html.escape(class_names[best])}</strong> '
            f'<span class="sure">{percent(proba[best])} sure</span> '
            f'<span class="else">otherwise {html.escape(class_names[second])}, {percent(proba[second])}</span></p>'
            f"{_figure(image, 'What the network sees', 'The 28 by 28 pixels that the network sees', 112)}</div>"
        )
    st.html(f'<ul class="digit-bars" aria-label="Probability of each class">{bars}</ul>')


def no_answer(title: str, text: str) -> None:
    """What stands in the answer's place where there is none."""
    with st.container(key=ANSWER):
        st.html(f'<div class="digit-answer"><p><b>{html.escape(title)}</b> {html.escape(text)}</p></div>')


def percent(share: float) -> str:
    """A share as per cent with one decimal; nearly all and nearly nothing are not rounded to all and nothing."""
    if 0 < share < 0.0005:
        return "<0.1%"
    if 0.9995 <= share < 1:
        return ">99.9%"
    return f"{share:.1%}"


def sample_button(canvas: str) -> None:
    """A button that puts a random test digit on the canvas of this key: the way to try it without drawing."""
    st.button(
        "Try a sample", icon=":material/casino:", key=f"{canvas}-sample", on_click=_place_sample, args=(canvas,)
    )
    if message := st.session_state.pop(f"{canvas}-sample-error", None):
        st.error(message)


def _place_sample(canvas: str) -> None:
    try:
        dataset = datasets.load(datasets.default_name())
    except DatasetError as error:
        st.session_state[f"{canvas}-sample-error"] = str(error)
        return
    index = int(np.random.default_rng().integers(len(dataset.test.labels)))
    name = dataset.class_names[dataset.test.labels[index]]
    place(canvas, dataset.test.images[index], f"Test image {index:,} of {dataset.title}, labelled {name}.")


def dataset_banner() -> None:
    """Say so where MNIST is not on this machine and the embedded digits stand in; offer to download it."""
    if datasets.find("mnist"):
        return
    description = datasets.DATASETS["mnist"]
    st.info(
        f"{description.title} is not on this machine. Until it is, the {datasets.DATASETS['digits'].title}, which "
        "come with the program, stand in: fewer and coarser, but real.",
        icon=":material/info:",
    )
    label = f"Download {description.title} ({description.size / 1e6:.1f} MB)"
    st.button(label, key="download-mnist", on_click=_ask_for_download, icon=":material/download:")
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


def _figure(image: np.ndarray, caption: str, alt: str, size: int) -> str:
    return (
        f'<figure class="digit"><img src="{_data_uri(image)}" alt="{html.escape(alt, quote=True)}" width="{size}" '
        f'height="{size}"><figcaption>{html.escape(caption)}</figcaption></figure>'
    )


def _data_uri(image: np.ndarray) -> str:
    """A picture of uint8 values as a PNG that stands in the page itself."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
