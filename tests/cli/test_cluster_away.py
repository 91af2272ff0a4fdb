"""Where the cluster is away, a new job is refused before anything of it is stored."""

import pytest

from digitrec.cli.main import main

pytest.importorskip("distributed")

AWAY = ["--cluster", "tcp://127.0.0.1:9"]


@pytest.mark.parametrize("command", ["train", "search"])
def test_a_name_stays_free_where_the_cluster_is_away(command, models_folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DIGITREC_CACHE", str(tmp_path / "cache"))
    space = tmp_path / "space.json"
    space.write_text("{}")
    more = ["--space", str(space)] if command == "search" else ["--dataset", "digits"]
    assert main([command, "--name", "mine", *more, *AWAY]) == 1
    assert "the cluster tcp://127.0.0.1:9 cannot be reached" in capsys.readouterr().err
    assert not list(models_folder.rglob("*"))
