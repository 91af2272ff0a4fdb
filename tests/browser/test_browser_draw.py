"""Draw with a mouse, and with a finger, and read what the dashboard answers."""

import io
import math

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, expect

from support.visitor import NARROW, ONE, WIDE, go_to, paper, stroke, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.browser]

ZERO = [(140 + 65 * math.sin(t / 8), 140 - 95 * math.cos(t / 8)) for t in range(52)]
CORNER = [(270 - 8 * i, 8 + 8 * i) for i in range(20)]
COUNT = """c => c.getContext("2d").getImageData(0, 0, c.width, c.height).data
  .filter((value, i) => i % 4 == 0 && value > 9).length"""

PASTE = """([bytes, name = "image.png", type = "image/png"]) => {
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([new Uint8Array(bytes)], name, { type }));
  const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
  return !document.body.dispatchEvent(event);
}"""


def picture(points: list[tuple[float, float]]) -> bytes:
    """A PNG file of a stroke with a dark pen on light paper."""
    sheet, buffer = Image.new("L", (600, 400), 225), io.BytesIO()
    ImageDraw.Draw(sheet).line([(x + 200, y + 50) for x, y in points], fill=50, width=20, joint="curve")
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


def upload(page: Page, name: str, data: bytes) -> None:
    file = {"name": name, "mimeType": "image/png", "buffer": data}
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)


def paste(page: Page, *file: object) -> None:
    """Paste the bytes, as a file of that name and type if given, once the page listens and takes it."""
    wait_until(lambda: page.evaluate(PASTE, list(file)))


def answer(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text="sure")


def ink(page: Page) -> int:
    """How many pixels of the paper, as the browser shows it, are not black."""
    return sum(canvas.evaluate(COUNT) for canvas in paper(page).locator("canvas").all())


MAKE_ANEW = """old => {
  const fresh = old.cloneNode(false);
  for (const name of ["role", "aria-label", "data-mended"]) fresh.removeAttribute(name);
  fresh.append(...old.childNodes);
  old.replaceWith(fresh);
}"""


def test_a_paper_that_the_canvas_makes_anew_has_its_name_again_and_is_read(server, visit):
    page = visit(server.url)
    expect(paper(page)).to_be_visible()
    paper(page).evaluate(MAKE_ANEW)  # as the canvas does where the brush is moved just after it was first shown
    expect(paper(page)).to_be_visible()
    stroke(page, ONE)
    expect(answer(page).get_by_role("strong")).to_have_text("1")


def test_a_1_and_a_0_are_read_and_blank_paper_is_not(server, visit):
    page = visit(server.url)
    expect(page.get_by_text("Draw a digit here")).to_be_visible()
    for points, digit in ((ONE, "1"), (ZERO, "0")):
        stroke(page, points)
        expect(answer(page).get_by_role("strong")).to_have_text(digit)
        page.get_by_role("button", name="Clear").click()
        expect(page.get_by_text("Draw a digit here")).to_be_visible()
        expect(answer(page)).to_have_count(0)
        assert ink(page) == 0


def test_a_drawing_survives_a_page_switch_and_goes_on(server, visit):
    page = visit(server.url)
    stroke(page, ONE)
    expect(answer(page)).to_contain_text("1")
    before = answer(page).inner_text()
    go_to(page, "Models")
    go_to(page, "Draw")
    expect(answer(page)).to_have_text(before, use_inner_text=True)
    assert ink(page) > 1000
    stroke(page, ZERO)
    expect(answer(page)).not_to_have_text(before, use_inner_text=True)


def test_undo_takes_one_stroke_back_and_redo_brings_it_again(server, visit):
    page = visit(server.url)
    stroke(page, ONE)
    expect(answer(page)).to_be_visible()
    one = answer(page).inner_text()
    stroke(page, ZERO)
    expect(answer(page)).not_to_have_text(one, use_inner_text=True)
    page.get_by_role("button", name="Undo").click()
    expect(answer(page)).to_have_text(one, use_inner_text=True)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Draw a digit here")).to_be_visible()
    page.get_by_role("button", name="Redo").click()
    expect(answer(page)).to_have_text(one, use_inner_text=True)


def test_a_stroke_may_begin_in_the_corner_where_the_canvas_hides_its_toolbar(server, visit):
    page = visit(server.url)
    stroke(page, CORNER)
    expect(answer(page)).to_be_visible()
    assert ink(page) > 1000


