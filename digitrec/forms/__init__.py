"""Several digits: numbers in a picture, grids of boxes, and fields of forms, with calibrated confidence."""

from digitrec.forms import away, corrections, template_store, templates
from digitrec.forms.cells import Cell, GridReader, GridReading
from digitrec.forms.field_inks import cut_fields
from digitrec.forms.fields import FieldReading, Kind, PageReading
from digitrec.forms.numbers import line_network, made_strings, number_fit, number_words, segments
from digitrec.forms.numbers.reader import Digit, DividedNumber, Number, NumberReader, can_read_numbers
from digitrec.forms.pictures import PictureReading, read_each, read_forms, read_grids, read_picture, read_pictures
from digitrec.forms.printing import PAPERS, page_size, print_form
from digitrec.forms.sheets import MAX_CELLS, find_corners, find_sheet, find_size, measure_misfit, straighten
from digitrec.forms.template_reader import TemplateReader
from digitrec.forms.templates import Field, Template, TemplateError

__all__ = [
    "MAX_CELLS",
    "PAPERS",
    "Cell",
    "Digit",
    "DividedNumber",
    "Field",
    "FieldReading",
    "GridReader",
    "GridReading",
    "Kind",
    "Number",
    "NumberReader",
    "PageReading",
    "PictureReading",
    "Template",
    "TemplateError",
    "TemplateReader",
    "away",
    "can_read_numbers",
    "corrections",
    "cut_fields",
    "find_corners",
    "find_sheet",
    "find_size",
    "line_network",
    "made_strings",
    "measure_misfit",
    "number_fit",
    "number_words",
    "page_size",
    "print_form",
    "read_each",
    "read_forms",
    "read_grids",
    "read_picture",
    "read_pictures",
    "segments",
    "straighten",
    "template_store",
    "templates",
]
