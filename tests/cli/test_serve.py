"""`digitrec serve`: keys are made and shown once, what is missing or open is said, options reach the server."""

import pytest

from digitrec.cli import serve
from digitrec.cli.main import main
from digitrec.rest import keys, server


@pytest.fixture
def served(monkeypatch, tmp_path) -> list[tuple]:
    """What the server is asked for; the file of keys is of this test alone."""
    asked: list[tuple] = []
    monkeypatch.setattr(server, "serve", lambda found, **options: asked.append((found, options)))
    monkeypatch.setenv("DIGITREC_API_KEYS", str(tmp_path / "keys"))
    (tmp_path / "keys").touch()
    return asked


def test_a_key_is_shown_once_and_only_its_hash_is_stored(served, tmp_path, capsys):
    assert main(["serve", "--new-key"]) == 0
    said = capsys.readouterr()
    key, stored = said.out.strip(), (tmp_path / "keys").read_text()
    assert "This key is shown once" in said.err and key not in stored + said.err
    assert not served and keys.is_known(key, keys.read_hashes(tmp_path / "keys"))


def test_without_its_packages_it_says_what_to_install(served, monkeypatch, capsys):
    monkeypatch.setattr(serve, "is_installed", lambda: False)
    assert main(["serve"]) == 1
    assert 'pip install "digitrec[serve]"' in capsys.readouterr().err and not served


@pytest.mark.parametrize(("host", "is_open"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_a_server_that_others_reach_without_a_key_is_told(host, is_open, served, capsys):
    assert main(["serve", "--host", host, "--model", "mnist", "--port", "81", "--workers", "2"]) == 0
    assert ("no key is set: everybody" in capsys.readouterr().err) is is_open
    ((found, options),) = served
    assert found.model == "mnist"
    assert options == {"host": host, "port": 81, "root_path": "", "workers": 2}


def test_with_a_key_nothing_is_told(served, capsys):
    assert main(["serve", "--new-key"]) == 0
    capsys.readouterr()
    assert main(["serve", "--host", "0.0.0.0"]) == 0
    assert not capsys.readouterr().err and len(served[0][0].key_hashes) == 1


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_what_is_no_port_is_refused(port, served, capsys):
    with pytest.raises(SystemExit):
        main(["serve", f"--port={port}"])
    assert "is no port: expected a number from 0 to 65535" in capsys.readouterr().err and not served
