"""Several digits: numbers in a drawing or a picture, each with a calibrated confidence."""

from digitrec.forms import made_strings, number_fit, number_words, segments
from digitrec.forms.numbers import Digit, Number, NumberReader, can_read_numbers
from digitrec.forms.pictures import PictureReading, read_picture, read_pictures

__all__ = [
    "Digit",
    "Number",
    "NumberReader",
    "PictureReading",
    "can_read_numbers",
    "made_strings",
    "number_fit",
    "number_words",
    "read_picture",
    "read_pictures",
    "segments",
]
