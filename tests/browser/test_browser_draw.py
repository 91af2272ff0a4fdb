"""Draw with a mouse, and with a finger, and read what the dashboard answers."""

import io
import math
import re

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, expect

from support.visitor import NARROW, ONE, WIDE, choose, draw, go_to, paper, settle, stroke, wait_until

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


def choose_picture(page: Page) -> None:
    """Choose to give a picture, and wait until the page takes one: no person is quicker."""
    page.get_by_role("radio", name="Picture", exact=True).click()
    expect(page.get_by_test_id("stFileUploaderDropzone")).to_be_visible()
    page.wait_for_timeout(500)  # the click has reached the server by then
    settle(page)


def paste(page: Page, *file: object) -> None:
    """Paste the bytes, as a file of that name and type if given, once the page listens and takes it."""
    wait_until(lambda: page.evaluate(PASTE, list(file)))


def answer(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text="sure")


def ink(page: Page) -> int:
    """How many pixels of the paper, as the browser shows it, are not black."""
    return sum(canvas.evaluate(COUNT) for canvas in paper(page).locator("canvas").all())


def wait_for_ink(page: Page, *, more_than: int = 1000) -> None:
    """Wait until a drawing is on the paper: it follows the words of the answer a moment later."""
    wait_until(lambda: ink(page) > more_than)


def wait_for_blank_paper(page: Page) -> None:
    """Wait until the page says that nothing is drawn, and the paper shows it: only then can one draw anew."""
    expect(page.get_by_text("Draw a digit here")).to_be_visible()
    wait_until(lambda: ink(page) == 0)


def show(page: Page, panel: str) -> None:
    """Choose what is shown about the drawing."""
    page.get_by_role("radio", name=panel, exact=True).click()


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
        wait_for_blank_paper(page)
        expect(answer(page)).to_have_count(0)


def test_a_drawing_survives_a_page_switch_and_goes_on(server, visit):
    page = visit(server.url)
    stroke(page, ONE)
    expect(answer(page)).to_contain_text("1")
    before = answer(page).inner_text()
    go_to(page, "Models")
    go_to(page, "Draw")
    expect(answer(page)).to_have_text(before, use_inner_text=True)
    wait_for_ink(page)
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
    wait_for_ink(page)


def test_a_tap_in_that_corner_erases_nothing(server, visit):
    page = visit(server.url, size=NARROW, touch=True)
    stroke(page, ONE)
    expect(answer(page)).to_be_visible()
    drawn, box = ink(page), paper(page).bounding_box()
    for x in range(135, 280, 12):
        page.touchscreen.tap(box["x"] + x * box["width"] / 280, box["y"] + 15)
    settle(page)
    assert ink(page) >= drawn


def test_a_sample_is_read_without_drawing(server, visit):
    page = visit(server.url)
    page.get_by_role("button", name="Sample", exact=True).click()
    expect(answer(page)).to_be_visible()
    expect(page.get_by_text("labelled")).to_be_visible()


def test_the_evidence_follows_the_drawing_while_it_is_asked_for(server, visit):
    page = visit(server.url)
    stroke(page, ONE)
    expect(answer(page)).to_be_visible()
    expect(page.get_by_role("heading", name="Why 1")).to_have_count(0)
    show(page, "Why")
    expect(page.get_by_role("heading", name="Why 1, and why not")).to_be_visible()
    expect(page.get_by_text("the evidence for 1 is")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("heading", name="Why 1")).to_have_count(0)
    wait_for_blank_paper(page)
    stroke(page, ZERO)
    expect(page.get_by_role("heading", name="Why 0, and why not")).to_be_visible()


def test_an_uploaded_picture_is_read_and_a_broken_one_takes_its_answer_away(server, visit):
    page = visit(server.url)
    choose_picture(page)
    upload(page, "one.png", picture(ONE))
    expect(answer(page).get_by_role("strong")).to_have_text("1")
    expect(page.get_by_alt_text("The ink of the picture")).to_be_visible()
    wait_for_ink(page)
    drawn = ink(page)
    upload(page, "broken.png", picture(ONE)[:100])
    expect(refusal(page)).to_contain_text("damaged or cut off")
    expect(answer(page)).to_have_count(0)
    expect(page.get_by_alt_text("The ink of the picture")).to_have_count(0)
    wait_until(lambda: ink(page) == 0)
    page.get_by_role("button", name="Undo").click()
    expect(answer(page).get_by_role("strong")).to_have_text("1")
    wait_until(lambda: ink(page) == drawn)


