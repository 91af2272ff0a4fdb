"""Corrections of a stack: kept for the picture as well, and its digits saved as drawings."""

import numpy as np
import pytest

from digitrec.data import user_drawings
from digitrec.forms import corrections
from digitrec.stacks import Way, drawings, load_table, log, old_corrections
from support import made_stacks

KEY = corrections.PageKey("0" * 63 + "0", 1, 2)


@pytest.fixture
def stack(folders):
    """A page of two digits, each of them a stroke on white paper; the picture has no ink at the second."""
    found = made_stacks.new(1)
    page = made_stacks.page(0, ["48"])
    picture = np.full(page.size[::-1], 255, np.uint8)
    picture[4:16, 8:11] = 0
    found.add_page(page, picture)
    return found


def test_what_is_said_of_a_field_is_kept_for_its_picture_and_taken_back_with_it(stack):
    log.say(stack, [((0, "1, 1"), "digit", "7")], cause="seen")
    old_corrections.put(stack, [(0, "1, 1")])
    assert corrections.load(KEY) == {(0, 0): "7"}
    log.undo(stack)
    old_corrections.put(stack, [(0, "1, 1")])
    assert corrections.load(KEY) == {}


def test_what_was_said_of_a_picture_before_is_taken_into_its_stack(stack):
    old_corrections.take(stack, 0)
    assert not log.standing(stack)
    corrections.change(KEY, {(0, 0): "7", (0, 1): ""})
    old_corrections.take(stack, 0)
    said = {place[1]: found[:2] for place, found in log.standing(stack).items()}
    assert said == {"1, 1": ("digit", "7"), "1, 2": ("empty", "")}


def test_a_page_of_a_file_with_several_and_a_form_keep_their_corrections_for_themselves(folders):
    two = made_stacks.new(1)
    for number in range(2):
        made_stacks.add(two, made_stacks.page(number, ["48"])._replace(sha256=KEY.sha256))
    form = made_stacks.add(made_stacks.new(1, Way("numbers")), made_stacks.page(0, ["48"]))
    for stack in (two, form):
        log.say(stack, [((0, "1, 1"), "digit", "7")], cause="seen")
        old_corrections.put(stack, [(0, "1, 1")])
        old_corrections.take(stack, 5)  # a page that is not there
    assert corrections.load(KEY) == {}


def test_corrected_digits_are_saved_with_the_class_that_a_person_gave_and_one_without_ink_is_counted(stack):
    log.say(stack, [((0, "1, 1"), "digit", "1"), ((0, "1, 2"), "digit", "5")], cause="seen")
    table = load_table(stack)
    found = drawings.list_corrected(table)
    assert found == [0, 1]
    assert drawings.save(table, found) == drawings.Saved(1, 1)
    saved = user_drawings.load(stack.classes)
    assert saved.labels.tolist() == [1] and saved.images[0].any()


def test_a_page_whose_picture_is_gone_gives_no_drawing(stack, monkeypatch):
    log.say(stack, [((0, "1, 1"), "digit", "1")], cause="seen")
    monkeypatch.setattr(type(stack), "image", lambda self, number: None)
    assert drawings.save(load_table(stack), [0]) == drawings.Saved(0, 1)
    assert user_drawings.count(stack.classes) == 0
