"""A real PostgreSQL server in a folder of its own, reached by a port on loopback."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


def find_programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, or None where PostgreSQL is not installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)  # Debian's, which is not on the path
    on_path = shutil.which("initdb")
    folders += [Path(on_path).resolve().parent] if on_path else []
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


@contextlib.contextmanager
def running(programs: Path) -> Iterator[str]:
    """A server until the end of the block; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Not in pytest's folder, which is for its owner alone: PostgreSQL refuses to run as root, and then the folder
    # belongs to the user whom Debian made for it.
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        user = "postgres" if os.getuid() == 0 else None
        if user:
            shutil.chown(folder, user)
        data, log = f"{folder}/data", f"{folder}/log"
        options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
        _run(user, programs / "initdb", "-D", data, "-U", "digitrec", "-A", "trust", "--no-sync")
        _run(user, programs / "pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start")
        try:
            yield f"postgresql://digitrec@127.0.0.1:{port}/postgres"
        finally:
            _run(user, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")


def _run(user: str | None, *command: Path | str) -> None:
    quiet = subprocess.DEVNULL
    done = subprocess.run(command, user=user, cwd="/", stdout=quiet, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
