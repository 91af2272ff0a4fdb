"""The offline page as a person has it: drawn on by touch without a network, and installed."""

import functools
import io
import json
import shutil
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from digitrec.cli.main import main
from digitrec.offline import MAX_PAGE_BYTES, PageError, make_app, make_page, page
from digitrec.runs import Run, open_run

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SEVEN = [(80, 60), (195, 60), (170, 120), (140, 180), (120, 235)]
CROSS = [(40, 240), (240, 40)]


def touch(shown: Page, points: list[tuple[float, float]]) -> None:
    """Draw one stroke with a finger; the points are pixels of the paper, which is 280 x 280."""
    box = shown.locator("#paper").bounding_box()
    places = [{"x": box["x"] + x * box["width"] / 280, "y": box["y"] + y * box["height"] / 280} for x, y in points]
    session = shown.context.new_cdp_session(shown)
    for i, place in enumerate(places):
        kind = "touchMove" if i else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [place]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.slow
def test_a_finger_draws_and_the_page_reads_without_a_network(browser, tmp_path):
    (tmp_path / "draw.html").write_bytes(make_page(open_run("draw")))
    context = browser.new_context(**PHONE, offline=True)
    shown, faults = context.new_page(), []
    shown.on("pageerror", lambda error: faults.append(str(error)))
    shown.on("request", lambda request: faults.append(request.url) if request.url.startswith("http") else None)
    shown.goto((tmp_path / "draw.html").as_uri())
    answer = shown.get_by_role("status")
    expect(shown.get_by_role("button", name="Undo")).to_be_disabled()
    touch(shown, SEVEN)
    expect(answer.get_by_role("strong")).to_have_text("7")
    expect(answer).to_contain_text("sure")
    expect(shown.get_by_role("listitem")).to_have_count(10)
    touch(shown, CROSS)
    touch(shown, [(y, x) for x, y in SEVEN])
    expect(answer).to_contain_text("Not sure.")
    for _ in range(2):
        shown.get_by_role("button", name="Undo").tap()
    expect(answer).not_to_contain_text("Not sure.")
    shown.get_by_role("button", name="Clear").tap()
    expect(answer).to_contain_text("Draw with a finger")
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390 and faults == []
    context.close()


@pytest.mark.slow
def test_the_app_opens_without_a_network_once_it_was_opened(browser, tmp_path):
    with zipfile.ZipFile(io.BytesIO(make_app(open_run("draw")))) as archive:
        archive.extractall(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context(**PHONE)
    shown = context.new_page()
    address = f"http://127.0.0.1:{server.server_port}/"
    shown.goto(address)
    shown.evaluate("navigator.serviceWorker.ready")
    manifest = json.loads((tmp_path / "manifest.webmanifest").read_text())
    assert manifest["display"] == "standalone" and all(
        (tmp_path / icon["src"]).is_file() for icon in manifest["icons"]
    )
    server.shutdown()
    server.server_close()
    context.set_offline(True)
    again = context.new_page()
    again.goto(address)
    touch(again, SEVEN)
    expect(again.get_by_role("status").get_by_role("strong")).to_have_text("7")
    context.close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def copied(models_folder) -> Run:
    """The shipped `draw` under another name."""
    return Run(shutil.copytree(open_run("draw").path, models_folder / "copied"))


def rename_classes(run: Run, names: list[str]) -> None:
    record = json.loads((run.path / "config.json").read_text())
    record["class_names"] = names
    (run.path / "config.json").write_text(json.dumps(record))


def test_both_are_small_and_a_name_cannot_end_the_script(copied):
    names = ["</script><script>alert(1)</script>", "<b>", *"23456789"]
    rename_classes(copied, names)
    made = make_page(copied).decode()
    assert len(made) < MAX_PAGE_BYTES and len(make_app(copied)) < MAX_PAGE_BYTES
    assert made.count("</script>") == 2 and "<b>" not in made and "{{" not in made
    packed = made.partition('id="model">')[2].partition("</script>")[0]
    assert json.loads(packed)["classes"] == names


def test_what_cannot_be_a_page_is_refused_with_the_reason(copied, monkeypatch):
    monkeypatch.setattr(page, "MAX_PAGE_BYTES", 1_000_000)
    with pytest.raises(PageError, match=r"the page would have 2\.0 MB: expected at most 1 MB"):
        make_page(copied)
    copied.tflite_path.write_bytes(copied.tflite_path.read_bytes()[:5000])
    with pytest.raises(PageError, match="cannot be put into a page"):
        make_page(copied)
    copied.tflite_path.unlink()
    with pytest.raises(PageError, match="there is no model"):
        make_page(copied)


def test_without_calibration_only_the_confidence_and_the_layout_count(copied):
    (copied.path / "calibration.json").unlink()
    packed = page.pack_model(copied)
    assert packed["reference"] is None and packed["temperature"] == 1.0


@pytest.mark.parametrize(
    ("kind", "file", "begins"), [("html", "draw.html", b"<!doctype"), ("app", "draw.zip", b"PK")]
)
def test_the_command_writes_it(tmp_path, monkeypatch, capsys, kind, file, begins):
    monkeypatch.chdir(tmp_path)
    assert main(["export", "draw", "--format", kind]) == 0
    assert (tmp_path / file).read_bytes().startswith(begins) and f"Wrote {file} (" in capsys.readouterr().out
