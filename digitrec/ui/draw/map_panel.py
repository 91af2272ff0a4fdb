"""The drawing as a star on the map of the data set that the model was trained on."""

from __future__ import annotations

import streamlit as st

from digitrec.data import Dataset, DatasetError, evaluation_dataset, loading
from digitrec.explain import DatasetMap, MapRequest, dataset_maps
from digitrec.inference import Classifier, ClassifierError, Reading
from digitrec.runs import Run, provenance
from digitrec.ui import pickers, state
from digitrec.ui.components import dataset_map, point_map
from digitrec.ui.components.digits import escape_markdown


def drawing_on_map(run: Run, model: Classifier, reading: Reading) -> None:
    """Show where a drawing lies on the stored map of the run's data set; without one, offer to make it.

    Args:
        run: that read the drawing.
        model: the run's.
        reading: of the drawing.
    """
    try:
        provenance.find_learnt_dataset(run)  # looking at a drawing does not ask for a download
        dataset = loading.load(evaluation_dataset(run.config.dataset))
    except (DatasetError, OSError) as error:
        st.warning(escape_markdown(f"The map cannot be shown: {error}"), icon=":material/warning:")
        return
    request, found = _find_stored(dataset, run, model)
    if found is None:
        st.caption(
            f"A map of {escape_markdown(dataset.title)} puts images near each other that the model sees alike."
        )
        dataset_map.offer_map(request)
        return
    try:
        star = dataset_map.place_drawing(request, found, reading.image, request.model)
    except ClassifierError as error:
        st.warning(escape_markdown(f"The drawing cannot be placed: {error}"), icon=":material/warning:")
        return
    points = dataset_map.make_points(request, found)
    st.markdown(f"★ Your drawing. {dataset_map.describe_place(star, points)}.")
    source = "by their pixels" if request.run is None else f"as {request.run.name} sees them"
    st.caption(escape_markdown(f"{len(points.rows):,} images of {dataset.title}, {source}."))
    point_map.point_map(
        "draw-map",
        points,
        lambda: dataset.take_images(found.rows),
        dataset_map.colours_by_class(points),
        star=star,
    )
    if st.button("Open the map in Explore", key="draw-map-explore", icon=":material/open_in_full:"):
        st.session_state[state.next_choice(state.EXPLORE_DATASET)] = dataset.name
        st.switch_page(pickers.page_path("explore"), query_params={"show": "Map", "data": dataset.name})


def _find_stored(dataset: Dataset, run: Run, model: Classifier) -> tuple[MapRequest, DatasetMap | None]:
    """The largest stored map, of the model's embedding before one of pixels; else what is to be made."""
    sources = [(run, model)] if model.embedding_size else []
    requests = [
        MapRequest(dataset, size, *source)
        for source in (*sources, (None, None))
        for size in sorted(dataset_maps.SIZES, reverse=True)
    ]
    for request in requests:
        found = dataset_maps.find_map(request)
        if found is not None:
            return request, found
    first = sources[0] if sources else (None, None)
    return MapRequest(dataset, dataset_maps.DEFAULT_SIZE, *first), None
