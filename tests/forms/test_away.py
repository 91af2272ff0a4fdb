"""Pictures read by the machines of a cluster, with a stand-in for it: what is done there, and what here."""

import shutil

import pytest

from digitrec.cluster import connection, pages
from digitrec.forms import away
from digitrec.imaging import PictureError
from digitrec.runs import ClusterError, store
from digitrec.ui.read.example import example_picture
from support.made_pages import grid_page, photo, png
from support.stand_ins import ConnectedCluster


class Cluster(ConnectedCluster):
    """No machine is there yet."""

    def count_places(self) -> int:
        return 0


@pytest.fixture
def own(models_folder):
    """A run of one's own, which another machine has to be given."""
    shutil.copytree(store.SHIPPED_FOLDER / "mnist", models_folder / "mine")
    return store.open_run("mine")


@pytest.fixture
def lost(monkeypatch):
    """A cluster that is lost after its first answer; what the machine was given."""
    given = []

    def work_through(connected, loads, work, kit):
        given.append(kit)
        yield work(kit, loads[0]())
        raise ClusterError("the cluster tcp://a:1 is lost.")

    monkeypatch.setattr(connection, "Connection", Cluster)
    monkeypatch.setattr(pages, "work_through", work_through)
    return given


def test_numbers_are_read_there_and_the_rest_here_where_the_cluster_is_lost(own, lost, models_folder):
    said = []
    answers = away.read_pictures_away(
        "tcp://a:1", [example_picture, lambda: b"x", example_picture], own, said.append
    )
    first = next(answers)
    assert {"config.json", "model.tflite"} <= set(lost[0]), "what the network needs goes along"
    broken, last = answers
    assert first.text == last.text == "4072 19.5" and isinstance(broken, PictureError)
    assert first.gray.size == 0 and last.gray.size > 0, "the picture does not travel back"
    assert "has no machine yet" in said[0]
    assert said[1] == "The cluster tcp://a:1 is lost. The other 2 are read here."


def test_a_grid_is_read_by_a_shipped_run_which_is_everywhere(lost):
    load = lambda: png(photo(grid_page(["4 ", "05"])))  # noqa: E731
    there, here = away.read_grids_away("tcp://a:1", [load, load], store.open_run("draw"), (2, 2), echo=str)
    assert lost == [{}]
    assert [cell.answer for cell in there.cells] == [cell.answer for cell in here.cells] == ["4", "", "0", "5"]
    assert there.page.size == 0


def test_a_machine_makes_a_run_of_the_same_files_once(own):
    kit = away._pack(own)
    assert away._unpack("mine", kit) is away._unpack("mine", dict(kit))
    other = away._unpack("mine", kit | {"notes.json": b"{}"})
    assert other.path != away._unpack("mine", kit).path
