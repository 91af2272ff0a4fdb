"""Picture files in folders, ZIP files and by globs: which are listed, in which order, and what is refused."""

import io
import os
import zipfile

import pytest
from PIL import Image

from digitrec.data import picture_files
from digitrec.data.importing import arrays
from digitrec.data.picture_files import PictureReader, list_pictures
from digitrec.imaging import PictureError
from support.image_files import zipped


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with pictures, a ZIP, a table, and what operating systems leave; the working folder is above it."""
    monkeypatch.chdir(tmp_path)
    contents = {
        "b.png": b"b",
        "a/2.JPG": b"2",
        "a/10.png": b"10",
        "c.zip": zipped({"y/z.png": b"z", "x.png": b"x", "__MACOSX/x.png": b"junk", "labels.csv": b"0"}),
        "labels.csv": b"0,1",
        ".DS_Store": b"junk",
        ".git/d.png": b"junk",
        "Thumbs.db": b"junk",
        "no ending": b"?",
    }
    for name, data in contents.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "in"


def names(*places):
    return [file.name for file in list_pictures(places).files]


def problem_of(*places):
    (file,) = list_pictures(places).files
    return file.problem


IN_FOLDER = ["in/a/10.png", "in/a/2.JPG", "in/b.png", "in/c.zip/x.png", "in/c.zip/y/z.png", "in/no ending"]


def test_a_folder_is_listed_with_its_folders_and_zip_files_sorted(folder):
    found = list_pictures(["in"])
    assert [file.name for file in found.files] == IN_FOLDER
    assert sorted(found.others) == ["in/c.zip/labels.csv", "in/labels.csv"]


def test_each_listed_file_is_read(folder):
    reader = PictureReader()
    assert [reader.read(file) for file in list_pictures(["in"]).files] == [b"10", b"2", b"b", b"x", b"z", b"?"]
    backwards = list_pictures(["in", "in/c.zip"]).files[::-1]
    assert [reader.read(file) for file in backwards[:2]] == [b"z", b"x"]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (["in/a/*.png"], ["in/a/10.png"]),
        (["in/**/*.png"], ["in/a/10.png", "in/b.png"]),
        (["in/**"], IN_FOLDER),
        (["in/a*"], ["in/a/10.png", "in/a/2.JPG"]),
        (["in/b.png", "in/c.zip", "in/a"], ["in/b.png", *IN_FOLDER[3:5], *IN_FOLDER[:2]]),
        (["in/labels.csv"], ["in/labels.csv"]),  # whoever names a file wants it read
    ],
)
def test_globs_files_and_mixtures(folder, places, expected):
    assert names(*places) == expected


def test_a_file_whose_name_is_a_pattern_is_that_file(folder):
    (folder / "[b].png").write_bytes(b"brackets")
    assert names("in/[b].png") == ["in/[b].png"]


def test_a_zip_of_another_name_is_a_zip(folder):
    (folder / "c.zip").rename(folder / "taken.cbz")
    assert names("in/taken.cbz") == ["in/taken.cbz/x.png", "in/taken.cbz/y/z.png"]


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("nowhere.png", "no such file or folder"),
        ("in/*.tga", "no file has a name like this"),
        ("empty", "no picture"),
    ],
)
def test_what_is_not_there_is_said(folder, place, problem):
    folder.with_name("empty").mkdir()
    assert problem in problem_of(place)
    with pytest.raises(PictureError, match=problem):
        PictureReader().read(list_pictures([place]).files[0])


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04 cut off", b"no zip at all", zipped({"labels.csv": b"0"})[:-30]],
    ids=["empty", "begun", "other", "without its end"],
)
def test_a_damaged_zip_is_one_problem(tmp_path, data):
    (tmp_path / "bad.zip").write_bytes(data)
    assert "damaged" in problem_of(str(tmp_path / "bad.zip"))


def test_a_zip_without_files_is_said(tmp_path):
    (tmp_path / "none.zip").write_bytes(zipped({}))
    assert "the ZIP holds no picture" in problem_of(str(tmp_path / "none.zip"))


def test_the_limits_of_an_imported_zip_hold(tmp_path, monkeypatch):
    path = tmp_path / "large.zip"
    path.write_bytes(zipped({f"{i}.png": bytes(100) for i in range(5)}))
    monkeypatch.setattr(arrays, "MAX_UNPACKED_BYTES", 250)
    reader, kept = PictureReader(), []
    for file in list_pictures([str(path)]).files:
        try:
            kept.append(len(reader.read(file)))
        except PictureError as error:
            assert "GB once unpacked" in str(error)
    assert kept == [100, 100]
    monkeypatch.setattr(arrays, "MAX_MEMBERS", 4)
    assert "more than 4 files" in problem_of(str(path))
    monkeypatch.setattr(picture_files, "MAX_FILE_BYTES", 50)
    assert "expected at most" in problem_of(str(path))


def test_after_too_much_was_unpacked_nothing_more_is(tmp_path, monkeypatch):
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped({f"{i}.png": bytes(100) for i in range(50)}))
    monkeypatch.setattr(arrays, "MAX_UNPACKED_BYTES", 250)
    unpacked = []
    read = arrays.Archive.read
    monkeypatch.setattr(arrays.Archive, "read", lambda *args: unpacked.append(1) or read(*args))
    reader = PictureReader()
    for file in list_pictures([str(path)]).files:
        try:
            reader.read(file)
        except PictureError:
            continue
    assert len(unpacked) == 3


def test_a_picture_in_a_zip_that_unpacks_to_too_much_is_refused_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(picture_files, "MAX_BYTES", 50)
    path = tmp_path / "one.zip"
    path.write_bytes(zipped({"a.png": bytes(51), "b.png": bytes(50)}))
    first, second = list_pictures([str(path)]).files
    reader = PictureReader()
    with pytest.raises(PictureError, match="it has more than"):
        reader.read(first)
    assert reader.read(second) == bytes(50)


def test_a_large_file_is_not_read_whole(tmp_path):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(10**12)  # a hole: it takes no room
    with pytest.raises(PictureError, match="larger than 10 MB"):
        PictureReader().read(list_pictures([str(path)]).files[0])


def test_names_cannot_control_a_terminal(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a\x1b[2J\n.png", b"a")
    (tmp_path / "odd.zip").write_bytes(buffer.getvalue())
    (name,) = names(str(tmp_path / "odd.zip"))
    assert name.isprintable() and name.endswith("[2J\N{REPLACEMENT CHARACTER}.png")


@pytest.mark.skipif(os.name == "nt", reason="names there are always Unicode")
def test_names_that_are_no_utf_8_are_listed_and_read(tmp_path):
    with open(os.path.join(os.fsencode(tmp_path), b"caf\xe9.png"), "wb") as file:  # noqa: PTH118, PTH123
        file.write(b"coffee")
    (found,) = list_pictures([str(tmp_path)]).files
    assert found.name.isprintable() and PictureReader().read(found) == b"coffee"


@pytest.mark.skipif(os.name == "nt", reason="links to folders need rights there")
def test_links_that_go_round_and_pipes_do_not_hang(folder):
    (folder / "a" / "round").symlink_to(folder)
    os.mkfifo(folder / "a" / "pipe.png")
    assert names("in") == IN_FOLDER


def tiff(*levels):
    buffer = io.BytesIO()
    first, *others = (Image.new("L", (9, 5), level) for level in levels)
    first.save(buffer, "TIFF", save_all=True, append_images=others)
    return buffer.getvalue()


def test_files_with_several_pages_are_listed_page_by_page_also_in_a_zip(tmp_path):
    (tmp_path / "a.tif").write_bytes(tiff(10, 20))
    (tmp_path / "b.png").write_bytes(tiff(30))
    (tmp_path / "c.zip").write_bytes(zipped({"d.tiff": tiff(40, 50, 60), "e.tif": b"II*\0broken"}))
    (tmp_path / "f.pdf").write_bytes(b"%PDF-1.7 broken")
    pages = picture_files.list_pages(list_pictures([str(tmp_path), str(tmp_path / "none.png")]))
    names = [page.name.removeprefix(f"{tmp_path}/") for page in pages.files]
    several = [f"a.tif, page {page}" for page in (1, 2)], [f"c.zip/d.tiff, page {page}" for page in (1, 2, 3)]
    assert names == [*several[0], "b.png", *several[1], "c.zip/e.tif", "f.pdf", "none.png"]
    reader, found = PictureReader(), []
    for page in pages.files:
        try:
            found.append(int(reader.read_page(page)[0, 0]))
        except PictureError as error:
            found.append(str(error))
    assert found[:6] == [10, 20, 30, 40, 50, 60]
    assert [
        any(word in text for word in ("damaged", "not a picture", "no such file")) for text in found[6:]
    ] == 3 * [True]
