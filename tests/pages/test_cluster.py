"""Where jobs run when DIGITREC_CLUSTER is set: the pages say it, and say in words that the cluster is away."""

import json
import socket
from collections.abc import Iterator

import pytest

from digitrec.runs import Measurement, jobs, measurements, places, processes, store
from support.made_runs import at_work, in_epoch, new, open_page, rerun
from support.made_runs import words as escaped_words

AWAY = "tcp://127.0.0.1:9"
PAGES = {"train": ("Trainings", "Start"), "search": ("Trials", "Start the search")}


def words(page) -> str:
    """What a page says, without the marks that keep Markdown from it."""
    return escaped_words(page).replace("\\", "")


@pytest.fixture
def scheduler(monkeypatch, folders) -> Iterator[str]:
    """Somebody who listens, which is all that a page asks of a scheduler."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv(places.VARIABLE, address)
        yield address


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_where_its_jobs_run(name, scheduler):
    what, label = PAGES[name]
    page = open_page(name)
    assert f"{what} run on the cluster {scheduler}." in words(page)
    assert not next(button for button in page.button if button.label == label).disabled


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_that_the_cluster_is_away(name, monkeypatch, folders):
    monkeypatch.setenv(places.VARIABLE, AWAY)
    page = open_page(name)
    said = words(page)
    assert f"The cluster {AWAY} cannot be reached" in said and f"without {places.VARIABLE}" in said
    assert next(button for button in page.button if button.label == PAGES[name][1]).disabled


@pytest.mark.parametrize("name", PAGES)
def test_where_the_cluster_has_other_versions_nothing_is_left_of_a_start(
    name, scheduler, monkeypatch, models_folder
):
    def refuse(address: str) -> None:
        raise places.ClusterError(f"the cluster {address} has other versions than this machine.")

    monkeypatch.setattr(pytest.importorskip("digitrec.cluster.connection"), "check", refuse)
    page = open_page(name)
    next(button for button in page.button if button.label == PAGES[name][1]).click()
    said = words(rerun(page))
    assert f"could not be started: the cluster {scheduler} has other versions" in said
    assert not list(models_folder.rglob("*.json"))


def test_trainings_on_the_cluster_train_beside_each_other(scheduler):
    first, second = in_epoch(new("first"), 2), in_epoch(new("second"), 1)
    for run in (first, second):
        places.record(run, scheduler, "blue")
    with at_work(first, second):
        assert jobs.queue() == [] and jobs.list_live() == [first, second]
        said = words(open_page("train"))
    assert f"It trains on the cluster {scheduler}, machine blue." in said
    assert f"**second**: training on the cluster {scheduler}, machine blue" in said


def test_a_job_gets_the_address_of_the_cluster(scheduler, monkeypatch):
    started = []
    monkeypatch.setattr(processes, "start_worker", lambda folder, arguments, **_: started.append(arguments))
    run = new("mine")
    jobs.start(run)
    measurements.start(Measurement("robustness", store.open_run("mnist"), "digits", "test"), 10)
    assert [arguments[-2:] for arguments in started] == [["--cluster", scheduler]] * 2
    assert places.find(run) == (scheduler, None)


@pytest.mark.parametrize("text", ["scheduler:8786", "http://a:1", "tcp://a", "tcp://a:b", "tcp://a:1/b"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(places.ClusterError, match="no address of a cluster"):
        places.check_address(text)


def test_a_damaged_record_of_the_place_is_none(folders):
    run = new("mine")
    (run.path / "cluster.json").write_text(json.dumps({"address": 3}))
    assert places.find(run) is None
