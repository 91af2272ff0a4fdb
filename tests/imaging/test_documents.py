"""Files with pages: PDF, TIFF and large scans come out page by page; what cannot be read says why."""

import io

import numpy as np
import pytest
from PIL import Image
from reportlab.lib import pdfencrypt
from reportlab.pdfgen.canvas import Canvas

from digitrec.imaging import PictureError, count_pages, documents, read_page, read_pages


def pdf(*sizes, **options):
    """A PDF with a black square of 100 points at the bottom left of each page."""
    buffer = io.BytesIO()
    pen = Canvas(buffer, **options)
    for size in sizes:
        pen.setPageSize(size)
        pen.rect(0, 0, 100, 100, stroke=0, fill=1)
        pen.showPage()
    pen.save()
    return buffer.getvalue()


def tiff(*pages):
    buffer = io.BytesIO()
    first, *others = (Image.fromarray(page) for page in pages)
    first.save(buffer, "TIFF", save_all=True, append_images=others)
    return buffer.getvalue()


def test_pages_of_a_pdf_are_drawn_with_300_dots_an_inch():
    data = pdf((595, 842), (200, 100))
    pages = list(read_pages(data))
    assert count_pages(data) == 2 and [page.shape for page in pages] == [(3509, 2480), (417, 834)]
    assert all(page.dtype == np.uint8 and page[-200, 200] == 0 and page[2, -2] == 255 for page in pages)


def test_a_page_of_a_pdf_that_is_too_large_for_that_is_drawn_smaller():
    (page,) = read_pages(pdf((14_400, 14_400)))
    assert page.size == pytest.approx(documents.MAX_PIXELS, rel=0.01)


def test_pages_of_a_tiff_are_read_as_they_are(tmp_path):
    pages = [np.full((40, 30), 200, np.uint8), np.arange(600, dtype=np.uint8).reshape(20, 30)]
    path = tmp_path / "scan.tif"
    path.write_bytes(tiff(*pages))
    for source in (path, path.read_bytes()):
        assert count_pages(source) == 2
        assert all(np.array_equal(*pair) for pair in zip(read_pages(source), pages, strict=True))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_scan_that_is_too_large_is_shrunk(kind, monkeypatch):
    monkeypatch.setattr(documents, "MAX_PIXELS", 10_000)
    buffer = io.BytesIO()
    picture = Image.new("L", (300, 400), 250)
    picture.paste(10, (0, 0, 150, 200))
    picture.save(buffer, kind)
    page = read_page(buffer.getvalue())
    assert page.shape in {(100, 75), (200, 150)} or page.size <= 10_000
    high, wide = page.shape
    assert page[high // 4, wide // 4] < 20 and page[-high // 4, -wide // 4] > 240


def bad_pages():
    locked = pdf((100, 100), encrypt=pdfencrypt.StandardEncryption("secret", "owner"))
    return {
        "encrypted": (locked, "is encrypted: expected one that opens without a password"),
        "cut off": (pdf((100, 100))[:200], "PDF is damaged or cut off"),
        "no PDF": (b"%PDF-1.7 and nothing more", "PDF is damaged or cut off"),
        "a roll": (pdf((40_000, 10)), "expected paper, at most"),
        "no picture": (b"hello", "is not a picture"),
        "a cut TIFF": (tiff(np.zeros((90, 90), np.uint8))[:300], "damaged or cut off|is not a picture"),
    }


@pytest.mark.parametrize("name", bad_pages())
def test_what_cannot_be_read_says_why(name):
    data, words = bad_pages()[name]
    (error,) = read_pages(data)
    assert isinstance(error, PictureError)
    with pytest.raises(PictureError, match=words):
        raise error


def test_the_limits_hold_before_anything_is_decoded(monkeypatch):
    monkeypatch.setattr(documents, "MAX_SCAN_PIXELS", 1_000)
    monkeypatch.setattr(documents, "MAX_PAGES", 1)
    for data, words in (
        (tiff(np.zeros((40, 30), np.uint8)), "has 30 x 40 pixels: expected at most"),
        (pdf((9, 9), (9, 9)), "has 2 pages: expected at most 1"),
        (pdf_with_picture(), "a picture on the page has 60 x 60 pixels"),
    ):
        (error,) = read_pages(data)
        assert words in str(error)
    monkeypatch.setattr(documents, "MAX_DOCUMENT_BYTES", 10)
    with pytest.raises(PictureError, match="expected at most 0 MB"):
        read_page(pdf((9, 9)))


def pdf_with_picture():
    buffer = io.BytesIO()
    pen = Canvas(buffer)
    pen.drawInlineImage(Image.new("L", (60, 60), 9), 0, 0)
    pen.save()
    return buffer.getvalue()


def test_a_page_that_is_not_there_is_an_error():
    with pytest.raises(PictureError, match="no page 3"):
        read_page(pdf((9, 9), (9, 9)), 2)
