"""Several digits: numbers in a drawing or a picture, and grids of boxes on a page, with calibrated confidence."""

from digitrec.forms import corrections, made_strings, number_fit, number_words, segments
from digitrec.forms.cells import Cell, GridReader, GridReading
from digitrec.forms.fields import FieldReading, Kind, PageReading
from digitrec.forms.numbers import Digit, Number, NumberReader, can_read_numbers
from digitrec.forms.pictures import PictureReading, read_grids, read_number_page, read_picture, read_pictures
from digitrec.forms.sheets import MAX_CELLS, find_corners, find_size, straighten

__all__ = [
    "MAX_CELLS",
    "Cell",
    "Digit",
    "FieldReading",
    "GridReader",
    "GridReading",
    "Kind",
    "Number",
    "NumberReader",
    "PageReading",
    "PictureReading",
    "can_read_numbers",
    "corrections",
    "find_corners",
    "find_size",
    "made_strings",
    "number_fit",
    "number_words",
    "read_grids",
    "read_number_page",
    "read_picture",
    "read_pictures",
    "segments",
    "straighten",
]
