"""Corrections on disk: kept at each change, whatever else changes them, and damaged files."""

import json
import threading

import pytest

from digitrec.data import cache_folder
from digitrec.forms import corrections
from digitrec.forms.corrections import PageKey

PAGE = PageKey("ab" * 32, 9, 9)


def test_what_is_said_of_a_cell_stays_until_it_is_taken_back(folders):
    assert corrections.load(PAGE) == {}
    corrections.change(PAGE, {(0, 1): "7", (8, 8): ""})
    corrections.change(PAGE, {(0, 1): None, (2, 2): "१"})
    assert corrections.load(PAGE) == {(8, 8): "", (2, 2): "१"}
    assert corrections.load(PAGE._replace(rows=3)) == {} == corrections.load(PAGE._replace(sha256="cd" * 32))


def test_two_browsers_lose_nothing(folders):
    threads = [
        threading.Thread(target=corrections.change, args=(PAGE, {(row, column): "5"}))
        for row in range(9)
        for column in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(corrections.load(PAGE)) == 36


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"cells": 3}', '{"cells": [[0, 9, "1"], [-1, 0, "1"], [0, 0, 1], ["0", 0, "1"], [0]]}'],
)
def test_a_damaged_file_is_no_correction_and_is_replaced(folders, text):
    corrections.change(PAGE, {(0, 0): "1"})
    (path,) = (cache_folder() / corrections.FOLDER).iterdir()
    path.write_text(text)
    assert corrections.load(PAGE) == {}
    corrections.change(PAGE, {(1, 1): "2"})
    assert json.loads(path.read_text()) == {"cells": [[1, 1, "2"]]}
