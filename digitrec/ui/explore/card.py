"""The card of an image of a data set, and the ways from it to the others in the grid."""

from __future__ import annotations

import functools

import numpy as np

from digitrec.data import Dataset, evaluation_dataset, measures, splits
from digitrec.evaluation import image_queries
from digitrec.runs import Run
from digitrec.ui import image_card
from digitrec.ui.components import reveal
from digitrec.ui.explore import address, columns, filters
from digitrec.ui.image_card import CardImage, Navigation

_CARD = "explore-card"  # the place that is brought into view: the grid is long


def open_card(dataset: Dataset, row: int) -> None:
    """Open the card of an image in the grid; for callbacks."""
    address.open_image(*columns.locate(dataset, row))
    reveal.request(_CARD)


def view(dataset: Dataset, rows: image_queries.Indices, run: Run | None) -> None:
    """The card of the selected image.

    Args:
        dataset: the data set.
        rows: of the images in the grid, in its order.
        run: whose answer is shown; None for no answer.
    """
    image = address.get_selection().image
    assert image is not None, "the section asks first"
    shown = _card_image(dataset, *image, run)
    row = columns.find_row(dataset, *image)
    reveal.place(_CARD)
    image_card.navigation_bar(shown, _navigation(dataset, rows, row), run)
    image_card.view(shown, run)


def _card_image(dataset: Dataset, split: str, index: int, run: Run | None) -> CardImage:
    part = dataset.train if split == "train" else dataset.test
    title = columns.SPLIT_TITLES[split]
    return CardImage(
        f"{title} image {index:,} of {dataset.title}",
        dataset.description,
        split,
        index,
        part.images[index],
        int(part.labels[index]),
        dataset.class_names,
        f"Image {index:,} of {len(part.labels):,} {title.lower()} images, counted from 0.",
        _find_learnt(dataset, split, index, run),
        _describe(dataset, split, index),
    )


def _find_learnt(dataset: Dataset, split: str, index: int, run: Run | None) -> int | None:
    """The place of an image among those that a run was trained on; None if it is not one of them."""
    if run is None or split != "train" or dataset.name != evaluation_dataset(run.config.dataset):
        return None
    places = splits.part_indices(dataset, "train", share=run.config.validation_share, seed=run.config.seed)
    at = int(np.searchsorted(places, index))
    return at if at < len(places) and places[at] == index else None


def _describe(dataset: Dataset, split: str, index: int) -> str:
    """The measures of an image, and its writer, in words."""
    part = dataset.train if split == "train" else dataset.test
    measured = measures.measure_images(part.images[index : index + 1])
    texts = [
        f"{unit.title} {filters.format_value(name, float(getattr(measured, name)[0]))}"
        for name, unit in filters.UNITS.items()
    ]
    if dataset.writers is not None:
        writer = int(dataset.writers[split == "test"][index])
        texts += [f"writer {writer:02}"] if writer >= 0 else []
    return " · ".join(texts)


def _navigation(dataset: Dataset, rows: image_queries.Indices, row: int) -> Navigation:
    (at,) = np.nonzero(rows == row)
    others = [at[0] - 1, at[0] + 1] if len(at) else [-1, -1]
    before, after = (
        functools.partial(address.open_image, *columns.locate(dataset, int(rows[each])))
        if 0 <= each < len(rows)
        else None
        for each in others
    )
    return Navigation(address.close_image, before, after, f"{at[0] + 1:,} of {len(rows):,}" if len(at) else "")
