"""The card of an image in an evaluation, and the ways from it to the others in the list."""

from __future__ import annotations

import functools

import numpy as np

from digitrec.data import evaluation_dataset, loading
from digitrec.evaluation import Score
from digitrec.explain import neighbours
from digitrec.ui import image_card
from digitrec.ui.evaluate import address, listing
from digitrec.ui.image_card import CardImage, Navigation


def is_open(score: Score) -> bool:
    """Whether the card of one of these images is open."""
    index = address.get_selection().image
    return index is not None and index < len(score.proba)


def view(score: Score) -> None:
    """The card of the selected image."""
    index = address.get_selection().image
    assert index is not None, "the page asks `is_open` first"
    shown = _card_image(score, index)
    image_card.navigation_bar(shown, _navigation(score, index), score.run)
    image_card.view(shown, score.run, score.calibrated[index])


def _card_image(score: Score, index: int) -> CardImage:
    is_own = score.dataset.name == evaluation_dataset(score.run.config.dataset)
    return CardImage(
        f"{score.split_name.capitalize()} image {index:,} of {score.dataset.title}",
        score.dataset,
        score.split_name,
        index,
        score.split.images[index],
        int(score.split.labels[index]),
        score.run.class_names,
        _describe_place(score, index),
        index if is_own and score.split_name == "train" else None,
    )


def _navigation(score: Score, index: int) -> Navigation:
    found = listing.last_listed(score)
    (at,) = np.nonzero(found == index)
    before = int(found[at[0] - 1]) if len(at) and at[0] > 0 else None
    after = int(found[at[0] + 1]) if len(at) and at[0] + 1 < len(found) else None
    ways = [None if to is None else functools.partial(address.select, image=to) for to in (before, after)]
    return Navigation(address.select, ways[0], ways[1], f"{at[0] + 1:,} of {len(found):,}" if len(at) else "")


def _describe_place(score: Score, index: int) -> str:
    file, place = neighbours.locate_original(score.run, loading.load(score.dataset.name), score.split_name, index)
    text = f"Image {index:,} of {len(score.proba):,}"
    same = score.split_name == file and index == place
    return f"{text}, counted from 0." if same else f"{text}, image {place:,} of the {file} set, counted from 0."
