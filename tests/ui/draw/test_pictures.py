"""Pictures put on the canvas: each once, with its steps; what is no picture is refused."""

import io

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from digitrec.imaging.ink_to_image import fit_to_square, read_ink, to_mnist
from digitrec.ui.components.canvas import SIDE
from digitrec.ui.draw import pictures
from support.html_reader import Reader, pixels


def file_of(gray: np.ndarray, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(gray).save(buffer, kind)
    return buffer.getvalue()


def sheet(x: int) -> np.ndarray:
    """An L on paper, half of it in the shadow; the larger the column that it begins at, the wider it is."""
    gray = np.full((300, 400), 220, np.uint8)
    gray[60:240, x : x + 30] = gray[210:240, x : x + 30 + x // 2] = 40
    light = 1 - 0.5 * np.clip((np.arange(400) - 180) / 40, 0, 1)
    return (gray * light).astype(np.uint8)


GOOD = file_of(sheet(80))
BROKEN = {
    "not a picture": b"a letter",
    "damaged": GOOD[: len(GOOD) // 2],
    "nothing that stands out": file_of(np.full((300, 300), 230, np.uint8)),
    "at most 20 million": file_of(np.zeros((5000, 5000), bool)),
}


def page() -> AppTest:
    def script():
        from digitrec.ui.draw.pictures import picture_input, picture_steps, way_picker

        picture_input("c", way_picker("c"))
        picture_steps("c")

    return rerun(AppTest.from_function(script, default_timeout=60))


def rerun(test: AppTest) -> AppTest:
    test.run()
    assert not test.exception, test.exception
    return test


def choose(test: AppTest, way: str) -> AppTest:
    test.segmented_control(key="c-way").set_value(way)
    return rerun(test)


def upload(test: AppTest, data: bytes) -> AppTest:
    test.file_uploader(key="c-upload").set_value(("a.png", data, "image/png"))
    return rerun(test)


def drawn(test: AppTest) -> np.ndarray:
    """The ink on the canvas."""
    return np.asarray(Image.open(io.BytesIO(test.session_state["c-canvas"].now.png)))


def strip(test: AppTest) -> Reader:
    return Reader("".join(block.proto.body for block in test.get("html")))


def test_an_upload_comes_to_the_canvas_as_ink_and_says_so():
    test = upload(page(), GOOD)
    canvas = test.session_state["c-canvas"]
    assert np.array_equal(drawn(test), fit_to_square(read_ink(GOOD)[1].ink, SIDE))
    assert canvas.now.note == "From your picture."
    assert not test.error


def test_each_step_of_its_cleaning_is_shown():
    found = strip(upload(page(), GOOD))
    captions, alts = zip(*pictures.STEPS, strict=True)
    assert tuple(image["alt"] for image in found.images) == alts
    assert tuple(text for text in found.texts if text.strip()) == captions
    gray, evened, ink, image = (pixels(each["src"]) for each in found.images)
    assert gray.shape == evened.shape == ink.shape == (144, 192)  # 300 x 400
    assert gray[70, 10] > 200 and gray[70, 180] < 120 and evened[70, 180] < 20 == 20 + ink[70, 180]  # no shadow
    assert np.array_equal(image, to_mnist(fit_to_square(read_ink(GOOD)[1].ink, SIDE)))


def test_that_printed_lines_were_removed_is_a_step_of_its_own():
    ruled = sheet(80)
    ruled[30::40] = ruled[30::40] // 3
    found = strip(upload(page(), file_of(ruled)))
    assert [text for text in found.texts if text.strip()] == [caption for caption, _ in pictures.STEPS_WITH_RULES]
    evened, unruled, ink = (pixels(found.images[at]["src"]) for at in (1, 2, 3))
    rows = slice(14, 16)  # of the first line, at half the size
    assert evened[rows, 150].max() > 60 and unruled[rows, 150].max() < 20 and not ink[rows, 150].any()


def test_an_upload_is_placed_once_and_can_be_undone():
    test = upload(page(), GOOD)
    canvas = test.session_state["c-canvas"]
    rerun(rerun(test))
    assert len(canvas.past) == 1
    canvas.undo()
    assert not strip(rerun(test)).images
    assert canvas.now.png is None and len(canvas.future) == 1


def test_another_upload_takes_its_place_and_removing_it_from_the_widget_does_not():
    test = upload(upload(page(), GOOD), file_of(255 - sheet(20)))
    second = drawn(test)
    assert not np.array_equal(second, fit_to_square(read_ink(GOOD)[1].ink, SIDE))
    test.file_uploader(key="c-upload").clear()
    assert np.array_equal(drawn(rerun(test)), second)
    assert strip(test).images


@pytest.mark.parametrize("widget", ["c-upload", "c-camera"])
@pytest.mark.parametrize("reason", BROKEN)
def test_what_cannot_be_read_takes_the_old_drawing_away_and_its_reason_is_kept_for_the_answer_s_place(
    reason, widget
):
    test = upload(page(), GOOD)
    canvas, before = test.session_state["c-canvas"], drawn(test)
    give(test, widget, BROKEN[reason])
    said = find_problem_of(canvas)
    assert reason in said and said[0].isupper() and said.endswith(" Undo restores your drawing.")
    assert not canvas.now.objects and not strip(test).images
    assert test.segmented_control(key="c-way").value == "Draw"  # the reason stands beside the paper
    canvas.undo()
    assert np.array_equal(drawn(rerun(test)), before) and find_problem_of(canvas) is None
    canvas.redo()
    assert find_problem_of(canvas) == said
    give(test, widget, GOOD)
    assert canvas.now.objects and find_problem_of(canvas) is None


def find_problem_of(canvas) -> str | None:
    return None if canvas.now.objects else canvas.now.note


def give(test: AppTest, widget: str, data: bytes) -> None:
    """A picture from the file uploader or the camera."""
    choose(test, "Camera" if widget == "c-camera" else "Picture")
    if widget == "c-upload":
        upload(test, data)
    else:
        rerun(test.camera_input(key=widget).upload("shot.jpg", data) and test)


def test_the_reason_goes_with_the_file():
    test = upload(page(), b"a letter")
    assert find_problem_of(rerun(test).session_state["c-canvas"])
    test.file_uploader(key="c-upload").clear()
    assert find_problem_of(rerun(test).session_state["c-canvas"]) is None


def test_the_camera_s_photo_comes_to_the_canvas():
    test = choose(page(), "Camera")
    photo = file_of(sheet(60), "JPEG")
    test.camera_input(key="c-camera").upload("shot.jpg", photo)
    assert np.array_equal(drawn(rerun(test)), fit_to_square(read_ink(photo)[1].ink, SIDE))
    assert test.session_state["c-canvas"].now.note == "From your photo."


def test_the_camera_is_off_until_it_is_chosen_and_after_its_photo_and_one_can_always_paste():
    test = page()
    assert not test.camera_input and test.file_uploader
    choose(test, "Camera")
    assert test.camera_input and test.file_uploader
    test.camera_input(key="c-camera").upload("shot.jpg", file_of(sheet(60), "JPEG"))
    assert not rerun(test).camera_input and test.segmented_control(key="c-way").value == "Draw"


def test_after_a_picture_one_sees_the_paper_again():
    test = upload(choose(page(), "Picture"), GOOD)
    assert test.segmented_control(key="c-way").value == "Draw"


@pytest.mark.parametrize(
    ("name", "size", "reason"),
    [
        ("letter_1.pdf", 2000, "is a PDF file: expected PNG, JPEG"),
        ("letter.avif", 2000, "is an AVIF file: expected PNG"),
        ("letter.doc", 2000, "is not a picture: expected PNG"),
        ("huge.png", 10_000_001, "is 10.0 MB: expected at most 10 MB"),
    ],
)
def test_a_file_that_the_uploader_would_refuse_unseen_is_refused_in_words(name, size, reason):
    def script(refused):
        from types import SimpleNamespace

        import streamlit as st

        from digitrec.ui.components.canvas import find_problem
        from digitrec.ui.draw.pictures import _refuse_file

        st.session_state["c-paste"] = SimpleNamespace(refused=refused)
        _refuse_file("c")
        st.text(find_problem("c") or "none")

    said, none = (
        AppTest.from_function(script, args=(refused,), default_timeout=60).run().text[0].value
        for refused in ({"name": name, "size": size}, None)
    )
    assert said.startswith(f"The file {name} {reason}") and none == "none"


def test_where_the_browser_would_refuse_the_camera_the_page_says_so(monkeypatch):
    monkeypatch.setattr(pictures, "_is_camera_allowed", lambda url: False)
    test = choose(page(), "Camera")
    assert "only on https pages" in test.info[0].value
    assert not test.camera_input


@pytest.mark.parametrize(
    ("url", "may"),
    [
        *((None, True), ("https://digits.example/", True), ("http://digits.example/", False)),
        *(("http://localhost:8501/draw", True), ("http://127.0.0.1:8501/", True), ("http://[::1]:8501", True)),
        *(("http://192.168.0.7:8501/", False), ("http://localhost.example/", False)),
    ],
)
def test_the_camera_is_for_secure_addresses(url, may):
    assert pictures._is_camera_allowed(url) is may
