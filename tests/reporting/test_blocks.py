"""Blocks: a list of them falls into sections."""

import pytest

from digitrec.reporting.blocks import Heading, Strong, Text, body, caption, note, split_sections


def test_a_heading_of_level_2_begins_a_section_and_one_of_level_3_does_not():
    first, second = body("one"), Heading("a part", 3)
    assert split_sections([Heading("A"), first, second, Heading("B")]) == [("A", [first, second]), ("B", [])]
    assert split_sections([]) == []


def test_blocks_without_a_section_are_refused():
    with pytest.raises(ValueError, match="first block is Text: expected a heading of level 2"):
        split_sections([body("one")])


def test_a_text_is_its_parts_and_has_a_role():
    assert str(body("the ", Strong("9"), ".")) == "the 9."
    assert [made("x") for made in (body, caption, note)] == [
        Text(("x",), "body"),
        Text(("x",), "caption"),
        Text(("x",), "note"),
    ]
