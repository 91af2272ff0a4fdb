"""From ink to numbers: each line's text with a calibrated confidence, and each digit with its box."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from digitrec.forms.numbers import lattice as lattices
from digitrec.forms.numbers import line_network
from digitrec.forms.numbers.lattice import OUTPUTS, Path
from digitrec.forms.numbers.lines import Line, find_lines
from digitrec.forms.numbers.segmentation import Pieces, divide
from digitrec.forms.numbers.segments import (
    DIGITS,
    Constants,
    Predictor,
    Segments,
    find_segments,
    load_constants,
    score_segments,
)
from digitrec.imaging import Floats, Images, Ink
from digitrec.inference import Classifier, ClassifierError, calibrated_classifier
from digitrec.runs import Run

Box = tuple[int, int, int, int]  # left, top, right, bottom, in pixels; the last two not included
_MAX_LOGIT = 12.0
_LEAST = 1e-7  # probability of a text by the lattice
_UNSAID = 1e-4  # weight of the lattice's own probabilities of a digit
UNKNOWN = "?"  # in `Number.with_ignored`: a sign that is none of those that can be read
_MIN_SIGN = 0.2  # of a digit's height: smaller ink between digits is dirt, if it is no point


class Digit(NamedTuple):
    """One digit or sign of a number.

    Attributes:
        answer: "0" to "9", or ".", "," or "-".
        confidence: calibrated, 0 to 1.
        runner_up: the second most probable digit at this place.
        box: in the picture's ink.
        sure: whether the confidence reaches the threshold.
    """

    answer: str
    confidence: float
    runner_up: str
    box: Box
    sure: bool


class Number(NamedTuple):
    """A line of symbols and what it says.

    Attributes:
        text: digits, points, commas and minus signs.
        confidence: calibrated probability that the whole text is right, 0 to 1.
        sure: whether it reaches the threshold.
        alternative: the second most probable text; empty if there is none.
        digits: from left to right, signs included.
        ignored: boxes of ink that is no part of the text.
        cuts: lines through ink that divide neighbours, from (left, top) to (right, bottom).
        box: of the line.
        with_ignored: the text if ink that was ignored counted, `UNKNOWN` where it is no known sign; empty if none
            of it is like a sign.
    """

    text: str
    confidence: float
    sure: bool
    alternative: str
    digits: tuple[Digit, ...]
    ignored: tuple[Box, ...]
    cuts: tuple[Box, ...]
    box: Box
    with_ignored: str = ""

    @property
    def digit_count(self) -> int:
        """How many digits it has; signs do not count."""
        return sum(digit.answer in DIGITS for digit in self.digits)

    def scaled(self, scale: float) -> Number:
        """The same with boxes in pixels that are so many times smaller."""
        digits = tuple(digit._replace(box=_scale_box(digit.box, scale)) for digit in self.digits)
        ignored, cuts = (tuple(_scale_box(box, scale) for box in boxes) for boxes in (self.ignored, self.cuts))
        return self._replace(digits=digits, ignored=ignored, cuts=cuts, box=_scale_box(self.box, scale))


class LineReading(NamedTuple):
    """What one line says, before any calibration."""

    pieces: Pieces
    segments: Segments
    paths: list[Path]  # the first the best; their probabilities add up to 1
    posteriors: Floats  # (n, len(OUTPUTS)) of the runs


class DividedNumber(NamedTuple):
    """A number, and all that was found of its line."""

    number: Number
    line: LineReading

    def cut(self, digits: str) -> Images | None:
        """The images of the digits as which a person reads the number, uint8 (len(digits), 28, 28).

        None where the number was divided into more or fewer digits, or where no way to divide its line gives these
        digits: then nobody knows where each digit ends.
        """
        if len(digits) != self.number.digit_count:
            return None
        for path in self.line.paths:
            pairs = zip(path.edges, path.outputs, strict=True)
            found = [(edge, output) for edge, output in pairs if output < len(DIGITS)]  # `OUTPUTS` begins so
            if "".join(OUTPUTS[output] for _, output in found) == digits:
                return self.line.segments.images[[edge for edge, _ in found]]
        return None


def read_line(ink: Ink, constants: Constants, classifier: Predictor) -> LineReading:
    """Read one line of symbols.

    Args:
        ink: uint8 (height, width), holds ink.
        constants: fitted to made strings.
        classifier: a calibrated one of the ten digits.
    """
    reading, logs = compare_texts(ink, constants, classifier)
    return mix_texts(reading, logs, constants.mixture)


def compare_texts(ink: Ink, constants: Constants, classifier: Predictor) -> tuple[LineReading, Floats]:
    """What a line may say by its lattice, or by the network that reads it as a whole.

    Returns:
        A reading whose n paths have their probabilities by the lattice. And float (n, 2): the logarithms of each
        text's probability by the lattice and by the network.
    """
    pieces = divide(ink)
    segments = find_segments(pieces)
    scores = score_segments(segments, constants.network, classifier)
    lattice = lattices.build_lattice(len(pieces.boxes), segments.spans, *scores, constants.weights)
    steps = line_network.log_probabilities(line_network.load_network().run(line_network.to_strip(pieces)))
    paths = lattices.read_texts(lattice)
    known = {path.text for path in paths}
    # Of made strings' right texts, all that the network finds can be said by the lattice as well.
    others = (lattices.find_path(lattice, text) for text in line_network.find_texts(steps) if text not in known)
    paths += [path for path in others if path is not None]
    by_lattice = np.log(np.maximum([path.probability for path in paths], _LEAST))
    logs = np.stack([by_lattice, line_network.score_texts(steps, [path.text for path in paths])], 1)
    return LineReading(pieces, segments, paths, lattices.edge_posteriors(lattice)), logs


def mix_texts(reading: LineReading, logs: Floats, mixture: Floats) -> LineReading:
    """The reading with the mixed probabilities of its texts, the best first; see `compare_texts`."""
    if not reading.paths:
        return reading
    scores = logs @ mixture
    shares = np.exp(scores - np.logaddexp.reduce(scores))
    mixed = [path._replace(probability=float(share)) for path, share in zip(reading.paths, shares, strict=True)]
    return reading._replace(paths=sorted(mixed, key=lambda path: -path.probability))


class NumberReader:
    """Reads numbers with a run's network and the constants that are shipped.

    Args:
        model: the run's.
        run: its temperature counts; its classes are the ten digits.

    Raises:
        ClassifierError: the run has other classes.
    """

    def __init__(self, model: Classifier, run: Run) -> None:
        if not can_read_numbers(run):
            raise ClassifierError(
                f"the run {run.name!r} cannot read numbers: expected a network whose classes are the digits 0 to "
                "9. Choose another run."
            )
        self._classifier, self._constants = calibrated_classifier(run, model), load_constants()

    def read(self, ink: Ink) -> list[Number]:
        """The numbers in a drawing or a cleaned picture, from top to bottom and left to right.

        Args:
            ink: uint8 (height, width).

        Raises:
            ClassifierError: the network cannot read the images.
        """
        return [each.number for each in self.divide(ink)]

    def divide(self, ink: Ink, near: Sequence[Box] | None = None) -> list[DividedNumber]:
        """The numbers in ink, as `read` gives them, each with its line.

        Args:
            ink: uint8 (height, width).
            near: boxes in the ink: only lines that overlap one are read; None: all.

        Raises:
            ClassifierError: the network cannot read the images.
        """
        lines = [line for line in find_lines(ink) if near is None or any(_overlap(line, box) for box in near)]
        found = (self._read_line(line) for line in lines)
        return [each for each in found if each is not None]

    def _read_line(self, line: Line) -> DividedNumber | None:
        reading = read_line(line.ink, self._constants, self._classifier)
        number = to_number(line, reading, self._constants)
        return DividedNumber(number, reading) if number is not None and number.digit_count else None


def _overlap(line: Line, box: Box) -> bool:
    left, top, right, bottom = box
    high, wide = line.ink.shape
    return left < line.left + wide and line.left < right and top < line.top + high and line.top < bottom


def can_read_numbers(run: Run) -> bool:
    """Whether a run's classes are the digits 0 to 9, in this order."""
    return tuple(run.class_names) == tuple(DIGITS)