def refusal(page: Page) -> Locator:
    """The reason that stands where the answer would."""
    return page.get_by_role("status").filter(has_text="Not read.")


DROP = """([selector, name]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(["a letter"], name, { type: "application/pdf" }));
  const target = document.querySelector(selector);
  for (const type of ["dragenter", "dragover", "drop"])
    target.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
}"""


@pytest.mark.parametrize("way", ["paste", "paste a file", "drop", "choose"])
def test_whatever_way_a_picture_comes_that_cannot_be_read_the_old_answer_goes(server, visit, way):
    page = visit(server.url)
    stroke(page, ONE)
    expect(answer(page).get_by_role("strong")).to_have_text("1")
    if way in ("drop", "choose"):
        choose_picture(page)
    if way == "paste":
        paste(page, list(picture(ONE)[:100]))
    elif way == "paste a file":
        paste(page, [1, 2, 3], "letter.pdf", "application/pdf")
    elif way == "drop":
        page.evaluate(DROP, ["[data-testid=stFileUploaderDropzone]", "letter.pdf"])
    else:
        upload(page, "letter.pdf", b"a letter")
    expect(refusal(page)).to_contain_text("damaged or cut off" if way == "paste" else "letter.pdf is a PDF file")
    expect(refusal(page)).to_contain_text("Undo restores your drawing.")
    expect(answer(page)).to_have_count(0)
    wait_until(lambda: ink(page) == 0)
    stroke(page, ZERO)
    expect(answer(page).get_by_role("strong")).to_have_text("0")
    expect(refusal(page)).to_have_count(0)


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
        wait_for_blank_paper(page)
    back = page.get_by_role("button", name="Drawing 2: 1")
    back.tap() if touch else back.click()
    expect(answer(page).get_by_role("strong")).to_have_text("1")
    wait_for_ink(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Draw a digit here")).to_be_visible()


def heart() -> list[tuple[float, float]]:
    angles = [math.tau * i / 60 for i in range(61)]
    return [
        (
            140 + 88 * math.sin(a) ** 3,
            130 - 5.5 * (13 * math.cos(a) - 5 * math.cos(2 * a) - 2 * math.cos(3 * a) - math.cos(4 * a)),
        )
        for a in angles
    ]


# Drawings that are refused, each with a part of the reason.
REFUSED = {
    "an A": ([[(60, 240), (140, 40), (220, 240)], [(95, 165), (185, 165)]], "unlike a"),
    "a heart": ([heart()], "unlike a 0"),
    "a crossed-out 0": ([ZERO, [(190, 50), (90, 230)], [(90, 50), (190, 230)]], "more closed loops than a digit"),
    "a crossed 3": (
        [
            [(80, 50), (200, 50), (110, 130)],
            [(110, 130), (210, 170), (190, 240), (70, 230)],
            [(60, 140), (230, 140)],
        ],
        "unlike a 3",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_every_panel_knows_that_a_drawing_is_refused(server, visit, what):
    strokes, reason = REFUSED[what]
    page = visit(server.url)
    expect(paper(page)).to_be_visible()
    for points in strokes:
        draw(page, points)
    expect(answer(page)).to_contain_text("Not sure.")
    expect(answer(page)).to_contain_text(reason)
    guess = answer(page).get_by_role("strong").inner_text()

    show(page, "Why")
    expect(page.get_by_role("heading", name=f"Not sure: the best guess {guess} was refused")).to_be_visible()
    expect(page.get_by_role("heading", name=f"Where the guess {guess} comes from")).to_be_visible()
    expect(page.get_by_role("heading", name="What would change the guess?")).to_be_visible()
    expect(page.get_by_role("heading", name="and why not")).to_have_count(0)

    show(page, "Doctor")
    told = page.locator(".st-key-draw-doctor-says")
    expect(told).to_contain_text(f"Not sure: the best guess {guess} was refused.")
    expect(told.get_by_role("listitem").first).to_contain_text(re.compile(rf"{reason}.*: .+ \(usual: .+\)\."))
    expect(told.locator(".digit-measures tr", has_text="unusual").first).to_be_visible()
    expect(told).not_to_contain_text("othing is unusual")

    show(page, "Compare")
    expect(page.get_by_role("row").filter(has_text="mnist")).to_be_visible()  # the other built-in model, unasked
    row = page.get_by_role("row").filter(has_text="this model")
    expect(row).to_contain_text(f"not sure, maybe {guess}")
    expect(row).not_to_contain_text("%")
    expect(page.get_by_text(re.compile("is not sure|Neither model is sure")).first).to_be_visible()


def test_a_0_that_is_open_by_40_pixels_has_a_gap_that_can_be_closed(server, visit):
    page = visit(server.url)
    # A narrow 0. Its ends are 60 pixels apart: 40 of paper, and half a brush of 20 on each side.
    turn = [math.radians(degrees) for degrees in range(68, 377, 4)]
    stroke(page, [(140 + 45 * math.sin(t), 140 - 90 * math.cos(t)) for t in turn])
    expect(answer(page).get_by_role("strong")).to_have_text("0")
    show(page, "Doctor")
    expect(page.get_by_text("gap in a nearly closed loop")).to_be_visible()
    page.get_by_role("button", name="Close the gap").click()
    expect(page.get_by_text("Fixed: close the gap.").first).to_be_visible()


def test_the_model_chosen_on_one_page_is_offered_on_the_others_and_a_link_wins(server, visit):
    page = visit(server.url)
    choose(page, "Model", "mnist: built in")
    expect(model(page)).to_have_value(re.compile("^mnist"))
    settle(page)
    for title in ("Evaluate", "Models", "Draw", "Evaluate"):
        go_to(page, title)
        expect(model(page)).to_have_value(re.compile("^mnist"))
    choose(page, "Model", "draw: built in")
    expect(model(page)).to_have_value(re.compile("^draw"))
    settle(page)
    go_to(page, "Draw")
    expect(model(page)).to_have_value(re.compile("^draw"))
    page.goto(f"{server.url}/evaluate?model=mnist&data=mnist&part=test&show=Numbers")
    settle(page)
    expect(model(page)).to_have_value(re.compile("^mnist"))


def model(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Model", exact=True)


def test_layers_and_steps_are_shown_for_the_drawing(server, visit):
    page = visit(server.url, scheme="dark")
    stroke(page, ONE)
    expect(page.get_by_alt_text("A typical 1 to compare it with")).to_be_visible()
    show(page, "Layers")
    expect(page.get_by_alt_text("of 16: strength")).to_have_count(12)
    expect(page.get_by_alt_text("looks for")).to_have_count(12)
    page.get_by_role("button", name="Layer 3, map").first.click()
    expect(page.get_by_role("heading", name="Layer 3: Convolution 3 × 3, map")).to_be_visible()
    expect(page.get_by_text("Its strongest activation is")).to_be_visible()
    expect(page.get_by_role("combobox", name="Layer")).to_have_value(re.compile(r"^3\."))  # all its maps below


def test_a_pasted_picture_is_read_drawn_over_and_undone(server, visit):
    page = visit(server.url)
    stroke(page, ONE)
    expect(answer(page).get_by_role("strong")).to_have_text("1")
    drawn = ink(page)
    paste(page, list(picture(ZERO)))
    expect(answer(page).get_by_role("strong")).to_have_text("0")
    expect(page.get_by_text("From your picture.")).to_be_visible()
    wait_for_ink(page, more_than=drawn)  # a 0 has twice the line of a 1
    stroke(page, ONE)
    expect(page.get_by_text("From your picture.")).to_have_count(0)  # it was drawn on, and not placed again
    for digit in ("0", "1"):
        page.get_by_role("button", name="Undo").click()
        expect(answer(page).get_by_role("strong")).to_have_text(digit)
