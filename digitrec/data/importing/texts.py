"""Reads texts that are not quite a CSV: the ARFF files of OpenML and Weka, and Semeion's digits.

ARFF (https://ml.cms.waikato.ac.nz/weka/arff.html): lines with `@ATTRIBUTE name type`, then `@DATA`, then a line of
values for each image; % begins a comment. Semeion (UCI, https://archive.ics.uci.edu/dataset/178/semeion+handwritten+digit):
256 pixels, 0 or 1, of an image of 16 x 16, then ten values of which the one of the digit is 1, with spaces.
"""

from __future__ import annotations

import re

import numpy as np

from digitrec.data.catalogue import DIGITS, DatasetError
from digitrec.data.importing.arrays import MAX_IMAGES, RawDataset, RawPart

_MAX_HEADER_BYTES = 2_000_000  # of an ARFF: 20,000 attributes of 100 characters
_ATTRIBUTE = re.compile(r"""@attribute\s+(?:'([^']*)'|"([^"]*)"|(\S+))\s+(.*)""", re.IGNORECASE)
_SEMEION_VALUES, _SEMEION_PIXELS = 266, 256
_MAX_SEMEION_BYTES = 50_000_000


def is_arff(data: bytes) -> bool:
    """Whether a file begins as an ARFF does, with comments or with @relation."""
    lines = (line.strip() for line in data[:100_000].removeprefix(b"\xef\xbb\xbf").splitlines())
    first = next((line for line in lines if line and not line.startswith(b"%")), b"")
    return first.lower().startswith(b"@relation")


def arff_to_csv(data: bytes) -> bytes:
    """The values of an ARFF file as a CSV with its attributes as titles.

    Raises:
        DatasetError: it has no data, is sparse, or lacks values.
    """
    start = re.search(rb"^[ \t]*@data[ \t]*\r?$", data[:_MAX_HEADER_BYTES], re.IGNORECASE | re.MULTILINE)
    if start is None:
        raise DatasetError(f"the ARFF file has no @data in its first {_MAX_HEADER_BYTES / 1e6:.0f} MB.")
    header = data[: start.start()].decode("utf-8", errors="replace")
    found = (_ATTRIBUTE.match(line.strip()) for line in header.splitlines())
    titles = [next(name for name in match.groups()[:3] if name is not None) for match in found if match]
    body = data[start.end() :]
    if re.search(rb"^[ \t]*\{", body[:100_000], re.MULTILINE):
        raise DatasetError("the ARFF file is sparse: expected a value for each pixel. Save it in the dense form.")
    if b"%" in body:
        body = re.sub(rb"^[ \t]*%[^\r\n]*", b"", body, flags=re.MULTILINE)
    if b"?" in body:
        raise DatasetError("the ARFF file has values that are missing (?): expected a number for each pixel.")
    line = ",".join(re.sub(r"[,;\t\r\n\"]", " ", title) for title in titles)
    return line.encode() + b"\n" + body


def is_semeion(data: bytes) -> bool:
    """Whether a file begins with a line of 266 numbers, 0 or 1, of which one of the last ten is 1."""
    values = data[:8000].splitlines()[0].split() if data[:8000].strip() else []
    if len(values) != _SEMEION_VALUES or b"," in values[0]:
        return False
    try:
        numbers = [float(value) for value in values]
    except ValueError:
        return False
    return set(numbers) <= {0.0, 1.0} and sum(numbers[_SEMEION_PIXELS:]) == 1


def read_semeion(data: bytes) -> RawDataset:
    """Read Semeion's digits: images uint8 (n, 16, 16) of 0 and 1.

    Raises:
        DatasetError: a line is of another form, or there are too many.
    """
    if len(data) > _MAX_SEMEION_BYTES or data.count(b"\n") > MAX_IMAGES:
        raise DatasetError(f"the text has {len(data) / 1e6:.0f} MB: expected at most {MAX_IMAGES:,} lines.")
    images, labels = [], []
    for i, line in enumerate(each for each in data.splitlines() if each.strip()):
        try:
            values = np.array(line.split(), np.float32)
        except ValueError as error:
            raise _odd_line(i) from error
        if len(values) != _SEMEION_VALUES or not np.isin(values, (0, 1)).all() or values[-10:].sum() != 1:
            raise _odd_line(i)
        images.append(values[:_SEMEION_PIXELS].astype(np.uint8).reshape(16, 16))
        labels.append(int(values[_SEMEION_PIXELS:].argmax()))
    return RawDataset({"all": RawPart(np.stack(images), np.array(labels))}, DIGITS)


def _odd_line(i: int) -> DatasetError:
    return DatasetError(
        f"line {i + 1:,} of the text is no digit of Semeion: expected 256 pixels and 10 values for the digit, "
        "all 0 or 1."
    )
