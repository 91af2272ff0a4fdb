import gzip
import json

import numpy as np
import pytest

from digitrec.imaging import pen_drawing

LINE = [np.array([[40, 140], [100, 140], [240, 140]], np.float32)]


def test_reads_labels_writers_and_strokes(tmp_path):
    path = tmp_path / "pen.ndjson.gz"
    path.write_bytes(gzip.compress(json.dumps({"label": 7, "writer": 3, "strokes": [[[1, 2], [3, 4]]]}).encode()))
    (digit,) = pen_drawing.read(path)
    assert (digit.label, digit.writer, digit.strokes[0].tolist()) == (7, 3, [[1, 2], [3, 4]])


@pytest.mark.parametrize("width", [8, 14, 20, 30])
def test_a_line_is_as_thick_as_the_brush_and_has_round_ends(width):
    ink = pen_drawing.render(LINE, width=width)
    assert ink.dtype == np.uint8 and ink.shape == (280, 280)
    assert ink[:, 140].sum() / 255 == pytest.approx(width, abs=0.7)
    rows, columns = np.nonzero(ink > 127)
    assert columns.min() == pytest.approx(40 - width / 2, abs=1)
    assert columns.max() == pytest.approx(240 + width / 2, abs=1)
    assert (ink[rows.min() : rows.max() + 1, columns.min()] > 127).sum() < width / 2


def test_a_dot_is_a_disc():
    ink = pen_drawing.render([np.array([[100, 50]])], width=20)
    assert ink.sum() / 255 == pytest.approx(np.pi * 100, rel=0.05)
    assert ink[50, 100] == 255


def test_edges_are_smooth():
    ink = pen_drawing.render([np.array([[40, 60], [200, 220]])], width=14)
    assert len(np.unique(ink)) >= 4  # paper, ink, and shades between


def test_place_keeps_the_shape_and_sets_size_and_middle():
    placed = pen_drawing.place([np.array([[0, 0], [10, 40]]), np.array([[20, 30]])], size=100, centre=(80, 190))
    points = np.concatenate(placed)
    assert (points.min(0) + points.max(0)) / 2 == pytest.approx([80, 190])
    assert np.ptp(points, axis=0) == pytest.approx([50, 100])


def test_place_centres_a_single_point():
    assert pen_drawing.place([np.array([[3, 4]])], size=100)[0].tolist() == [[140, 140]]


def test_distort_at_strength_0_is_the_identity_and_at_1_is_mild():
    rng = np.random.default_rng(0)
    line = LINE[0]
    assert np.allclose(pen_drawing.distort(LINE, rng, strength=0)[0], line, atol=1e-3)
    moved = [np.abs(pen_drawing.distort(LINE, rng)[0] - line).max() for _ in range(50)]
    assert 1 < np.median(moved) < 60
