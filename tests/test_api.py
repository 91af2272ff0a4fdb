"""What a notebook gets from `import digitrec`."""

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw

import digitrec
from digitrec.imaging import InkError, PictureError
from digitrec.runs import store
from digitrec.runs.config import ConfigError
from support.places import ROOT


@pytest.fixture(scope="module")
def ink():
    """A 7, drawn with a thick pen."""
    page = Image.new("L", (280, 280), 0)
    ImageDraw.Draw(page).line([(85, 75), (195, 72), (150, 175), (130, 225)], fill=255, width=18, joint="curve")
    return np.asarray(page)


@pytest.fixture(scope="module")
def photo(ink):
    return Image.fromarray(np.uint8(235 - ink * 0.8))


def as_png(picture):
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def test_importing_digitrec_imports_nothing_slow():
    slow = ("numpy", "streamlit", "tensorflow", "plotly", "pandas", "scipy", "PIL")
    script = f"import sys, digitrec; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_public_name_is_there_and_documented():
    documented = [getattr(digitrec, name).__doc__ for name in digitrec.__all__ if name != "__version__"]
    assert len(documented) == 9 and all(documented)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = digitrec.nonsense


def test_a_picture_is_read_from_whatever_holds_it(ink, photo, tmp_path):
    (tmp_path / "seven.png").write_bytes(as_png(photo))
    pictures = [tmp_path / "seven.png", str(tmp_path / "seven.png"), as_png(photo), photo, ink]
    verdicts = [digitrec.predict(picture) for picture in pictures]
    assert [(verdict.answer, verdict.sure) for verdict in verdicts] == [("7", True)] * 5
    assert all(verdict.proba.shape == (10,) and verdict.reasons == () for verdict in verdicts)


def test_many_pictures_are_read_in_turn_and_faults_are_answers(ink, photo, tmp_path):
    (tmp_path / "seven.png").write_bytes(as_png(photo))
    calls = []

    def late():
        calls.append("late")
        return ink

    pictures = [tmp_path / "seven.png", b"no picture", late, np.zeros((280, 280), np.uint8), tmp_path / "gone.png"]
    answers = digitrec.load_model("draw").predict_all(iter(pictures))
    assert not calls  # nothing is read before it is asked for
    first, broken, second, blank, gone = answers
    assert [type(each) for each in (broken, blank, gone)] == [PictureError, InkError, FileNotFoundError]
    assert calls == ["late"] and first.answer == second.answer == "7"
    for found, picture in ((first, photo), (second, ink)):
        alone = digitrec.predict(picture)
        assert (found.answer, found.reasons) == (alone.answer, alone.reasons)
        np.testing.assert_allclose(found.proba, alone.proba, atol=1e-6)


def test_a_scribble_has_reasons():
    scribble = np.zeros((280, 280), np.uint8)
    scribble[::20] = 255
    verdict = digitrec.predict(scribble)
    assert not verdict.sure and verdict.reasons


def test_a_model_is_loaded_once_by_name_or_folder(ink):
    by_name, by_folder = digitrec.load_model("mnist"), digitrec.load_model(store.SHIPPED_FOLDER / "mnist")
    assert by_name.class_names == tuple("0123456789")
    image = digitrec.to_mnist(ink)
    assert np.array_equal(by_name.predict_proba(image[None]), by_folder.predict_proba(image[None]))
    assert by_name.predict(ink).proba == pytest.approx(by_name.predict_proba(image[None])[0], abs=1e-6)


def test_a_photo_as_an_array_is_refused_with_the_way_out(photo):
    with pytest.raises(ValueError, match="expected ink, uint8"):
        digitrec.predict(np.asarray(photo.convert("RGB")))


def test_a_model_that_is_not_there_names_those_that_are():
    with pytest.raises(store.RunError, match=r"'nobody': expected one of: .*draw"):
        digitrec.load_model("nobody")


def test_a_setting_that_is_not_one_is_refused_before_a_run_is_made():
    with pytest.raises(ConfigError, match="epoch_count"):
        digitrec.train(dataset="digits", network="mlp", epoch_count=3)
    assert [run.name for run in digitrec.list_runs()] == ["draw", "mnist"]


@pytest.mark.slow
def test_a_network_is_trained_evaluated_and_reported(tmp_path):
    shares = []
    run = digitrec.train(dataset="digits", network="mlp", epochs=2, name="mine", progress=shares.append)
    assert [each.name for each in digitrec.list_runs()][-1] == "mine" and shares == sorted(shares)
    score = digitrec.evaluate("mine", split="test")
    assert score.proba.shape == (len(digitrec.load_dataset("digits").test.labels), 10)
    assert run.count_views("digits", "test") == 1
    path = digitrec.report(score, tmp_path / "folder" / "report.html")
    assert "mine" in path.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_training_that_fails_says_why(monkeypatch):
    with pytest.raises(store.RunError, match="the training of 'broken' failed: "):
        digitrec.train(dataset="digits", network="mlp", epochs=1, name="broken", start_from="nobody")
