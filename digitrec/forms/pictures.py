"""Pictures of numbers: bytes -> gray -> strokes -> numbers, for one picture and for many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias, TypeVar

from digitrec.forms.cells import GridReader, GridReading
from digitrec.forms.fields import PageReading
from digitrec.forms.numbers.reader import Number, NumberReader
from digitrec.forms.template_reader import TemplateReader
from digitrec.imaging import Gray, Ink, InkError, PictureError, read_gray, to_strokes
from digitrec.inference import ReadError

S = TypeVar("S")
T = TypeVar("T")
Load: TypeAlias = Callable[[], "bytes | Gray"]
_MAX_UPSIDE_DOWN = 0.5  # confidence: a picture that is read better is not turned to try
MAX_NUMBERS = 1000  # in one picture: with more it is a texture, not writing
_MANY, _MIN_SURE = 40, 0.1  # numbers, and the share of sure ones, below which so many are no writing either


class PictureReading(NamedTuple):
    """What a picture says.

    Attributes:
        gray: uint8 (height, width), the picture; boxes count its pixels.
        ink: uint8 of the same shape, or of the shrunk one: its strokes.
        numbers: from top to bottom and left to right.
        upside_down: whether it is read surely the other way up, and not as it is.
    """

    gray: Gray
    ink: Ink
    numbers: tuple[Number, ...]
    upside_down: bool = False

    @property
    def text(self) -> str:
        """All numbers, with a space between them."""
        return " ".join(number.text for number in self.numbers)

    @property
    def confidence(self) -> float:
        """The probability that all numbers are right, if their errors do not depend on each other."""
        product = 1.0
        for number in self.numbers:
            product *= number.confidence
        return product if self.numbers else 0.0

    @property
    def sure(self) -> bool:
        """Whether every number is sure."""
        return bool(self.numbers) and all(number.sure for number in self.numbers)


def read_picture(picture: bytes | Gray, reader: NumberReader) -> PictureReading:
    """Read all numbers in a picture.

    Args:
        picture: the bytes of its file, or uint8 (height, width).
        reader: reads the numbers.

    Raises:
        PictureError: the file is not a picture that can be read.
        InkError: it shows no number.
        ClassifierError: the network cannot read the images.
    """
    gray = to_gray(picture)
    ink = to_strokes(gray)
    if not ink.any():
        raise InkError(
            "the picture shows nothing that stands out from the paper: expected digits, dark on light or light on "
            "dark. Use a thicker pen, more light, or go closer."
        )
    scale = gray.shape[1] / ink.shape[1]
    numbers = tuple(number.scaled(scale) for number in reader.read(ink))
    if not numbers:
        raise InkError(
            "the picture shows no digits that can be read: expected numbers in one or more rows, upright. Turn "
            "it, or cut out the part with the numbers."
        )
    if len(numbers) > MAX_NUMBERS:
        raise InkError(
            f"the picture shows {len(numbers):,} pieces of writing: expected at most {MAX_NUMBERS:,} numbers. Cut "
            "out the part with the numbers."
        )
    if len(numbers) >= _MANY and sum(number.sure for number in numbers) < _MIN_SURE * len(numbers):
        raise InkError(
            f"the picture shows {len(numbers):,} specks or strokes, hardly one of which reads as a number: "
            "expected writing that stands out from the paper. Use more even light, or cut out the numbers."
        )
    reading = PictureReading(gray, ink, numbers)
    return reading._replace(upside_down=_is_upside_down(reading, reader))


def _is_upside_down(reading: PictureReading, reader: NumberReader) -> bool:
    if reading.confidence > _MAX_UPSIDE_DOWN:
        return False
    turned = reading._replace(numbers=tuple(reader.read(reading.ink[::-1, ::-1])))
    return turned.sure


def read_pictures(loads: Iterable[Load], reader: NumberReader) -> Iterator[PictureReading | ReadError]:
    """Read the numbers in many pictures, one at a time; for one that cannot be read, yield the error.

    Args:
        loads: functions that give a picture, or the bytes of its file, called in turn.
        reader: reads the numbers.

    Raises:
        ClassifierError: the network cannot read the images.
    """
    return read_each(loads, lambda picture: read_picture(picture, reader))


def read_grids(
    loads: Iterable[Load], reader: GridReader, size: tuple[int, int] | None = None
) -> Iterator[GridReading | ReadError]:
    """Read grids of boxes in many pictures, one at a time; for one that cannot be read, yield the error.

    Args:
        loads: functions that give a picture, or the bytes of its file, called in turn.
        reader: reads the cells.
        size: rows and columns of each grid; None: they are found.

    Raises:
        ClassifierError: the network cannot read the images.
        ValueError: the number of rows or columns is out of range.
    """
    return read_each(loads, lambda picture: reader.read(to_gray(picture), size))


def read_forms(loads: Iterable[Load], reader: TemplateReader) -> Iterator[PageReading | ReadError]:
    """Read pages of one form in many pictures, one at a time; for one that cannot be read, yield the error.

    Args:
        loads: functions that give a picture, or the bytes of its file, called in turn.
        reader: reads the fields.

    Raises:
        ClassifierError: the network cannot read the images.
    """
    return read_each(loads, lambda picture: reader.read(to_gray(picture)))


def to_gray(picture: bytes | Gray) -> Gray:
    """A picture, uint8 (height, width), as it is or from the bytes of its file.

    Raises:
        PictureError: the file is not a picture that can be read.
    """
    return read_gray(picture) if isinstance(picture, bytes) else picture


def read_each(loads: Iterable[Callable[[], S]], read: Callable[[S], T]) -> Iterator[T | ReadError]:
    """Load and read many pictures, one at a time; for one that cannot be read, yield the error.

    Args:
        loads: functions that give what is read, called in turn.
        read: gives the reading.
    """
    for load in loads:
        try:
            yield read(load())
        except (OSError, PictureError, InkError) as error:
            yield error
