"""A data set small enough for every test, and a web server on loopback that serves it well or badly."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from digitrec.data.catalogue import Description, IdxFile, Mirror


class Tiny:
    """A data set of random images: its arrays, its description, and its files in every form."""

    def __init__(self) -> None:
        rng = np.random.default_rng(5)
        shapes = {"x_train": (12, 28, 28), "y_train": (12,), "x_test": (6, 28, 28), "y_test": (6,)}
        names = (
            "train-images-idx3-ubyte",
            "train-labels-idx1-ubyte",
            "t10k-images-idx3-ubyte",
            "t10k-labels-idx1-ubyte",
        )
        self.arrays = {
            key: rng.integers(0, 3 if key[0] == "y" else 256, shape, np.uint8) for key, shape in shapes.items()
        }
        blank = [IdxFile(name, shape, "", key) for name, (key, shape) in zip(names, shapes.items(), strict=True)]
        self.raw = {file.name: file.header + self.arrays[file.array].tobytes() for file in blank}
        files = tuple(file._replace(sha256=hashlib.sha256(self.raw[file.name]).hexdigest()) for file in blank)
        self.known = Description(
            "tiny", "Tiny", ("a", "b", "c"), "made up for tests", "CC0", files=files, size=5000
        )

    @property
    def packed(self) -> dict[str, bytes]:
        """The gzipped files by name."""
        return {f"{name}.gz": gzip.compress(data) for name, data in self.raw.items()}

    def write(self, folder: Path, files: dict[str, bytes]) -> Path:
        """Put files into `folder/tiny`, which is where the data set is looked for."""
        (folder / "tiny").mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / "tiny" / name).write_bytes(data)
        return folder / "tiny"


@dataclass
class Reply:
    """What the server answers at an address."""

    body: bytes
    status: int = 200
    promised: int | None = None  # the Content-Length it claims, if not the body's
    stalls: bool = False  # says nothing more once half of the body is sent
    encoding: str | None = None
    tag: str = ""  # its ETag: the rest of the body can be asked for
    cuts: int = 0  # so often the connection ends after half of what was asked for


class LoopbackHome:
    """A web server on loopback; `pages` says what it answers where, everything else is not there."""

    def __init__(self) -> None:
        self.pages: dict[str, Reply] = {}
        self.asked: list[str] = []
        self.ranges: list[int] = []  # from which byte on each answer was
        self.stalled = threading.Event()  # set when half of a stalled answer is sent
        self.released = threading.Event()  # set when the test is over: stalled answers end
        self.gate = threading.Barrier(1)  # so many requests for a first file wait for each other
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        """Where the server's root is."""
        return f"http://127.0.0.1:{self.server.server_port}/"

    def serve(self, files: dict[str, bytes], folder: str = "") -> Mirror:
        """Serve these files whole, and return the home that they make."""
        self.pages |= {f"/{folder}{name}": Reply(body) for name, body in files.items()}
        return Mirror(self.url + folder)

    def close(self) -> None:
        """End all answers and the server."""
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


def _handler(home: LoopbackHome) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            home.asked.append(self.path)
            if "train-images" in self.path:
                home.gate.wait(timeout=240)  # a process that starts beside others may take long
            reply = home.pages.get(self.path, Reply(b"", 404))
            start = self._asked_start(reply)
            body = reply.body[start:]
            home.ranges.append(start)
            if start == len(reply.body) and start:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{start}")
            else:
                self.send_response(206 if start else reply.status)
            if start and body:
                self.send_header("Content-Range", f"bytes {start}-{len(reply.body) - 1}/{len(reply.body)}")
            self.send_header("Content-Length", str(reply.promised or len(body)))
            if reply.encoding:
                self.send_header("Content-Encoding", reply.encoding)
            if reply.tag:
                self.send_header("ETag", reply.tag)
            self.end_headers()
            half = reply.stalls or reply.cuts > 0
            reply.cuts -= reply.cuts > 0
            with contextlib.suppress(ConnectionError):  # the other side may be tired of it
                self.wfile.write(body[: len(body) // 2] if half else body)
                self.wfile.flush()
            if reply.stalls:
                home.stalled.set()
                home.released.wait(timeout=240)

        def _asked_start(self, reply: Reply) -> int:
            """From which byte on the other side wants this very body; 0: all of it."""
            asked = self.headers.get("Range", "")
            same = reply.tag and self.headers.get("If-Range") == reply.tag
            return int(asked.removeprefix("bytes=").removesuffix("-")) if asked and same else 0

        def log_message(self, *_: object) -> None:
            pass

    return Handler
