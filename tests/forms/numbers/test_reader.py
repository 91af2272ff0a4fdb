"""Numbers by the built-in model: the example of the Read page, what stands on no line, words, errors."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from digitrec.forms import NumberReader, read_picture, read_pictures
from digitrec.forms.numbers import number_words, segmentation, segments
from digitrec.forms.numbers.lattice import OUTPUTS, Path
from digitrec.forms.numbers.reader import Digit, LineReading, Number, _read_ignored
from digitrec.imaging import InkError, PictureError
from digitrec.inference import Classifier, ClassifierError
from digitrec.runs import store
from digitrec.ui.read.example import example_picture
from support.number_strings import bars


def png(gray: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(gray).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def reader() -> NumberReader:
    run = store.open_run("draw")
    return NumberReader(Classifier.load(run.tflite_path), run)


@pytest.fixture(scope="module")
def example(reader):
    return read_picture(example_picture(), reader)


def test_two_rows_are_read_with_a_touching_pair_and_a_point(example):
    assert example.text == "4072 19.5"
    assert [len(number.digits) for number in example.numbers] == [4, 4]
    assert example.numbers[0].cuts  # the 2 touches the 7


def test_boxes_lie_on_the_digits_from_left_to_right(example):
    for number in example.numbers:
        lefts = [digit.box[0] for digit in number.digits]
        assert lefts == sorted(lefts)
        for left, top, right, bottom in (digit.box for digit in number.digits):
            assert example.gray[top:bottom, left:right].min() < 0.5 * example.gray.max()
            assert number.box[1] - 2 <= top < bottom <= number.box[3] + 3


def test_an_enlarged_picture_says_the_same_with_larger_boxes(reader, example):
    large = read_picture(png(np.kron(example.gray, np.ones((8, 8), np.uint8))), reader)
    assert large.ink.shape[1] < large.gray.shape[1]
    assert large.text == example.text
    boxes = [[digit.box for number in each.numbers for digit in number.digits] for each in (large, example)]
    np.testing.assert_allclose(np.array(boxes[0]) / 8, boxes[1], atol=4)


def test_the_confidence_of_a_picture_is_that_of_all_its_numbers(example):
    assert example.confidence == pytest.approx(np.prod([number.confidence for number in example.numbers]))
    assert example.sure == all(number.sure for number in example.numbers)


@pytest.mark.parametrize("width", [3, 20])
def test_a_large_digit_is_read_by_a_thin_pen_as_by_a_thick_one(reader, width):
    picture = Image.new("L", (320, 460), 255)
    strokes = ImageDraw.Draw(picture)
    strokes.line([(60, 40), (260, 40), (130, 420)], 0, width, joint="curve")  # a 7
    assert read_picture(png(np.asarray(picture)), reader).text == "7"


def test_a_digit_is_as_sure_as_the_number_that_it_is_part_of(example):
    for number in example.numbers:
        assert min(digit.confidence for digit in number.digits) >= number.confidence
        assert not number.sure or all(digit.sure for digit in number.digits)


def test_a_picture_upside_down_is_said_so(reader, example):
    turned = read_picture(png(example.gray[:200][::-1, ::-1]), reader)
    assert turned.upside_down and not turned.sure and not example.upside_down


def test_what_cannot_be_read_is_an_error_and_the_rest_is_read(reader, example):
    def missing() -> bytes:
        raise FileNotFoundError(2, "No such file")

    dot = np.full((80, 80), 255, np.uint8)
    dot[40:44, 20:60] = 0  # a line is no digit
    blank = png(np.full((60, 60), 240, np.uint8))
    loads = [lambda: blank, lambda: b"broken", missing, lambda: png(dot), example_picture]
    kinds = [type(answer) for answer in read_pictures(loads, reader)]
    assert kinds == [InkError, PictureError, FileNotFoundError, InkError, type(example)]


def test_a_network_of_other_classes_reads_no_numbers(folders):
    run = store.open_run("draw")
    letters = store.create(run.config, ("a", "b"), "letters")
    with pytest.raises(ClassifierError, match="classes are the digits 0 to 9"):
        NumberReader(Classifier.load(run.tflite_path), letters)


def read_as(ink: np.ndarray, *symbols: tuple[int, int, str]) -> str:
    """What else a line may say that is read as these runs of pieces: first, last + 1, symbol."""
    pieces = segmentation.divide(ink, cut=False)
    found = segments.find_segments(pieces)
    spans = [tuple(span) for span in found.spans.tolist()]
    edges = tuple(spans.index((first, last)) for first, last, _ in symbols)
    outputs = tuple(OUTPUTS.index(symbol) for _, _, symbol in symbols)
    path = Path("".join(symbol for _, _, symbol in symbols), 1.0, edges, outputs)
    return _read_ignored(LineReading(pieces, found, [path], np.zeros((0, 0))), path)


def with_mark(top: int, bottom: int, left: int = 38, right: int = 43) -> np.ndarray:
    """Two ones with a mark between."""
    ink = bars(20, 60)
    ink[top:bottom, left:right] = 255
    return ink


@pytest.mark.parametrize(
    ("ink", "middle", "other"),
    [
        (with_mark(50, 55), "", "1.1"),
        (with_mark(15, 55), "", "111"),
        (with_mark(33, 37, 32, 54), "", "1-1"),
        (with_mark(20, 45, 32, 54), "", "1?1"),
        (with_mark(20, 24), "", ""),  # a speck high above the base line
        (with_mark(50, 55), ".", ""),
    ],
)
def test_ink_that_is_left_out_is_said_if_it_may_count(ink, middle, other):
    assert read_as(ink, (0, 1, "1"), (1, 2, middle), (2, 3, "1")) == other


def test_a_point_that_is_taken_for_a_part_of_a_digit_is_said():
    assert read_as(with_mark(50, 55), (0, 2, "1"), (2, 3, "1")) == "1.1"
    assert read_as(with_mark(50, 55), (0, 1, "1"), (1, 3, "1")) == "1.1"
    assert read_as(with_mark(20, 24), (0, 2, "1"), (2, 3, "1")) == ""  # the bar of a 5


def digit(answer: str, sure: bool, runner_up: str = "7") -> Digit:
    return Digit(answer, 0.99 if sure else 0.6, runner_up, (0, 0, 1, 1), sure)


def number(
    text: str, doubtful: str = "", *, sure: bool = False, alternative: str = "", ignored: str = ""
) -> Number:
    digits = tuple(digit(symbol, symbol not in doubtful) for symbol in text)
    return Number(text, 0.5, sure, alternative, digits, (), (), (0, 0, 9, 9), ignored)


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (number("41", sure=True), ""),
        (number("41", "1", alternative="47"), "The second digit may be 1 or 7."),
        (number("415", "45", alternative="475"), "The first digit may be 4 or 7. 1 more is doubtful."),
        (number("4.1", "."), "The second sign may be no point."),
        (number("41", alternative="411"), "It may also be 411: the digits are hard to separate."),
        (
            number("41", alternative="47", ignored="4.1"),
            "It may also be 4.1: a mark was left out that may belong to it.",
        ),
        (number("41"), "It is unlike the strings of digits that the reader was fitted to."),
        (number("1" * 11 + "2", "2"), "The digit at place 12 may be 2 or 7."),
    ],
)
def test_why_a_number_is_not_sure(read, words):
    assert number_words.describe(read) == words
