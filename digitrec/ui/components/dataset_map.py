"""The map of a data set on a page: made in the background, coloured, and a drawing on it as a star."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from digitrec.charts import style
from digitrec.data import Dataset
from digitrec.explain import ClassPlace, DatasetMap, MapRequest, dataset_maps, tsne
from digitrec.imaging import Floats, Image
from digitrec.inference import Classifier
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.components.point_map import Category, Colours, MapPoints
from digitrec.ui.components.progress import measurement_control

MAX_WRITERS = 9  # with a colour of their own


def offer_map(request: MapRequest) -> None:
    """The button that makes a map, or its progress, or why there can be none."""
    n = len(request.rows)
    if n < dataset_maps.MIN_IMAGES:
        st.info(f"A map needs {dataset_maps.MIN_IMAGES} images or more. This data set has {n}.")
    elif not tsne.has_opentsne():
        st.info(tsne.explain_missing_opentsne())
    else:
        text = "Runs in the background, and is stored. 5,000 images take about 20 seconds."
        measurement_control(request, f"Make the map of {n:,} images", request.size, text=text)


def all_labels(dataset: Dataset) -> NDArray[np.int64]:
    """The labels int64 (n,) of all images, the training images first."""
    return np.concatenate([dataset.train.labels, dataset.test.labels])


def make_points(request: MapRequest, found: DatasetMap, answers: NDArray[np.int64] | None = None) -> MapPoints:
    """The points of a map.

    Args:
        request: what was asked for.
        found: the map.
        answers: int64 (n,), of a network to all images of the data set, -1 for none; None without a network.
    """
    dataset, rows = request.dataset, found.rows
    return MapPoints(
        request.folder.path.name,
        found.positions,
        rows,
        len(dataset.train.labels),
        all_labels(dataset)[rows],
        dataset.class_names,
        None if answers is None else answers[rows],
    )


def colours_by_class(points: MapPoints) -> Colours:
    """A colour for each class, with its name on the map."""
    tints = style.class_colours(len(points.names))
    categories = [Category(name, tint, is_written=True) for name, tint in zip(points.names, tints, strict=True)]
    return Colours("Class", categories, points.labels)


def colours_by_outcome(points: MapPoints) -> Colours:
    """Right and wrong answers, and those images that the network has not read."""
    assert points.answers is not None, "there is a network"
    codes = np.where(points.answers < 0, 2, points.answers != points.labels).astype(np.int64)
    categories = [Category("right", style.SKY), Category("wrong", style.VERMILLION)]
    return Colours("Right or wrong", [*categories, *_rest(codes == 2, "not read")], codes)


def colours_by_split(points: MapPoints) -> Colours:
    """Training and test images."""
    categories = [Category("training", style.SKY), Category("test", style.ORANGE)]
    return Colours("Split", categories, (points.rows >= points.train_count).astype(np.int64))


def colours_by_writer(writers: NDArray[np.int64]) -> Colours:
    """The writers with most images on the map, and the others.

    Args:
        writers: int64 (n,), of the points; -1 if unknown.
    """
    most = [writer for writer, _ in Counter(writers[writers >= 0].tolist()).most_common(MAX_WRITERS)]
    codes = np.full(len(writers), len(most))
    for code, writer in enumerate(most):
        codes[writers == writer] = code
    tints = style.class_colours(len(most))
    categories = [Category(f"writer {each:02}", tint) for each, tint in zip(most, tints, strict=True)]
    return Colours("Writer", [*categories, *_rest(codes == len(most), "others, unknown")], codes)


def _rest(are_there: NDArray[np.bool_], name: str) -> list[Category]:
    return [Category(name, style.GREY)] if are_there.any() else []


def place_drawing(request: MapRequest, found: DatasetMap, image: Image, model: Classifier | None) -> Floats:
    """Where an image uint8 (28, 28) lies on a map: float32 (2,); computed once for each.

    Raises:
        ClassifierError: the model gives no embedding.
    """
    made_from = request.folder.path.name, image.tobytes()
    last, place = st.session_state.get("map-star", (None, None))
    if place is None or last != made_from:
        place = dataset_maps.place_images(found, image[None], model)[0]
        st.session_state["map-star"] = made_from, place
    return place


def describe_place(place: Floats, points: MapPoints) -> str:
    """Which classes the points near a place have, in words, the most frequent first."""
    near = points.labels[dataset_maps.find_nearest(points.positions, place[None])[0]]
    return f"{len(near)} nearest images on the map: {count_classes(near, points.names)}"


@st.cache_data(max_entries=8, show_spinner=False)
def describe_classes(positions: Floats, labels: NDArray[np.int64], n_classes: int) -> list[ClassPlace]:
    """For each class, how much its images keep to themselves; computed once for a map and its labels."""
    return dataset_maps.describe_classes(positions, labels, n_classes)


def count_classes(labels: NDArray[np.int64], names: Sequence[str]) -> str:
    """How many of each class there are, the most first, as Markdown."""
    counts = Counter(labels.tolist()).most_common()
    return ", ".join(f"{escape_markdown(names[label])} ({n:,})" for label, n in counts)
