"""A stack on disk: the same upload is the same stack, rows come back as they were, damage is left out."""

import json

import pytest

from digitrec.stacks import Page, Settings, StackError, Way, create, delete, list_stacks, open_stack
from digitrec.stacks.rows import read
from support import made_stacks


def test_the_same_files_read_in_the_same_way_are_the_same_stack(folders):
    first, second = made_stacks.new(3), made_stacks.new(3)
    other = made_stacks.new(3, Way("numbers"))
    assert first == second != other
    assert {stack.id for stack in list_stacks()} == {first.id, other.id}
    assert first.upload_path(1).read_bytes() == b"\x01\x00" and first.name == "0.png and 2 more"
    assert not [path for path in first.path.parent.iterdir() if path.name.startswith(".")]


def test_a_page_comes_back_as_it_was_stored(folders):
    stack = made_stacks.new()
    page = made_stacks.page(0, ["4 ", "05"], r2c1=0.81)
    bad = Page(1, "1.png", "b" * 64, problem="it is blank.")
    made_stacks.add(stack, page, bad)
    assert stack.pages == [page, bad]
    assert stack.pages is stack.pages  # parsed once
    assert stack.image(0).shape == (40, 40) and stack.image(1) is None


def test_what_a_crash_has_cut_is_left_out_and_written_again(folders):
    stack = made_stacks.add(made_stacks.new(), made_stacks.page(0, ["4"]))
    path = stack.path / "pages.jsonl"
    with path.open("a") as file:
        file.write('{"page": 1, "name": "1.p')
    assert len(stack.pages) == 1
    made_stacks.add(stack, made_stacks.page(2, ["5"]))
    assert [page.number for page in stack.pages] == [0, 2]


@pytest.mark.parametrize("row", ["[]", '{"page": 1}', '{"page": "x", "name": 3}', "{", '{"fields": 3}'])
def test_damaged_rows_are_no_pages(folders, row):
    stack = made_stacks.add(made_stacks.new(), made_stacks.page(0, ["4"]))
    path = stack.path / "pages.jsonl"
    path.write_text(f"{row}\n{path.read_text()}")
    assert len(stack.pages) == 1


def test_rows_that_are_replaced_are_read_anew(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n{"a": 2}\n')
    assert read(path, lambda row: row["a"]) == [1, 2]
    path.write_text('{"a": 3}\n')
    assert read(path, lambda row: row["a"]) == [3]
    path.unlink()
    assert read(path, lambda row: row["a"]) == []


def test_settings_are_kept_and_damaged_ones_are_the_default(folders):
    stack = made_stacks.new(rules=[{"check": "luhn", "fields": "1"}])
    stack.set(share=0.02)
    assert stack.settings == Settings(0.02, ({"check": "luhn", "fields": "1"},))
    (stack.path / "settings.json").write_text(json.dumps({"share": 7, "rules": ["x"]}))
    assert stack.settings == Settings()


@pytest.mark.parametrize("id", ["", "none", "../data", "..", "a/b"])
def test_a_stack_that_is_not_there_is_refused(folders, id):
    made_stacks.new()
    with pytest.raises(StackError, match="upload the pages again"):
        open_stack(id)


def test_a_deleted_stack_leaves_nothing(folders):
    stack = made_stacks.add(made_stacks.new(), made_stacks.page(0, ["4"]))
    home = stack.path.parent
    delete(stack)
    assert list(home.iterdir()) == [] == list_stacks()


def test_no_files_and_a_full_disk_leave_nothing(folders, monkeypatch):
    with pytest.raises(StackError, match="there is no file"):
        made_stacks.new(0)

    def broken():
        yield "a.png", b"1"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        create(broken(), made_stacks.MODEL, Way("numbers"))
    assert list_stacks() == []
    assert list((folders[1] / "stacks").iterdir()) == []
