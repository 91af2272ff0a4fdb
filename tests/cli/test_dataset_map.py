"""The map from the command line: as the page asks for it, with progress, and as a table."""

import csv
import threading

import numpy as np
import pytest

from digitrec.cli.main import main, parser
from digitrec.data import loading
from digitrec.explain import MapRequest, dataset_maps, tsne
from digitrec.runs import Run, measurements, processes
from support import maps

SET = loading.load("digits")


@pytest.fixture(autouse=True)
def at_once(folders, monkeypatch):
    maps.fit_at_once(monkeypatch)
    monkeypatch.setattr(processes, "prepare_tensorflow", lambda: None)


def test_the_command_line_understands_what_the_page_asks(tmp_path):
    request = MapRequest(SET, 2000, Run(tmp_path / "mine"))
    options = parser().parse_args([*request.arguments(2000), "--watch-stdin"])
    assert (options.dataset, options.model, options.images, options.watch_stdin) == ("digits", "mine", 2000, True)


def test_it_is_made_once_and_written_as_a_table(tmp_path, capsys, monkeypatch):
    table = tmp_path / "map.csv"
    assert main(["map", "--dataset", "digits", "--csv", str(table)]) == 0
    assert "The map of 1,797 images is stored." in capsys.readouterr().out
    rows = list(csv.DictReader(table.open()))
    found = dataset_maps.find_map(MapRequest(SET))
    np.testing.assert_allclose([float(row["x"]) for row in rows], found.positions[:, 0], atol=1e-4)
    assert (rows[-1]["split"], rows[-1]["index"]) == ("test", str(len(SET.test.labels) - 1))
    assert measurements.progress(MapRequest(SET)).result == {"images": 1797}
    monkeypatch.setattr(dataset_maps, "make_map", None)  # it is there
    assert main(["map", "--dataset", "digits"]) == 0


def test_without_opentsne_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(tsne, "has_opentsne", lambda: False)
    assert main(["map", "--dataset", "digits"]) == 1
    assert 'pip install "digitrec[map]"' in capsys.readouterr().err


def test_a_failure_is_left_for_the_page_in_words(monkeypatch):
    def fail(known, report=None):
        raise MemoryError("no room")

    monkeypatch.setattr(tsne, "fit_positions", fail)
    with pytest.raises(MemoryError):
        main(["map", "--dataset", "digits"])
    assert measurements.progress(MapRequest(SET)).error == "MemoryError: no room"


def test_maps_wait_in_the_queue_of_all_measurements():
    request = MapRequest(SET)
    folder = measurements.claim(request, request.size, by_server=False)
    assert measurements.queue() == [folder]
    measurements.cancel(request)
    assert measurements.progress(request) is None


@pytest.mark.slow
def test_the_server_makes_a_map_in_a_process_and_cancels_it(monkeypatch):
    request, ended = MapRequest(SET), threading.Event()
    measurements.start(request, request.size)
    for _ in range(1200):
        state = measurements.progress(request)
        if state is None or state.done:
            break
        ended.wait(0.1)
    assert state.is_live and state.of == tsne.STEPS
    measurements.cancel(request)
    assert measurements.progress(request) is None and dataset_maps.find_map(request) is None