def to_number(line: Line, reading: LineReading, constants: Constants) -> Number | None:
    """The best text of a line with its confidence; None if it says nothing."""
    if not reading.paths or not reading.paths[0].text:
        return None
    best, *others = reading.paths
    confidence = calibrate(best.probability, constants.calibration[:2])
    digits, ignored = [], []
    for edge, output in zip(best.edges, best.outputs, strict=True):
        box = _box(reading, edge, line)
        if OUTPUTS[output]:
            digits.append(_to_digit(reading, edge, output, box, constants, confidence))
        else:
            ignored.append(box)
    height, width = line.ink.shape
    around = line.left, line.top, line.left + width, line.top + height
    alternative = next((path.text for path in others if path.text), "")
    with_ignored = _read_ignored(reading, best)
    sure = confidence >= constants.threshold and not with_ignored
    cuts = tuple(_cuts(reading, best, line))
    found = tuple(digits), tuple(ignored), cuts
    return Number(best.text, confidence, sure, alternative, *found, around, with_ignored)


def calibrate(probability: float, line: Floats) -> float:
    """A probability of a text or a digit, calibrated by the slope and offset of its logit."""
    logit = float(line[0]) * to_logit(probability) + float(line[1])
    return 1 / (1 + math.exp(-logit))


def to_logit(probability: float) -> float:
    """The logit of a probability, at most 12 away from 0."""
    inside = min(max(probability, 1e-9), 1 - 1e-9)
    return float(np.clip(math.log(inside / (1 - inside)), -_MAX_LOGIT, _MAX_LOGIT))


