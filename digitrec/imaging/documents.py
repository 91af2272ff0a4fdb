"""Files with one page or many: PDF, TIFF, large scans, and all pictures; page by page, in bounded memory.

What comes in is not trusted. A page is decoded or drawn no larger than it can be read.
"""

from __future__ import annotations

import contextlib
import io
import math
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from digitrec.imaging.arrays import Gray
from digitrec.imaging.pictures import MAX_PIXELS, PictureError, Source, decode, is_reducible, read_start

MAX_DOCUMENT_BYTES = 200_000_000
MAX_SCAN_PIXELS = 120_000_000  # of a page before it is shrunk: A3 at 600 dots an inch is 70 million
MAX_PAGES = 5_000  # in one file
PDF_DPI = 300  # of a page that is drawn, if that makes no more than MAX_PIXELS
_PDF, _TIFF = b"%PDF", (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # what such files begin with
_POINTS = 72  # an inch, the unit of a PDF
_PASSWORD = 4  # pdfium's code of an error
_IMAGE = 3  # pdfium's code of an image on a page
_MAX_PDF_SIDE = 30_000  # points: a larger page is no paper
_DRAWING = threading.RLock()  # pdfium is not made for threads
_LARGE = threading.Lock()  # one large scan at a time: a coloured one takes four bytes a pixel

warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # `_check_scan` has a limit of its own


def count_pages(source: Source) -> int:
    """How many pages a file has; 1 for a picture, also for one that cannot be read.

    Args:
        source: the file.

    Raises:
        PictureError: a PDF is encrypted, damaged, or has too many pages; or the file is too large.
        OSError: it cannot be opened.
    """
    _check_bytes(source)
    start = read_start(source)
    if start.startswith(_PDF):
        with _open_pdf(source) as document:
            return _check_count(len(document))
    if start.startswith(_TIFF):
        with contextlib.suppress(Exception):  # damaged: the reason follows when it is read
            with Image.open(_opened(source), formats=("TIFF",)) as picture:
                count = int(getattr(picture, "n_frames", 1))
            return _check_count(count)
    return 1


def read_page(source: Source, page: int = 0) -> Gray:
    """One page of a file: upright, on white, at most 20 megapixels.

    A scan of up to 120 megapixels is shrunk by a whole number. A page of a PDF is drawn with 300 dots an inch.

    Args:
        source: a PDF, or a picture as `read_gray` takes it; of a TIFF all pages.
        page: its number, from 0.

    Returns:
        gray: uint8 (height, width), 0 = black.

    Raises:
        PictureError: the page cannot be read: the message says why and what to do.
        OSError: the file cannot be opened.
    """
    _check_bytes(source)
    if read_start(source).startswith(_PDF):
        with _open_pdf(source) as document:
            return _draw(document, page)

    def prepare(picture: Image.Image) -> None:
        if page:
            picture.seek(page)
        _check_scan(picture)

    with _LARGE:
        return _shrink(decode(source, prepare, MAX_SCAN_PIXELS))


def read_pages(source: Source) -> Iterator[Gray | PictureError]:
    """The pages of a file one by one; for one that cannot be read, the error.

    Raises:
        OSError: the file cannot be opened.
    """
    try:
        count = count_pages(source)
    except PictureError as error:
        yield error
        return
    for page in range(count):
        try:
            yield read_page(source, page)
        except PictureError as error:
            yield error


def _opened(source: Source) -> Path | io.BytesIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _check_bytes(source: Source) -> None:
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > MAX_DOCUMENT_BYTES:
        raise PictureError(
            f"the file is {size / 1e6:.0f} MB: expected at most {MAX_DOCUMENT_BYTES / 1e6:.0f} MB. Divide it."
        )


def _check_count(count: int) -> int:
    if count > MAX_PAGES:
        raise PictureError(f"the file has {count:,} pages: expected at most {MAX_PAGES:,}. Divide it.")
    if count < 1:
        raise PictureError("the file has no page: expected one at least. Save it again.")
    return count


def _check_scan(picture: Image.Image) -> None:
    """Refuse a page that is too large, before it is decoded; let a large JPEG be decoded smaller."""
    width, height = picture.size
    if width * height > MAX_SCAN_PIXELS:
        raise PictureError(
            f"the page has {width} x {height} pixels: expected at most {MAX_SCAN_PIXELS / 1e6:.0f} million. Scan "
            "it with 300 dots an inch."
        )
    if width * height > MAX_PIXELS and is_reducible(picture):
        factor = _reduction(width, height)
        picture.draft("L", (width // factor, height // factor))


def _reduction(width: int, height: int) -> int:
    """By how much both sides are divided so that a page is not larger than it can be read."""
    return max(1, math.ceil(math.sqrt(width * height / MAX_PIXELS)))


def _shrink(gray: Gray) -> Gray:
    factor = _reduction(gray.shape[1], gray.shape[0])
    return gray if factor == 1 else np.asarray(Image.fromarray(gray).reduce(factor))


@contextlib.contextmanager
def _open_pdf(source: Source) -> Iterator[Any]:
    """A PDF, while no other is open."""
    try:
        import pypdfium2  # only where it is needed, as it is an extra
    except ImportError as error:
        raise PictureError(
            "PDF files cannot be read on this machine. Save the page as PNG, or install the extra: pip install "
            '"digitrec[forms]".'
        ) from error
    with _DRAWING:
        try:
            document = pypdfium2.PdfDocument(source)
        except pypdfium2.PdfiumError as error:
            if error.err_code == _PASSWORD:
                raise PictureError(
                    "the PDF is encrypted: expected one that opens without a password. Print it to a new PDF."
                ) from error
            raise PictureError("the PDF is damaged or cut off: save or send it again.") from error
        try:
            yield document
        finally:
            document.close()


def _draw(document: Any, number: int) -> Gray:
    """A page of a PDF."""
    import pypdfium2

    if not 0 <= number < len(document):
        raise PictureError(f"the PDF has no page {number + 1:,}: its last is page {len(document):,}.")
    try:
        page = document[number]
        try:
            width, height = page.get_size()
            _check_paper(width, height)
            for image in page.get_objects(filter=[_IMAGE], max_depth=4):
                across, down = image.get_px_size()
                if across * down > MAX_SCAN_PIXELS:
                    raise PictureError(
                        f"a picture on the page has {across} x {down} pixels: expected at most "
                        f"{MAX_SCAN_PIXELS / 1e6:.0f} million. Scan it with 300 dots an inch."
                    )
            scale = min(PDF_DPI / _POINTS, math.sqrt(MAX_PIXELS / (width * height)))
            bitmap = page.render(scale=scale, grayscale=True, limit_image_cache=True)
            gray = np.array(bitmap.to_numpy())
            bitmap.close()
        finally:
            page.close()
    except (pypdfium2.PdfiumError, MemoryError) as error:
        raise PictureError(f"page {number + 1} of the PDF is damaged: save or send it again.") from error
    return gray.reshape(gray.shape[:2]) if gray.ndim == 2 or gray.shape[2] == 1 else gray[:, :, 0]


def _check_paper(width: float, height: float) -> None:
    if not (0 < width <= _MAX_PDF_SIDE and 0 < height <= _MAX_PDF_SIDE):
        raise PictureError(
            f"the page measures {width / _POINTS * 25.4:,.0f} x {height / _POINTS * 25.4:,.0f} mm: expected "
            f"paper, at most {_MAX_PDF_SIDE / _POINTS * 25.4 / 1000:.0f} m long. Print it to a smaller page."
        )
