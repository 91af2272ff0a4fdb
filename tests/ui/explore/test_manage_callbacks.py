"""Own data sets on Explore: renamed, relabelled and removed; what cannot be done is said."""

import numpy as np
import pytest

from digitrec.data import loading, user_datasets, user_drawings
from digitrec.data.catalogue import DIGITS
from digitrec.ui.explore import import_panel, manage_panel
from support.views import show

IMAGES = loading.load("digits").test.images


def test_a_label_is_changed_and_a_drawing_removed(session):
    user_drawings.save(IMAGES[0], 4, DIGITS)
    manage_panel._change_label(IMAGES[0], 7, DIGITS)
    assert user_drawings.load(DIGITS).labels.tolist() == [7]
    manage_panel._remove_drawing(IMAGES[0], DIGITS)
    assert user_drawings.count(DIGITS) == 0 and not session


@pytest.mark.parametrize(
    ("what", "act"),
    [
        ("save", lambda: manage_panel._change_label(IMAGES[0], 7, DIGITS)),
        ("remove", lambda: manage_panel._remove_drawing(IMAGES[0], DIGITS)),
    ],
)
def test_a_drawing_that_cannot_be_changed_says_why(what, act, session, monkeypatch, refuse):
    monkeypatch.setattr(user_drawings, what, refuse)
    act()
    assert session[manage_panel._ERROR_KEY] == "the disk is \\*full\\*."


def test_what_was_removed_or_could_not_be_is_the_message_of_the_page(session, monkeypatch, refuse):
    removed: list = []
    monkeypatch.setattr(user_datasets, "remove", lambda cache, name: removed.append(name))
    manage_panel._remove("mine", "My *set*")
    assert removed == ["mine"] and session[import_panel.MESSAGE_KEY] == "Removed: My \\*set\\*."
    monkeypatch.setattr(user_datasets, "remove", refuse)
    manage_panel._remove("mine", "My set")
    assert session[import_panel.MESSAGE_KEY] == "the disk is \\*full\\*."
    session.clear()
    monkeypatch.setattr(user_drawings, "remove_last", refuse)
    manage_panel._remove_last(loading.describe("digits"))
    assert session[import_panel.MESSAGE_KEY] == "the disk is \\*full\\*."


def test_classes_that_cannot_be_renamed_say_why(folders, monkeypatch, refuse):
    monkeypatch.setattr(user_datasets, "rename_classes", refuse)
    shown = show(manage_panel._rename, "mine", ("a", "b"))
    assert (
        shown.error[0].value == "the disk is \\*full\\*." and import_panel.MESSAGE_KEY not in shown.session_state
    )


def test_the_newest_drawing_alone_is_taken_back(session):
    for at, label in enumerate((4, 5)):
        user_drawings.save(IMAGES[at], label, DIGITS)
    manage_panel._remove_last(loading.describe("digits"))
    assert user_drawings.load(DIGITS).labels.tolist() == [4]
    np.testing.assert_array_equal(user_drawings.load(DIGITS).images[0], IMAGES[0])
