"""A CSV of images: which column is what, told or refused; its values; and exact limits."""

import numpy as np
import pytest

from digitrec.data.catalogue import DatasetError
from digitrec.data.importing import tables
from digitrec.data.importing.columns import LabelColumnError
from digitrec.data.importing.tables import find_column, open_table, read_csv
from support.image_files import DIGITS, csv, optdigits


def line(label: object, pixels: int = 16, value: int = 0) -> bytes:
    return ",".join([str(label), *[str(value)] * pixels]).encode()


def test_a_csv_is_read_in_chunks_and_reports_its_progress(monkeypatch):
    monkeypatch.setattr(tables, "_CHUNK_LINES", 4)
    reports = []
    (raw,) = read_csv(csv(10), lambda what, share: reports.append(share)).parts.values()
    assert np.array_equal(raw.images, DIGITS.images[:10].reshape(10, -1))
    assert raw.labels.tolist() == [str(label) for label in DIGITS.labels[:10]]
    assert reports == [0, 0.4, 0.8]


def test_a_fault_in_a_csv_is_named_by_its_image(monkeypatch):
    monkeypatch.setattr(tables, "_CHUNK_LINES", 2)
    lines = [line(1), line(2), line(3), line(4, pixels=15)]
    with pytest.raises(DatasetError, match="image 4 of the CSV has 15 pixels: expected 16"):
        read_csv(b"\n".join(lines))
    for value, words in (("x", "not a number"), ("256", "out of range"), ("-1", "out of range")):
        lines[3] = line(4, value=value)
        with pytest.raises(DatasetError, match=f"after image 2 of the CSV, a pixel is {words}"):
            read_csv(b"\n".join(lines))
    lines[0], lines[3] = line(1, value="256"), line(4, value=255)
    with pytest.raises(DatasetError, match="in the CSV, a pixel is out of range"):
        read_csv(b"\n".join(lines))
    lines[0] = line(1)
    assert read_csv(b"\n".join(lines)).parts["all"].images[3].tolist() == [255] * 16


@pytest.mark.parametrize("pixels", [9, 15, 17])
def test_the_pixels_of_a_csv_are_a_square_of_at_least_four_by_four(pixels):
    with pytest.raises(DatasetError, match=f"has {pixels + 1} values"):
        read_csv(line(1, pixels))


@pytest.mark.parametrize(
    ("text", "label"), [("3", "3"), ("3.0", "3"), ("3.5", "3.5"), (" a", "a"), ("'b'", "b"), ("inf", "inf")]
)
def test_labels_of_a_csv(text, label):
    assert read_csv(line(text) + b"\n" + line("other")).parts["all"].labels[0] == label


@pytest.mark.parametrize("first", [0, 1])
def test_a_header_may_be_names_or_consecutive_numbers(first):
    numbers = ",".join(str(first + i) for i in range(16)).encode()
    for header in (b"label," + numbers, b"label," + b",".join(b"p%d" % i for i in range(16))):
        assert len(read_csv(header + b"\n" + line(7)).parts["all"].labels) == 1
    assert len(read_csv(b"5," + numbers + b"\n" + line(7), label=0).parts["all"].labels) == 2  # no title


def test_a_csv_has_at_most_the_limit_of_images(monkeypatch):
    monkeypatch.setattr(tables, "MAX_IMAGES", 3)
    assert len(read_csv(b"\n".join([line(1)] * 3)).parts["all"].labels) == 3
    with pytest.raises(DatasetError, match="4 lines of numbers: expected 1 to 3"):
        read_csv(b"\n".join([line(1)] * 4))


def table(count: int = 60, *, last: bool = False, index: bool = False, titles: list[str] | None = None) -> bytes:
    """The first digits, the label first or last, and row numbers before all."""
    pixels, labels = DIGITS.images[:count].reshape(count, -1), DIGITS.labels[:count, None]
    columns = ([np.arange(count)[:, None]] if index else []) + ([pixels, labels] if last else [labels, pixels])
    lines = [",".join(map(str, row)) for row in np.concatenate(columns, 1).tolist()]
    return "\n".join(([",".join(titles)] if titles else []) + lines).encode()


