"""The usual range of the handwriting that a network has learnt, by class: its norms.

`norms.json` holds those of MNIST, so that MNIST itself need not be on the machine; `benchmarks/norms.py` makes it
anew. Those of any other data set are measured on some of its training images when they are first asked for.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from digitrec.data import DatasetError, Description, catalogue, loading
from digitrec.explain.traits import SCALE, Traits, measure_traits
from digitrec.imaging import Images, Labels
from digitrec.runs import Run, provenance

PATH = Path(__file__).with_name("norms.json")
PERCENTILES = (0.1, 1, 50, 99, 99.9)
MNIST = catalogue.DATASETS["mnist"].title
ALL_CLASSES = ""  # the name of what is usual whatever the class
MIN_NORM_IMAGES = 50  # of a class: one of fewer images is more than 2%, so that the usual 98% cannot be measured
MAX_NORM_IMAGES = 300  # of a class: it takes some seconds
_MIN_TAIL_IMAGES = 1000  # fewer images do not tell what one in a thousand has
_MAX_CACHED_NORMS = 200  # classes


class Quantiles(NamedTuple):
    """The values below which these shares of a class lie."""

    least: float  # 0.1%
    low: float  # 1%
    middle: float  # half
    high: float  # 99%
    most: float  # 99.9%


class Norm(NamedTuple):
    """What is usual in a class.

    Attributes:
        name: of the class; "" for all classes together.
        images: how many were looked at.
        thickness: of strokes, in pixels of an image.
        slant: in degrees, positive to the right.
        level: how dark strokes are where they are dark, of 255.
        joins: width of the widest gap between two pieces, in pixels of an image.
        mouths: width of the widest mouth of a loop that is nearly closed, in pixels of an image.
        loops: how many closed loops are the most common.
        specks: share of the images with specks.
        apart: share of the images with pieces too far apart for a gap.
        dataset: title of the data set that the images are from.
    """

    name: str
    images: int
    thickness: Quantiles
    slant: Quantiles
    level: Quantiles
    joins: Quantiles
    mouths: Quantiles
    loops: int
    specks: float
    apart: float
    dataset: str = MNIST


def find_norm(run: Run, label: int) -> Norm:
    """The norm of a class as a run's network has learnt it.

    Args:
        run: the run.
        label: index of the class.

    Raises:
        DatasetError: there is none, because the training data set is gone or has too few images of the class.
    """
    if _has_learnt_mnist(run):
        return get_norm(run.class_names[label])
    norm = _measure_class(provenance.find_learnt_dataset(run), label)
    if norm is None:
        name = run.class_names[label]
        raise DatasetError(
            f"there are too few training images of {name} to tell what is usual: expected at least "
            f"{MIN_NORM_IMAGES}."
        )
    return norm


def _has_learnt_mnist(run: Run) -> bool:
    """Whether a run was trained on MNIST, alone or with pen drawings."""
    try:
        description = catalogue.describe(run.config.dataset)
    except DatasetError:
        return False
    return "mnist" in (description.name, description.base) and description.class_names == run.class_names


@functools.lru_cache(maxsize=_MAX_CACHED_NORMS)  # by data set and not by name: one made by a user may change
def _measure_class(description: Description, label: int) -> Norm | None:
    images, labels = loading.load(description).train
    members = np.flatnonzero((labels == label) & images.any((1, 2)))  # imported images may be blank
    if len(members) < MIN_NORM_IMAGES:
        return None
    chosen = members[np.linspace(0, len(members) - 1, min(len(members), MAX_NORM_IMAGES)).astype(int)]
    name = description.class_names[label]
    return _build_norm(name, _measure_all(images[chosen]))._replace(dataset=description.title)


def get_norm(name: str) -> Norm:
    """MNIST's norm of the class of this name; that of all of MNIST, if it has no such class."""
    table = _load_table()
    return table.get(name, table[ALL_CLASSES])


def build_norms(images: Images, labels: Labels, class_names: Sequence[str]) -> dict[str, Norm]:
    """The table from images uint8 (n, 28, 28) and labels int64 (n,): a norm for each class name and for all."""
    found = _measure_all(images)
    classes = {
        name: [one for one, label in zip(found, labels, strict=True) if label == index]
        for index, name in enumerate(class_names)
    }
    return {
        name: _build_norm(name, members) for name, members in {**classes, ALL_CLASSES: found}.items() if members
    }


def _measure_all(images: Images) -> list[Traits]:
    """The traits of images, without their sheets."""
    return [measure_traits(image)._replace(sheet=np.empty(0, np.uint8)) for image in images]


def write_norms(table: dict[str, Norm], source: str) -> None:
    """Write the table, with words on where it comes from."""
    rows = {name: {**norm._asdict(), "name": name} for name, norm in table.items()}
    text = json.dumps({"source": source, "percentiles": PERCENTILES, "norms": rows}, indent=1)
    PATH.write_text(text + "\n", encoding="utf-8")


@functools.cache
def _load_table() -> dict[str, Norm]:
    rows = json.loads(PATH.read_text(encoding="utf-8"))["norms"]
    return {name: _parse_norm(row) for name, row in rows.items()}


def _parse_norm(row: dict[str, Any]) -> Norm:
    values: dict[str, Any] = {
        key: Quantiles(*each) if isinstance(each, list) else each for key, each in row.items()
    }
    return Norm(**values)


def _build_norm(name: str, members: Sequence[Traits]) -> Norm:
    def quantiles(value: Callable[[Traits], float]) -> Quantiles:
        found = np.percentile([value(one) for one in members], PERCENTILES)
        usual = Quantiles(*(round(float(each), 3) for each in found))
        return usual if len(members) >= _MIN_TAIL_IMAGES else usual._replace(least=-np.inf, most=np.inf)

    return Norm(
        name,
        len(members),
        thickness=quantiles(lambda one: one.thickness),
        slant=quantiles(lambda one: one.slant),
        level=quantiles(lambda one: one.level),
        joins=quantiles(lambda one: widest_gap(one, joins=True)),
        mouths=quantiles(lambda one: widest_gap(one, joins=False)),
        loops=int(np.bincount([one.loops for one in members]).argmax()),
        specks=round(float(np.mean([one.specks > 0 for one in members])), 4),
        apart=round(float(np.mean([one.pieces > 1 for one in members])), 4),
    )


def widest_gap(found: Traits, *, joins: bool) -> float:
    """The width of a drawing's widest gap between pieces, or mouth of a loop, in pixels of an image; 0 without."""
    return max((gap.width / SCALE for gap in found.gaps if gap.joins == joins), default=0.0)
