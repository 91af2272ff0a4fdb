"""How the dashboard bears many people who draw at once: `python -m benchmarks.sessions`.

A server of its own process, and so many sessions that speak Streamlit's own protocol (protobuf over a websocket)
in this process, without browsers: each opens Draw, then draws strokes of digits at times of its own, as the canvas
reports them. A stroke's time counts from when it is due to the message with the answer, and to the end of the run
of the script; what a browser would add is not in it. The shares of the processor are printed, and the memory of
the server for each session.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import itertools
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.rest import wait_for
from digitrec.imaging import pen_drawing

ROOT = Path(__file__).resolve().parent.parent
CANVAS, ANSWER = "draw-strokes", b"digit-answer"  # key of the canvas, class of the answer
# The strokes of digits on the canvas of 280 pixels: a 1, a 7, a 4, an L-shaped 2 and a 0.
DIGITS = (
    [[(140, 40), (140, 240)]],
    [[(70, 60), (210, 60), (120, 240)], [(100, 150), (190, 150)]],
    [[(90, 50), (80, 150), (210, 150)], [(180, 60), (175, 250)]],
    [[(80, 90), (120, 50), (190, 70), (180, 130), (80, 230), (210, 230)]],
    [[(140, 45), (85, 90), (80, 180), (140, 240), (200, 180), (195, 90), (140, 45)]],
)


class Stroke(NamedTuple):
    """What came of one stroke: seconds until the answer and until the end, and whether it failed."""

    answer: float
    end: float
    failed: bool


def main() -> None:
    """Print percentiles of the time, the memory of a session, and the shares of the processor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=20, help="that draw at once (default: 20)")
    parser.add_argument("--strokes", type=int, default=15, help="of each (default: 15)")
    parser.add_argument("--pause", type=float, default=3, help="mean seconds between two strokes (default: 3)")
    options = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    environment = os.environ | {"DIGITREC_MAX_SESSIONS": "0"}
    server = psutil.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        asyncio.run(measure(port, server, options))
    finally:
        if server.poll() is None:
            server.terminate()
        server.wait()


async def measure(port: int, server: psutil.Popen, options: argparse.Namespace) -> None:
    """One session alone, then all of them."""
    await wait_for(port, server)
    first = await Session.open(port)
    alone = [await first.draw(number, time.perf_counter()) for number in range(12)][2:]
    report("one session, stroke after stroke", alone)
    empty = server.memory_info().rss
    sessions = [await Session.open(port) for _ in range(options.sessions)]
    opened = server.memory_info().rss
    processes = (server, psutil.Process())
    before, began = [sum(each.cpu_times()[:2]) for each in processes], time.perf_counter()
    rng = np.random.default_rng(0)
    gaps = rng.uniform(0.5, 1.5, (options.sessions, options.strokes)) * options.pause
    due = began + np.cumsum(gaps, 1) - gaps[:, :1] * rng.random((options.sessions, 1))
    drawn = await asyncio.gather(*(draw_at(each, times) for each, times in zip(sessions, due, strict=True)))
    elapsed = time.perf_counter() - began
    used = [sum(each.cpu_times()[:2]) - was for each, was in zip(processes, before, strict=True)]
    count = options.sessions * options.strokes
    report(
        f"{options.sessions} sessions, {count / elapsed:.1f} strokes a second", [s for each in drawn for s in each]
    )
    print(
        f"cores: server {used[0] / elapsed:.2f}, load generator {used[1] / elapsed:.2f}; processor time of the "
        f"server a stroke {1000 * used[0] / count:.0f} ms; load of the machine {os.getloadavg()[0]:.1f}"
    )
    more = [(each - empty) / options.sessions / 1e6 for each in (opened, server.memory_info().rss)]
    print(
        f"memory of the server: {empty / 1e6:.0f} MB with one session; each more {more[0]:.1f} MB when opened, "
        f"{more[1]:.1f} MB after {options.strokes} strokes"
    )


def report(what: str, strokes: list[Stroke]) -> None:
    """Print the times of strokes."""
    for name, seconds in (("answer", [each.answer for each in strokes]), ("end", [each.end for each in strokes])):
        median, late, last = np.percentile(seconds, [50, 95, 100]) * 1000
        print(
            f"{what}, to the {name}: median {median:.0f} ms, 95th percentile {late:.0f} ms, longest {last:.0f} ms"
        )
    print(f"{sum(each.failed for each in strokes)} of {len(strokes)} failed", flush=True)


