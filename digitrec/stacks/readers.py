"""The ways of reading a page, each as the same values: fields with kind, text, confidence and box."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from digitrec.forms import (
    FieldReading,
    GridReader,
    GridReading,
    NumberReader,
    PageReading,
    PictureReading,
    TemplateError,
    TemplateReader,
    number_words,
    read_picture,
    templates,
)
from digitrec.imaging import Floats, Gray
from digitrec.inference import Classifier
from digitrec.runs import Run, RunError, store
from digitrec.stacks.stack import Stack, StackError, Way

ReadPage: TypeAlias = Callable[[Gray, Floats | None], PageReading]


def open_model(stack: Stack) -> tuple[Classifier, Run]:
    """The network that reads a stack.

    Raises:
        StackError: it is not there any more, or has changed.
    """
    name = stack.about["run"]
    try:
        run = store.open_run(name)
        model = Classifier.load(run.tflite_path)
    except (RunError, OSError) as error:
        raise StackError(f"the model {name!r} is not there any more. Choose another, and upload again.") from error
    if model.sha256 != stack.about["model"]:
        raise StackError(f"the model {name!r} has changed since. Upload the pages again to read them with it.")
    return model, run


def make_reader(way: Way, model: Classifier, run: Run) -> ReadPage:
    """What reads a page, gray uint8 (height, width), in this way; with its corners where a person moved them.

    It raises InkError where the page cannot be read, and ClassifierError where the network cannot be used.

    Raises:
        ClassifierError: the run's network cannot read it.
        StackError: the template is damaged.
    """
    if way.kind == "numbers":
        numbers = NumberReader(model, run)
        return lambda gray, corners: from_numbers(read_picture(gray, numbers))
    if way.kind == "template":
        try:
            template = templates.from_json(json.dumps(way.template))
        except TemplateError as error:
            raise StackError(f"the form of the stack cannot be used: {error}") from error
        return TemplateReader(model, run, template).read
    grids, size = GridReader(model, run), way.size
    return lambda gray, corners: from_grid(grids.read(gray, size, corners))


def from_grid(reading: GridReading) -> PageReading:
    """A grid's cells as fields: each is named by its row and column from 1."""
    fields = tuple(
        FieldReading(
            f"{cell.row + 1}, {cell.column + 1}",
            cell.kind,
            cell.answer,
            cell.confidence,
            cell.sure,
            cell.why,
            cell.box,
        )
        for cell in reading.cells
    )
    return PageReading(reading.page, reading.corners, fields, reading.turns)


def from_numbers(reading: PictureReading) -> PageReading:
    """A picture's numbers as fields: each is named by its place among them, from 1."""
    height, width = reading.gray.shape
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    warning = number_words.UPSIDE_DOWN if reading.upside_down else ""
    fields = tuple(
        FieldReading(
            str(place),
            "number",
            number.text,
            number.confidence,
            number.sure and not warning,
            " ".join(filter(None, (warning, number_words.describe(number)))),
            _inside(number.box, width, height),
        )
        for place, number in enumerate(reading.numbers, 1)
    )
    return PageReading(reading.gray, corners, fields)


def _inside(box: tuple[int, int, int, int], width: int, height: int) -> tuple[int, int, int, int]:
    left, top, right, bottom = box
    return max(0, left), max(0, top), min(width, right), min(height, bottom)
