"""A form on paper: registration marks at its corners, its boxes, and their names, as a PDF of lines."""

from __future__ import annotations

import io
from typing import Any

from digitrec.forms.templates import Box, Field, Template, TemplateError

PAPERS = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4)}  # millimetres
MARGIN = 13.0  # millimetres from the edge of the paper to the middle of a mark
MARK, HOLE = 7.0, 3.2  # millimetres: a black square, and the white one in the first of them
_LINE, _GREY = 0.3, 0.5  # millimetres; light of a box's lines, so that writing stands out from them
_LABEL, _TITLE = 2.0, 4.0  # millimetres: height of a letter
_POINTS = 72 / 25.4  # a millimetre


def page_size(paper: str) -> tuple[float, float]:
    """Width and height, in millimetres, of the page between the marks on a sheet of paper."""
    width, height = PAPERS[paper]
    return width - 2 * MARGIN, height - 2 * MARGIN


def print_form(template: Template) -> bytes:
    """A form to print and to fill in by hand, as a PDF of one page; print it at any scale.

    Raises:
        TemplateError: it is a form that exists on other paper, or the extra is not installed.
    """
    if template.anchor != "marks":
        raise TemplateError(
            f"the form {template.name!r} was made from a picture: print that. Expected a form that was made here."
        )
    try:
        from reportlab.pdfgen.canvas import Canvas  # only where it is needed, as it is an extra
    except ImportError as error:
        raise TemplateError(
            'forms cannot be printed on this machine. Install the extra: pip install "digitrec[forms]".'
        ) from error
    buffer = io.BytesIO()
    size = (template.width + 2 * MARGIN) * _POINTS, (template.height + 2 * MARGIN) * _POINTS
    pen = Canvas(buffer, pagesize=size, invariant=1)
    pen.setTitle(template.name)
    pen.translate(MARGIN * _POINTS, (template.height + MARGIN) * _POINTS)
    pen.scale(_POINTS, -_POINTS)  # from here on millimetres from the first mark, downwards
    _draw_marks(pen, template)
    _write(pen, template.name, (MARK, _TITLE / 2), _TITLE)
    pen.setLineWidth(_LINE)
    for field in template.read_fields:
        _draw_field(pen, template, field)
    pen.save()
    return buffer.getvalue()


def _draw_marks(pen: Any, template: Template) -> None:
    pen.setFillGray(0)
    for x in (0.0, template.width):
        for y in (0.0, template.height):
            pen.rect(x - MARK / 2, y - MARK / 2, MARK, MARK, stroke=0, fill=1)
    pen.setFillGray(1)
    pen.rect(-HOLE / 2, -HOLE / 2, HOLE, HOLE, stroke=0, fill=1)
    pen.setFillGray(0)


def _draw_field(pen: Any, template: Template, field: Field) -> None:
    pen.setStrokeGray(_GREY)
    for cell in field.cells:
        left, top, right, bottom = _to_millimetres(cell, template)
        pen.rect(left, top, right - left, bottom - top, stroke=1, fill=0)
    left, top, right, bottom = _to_millimetres(field.box, template)
    if field.boxed and field.length and field.decimals:
        at = right - field.decimals * (right - left) / field.length
        pen.circle(at, bottom + 0.9, 0.5, stroke=0, fill=1)
    label = left, top - 0.4 * _LABEL
    width = len(field.name) * 0.55 * _LABEL
    if _is_free(template, field, (left, top - 1.3 * _LABEL, left + width, top - 0.1)):
        _write(pen, field.name, label, _LABEL)


def _is_free(template: Template, own: Field, place: Box) -> bool:
    """Whether no other field lies where a label would stand."""
    left, top, right, bottom = place
    for field in template.read_fields:
        a, b, c, d = _to_millimetres(field.box, template)
        if field is not own and a < right and left < c and b < bottom and top < d:
            return False
    return top > MARK / 2 or left > MARK / 2


def _write(pen: Any, text: str, at: tuple[float, float], height: float) -> None:
    pen.saveState()
    pen.translate(*at)
    pen.scale(1, -1)  # letters stand upright
    pen.setFillGray(0.25)
    pen.setFont("Helvetica", height)
    # The fonts of every PDF reader have Western letters only.
    pen.drawString(0, 0, text.encode("cp1252", "replace").decode("cp1252"))
    pen.restoreState()


def _to_millimetres(box: Box, template: Template) -> Box:
    left, top, right, bottom = box
    return left * template.width, top * template.height, right * template.width, bottom * template.height