async def draw_at(session: Session, due: np.ndarray) -> list[Stroke]:
    """Draw a stroke at each of these times, or as soon as the one before is answered."""
    found = []
    for number, moment in enumerate(due):
        await asyncio.sleep(max(0.0, moment - time.perf_counter()))
        found.append(await session.draw(number, moment))
    return found


class Session:
    """A person's page, as the server sees it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._canvas = self._fragment = self._script = ""

    @classmethod
    async def open(cls, port: int) -> Session:
        """Open the Draw page, and wait until it stands there."""
        address = f"ws://127.0.0.1:{port}/_stcore/stream"
        how: dict[str, Any] = {"subprotocols": ["streamlit"], "max_size": None, "proxy": None, "open_timeout": 120}
        session = cls(await connect(address, **how))
        message = BackMsg()
        message.rerun_script.query_string = ""
        await session._socket.send(message.SerializeToString())
        await session._hear()
        if not session._canvas:
            raise SystemExit("the page has no canvas.")
        return session

    async def draw(self, number: int, due: float) -> Stroke:
        """Draw the next stroke; a digit's first one is on blank paper."""
        message = BackMsg()
        state = message.rerun_script
        state.page_script_hash, state.fragment_id = self._script, self._fragment
        widget = state.widget_states.widgets.add()
        widget.id, widget.json_value = self._canvas, STROKES[number % len(STROKES)]
        await self._socket.send(message.SerializeToString())
        answered, failed = await self._hear()
        end = time.perf_counter()
        return Stroke((answered or end) - due, end - due, failed or answered is None)

    async def _hear(self) -> tuple[float | None, bool]:
        """Take messages to the end of a run: when the answer came, and whether anything failed."""
        answered, failed = None, False
        while True:
            data = await self._socket.recv()
            if ANSWER in data and answered is None:  # type: ignore[operator]
                answered = time.perf_counter()
            message = ForwardMsg()
            message.ParseFromString(data)  # type: ignore[arg-type]
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self._script = message.new_session.page_script_hash
            elif kind == "delta":
                element = message.delta.new_element
                failed |= element.WhichOneof("type") == "exception"
                if element.bidi_component.id.endswith(CANVAS):
                    self._canvas, self._fragment = element.bidi_component.id, message.delta.fragment_id
            elif kind == "script_finished":
                good = ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
                if message.script_finished in good:
                    return answered, failed
                failed |= message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR


def make_strokes() -> list[str]:
    """What the canvas says after each stroke: all strokes so far as its objects, and the picture."""
    moved = itertools.product((0, 6, -6), DIGITS)
    return [canvas_state(digit[: end + 1], shift) for shift, digit in moved for end in range(len(digit))]


def canvas_state(strokes: list[list[tuple[int, int]]], shift: int) -> str:
    """The state of the canvas component with these strokes."""
    placed = [np.array(stroke, np.float32) + shift for stroke in strokes]
    ink, buffer = pen_drawing.render(placed, width=20), io.BytesIO()
    Image.merge("RGBA", [Image.fromarray(ink)] * 3 + [Image.new("L", ink.shape, 255)]).save(buffer, "PNG")
    objects = [path_object(stroke) for stroke in placed]
    drawing = {
        "raw": {"version": "7.4.0", "objects": objects, "background": "#000000"},
        "data": "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode(),
    }
    return json.dumps({"drawing": drawing})


def path_object(points: np.ndarray) -> dict[str, Any]:
    """A stroke as the canvas names it."""
    (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
    path = [["M", *points[0].tolist()], *(["L", *point.tolist()] for point in points[1:])]
    place = {"left": (left + right) / 2, "top": (top + bottom) / 2, "width": right - left, "height": bottom - top}
    pen = {"stroke": "#FFFFFF", "strokeWidth": 20, "strokeLineCap": "round", "strokeLineJoin": "round"}
    kind = {"type": "Path", "version": "7.4.0", "originX": "center", "originY": "center", "fill": None}
    return kind | place | pen | {"path": path}


STROKES = make_strokes()


if __name__ == "__main__":
    main()
