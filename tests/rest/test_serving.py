"""How the API is served: the model is tried first, workers learn it by the environment, little is told."""

import gc
import os
import sys

import pytest
import uvicorn
from starlette.testclient import TestClient

from digitrec.rest import Settings, SettingsError, logs, server


@pytest.fixture
def served(monkeypatch) -> list[dict]:
    """What uvicorn is asked for, instead of serving."""
    asked: list[dict] = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: asked.append({"app": app, **options}))
    monkeypatch.setattr(logs, "start", lambda: None)
    monkeypatch.setenv("DIGITREC_API_MODEL", "another")
    return asked


def test_a_model_that_is_not_there_is_told_before_anybody_listens(served):
    with pytest.raises(SettingsError, match="nowhere"):
        server.serve(Settings(model="nowhere"), host="127.0.0.1", port=1)
    assert not served and os.environ["DIGITREC_API_MODEL"] == "another"


def test_workers_get_the_chosen_model_and_the_server_neither_logs_requests_nor_names_itself(served):
    server.serve(Settings(model="mnist"), host="0.0.0.0", port=81, root_path="/digits", workers=3)
    (asked,) = served
    expected = {"host": "0.0.0.0", "port": 81, "root_path": "/digits", "workers": 3, "factory": True}
    assert asked | expected | {"access_log": False, "server_header": False, "ws": "none"} == asked
    assert os.environ["DIGITREC_API_MODEL"] == "mnist"
    module, _, name = asked["app"].partition(":")
    assert getattr(sys.modules[module], name) is server.create_worker


def test_a_worker_answers_by_the_environment_and_lets_other_threads_go_on_sooner(monkeypatch):
    monkeypatch.setenv("DIGITREC_API_MODEL", "mnist")
    monkeypatch.setenv("DIGITREC_API_MAX_FILES", "7")
    monkeypatch.setattr(gc, "freeze", lambda: None)
    before, interval = gc.get_threshold(), sys.getswitchinterval()
    try:
        gc.set_threshold(700, 10, 10)  # Python's own: some libraries set others
        app = server.create_worker()
        assert sys.getswitchinterval() < interval and gc.get_threshold() > (700, 10, 10)
    finally:
        gc.set_threshold(*before)
        sys.setswitchinterval(interval)
    with TestClient(app) as client:
        assert client.get("/api/v1/health").status_code == 200
        assert "7" in client.post("/api/v1/predict", files=[("files", ("a.png", b"x"))] * 8).text