def digit_posteriors(reading: LineReading, edge: int) -> Floats:
    """How probable each output is at the middle of a run, float (len(OUTPUTS),), over all texts.

    What no text says there has a little of the lattice's probability, so that a second best is known.
    """
    first, last = reading.segments.spans[edge]
    middle = (first + last - 1) // 2  # a piece: on each path, one run holds it
    spans = reading.segments.spans
    covers = (spans[:, 0] <= middle) & (middle < spans[:, 1])
    said = _UNSAID * np.asarray(np.minimum(reading.posteriors[covers].sum(0), 1.0))
    for path in reading.paths:
        for each, output in zip(path.edges, path.outputs, strict=True):
            said[output] += (1 - _UNSAID) * path.probability * bool(covers[each])
    return said


def _read_ignored(reading: LineReading, path: Path) -> str:
    """The text with the ink in it that a person may read and the lattice does not; empty if there is none.

    That is a stroke as high as a 1, a sign of any kind between digits, or a dot on the base line that is taken for
    a part of the digit beside it. The lattice's probability does not count here, as real pictures
    differ from made strings.
    """
    texts = [OUTPUTS[output] for output in path.outputs]
    digits = [place for place, text in enumerate(texts) if text and text in DIGITS]
    found = list(texts)
    for place, edge in enumerate(path.edges):
        if not texts[place] and digits and _may_be_one(reading, edge):
            found[place] = "1"
            continue
        before, after = (any(each < place for each in digits), any(each > place for each in digits))
        if not texts[place] and before and after:
            found[place] = _name_sign(reading, edge)
        elif place in digits:
            sides = {side for piece in _list_points(reading, edge) for side in _find_side(reading, edge, piece)}
            found[place] = "." * (before and -1 in sides) + texts[place] + "." * (after and 1 in sides)
    return "".join(found) if found != texts else ""


def _may_be_one(reading: LineReading, edge: int) -> bool:
    """Whether a run is one stroke, about as high as a digit, on the base line."""
    geometry, pieces = reading.segments.geometry[edge], reading.pieces
    height, width, rise, area = math.exp(geometry[0]), math.exp(geometry[1]), geometry[2], geometry[6]
    most = 1.6 * pieces.thickness / pieces.digit_height * math.hypot(height, width)
    return bool(0.7 < height < 1.3 and width < 0.8 and abs(rise) < 0.3 and area < most)