def test_a_tap_in_that_corner_erases_nothing(server, visit):
    page = visit(server.url, size=NARROW, touch=True)
    stroke(page, ONE)
    expect(answer(page)).to_be_visible()
    drawn, box = ink(page), paper(page).bounding_box()
    for x in range(135, 280, 12):
        page.touchscreen.tap(box["x"] + x, box["y"] + 15)
    page.get_by_role("button", name="Undo").is_enabled()
    assert ink(page) >= drawn


def test_a_sample_is_read_without_drawing(server, visit):
    page = visit(server.url)
    page.get_by_role("button", name="Show a sample").click()
    expect(answer(page)).to_be_visible()
    expect(page.get_by_text("labelled")).to_be_visible()


def test_the_evidence_follows_the_drawing_while_it_is_asked_for(server, visit):
    page = visit(server.url)
    stroke(page, ONE)
    expect(answer(page)).to_be_visible()
    expect(page.get_by_role("heading", name="Why 1")).to_have_count(0)
    page.get_by_text("Show the evidence").click()
    expect(page.get_by_role("heading", name="Why 1, and why not")).to_be_visible()
    expect(page.get_by_text("the evidence for 1 is")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("heading", name="Why 1")).to_have_count(0)
    stroke(page, ZERO)
    expect(page.get_by_role("heading", name="Why 0, and why not")).to_be_visible()


def test_an_uploaded_picture_is_read_and_a_broken_one_is_refused_in_words(server, visit):
    page = visit(server.url)
    page.get_by_text("Picture or camera").click()
    upload(page, "one.png", picture(ONE))
    expect(answer(page).get_by_role("strong")).to_have_text("1")
    expect(page.get_by_alt_text("The ink of the picture")).to_be_visible()
    drawn = ink(page)
    upload(page, "broken.png", picture(ONE)[:100])
    expect(page.get_by_text("damaged or cut off")).to_be_visible()
    expect(answer(page).get_by_role("strong")).to_have_text("1")
    assert ink(page) == drawn > 1000


def test_what_is_wrong_with_a_pasted_picture_is_said_though_the_uploader_is_folded_away(server, visit):
    page = visit(server.url)
    paste(page, list(picture(ONE)[:100]))
    expect(page.get_by_text("damaged or cut off")).to_be_visible()
    expect(page.get_by_text("Draw a digit here")).to_be_visible()


def test_a_pasted_file_that_is_no_picture_is_refused_where_it_is_seen(server, visit):
    page = visit(server.url)
    paste(page, [1, 2, 3], "letter.pdf", "application/pdf")
    expect(page.get_by_text("letter.pdf is not a picture")).to_be_visible()


def test_a_sample_of_a_digit_is_given_by_the_keyboard_alone(server, visit):
    page = visit(server.url)
    page.get_by_role("combobox", name="of the digit").focus()
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    expect(page.get_by_text("labelled 7")).to_be_visible()
    expect(answer(page)).to_be_visible()


@pytest.mark.parametrize("touch", [False, True])
def test_one_goes_back_to_an_earlier_drawing_and_undoes_that(server, visit, touch):
    page = visit(server.url, size=NARROW if touch else WIDE, touch=touch)
    for points, digit in ((ONE, "1"), (ZERO, "0")):
        stroke(page, points)
        expect(answer(page).get_by_role("strong")).to_have_text(digit)
        page.get_by_role("button", name="Clear").click()
        expect(page.get_by_text("Draw a digit here")).to_be_visible()
    back = page.get_by_role("button", name="Drawing 2: 1")
    back.tap() if touch else back.click()
    expect(answer(page).get_by_role("strong")).to_have_text("1")
    assert ink(page) > 1000
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Draw a digit here")).to_be_visible()


def test_layers_and_steps_are_shown_for_the_drawing(server, visit):
    page = visit(server.url, scheme="dark")
    stroke(page, ONE)
    expect(page.get_by_alt_text("A typical 1 to compare it with")).to_be_visible()
    page.get_by_text("Show what the layers see").click()
    expect(page.get_by_alt_text("of 16: strength")).to_have_count(12)
    expect(page.get_by_alt_text("looks for")).to_have_count(12)


def test_a_pasted_picture_is_read_drawn_over_and_undone(server, visit):
    page = visit(server.url)
    stroke(page, ONE)
    expect(answer(page).get_by_role("strong")).to_have_text("1")
    paste(page, list(picture(ZERO)))
    expect(answer(page).get_by_role("strong")).to_have_text("0")
    expect(page.get_by_text("From your picture.")).to_be_visible()
    stroke(page, ONE)
    expect(page.get_by_text("From your picture.")).to_have_count(0)  # it was drawn on, and not placed again
    for digit in ("0", "1"):
        page.get_by_role("button", name="Undo").click()
        expect(answer(page).get_by_role("strong")).to_have_text(digit)
