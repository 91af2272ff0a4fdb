"""A drawing of several digits on Draw: when it is a number, and that it is read once."""

import numpy as np

from digitrec.forms import Number
from digitrec.imaging import pen_drawing
from digitrec.inference import Classifier, Verdict, load_reference, read_drawing
from digitrec.inference.verdict import Reason
from digitrec.runs import store
from digitrec.ui.draw import number

FOUR = [[(70, 60), (35, 150), (130, 150)], [(105, 70), (100, 230)]]
TWO = [[(160, 90), (185, 60), (225, 75), (215, 130), (160, 220), (240, 215)]]


def drawn(*strokes) -> np.ndarray:
    points = [np.linspace(0, len(stroke) - 1, 40) for stroke in strokes]
    smooth = [
        np.stack([np.interp(at, np.arange(len(stroke)), [point[axis] for point in stroke]) for axis in (0, 1)], 1)
        for at, stroke in zip(points, strokes, strict=True)
    ]
    return pen_drawing.render([each.astype(np.float32) for each in smooth], width=18)


def test_two_digits_are_a_number_and_one_is_not(monkeypatch):
    session = {}
    monkeypatch.setattr(number.st, "session_state", session)
    run = store.open_run("draw")
    model = Classifier.load(run.tflite_path)
    reference = load_reference(run, model)
    for strokes, expected in ((FOUR + TWO, "42"), (TWO, None)):
        ink = drawn(*strokes)
        verdict = read_drawing(ink, model, run, reference=reference).verdict
        found = number.find_number("draw", run, model, ink, verdict)
        assert (found and found.text) == expected
        assert verdict.sure == (expected is None)


def test_a_doubtful_number_is_shown_only_where_there_seem_to_be_several_digits(monkeypatch):
    run, ink = store.open_run("draw"), drawn(*TWO)
    likely = Number("42", 0.7, False, "", (), (), (), (0, 0, 1, 1))
    monkeypatch.setattr(number, "NumberReader", lambda model, run: None)
    for read, kind, shown in (
        (likely, "components", True),
        (likely, "many ends", False),
        (likely._replace(confidence=0.4), "components", False),
        (likely._replace(sure=True), "many ends", True),
        (None, "components", False),
    ):
        monkeypatch.setattr(number.st, "session_state", {})
        monkeypatch.setattr(number, "read_number", lambda reader, ink, read=read: read)
        proba = np.full(10, 0.1, np.float32)
        verdict = Verdict(proba, run.class_names, (Reason(kind, "ink", 3.0, (1.0, 2.0)),))
        assert (number.find_number("draw", run, object(), ink, verdict) is not None) == shown


def test_a_number_is_read_once_for_each_drawing(monkeypatch):
    session, calls = {}, []
    monkeypatch.setattr(number.st, "session_state", session)
    monkeypatch.setattr(number, "NumberReader", lambda model, run: None)
    monkeypatch.setattr(number, "read_number", lambda reader, ink: calls.append(ink))
    run, model = store.open_run("draw"), object()
    unsure = type("Verdict", (), {"sure": False})()
    for ink in (drawn(*TWO), drawn(*TWO), drawn(*FOUR)):
        assert number.find_number("draw", run, model, ink, unsure) is None
    assert len(calls) == 2