PIXELS = [f"pixel{i}" for i in range(784)]
FORMS = {
    "first": table(),
    "last": table(last=True),
    "OpenML": table(last=True, titles=[*PIXELS, "class"]),
    "titles of its own": table(last=True, titles=[*PIXELS, "written by the child"]),
    "pandas numbers for titles": table(last=True, titles=[str(i) for i in range(785)]),
    "pandas index without a title": table(index=True, titles=["", "label", *PIXELS]),
    "pandas index saved twice": table(index=True, last=True, titles=["Unnamed: 0", *PIXELS, "digit"]),
    "pandas index and numbers": table(index=True, last=True, titles=["", *[str(i) for i in range(785)]]),
    "many rows with numbers and no titles": table(359, index=True, last=True),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_column_of_the_labels_is_told_by_its_title_or_its_values(form):
    (raw,) = read_csv(FORMS[form]).parts.values()
    count = len(raw.labels)
    assert raw.labels.tolist() == [str(label) for label in DIGITS.labels[:count]]
    assert np.array_equal(raw.images, DIGITS.images[:count].reshape(count, -1))


def test_row_numbers_that_are_left_out_are_named():
    notes = read_csv(FORMS["pandas index saved twice"]).notes
    assert notes == (
        "The labels are in the last column, 'digit', by its title.",
        "The row numbers in the first column, 'Unnamed: 0' are left out.",
    )
    assert "row numbers in the first column," in read_csv(FORMS["pandas index without a title"]).notes[1]


def test_optdigits_of_uci_has_its_labels_last_and_values_to_16():
    raw = read_csv(optdigits()).parts["all"]
    values = np.loadtxt(optdigits().decode().splitlines(), np.uint8, delimiter=",")
    assert raw.labels.tolist() == [str(label) for label in values[:, -1]]
    assert np.array_equal(raw.images, values[:, :-1]) and raw.images.max() == 16


def test_labels_that_cannot_be_told_from_pixels_are_refused_until_a_person_says():
    noise = np.random.default_rng(0).integers(0, 10, (50, 17))
    data = "\n".join(",".join(map(str, row)) for row in noise.tolist()).encode()
    with pytest.raises(LabelColumnError, match="the first column or the last column: ") as raised:
        read_csv(data)
    assert len(raised.value.columns) == 17
    for column in (0, 5, 16):
        raw = read_csv(data, label=column).parts["all"]
        assert raw.labels.tolist() == [str(value) for value in noise[:, column]]
        assert np.array_equal(raw.images, np.delete(noise, column, 1))


@pytest.mark.parametrize("lacking", [784, 783])
def test_pixels_without_labels_are_refused(lacking):
    rows = np.column_stack([np.arange(200), DIGITS.images[:200].reshape(200, -1)])[:, 785 - lacking - 1 :]
    data = "\n".join(",".join(map(str, row)) for row in rows[:, :785].tolist()).encode()
    with pytest.raises(DatasetError, match="expected a label and the pixels"):
        read_csv(data)


def test_a_row_number_is_never_taken_for_a_label():
    rows = np.column_stack([np.arange(200), DIGITS.images[:200].reshape(200, -1)])
    data = "\n".join(",".join(map(str, row)) for row in rows.tolist()).encode()
    with pytest.raises(LabelColumnError, match="the first column numbers the rows"):
        read_csv(data)


def test_fractions_from_0_to_1_are_pixels(monkeypatch):
    monkeypatch.setattr(tables, "_CHUNK_LINES", 7)
    blank = ",".join(["3"] + ["0"] * 783 + ["1"])  # whole numbers among fractions
    rows = zip(DIGITS.labels[:20], (DIGITS.images[:20].reshape(20, -1) / 255).round(6), strict=True)
    data = "\n".join([",".join(map(str, [label, *pixels.tolist()])) for label, pixels in rows] + [blank] * 9)
    raw = read_csv(data.encode()).parts["all"]
    assert np.array_equal(raw.images[:20], DIGITS.images[:20].reshape(20, -1))
    assert raw.images[20:].max() == 255 and raw.images[20:].sum() == 9 * 255
    with pytest.raises(DatasetError, match="numbers from 0 to 1"):
        read_csv((data + "\n" + blank.replace(",1", ",2")).encode())


def test_a_column_is_named_by_its_title_or_its_number():
    columns = open_table(FORMS["OpenML"]).columns
    assert [find_column(columns, word) for word in ("class", "785", "last", "first", "pixel3")] == [
        784,
        784,
        784,
        0,
        3,
    ]
    for wrong in ("0", "786", "label", "-1"):
        with pytest.raises(DatasetError, match="has no column"):
            find_column(columns, wrong)


PAPERS = {"plain": 0, "noise of 5": 6, "noise of 40": 41}  # the noise is whole numbers below this


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("inverted", [False, True])
def test_labels_are_never_taken_from_the_wrong_column(paper, inverted):
    """Of any number of lines, in any order, with any classes: they are found, or the file is refused."""
    rng, refused = np.random.default_rng(0), 0
    images = DIGITS.images.astype(int) // 2 + rng.integers(0, max(1, PAPERS[paper]), DIGITS.images.shape)
    for trial in range(24):
        rows = rng.permutation(359)[: (3, 10, 60, 200)[trial % 4]]
        rows = rows[np.argsort(DIGITS.labels[rows])] if trial % 3 == 0 else rows
        labels = DIGITS.labels[rows] % (10, 2)[trial // 4 % 2]
        columns = [labels[:, None], (255 - images if inverted else images)[rows].reshape(len(rows), -1)]
        table = np.concatenate(columns if trial % 5 else columns[::-1], 1)
        try:
            found = open_table("\n".join(",".join(map(str, row)) for row in table.tolist()).encode()).labels()
        except LabelColumnError:
            refused += 1
            assert paper != "plain" or len(set(labels.tolist())) == 1 or len(rows) < 60
        else:
            assert found == [str(label) for label in labels]
    assert refused < 20
