"""The command `digitrec serve`: the API as a server by itself, and its keys."""

from __future__ import annotations

import argparse
import sys

from digitrec.rest import SettingsError, is_installed, keys, settings


def add_serve(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `serve`."""
    parser.set_defaults(command=_serve)
    parser.add_argument("--port", type=_read_port, default=8000, help="port of the server (default: 8000)")
    where = "address to listen at (default: 127.0.0.1, this machine alone; 0.0.0.0: all networks)"
    parser.add_argument("--host", default="127.0.0.1", help=where)
    parser.add_argument("--model", metavar="RUN", help="name of the run that reads (default: the built-in one)")
    parser.add_argument(
        "--root-path", default="", metavar="PATH", help="what a proxy takes off the front of each path"
    )
    what = "processes that answer, each with limits and counters of its own (default: 1)"
    parser.add_argument("--workers", type=int, choices=range(1, 65), default=1, metavar="N", help=what)
    parser.add_argument(
        "--new-key", action="store_true", help="make a key, print it once, and store its hash; no server starts"
    )


def _serve(options: argparse.Namespace) -> None:
    if options.new_key:
        _make_key()
        return
    if not is_installed():
        raise SettingsError('the server needs a few packages more: pip install "digitrec[serve]"')
    from digitrec.rest import server  # FastAPI takes a second

    found = settings.read_settings()
    if options.model:
        found = found._replace(model=options.model)
    if not found.key_hashes and options.host not in ("127.0.0.1", "::1", "localhost"):
        print("digitrec: no key is set: everybody who reaches this server may use it.", file=sys.stderr)
    server.serve(found, host=options.host, port=options.port, root_path=options.root_path, workers=options.workers)


def _make_key() -> None:
    path, key = settings.keys_file(), keys.make_key()
    keys.add_hash(path, key)
    print(key)
    print(f"This key is shown once. Its hash is in {path}; servers that start now ask for it.", file=sys.stderr)


def _read_port(text: str) -> int:
    if not (text.isdecimal() and len(text) < 6 and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: expected a number from 0 to 65535")
    return int(text)
