"""Lines in pieces: components, cuts between touching digits, sizes."""

import numpy as np

from digitrec.forms.numbers import made_strings
from digitrec.forms.numbers.segmentation import HEIGHT, divide
from digitrec.forms.numbers.segments import MAX_PIECES, find_segments
from support.number_strings import bars, hands


def test_strokes_apart_are_pieces_from_left_to_right():
    pieces = divide(bars(30, 80, 130))
    assert len(pieces.boxes) == 3 and (np.diff(pieces.boxes[:, 2]) > 0).all()
    assert (pieces.crossed == 0).all()


def test_touching_strokes_are_cut_where_little_ink_is_crossed():
    ink = bars(30, 60)
    ink[34:38, 30:66] = 255  # a bridge
    pieces = divide(ink)
    cuts = pieces.boxes[1:, 2][pieces.crossed[1:] > 0] / pieces.scale
    assert ((cuts > 30) & (cuts < 66)).any()
    assert len(divide(ink, cut=False).boxes) == 1


def test_pieces_hold_all_the_ink_of_a_string():
    made = made_strings.make_string(hands(), np.random.default_rng(3), plain=True)
    pieces = divide(made.ink)
    lost = (pieces.ink > 100) & (pieces.labels == 0)
    assert lost.sum() < 0.01 * (pieces.ink > 100).sum()
    assert pieces.areas.sum() == (pieces.labels > 0).sum()


def test_an_enlarged_string_is_divided_alike():
    made = made_strings.make_string(hands(), np.random.default_rng(5), plain=True)
    large = divide(np.kron(made.ink, np.ones((4, 4), np.uint8)), cut=False)
    small = divide(made.ink, cut=False)
    assert abs(large.digit_height - HEIGHT) < 4
    np.testing.assert_allclose(large.boxes / large.scale / 4, small.boxes / small.scale, atol=2.5)


def test_an_underline_is_no_piece():
    ink = bars(30, 80)
    ink[62:64, 5:200] = 255
    assert len(divide(ink).boxes) == 2


def test_faint_ink_is_divided_as_well():
    assert len(divide((bars(30, 80) > 0).astype(np.uint8) * 60).boxes) == 2


def test_runs_are_neither_too_long_nor_torn():
    pieces = divide(bars(*range(20, 240, 12)))
    spans = find_segments(pieces).spans
    assert (spans[:, 1] - spans[:, 0]).max() <= MAX_PIECES
    apart = find_segments(divide(bars(20, 90))).spans
    assert apart.tolist() == [[0, 1], [1, 2]]
