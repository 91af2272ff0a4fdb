"""Tells the columns of a CSV of images apart: the label, row numbers, and pixels. What is doubtful is refused."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digitrec.data.catalogue import DatasetError

LABEL_TITLES = ("label", "labels", "class", "classes", "target", "targets", "y", "digit", "digits")
_INDEX_TITLES = ("", "index", "id")  # of a column that counts the rows; pandas also writes "Unnamed: 0"
MIN_PIXELS = 16
_MAX_LABEL_VALUES = 100  # as many as there may be classes
_SAMPLE_LINES, _SAMPLE_VALUES = 300, 300_000  # looked at to find the label; the second bounds long lines
_MIN_DIFFERENCE = 0.3  # of the values of labels and of the pixels beside them, more than of pixels: `_difference`
_LONE_DIFFERENCE = 0.5  # if these pixels never vary
_LABEL_HINT = f"Give the column of the labels a title such as {LABEL_TITLES[0]!r}, or say which column it is."


class LabelColumnError(DatasetError):
    """It is not clear which column of a CSV has the labels.

    Attributes:
        columns: the name of each column, to choose from.
    """

    def __init__(self, message: str, columns: tuple[str, ...]) -> None:
        super().__init__(message)
        self.columns = columns


def is_square(pixels: int) -> bool:
    """Whether so many pixels are a square image of allowed size."""
    return pixels >= MIN_PIXELS and math.isqrt(pixels) ** 2 == pixels


def is_number(text: bytes) -> bool:
    """Whether a field is a finite number."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def not_square(columns: tuple[str, ...], index: int | None) -> LabelColumnError:
    """Why so many columns cannot be a label and a square image."""
    extra = f", and {columns[index]} numbers the rows" if index is not None else ""
    return LabelColumnError(
        f"each line of the CSV has {len(columns)} values{extra}: expected a label and the pixels of a square "
        f"image, such as 785 values for 28 x 28. {_LABEL_HINT}",
        columns,
    )


def sample_values(lines: list[bytes], separator: bytes, count: int) -> NDArray[np.float64]:
    """The values of some lines, spread over the file: float64 (k, columns), NaN where there is a text."""
    wanted = min(_SAMPLE_LINES, max(20, _SAMPLE_VALUES // count), len(lines))
    rows = np.linspace(0, len(lines) - 1, wanted).astype(int).tolist()
    sampled = [lines[i].split(separator) for i in rows if lines[i].count(separator) == count - 1]
    values = np.array([_parse_fields(fields) for fields in sampled]).reshape(-1, count)
    values[~np.isfinite(values)] = math.nan
    return np.column_stack([values, rows[: len(values)]])  # the last: line numbers


def _parse_fields(fields: list[bytes]) -> list[float]:
    try:
        return [float(field) for field in fields]  # in most files every line is of numbers
    except ValueError:
        return [float(field) if is_number(field) else math.nan for field in fields]


def find_row_numbers(titles: Sequence[str], values: NDArray[np.float64], count: int) -> int | None:
    """The first or last column, if it numbers the rows: by its title, or by its values if they are too many
    for classes.
    """
    *columns, rows = values.T
    has_place = not is_square(len(columns) - 1) and is_square(len(columns) - 2)
    for i in (0, len(columns) - 1):
        title = titles[i].casefold() if titles else ""
        is_named = bool(titles) and (title in _INDEX_TITLES or re.fullmatch(r"unnamed: ?\d+", title) is not None)
        counts = any(np.array_equal(columns[i], rows + first) for first in (0, 1))
        if (is_named and (counts or has_place)) or (counts and count > _MAX_LABEL_VALUES):
            return i
    return None


def find_label(
    titles: Sequence[str], values: NDArray[np.float64], index: int | None, columns: tuple[str, ...]
) -> tuple[int, str]:
    """The column of the labels, and how it was found.

    Raises:
        LabelColumnError: that is doubtful.
    """
    others = [i for i in range(len(columns)) if i != index]
    if not is_square(len(others) - 1):
        raise not_square(columns, index)
    if len(named := [i for i in others if titles and titles[i].casefold() in LABEL_TITLES]) == 1:
        return named[0], "by its title"
    if len(odd := _odd_titles(titles, others)) == 1:
        return odd[0], "by its title, which is unlike the others"
    if len(texts := [i for i in others if np.isnan(values[:, i]).mean() >= 0.5]) == 1:
        return texts[0], "the only one with texts"
    return _find_by_values(values[:, others], others, columns)


def _odd_titles(titles: Sequence[str], others: list[int]) -> list[int]:
    """The columns whose title is not a number, or not as of most columns but for a number."""
    if not titles:
        return []
    forms = {i: re.sub(r"\d+", "0", titles[i]) for i in others}
    common, count = Counter(forms.values()).most_common(1)[0]
    return [i for i in others if forms[i] != common] if count == len(others) - 1 else []


def _find_by_values(values: NDArray[np.float64], others: list[int], columns: tuple[str, ...]) -> tuple[int, str]:
    """The first or last column, if the values of one of both are few, whole, and unlike the pixels beside it."""
    side = math.isqrt(len(others) - 1)
    first, last = (values[:, 0], values[:, [1, side]]), (values[:, -1], values[:, [-2, -1 - side]])
    may_be = [_may_be_labels(column) for column, _ in (first, last)]
    if all(may_be):
        differences = [_difference(*each) for each in (first, last)]
    else:  # the other one is none, so that less is needed
        differences = [may * _distance(*each) for may, each in zip(may_be, (first, last), strict=True)]
    if abs(differences[0] - differences[1]) >= _MIN_DIFFERENCE:
        chosen = others[0 if differences[0] > differences[1] else -1]
        return chosen, "whose values are few, whole, and unlike the pixels beside them"
    if len(set(values[:, 0])) == 1 and len(set(values[:, -1])) == 1:
        return others[0], "because no column looks like labels"  # one class: refused where classes are counted
    both = "both look" if min(differences) >= _MIN_DIFFERENCE else "neither clearly looks"
    raise LabelColumnError(
        f"it is not clear which column of the CSV has the labels, {columns[others[0]]} or {columns[others[-1]]}: "
        f"{both} like labels. {_LABEL_HINT}",
        columns,
    )


def _may_be_labels(column: NDArray[np.float64]) -> bool:
    """Whether the values (k,) are few whole numbers."""
    return set(column.tolist()) <= set(range(_MAX_LABEL_VALUES))


def _difference(column: NDArray[np.float64], neighbours: NDArray[np.float64]) -> float:
    """How much the values (k,) differ from those of the pixels (k, 2) that would be beside them, beyond chance.

    Pixels beside one another have the same values about as often. Of the distance of their frequencies, twice what
    is expected of m values of one kind does not count.
    """
    distance, distinct = _distance(column, neighbours), len(set(column.tolist()))
    if distinct > 1 and (neighbours == neighbours[0]).all():
        return max(distance, _LONE_DIFFERENCE)
    return max(0.0, distance - 2 * math.sqrt(distinct / (math.pi * len(column))))


def _distance(column: NDArray[np.float64], neighbours: NDArray[np.float64]) -> float:
    """The total variation distance of the frequencies of values, to the more similar pixel: 0 to 1."""
    if len(set(column.tolist())) == 1:
        return 0.0
    return min(_total_variation(column, each) for each in neighbours.T)


def _total_variation(values: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    distinct = np.unique(np.concatenate([values, others]))
    shares = [(each[:, None] == distinct).mean(0) for each in (values, others)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)
