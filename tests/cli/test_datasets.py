"""The command line imports, lists and removes data sets, and says in words what fails."""

import numpy as np
import pytest

from digitrec.cli.main import main
from digitrec.data import loading, user_drawings
from support.image_files import DIGITS, csv, folders, zipped


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
