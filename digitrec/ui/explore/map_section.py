"""The Map section of Explore: images on a plane, alike ones near each other; a lasso takes some into a gallery."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from digitrec.data import Dataset
from digitrec.evaluation import ImageTable
from digitrec.explain import DatasetMap, MapRequest, dataset_maps
from digitrec.imaging import Floats, InkError, to_mnist
from digitrec.inference import Classifier, ClassifierError
from digitrec.runs import Run
from digitrec.ui import pickers, state
from digitrec.ui.components import canvas, dataset_map, point_map, reveal
from digitrec.ui.components.gallery import Choice, choice_gallery
from digitrec.ui.components.point_map import Colours, MapPoints
from digitrec.ui.explore import address, card, columns, filters

PIXELS, EMBEDDING = "Pixels", "Embedding"
PER_PAGE = 48  # images in the gallery
_SOURCE, _SIZE, _COLOUR, _FIGURE = "map-source", "map-size", "map-colour", "explore-map"
_CHOSEN, _TURN, _TABLE, _GALLERY = "map-chosen", "map-turn", "map-classes", "explore-map-gallery"


def view(dataset: Dataset) -> None:
    """The map, or the card of one of its images."""
    controls = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    with controls:
        run = filters.model_picker(dataset)
    if address.get_selection().image is not None:
        card.view(dataset, _chosen_rows(dataset), run)
        return
    with controls:
        request = _choose_map(dataset, run)
    if request is None:
        return
    found = dataset_maps.find_map(request)
    if found is None:
        st.caption(
            "A map puts images that are alike near each other (t-SNE). Lasso a part of it to see its images."
        )
        dataset_map.offer_map(request)
        return
    _show(request, found, run, controls)


def _choose_map(dataset: Dataset, run: Run | None) -> MapRequest | None:
    """What is compared, and how many images; None if the model cannot be loaded, which is said."""
    model = None
    if run is not None:
        source = st.segmented_control(
            "Position by",
            [PIXELS, EMBEDDING],
            default=PIXELS,
            required=True,
            key=_SOURCE,
            persist_state="session",
            help="Pixels: near if the ink is in the same places. Embedding: near if the model sees them alike.",
        )
        if source == EMBEDDING:
            model = _load(run)
            if model is None:
                return None
    n = sum(columns.count_images(dataset).values())
    sizes = [size for size in dataset_maps.SIZES if size < n]
    sizes += [dataset_maps.SIZES[len(sizes)]] if len(sizes) < len(dataset_maps.SIZES) else []
    size = sizes[0]
    if len(sizes) > 1:
        if st.session_state.get(_SIZE) not in sizes:
            st.session_state[_SIZE] = min(sizes[-1], dataset_maps.DEFAULT_SIZE)
        size = st.selectbox(
            "Images",
            sizes,
            key=_SIZE,
            format_func=lambda size: f"{min(size, n):,}",
            persist_state="session",
            width=120,
        )
    return MapRequest(dataset, size, None if model is None else run, model)


def _load(run: Run) -> Classifier | None:
    try:
        model = pickers.load_classifier(run)
    except ClassifierError as error:
        st.warning(str(error), icon=":material/warning:")
        return None
    if not model.embedding_size:
        st.info(f"{run.name} gives no embedding: choose another model, or compare pixels.")
        return None
    return model


def _show(request: MapRequest, found: DatasetMap, run: Run | None, controls: DeltaGenerator) -> None:
    dataset = request.dataset
    splits = list(columns.count_images(dataset))
    answers = columns.find_answers(run, dataset, splits) if run is not None else {}
    table = columns.make_table(dataset, None, answers)
    points = dataset_map.make_points(
        request, found, None if table.predictions is None else table.predictions.answers
    )
    unread = [split for split in splits if split not in answers]
    with controls:
        colours = _choose_colours(points, table, request, run, unread)
    star = _place_star(request, found)
    chosen = _chosen_points(request)
    point_map.point_map(
        _FIGURE,
        points,
        lambda: dataset.take_images(found.rows),
        colours,
        star=star,
        chosen=chosen,
        on_chosen=lambda indices: _choose(request, indices),
        on_opened=lambda point: card.open_card(dataset, int(found.rows[point])),
    )
    _describe(request, points, star)
    _gallery(request, points, chosen)
    _class_table(request, points)


def _choose_colours(
    points: MapPoints, table: ImageTable, request: MapRequest, run: Run | None, unread: list[str]
) -> Colours:
    ways: dict[str, Callable[[], Colours]] = {"Class": lambda: dataset_map.colours_by_class(points)}
    if run is not None:
        ways["Right or wrong"] = lambda: dataset_map.colours_by_outcome(points)
    if len(np.unique(points.rows >= points.train_count)) > 1:
        ways["Split"] = lambda: dataset_map.colours_by_split(points)
    writers = table.writers
    if writers is not None:
        ways["Writer"] = lambda: dataset_map.colours_by_writer(writers[points.rows])
    if len(ways) == 1:
        return ways["Class"]()
    if st.session_state.get(_COLOUR) not in ways:
        st.session_state[_COLOUR] = "Class"
    way = st.segmented_control("Colour by", list(ways), required=True, key=_COLOUR, persist_state="session")
    if way == "Right or wrong" and run is not None and unread and _offer_reading(request.dataset, run, unread):
        st.rerun()
    if way == "Right or wrong" and points.answers is None:
        return dataset_map.colours_by_class(points)
    return ways[str(way)]()


def _offer_reading(dataset: Dataset, run: Run, unread: list[str]) -> bool:
    """A button that lets the network read what it has not read; returns whether it has now."""
    counts = columns.count_images(dataset)
    n = sum(counts[split] for split in unread)
    label = f"Let {run.name} read {n:,} images first"
    is_asked = st.button(label, key="map-read", icon=":material/play_arrow:")
    return is_asked and columns.read_images(run, dataset, unread)


def _place_star(request: MapRequest, found: DatasetMap) -> Floats | None:
    """Where the last drawing of Draw lies; None if there is none."""
    inks = canvas.list_inks(state.CANVAS)
    if not inks:
        return None
    try:
        return dataset_map.place_drawing(request, found, to_mnist(inks[0]), request.model)
    except (InkError, ClassifierError):
        return None


def _describe(request: MapRequest, points: MapPoints, star: Floats | None) -> None:
    n, shown = sum(columns.count_images(request.dataset).values()), len(points.rows)
    some = f"{shown:,} of {n:,} images, of each class and split by its share. " if shown < n else ""
    st.caption(f"{some}Near means alike; distances between far groups, and the directions, mean nothing.")
    if star is not None:
        st.markdown(f"★ Your last drawing. {dataset_map.describe_place(star, points)}.")


# --- what is chosen ---


def _choose(request: MapRequest, indices: NDArray[np.int64]) -> None:
    st.session_state[_CHOSEN] = (request.folder.path.name, indices) if len(indices) else None
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    reveal.request(_GALLERY)


def _chosen_points(request: MapRequest) -> NDArray[np.int64] | None:
    key, indices = st.session_state.get(_CHOSEN) or ("", None)
    return indices if key == request.folder.path.name else None


def _chosen_rows(dataset: Dataset) -> NDArray[np.int64]:
    """The rows of the chosen images, for the ways from one card to the next."""
    rows: NDArray[np.int64] = st.session_state.get(f"{_CHOSEN} rows {dataset.name}", np.empty(0, np.int64))
    return rows


def _gallery(request: MapRequest, points: MapPoints, chosen: NDArray[np.int64] | None) -> None:
    dataset = request.dataset
    rows = np.empty(0, np.int64) if chosen is None else points.rows[chosen]
    st.session_state[f"{_CHOSEN} rows {dataset.name}"] = rows
    if chosen is None:
        return
    reveal.place(_GALLERY)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        counts = dataset_map.count_classes(points.labels[chosen], points.names)
        st.markdown(f"**{len(rows):,}** {'image' if len(rows) == 1 else 'images'}: {counts}", width="content")
        st.button("Clear", key="map-clear", icon=":material/close:", on_click=_choose, args=(request, rows[:0]))
    pages = -(-len(rows) // PER_PAGE)
    page = 1
    if pages > 1:  # anew for each choice, from its first page
        page = st.pagination(pages, key=f"map-page-{st.session_state.get(_TURN, 0)}")
    shown = slice((page - 1) * PER_PAGE, page * PER_PAGE)
    choices = [
        _choice(dataset, points, int(point), int(row))
        for point, row in zip(chosen[shown], rows[shown], strict=True)
    ]
    choice_gallery("explore-map-images", "Chosen images", choices, lambda row: card.open_card(dataset, row))


def _choice(dataset: Dataset, points: MapPoints, point: int, row: int) -> Choice:
    split, index = columns.locate(dataset, row)
    label = int(points.labels[point])
    name, caption = points.names[label], f"#{index}"
    answer = -1 if points.answers is None else int(points.answers[point])
    wrong = f" · ✗ {points.names[answer]}" if answer >= 0 and answer != label else ""
    alt = f"{columns.SPLIT_TITLES[split]} image {index}, a {name}"
    test = "test " if split == "test" else ""
    return Choice(row, columns.get_image(dataset, row), f"{name} · {test}{caption}{wrong}", alt)


def _class_table(request: MapRequest, points: MapPoints) -> None:
    """The map in words: how much each class keeps to itself, and which other one is near."""
    names = points.names
    places = dataset_map.describe_classes(points.positions, points.labels, len(names))
    rows = {
        "Class": list(names),
        "Images": [each.n for each in places],
        "Near images of its own class": [each.own_share for each in places],
        "Nearest other class": [
            "" if each.other is None else f"{names[each.other]} ({each.other_share:.1%})" for each in places
        ],
    }
    with st.expander("As a table", icon=":material/keyboard:"):
        st.caption(
            f"Of the {dataset_maps.NEAREST} nearest points of each image. Choose a class to see its images, those "
            "among other classes first."
        )
        st.dataframe(
            rows,
            hide_index=True,
            height="content",
            width="content",
            column_config={"Near images of its own class": st.column_config.NumberColumn(format="percent")},
            key=_TABLE,
            on_select=lambda: _choose_class(request, points),
            selection_mode="single-row",
        )


def _choose_class(request: MapRequest, points: MapPoints) -> None:
    selected = st.session_state[_TABLE]["selection"]["rows"]
    if not selected:
        return
    members = np.flatnonzero(points.labels == int(selected[0]))
    near = dataset_maps.find_nearest(points.positions, points.positions[members], dataset_maps.NEAREST + 1)
    own = (points.labels[near] == int(selected[0])).sum(1)
    _choose(request, members[np.argsort(own, kind="stable")])
