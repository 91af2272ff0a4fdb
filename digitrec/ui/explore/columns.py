"""What is known of each image of a data set: its class, writer and strokes, and a network's answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digitrec.data import MEASURES, Dataset, DatasetError, ImageMeasures, duplicates, measures
from digitrec.evaluation import ImageTable, Predictions, ScoringError, predictions, scoring, shared_work
from digitrec.inference import ClassifierError
from digitrec.runs import Run, store
from digitrec.ui import pickers

SPLITS = ("train", "test")
SPLIT_TITLES = {"train": "Training", "test": "Test"}
POLL_SECONDS = 0.5  # between two looks at the progress


def count_images(dataset: Dataset) -> dict[str, int]:
    """The number of images in each split that has any, in the order of the table's rows."""
    counts = {"train": len(dataset.train.labels), "test": len(dataset.test.labels)}
    return {split: n for split, n in counts.items() if n}


def make_table(
    dataset: Dataset,
    measured: Mapping[str, ImageMeasures] | None = None,
    answers: Mapping[str, Predictions] | None = None,
    *,
    with_duplicates: bool = False,
) -> ImageTable:
    """The table of a data set's images, the training images first.

    Args:
        dataset: the data set.
        measured: the measures of each split; None if they are not known.
        answers: a network's answers to the splits that it has read; None without a network.
        with_duplicates: whether to look for equal images, which takes a second for 70,000.
    """
    n_train, n_test = len(dataset.train.labels), len(dataset.test.labels)
    labels = all_labels(dataset)
    columns = {}
    if measured is not None:
        parts = [measured[split] for split in count_images(dataset)]
        columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in MEASURES}
    writers = None
    if dataset.writers is not None:
        writers = np.concatenate(dataset.writers)
        writers = writers if (writers >= 0).any() else None
    return ImageTable(
        labels,
        np.arange(n_train + n_test) >= n_train,
        columns,
        writers,
        _join_answers({"train": n_train, "test": n_test}, answers) if answers else None,
        duplicates.find_duplicates(dataset) if with_duplicates else None,
    )


def all_labels(dataset: Dataset) -> NDArray[np.int64]:
    """The labels int64 (n,) of all images, in the order of the table's rows."""
    return np.concatenate([dataset.train.labels, dataset.test.labels])


def locate(dataset: Dataset, row: int) -> tuple[str, int]:
    """The split and the place in it of a row of the table."""
    n_train = len(dataset.train.labels)
    return ("train", row) if row < n_train else ("test", row - n_train)


def find_row(dataset: Dataset, split: str, index: int) -> int:
    """The row of an image in the table."""
    return index if split == "train" else len(dataset.train.labels) + index


def get_image(dataset: Dataset, row: int) -> NDArray[np.uint8]:
    """The image uint8 (28, 28) of a row."""
    split, index = locate(dataset, row)
    return (dataset.train if split == "train" else dataset.test).images[index]


def find_measures(dataset: Dataset) -> dict[str, ImageMeasures] | None:
    """The measures of all images, measured now if there are few; None if they must be measured first."""
    counts = count_images(dataset)
    if sum(counts.values()) < measures.MIN_STORED_IMAGES:
        return {split: measures.measure_split(dataset, split) for split in counts}
    found = {split: measures.find_measures(dataset, split) for split in counts}
    known = {split: each for split, each in found.items() if each is not None}
    return known if len(known) == len(counts) else None


def measure_in_background(dataset: Dataset) -> None:
    """Measure all images beside the page, and show how far it is; the page runs again at the end."""
    st.fragment(_watch_measuring, run_every=POLL_SECONDS)(dataset)


def _watch_measuring(dataset: Dataset) -> None:
    if find_measures(dataset) is not None:
        st.rerun()

    def work(report: shared_work.Progress) -> None:
        before, n = 0, sum(count_images(dataset).values())
        for split, count in count_images(dataset).items():

            def pass_on(done: int, _: int, before: int = before) -> None:
                report(before + done, n)

            measures.measure_split(dataset, split, pass_on)
            before += count

    progress = shared_work.poll_shared(("measure", dataset), work)
    done, n = progress or (0, 1)
    text = "Measuring ink, thickness, slant and size, once for these images"
    st.progress(done / n, text=f"{text}: {done:,} of {n:,}" if progress else f"{text} ...")


def list_models(dataset: Dataset) -> list[Run]:
    """The runs whose network has the classes of a data set."""
    return [run for run in store.list_runs() if run.has_model and run.class_names == dataset.class_names]


def find_answers(run: Run, dataset: Dataset, splits: Sequence[str]) -> dict[str, Predictions]:
    """A run's stored answers to those of the splits that it has read."""
    found = {}
    for split in splits:
        try:
            answers = predictions.find_predictions(run, dataset, split)
        except (ScoringError, DatasetError, OSError):  # a damaged run or file is reported where it is read anew
            answers = None
        if answers is not None:
            found[split] = answers
            if split == "test":
                pickers.record_view(run, scoring.load_evaluation(run, dataset.name, split))
    return found


def read_images(run: Run, dataset: Dataset, splits: Sequence[str]) -> bool:
    """Let a run's network read the images of some splits, with a progress bar; its answers are stored.

    Returns:
        Whether it read them; if not, the reason is shown.
    """
    place = st.empty()
    bar = place.progress(0.0, text="Reading the images ...")
    try:
        for split in splits:

            def report(done: int, n: int, title: str = SPLIT_TITLES[split].lower()) -> None:
                bar.progress(done / n, text=f"{done:,} of {n:,} {title} images read")

            predictions.predict(run, dataset, split, report)
    except (ScoringError, ClassifierError, DatasetError, OSError) as error:
        st.warning(f"{run.name} cannot read these images: {error}", icon=":material/warning:")
        return False
    finally:
        place.empty()
    return True


def _join_answers(counts: Mapping[str, int], answers: Mapping[str, Predictions]) -> Predictions:
    parts = [answers[split] if split in answers else _unread(n) for split, n in counts.items()]
    columns: list[Any] = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Predictions(*columns)


def _unread(n: int) -> Predictions:
    unknown = np.full(n, np.nan, np.float32)
    return Predictions(np.full(n, -1), unknown, unknown)
