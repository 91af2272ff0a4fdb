"""A folder of pictures read by a real cluster: as on this machine, each once, also when a machine is killed."""

import shutil
from pathlib import Path

import pytest

from digitrec.cli.main import main
from digitrec.forms import away
from digitrec.imaging import PictureError
from digitrec.runs import store
from digitrec.ui.read.example import example_picture
from support.made_pages import grid_page, photo, png

pytestmark = pytest.mark.slow


@pytest.fixture
def own(models_folder):
    """A run of one's own, which no other machine has."""
    shutil.copytree(store.SHIPPED_FOLDER / "mnist", models_folder / "mine")
    return store.open_run("mine")


def test_each_picture_is_read_once_though_a_machine_is_killed(cluster, own):
    loads = [example_picture, lambda: b"broken", *[example_picture] * 28]
    answers = away.read_pictures_away(cluster.address, loads, own, echo=pytest.fail)
    first = next(answers)
    cluster.kill_one()
    broken, *others = answers
    assert len(others) == 28 and isinstance(broken, PictureError)
    assert {answer.text for answer in others} == {first.text} != {""}
    assert first.gray.size == 0  # the picture does not travel back


@pytest.mark.parametrize("grid", [[], ["--grid", "2x2"]], ids=["numbers", "grid"])
def test_the_command_writes_what_it_writes_without_a_cluster(grid, cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    for number in range(3):
        page = png(photo(grid_page(["4 ", "05"]))) if grid else example_picture()
        (tmp_path / "in" / f"{number}.png").write_bytes(page)
    assert (
        main(["read", "in", *grid, "--csv", "away.csv", "--json", "away.json", "--cluster", cluster.address]) == 0
    )
    assert main(["read", "in", *grid, "--csv", "here.csv", "--json", "here.json"]) == 0
    assert Path("away.csv").read_text() == Path("here.csv").read_text()
    assert Path("away.json").read_text() == Path("here.json").read_text()


def test_a_cluster_that_is_away_is_said_before_anything_is_written(tmp_path, capsys):
    (tmp_path / "a.png").write_bytes(example_picture())
    target = tmp_path / "out.csv"
    assert main(["read", str(tmp_path / "a.png"), "--csv", str(target), "--cluster", "tcp://127.0.0.1:9"]) == 1
    assert "the cluster tcp://127.0.0.1:9 cannot be reached" in capsys.readouterr().err
    assert not target.exists()