def _name_sign(reading: LineReading, edge: int) -> str:
    """What ignored ink between digits may be: a point, a minus sign, an unknown sign; "" if it is dirt."""
    height, width = np.exp(reading.segments.geometry[edge][:2])
    if _list_points(reading, edge):
        return "."
    return UNKNOWN if height > _MIN_SIGN else "-" if width > _MIN_SIGN else ""


def _list_points(reading: LineReading, edge: int) -> list[int]:
    """The pieces of a run that are a dot or a short stroke near the base line, and were not cut off a digit."""
    pieces, found = reading.pieces, []
    is_cut = np.append(pieces.crossed, 0.0) > 0
    for piece in range(*reading.segments.spans[edge]):
        if is_cut[piece] or is_cut[piece + 1]:
            continue
        top, bottom, left, right = pieces.boxes[piece]
        rise = np.polyval(pieces.base, (left + right) / 2) - bottom
        is_low = -0.4 < rise / pieces.digit_height < 0.3
        is_small = max(bottom - top, right - left) < 0.45 * pieces.digit_height
        if is_low and is_small and pieces.areas[piece] > 0.15 * pieces.thickness**2:
            found.append(piece)
    return found


def _find_side(reading: LineReading, edge: int, piece: int) -> Iterator[int]:
    """On which side of the rest of its run a piece stands by itself: -1 for the left, 1 for the right."""
    first, last = reading.segments.spans[edge]
    rest = np.delete(reading.pieces.boxes[first:last], piece - first, 0)
    if rest.size:
        _, _, left, right = reading.pieces.boxes[piece]
        if (left + right) / 2 < rest[:, 2].min():
            yield -1
        if (left + right) / 2 > rest[:, 3].max():
            yield 1


def _to_digit(reading: LineReading, edge: int, output: int, box: Box, constants: Constants, whole: float) -> Digit:
    """One digit of a text that is right with the probability `whole`; then each of its digits is right as well."""
    posteriors = digit_posteriors(reading, edge)
    confidence = max(calibrate(float(posteriors[output]), constants.calibration[2:]), whole)
    ranking = [int(each) for each in np.argsort(-posteriors[: len(DIGITS)], kind="stable") if each != output]
    return Digit(OUTPUTS[output], confidence, DIGITS[ranking[0]], box, confidence >= constants.threshold)


def _cuts(reading: LineReading, path: Path, line: Line) -> Iterator[Box]:
    """Where the ink of two neighbours was cut apart: a straight line for each cut."""
    labels = reading.pieces.labels
    for before, after in itertools.pairwise(path.edges):
        first, start = reading.segments.spans[before]
        _, last = reading.segments.spans[after]
        left = (labels > first) & (labels <= start)
        right = (labels > start) & (labels <= last)
        rows, columns = np.nonzero(ndimage.binary_dilation(left, np.ones((3, 3))) & right)
        if rows.size:
            ends = rows.min(), rows.max()
            x = [columns[rows == end].mean() for end in ends]
            y0, y1, x0, x1 = (value / reading.pieces.scale for value in (ends[0] - 1, ends[1] + 2, *x))
            yield line.left + round(x0), line.top + round(y0), line.left + round(x1), line.top + round(y1)


def _box(reading: LineReading, edge: int, line: Line) -> Box:
    """The box of a run in the picture's ink."""
    first, last = reading.segments.spans[edge]
    inside, scale = reading.pieces.boxes[first:last], reading.pieces.scale
    top, left = inside[:, 0].min() / scale, inside[:, 2].min() / scale
    bottom, right = inside[:, 1].max() / scale, inside[:, 3].max() / scale
    return (
        line.left + math.floor(left),
        line.top + math.floor(top),
        line.left + math.ceil(right),
        line.top + math.ceil(bottom),
    )


def _scale_box(box: Box, scale: float) -> Box:
    left, top, right, bottom = box
    return math.floor(left * scale), math.floor(top * scale), math.ceil(right * scale), math.ceil(bottom * scale)
