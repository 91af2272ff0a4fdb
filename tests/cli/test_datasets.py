"""The command line imports, lists and removes data sets, and says in words what fails."""

import numpy as np
import pytest
from PIL import Image

from digitrec.cli.main import main
from digitrec.data import importing, loading, user_drawings
from support import public_files
from support.image_files import DIGITS, csv, folders, npz, optdigits, zipped


@pytest.fixture(autouse=True)
def empty(folders):
    """No data set but the known ones."""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my digits.zip"
    path.write_bytes(zipped(folders() | {f"3/{i}.txt": b"x" for i in range(12)}))
    return path


def test_a_file_is_imported_listed_and_removed(file, capsys):
    assert main(["datasets", "import", str(file)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("my digits: 47 training and 13 test images of 10 classes: 0, 1,")
    assert said.count("Left out: '3/") == 10 and "And 2 more, 12 in all." in said
    assert main(["datasets"]) == 0
    assert "my digits: my digits, 47 training and 13 test images." in capsys.readouterr().out
    assert main(["datasets", "remove", "my digits"]) == 0
    assert not loading.is_available("my digits")


def test_a_name_and_testing_alone_are_options(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(csv())
    assert main(["datasets", "import", str(path), "--name", "mine", "--only-test"]) == 0
    assert np.array_equal(loading.load("mine").test.images, DIGITS.images[:60])
    assert main(["train", "--dataset", "mine", "--name", "x"]) == 1


def test_a_dry_run_says_what_a_file_is_taken_for_and_imports_nothing(tmp_path, capsys):
    path, sheet = tmp_path / "optdigits.tes.csv", tmp_path / "sheet.png"
    path.write_bytes(optdigits())
    assert main(["datasets", "import", str(path), "--dry-run", "--sheet", str(sheet)]) == 0
    said = capsys.readouterr().out
    assert "Labels: the last column, whose values are few" in said and "Values: 0 to 16" in said
    assert "Training and test: 20% of each class" in said and "  3: 183\n" in said and "turned" not in said
    assert not loading.is_available("optdigits.tes")
    pixels = np.asarray(Image.open(sheet))
    assert pixels.shape == (240, 12 * 120)
    shown = importing.preview(optdigits())
    assert np.array_equal(pixels[124:236, 4:116][2::4, 2::4], shown.images[0])  # each pixel is 4 x 4


def test_turned_digits_are_refused_until_the_turn_is_said(tmp_path, capsys):
    path = tmp_path / "turned.npz"
    path.write_bytes(npz(x=DIGITS.images[:60].transpose(0, 2, 1), y=DIGITS.labels[:60]))
    assert main(["datasets", "import", str(path), "--dry-run"]) == 0
    assert "seem to be turned or mirrored: the model draw reads" in capsys.readouterr().out
    assert main(["datasets", "import", str(path)]) == 1
    assert "Add --turn transpose to turn them, or --turn none" in capsys.readouterr().err
    for turn, expected in (("transpose", DIGITS.images[:60]), ("none", DIGITS.images[:60].transpose(0, 2, 1))):
        assert main(["datasets", "import", str(path), "--only-test", "--name", turn, "--turn", turn]) == 0
        assert np.array_equal(loading.load(turn).test.images, expected)


def test_each_guess_can_be_corrected_by_an_option(tmp_path, capsys):
    path = tmp_path / "mine.csv"
    titles = ",".join(["kind", *(f"p{i}" for i in range(784)), "label"])
    rows = np.column_stack([np.arange(60), DIGITS.images[:60].reshape(60, -1), DIGITS.labels[:60] % 2])
    path.write_text("\n".join([titles.replace("kind", "id"), *(",".join(map(str, row)) for row in rows.tolist())]))
    command = ["datasets", "import", str(path), "--only-test", "--label-column", "label", "--ink", "dark"]
    assert main([*command, "--class", "0=even", "--class", "1=odd"]) == 0
    stored = loading.load("mine")
    assert stored.class_names == ("even", "odd")
    assert stored.test.labels.tolist() == (DIGITS.labels[:60] % 2).tolist()
    assert np.array_equal(stored.test.images, 255 - DIGITS.images[:60])
    assert "as you said" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--label-column", "first"], "--label-column is for a CSV"),
        (["--class", "3"], "expected OLD=NEW"),
        (["--class", "13=x"], "no class '13'"),
        (["--class", "3=<b>"], "not a valid class name"),
        (["--sheet", "/nowhere/at/all.png"], "cannot be written"),
    ],
)
def test_an_option_that_does_not_fit_the_file_is_told(words, reason, file, capsys):
    assert main(["datasets", "import", str(file), *words]) == 1
    assert reason in capsys.readouterr().err and not loading.is_available("my digits")


@pytest.mark.parametrize(
    "words", [["import", "nowhere.zip"], ["remove", "mnist"], ["remove", "nothing"], ["import", "pyproject.toml"]]
)
def test_what_fails_is_told_in_one_line(words, capsys):
    assert main(["datasets", *words]) == 1
    assert capsys.readouterr().err.startswith("digitrec: ")


def test_a_name_that_is_taken_is_refused_before_the_work(file, capsys):
    assert main(["datasets", "import", str(file), "--name", "mnist"]) == 1
    assert "already a data set named 'mnist'" in capsys.readouterr().err


def test_kept_drawings_are_listed_and_a_network_is_evaluated_on_them(capsys):
    for image, label in zip(DIGITS.images[:5], DIGITS.labels[:5], strict=True):
        user_drawings.save(image, int(label), tuple("0123456789"))
    assert main(["datasets"]) == main(["evaluate", "mnist", "--dataset", "own"]) == 0
    said = capsys.readouterr().out
    assert "own: Your drawings, 0 training and 5 test images." in said
    assert "mnist on own, test: " in said and " of 5 images right" in said


def test_a_public_data_set_is_listed_downloaded_and_evaluated_by_name(home, monkeypatch, capsys):
    public_files.publish(monkeypatch, home, "qmnist", public_files.make_qmnist())
    public_files.publish(monkeypatch, home, "pendigits", public_files.make_pendigits(4), is_checked=False)
    assert main(["evaluate", "mnist", "--dataset", "qmnist"]) == 0
    said = capsys.readouterr()
    assert "mnist on qmnist, test: " in said.out and " of 12 images right" in said.out
    assert "Downloading QMNIST from https://github.com/facebookresearch/qmnist" in said.err
    assert main(["datasets", "--download", "qmnist"]) == 0
    said = capsys.readouterr().out
    assert "qmnist: QMNIST, on this machine. 60,000 training and 60,000 test images of 10 classes. " in said
    assert "usps: USPS, not on this machine." in said and "pendigits" in said
    assert said.count("No checksum is published") == 1 and said.count("561.8 MB to download") == 6
    assert main(["datasets", "--download", "kmnist"]) == 1
    assert "KMNIST could not be downloaded" in capsys.readouterr().err


def test_classes_are_renamed_later(file, capsys):
    assert main(["datasets", "import", str(file), "--name", "mine"]) == 0
    assert main(["datasets", "rename-classes", "mine", "--class", "3=<b>"]) == 1
    assert "is not a valid class name" in capsys.readouterr().err
    assert main(["datasets", "rename-classes", "mine", "--class", "3=three", "--class", "0=शून्य"]) == 0
    assert "mine: शून्य, 1, 2, three, 4, 5" in capsys.readouterr().out  # its vowels are signs at the letters
    assert loading.describe("mine").class_names[3] == "three"
    assert main(["datasets", "rename-classes", "mine", "--class", "x=y"]) == 1
    assert main(["datasets", "rename-classes", "mnist", "--class", "3=y"]) == 1
    said = capsys.readouterr().err
    assert "'mine' has no class 'x'" in said and "expected an imported data set" in said


def test_a_picture_with_a_grid_is_cut_as_the_options_say(tmp_path, capsys):
    page = np.vstack([np.hstack([np.pad(DIGITS.images[3 * row + i], 6) for i in range(3)]) for row in range(2)])
    path = tmp_path / "sheet.png"
    Image.fromarray(255 - page).save(path)
    cut = ["--grid", "2x3", "--grid-by", "list", "--grid-names", "abcabc"]
    assert main(["datasets", "import", str(path), *cut]) == 0
    assert loading.load("sheet").class_names == ("a", "b", "c")
    for words, reason in ((["--grid", "2"], "such as 10x8"), (["--grid-names", "ab"], "add --grid")):
        assert main(["datasets", "import", str(path), "--name", "other", *words]) == 1
        assert reason in capsys.readouterr().err
