"""The network after an epoch as HTML."""

import re

import numpy as np

from digitrec.ui.train import replay


def test_a_confusion_matrix_has_a_row_for_each_true_class_and_names_each_cell():
    confusion = np.array([[8, 2], [0, 10]])
    html = replay._confusion_html(confusion, ("3", "<b>"))
    assert re.findall('title="([^"]+)"', html) == [
        "3 read as 3: 8",
        "3 read as &lt;b&gt;: 2",
        "&lt;b&gt; read as 3: 0",
        "&lt;b&gt; read as &lt;b&gt;: 10",
    ]
    assert re.findall(r"--tint:(\d+)%", html) == ["60", "75", "0", "75"]  # 80% of the row; the most errors
    assert re.findall(r'title="[^"]+">(\d*)</td>', html) == ["8", "2", "", "10"]
    assert len(re.findall("class=right", html)) == 2


def test_many_classes_have_no_numbers_in_their_cells():
    names = tuple(map(str, range(20)))
    html = replay._confusion_html(np.eye(20, dtype=int), names)
    assert not re.findall(r'title="[^"]+">\d', html) and html.count("title=") == 400
