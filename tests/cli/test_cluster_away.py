"""Where the cluster is away, or has other versions, a new job is refused before anything of it is stored."""

import socket
from types import SimpleNamespace

import pytest

from digitrec.cli.main import main

distributed = pytest.importorskip("distributed")

AWAY = "tcp://127.0.0.1:9"
COMMANDS = ("train", "search")


@pytest.fixture
def start(models_folder, tmp_path, monkeypatch):
    """Runs a command that starts a job on a cluster; its exit status, once nothing of the job is stored."""
    monkeypatch.setenv("DIGITREC_CACHE", str(tmp_path / "cache"))
    space = tmp_path / "space.json"
    space.write_text("{}")

    def start(command: str, address: str) -> int:
        more = ["--space", str(space)] if command == "search" else ["--dataset", "digits"]
        status = main([command, "--name", "mine", *more, "--cluster", address])
        assert not list(models_folder.rglob("*"))
        return status

    return start


@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_stays_free_where_the_cluster_is_away(command, start, capsys):
    assert start(command, AWAY) == 1
    assert f"the cluster {AWAY} cannot be reached" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_stays_free_where_the_cluster_has_other_versions(command, start, monkeypatch, capsys):
    there = {"digitrec": "0.0.1"}
    client = SimpleNamespace(
        status="running",
        run=lambda *_, **__: {"tcp://other:1": there},
        run_on_scheduler=lambda *_, **__: there,
        close=lambda **_: None,
    )
    monkeypatch.setattr(distributed, "Client", lambda *_, **__: client)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert start(command, f"tcp://127.0.0.1:{server.getsockname()[1]}") == 1
    said = capsys.readouterr().err
    assert "has other versions than this machine: digitrec" in said and "0.0.1 on tcp://other:1" in said
