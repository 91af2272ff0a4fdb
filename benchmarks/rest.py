"""How many single images a second the API reads, and how long each takes: `python -m benchmarks.rest`.

A server of its own process, and a load generator on loopback that is this process: it sends one image a request,
as a 28 x 28 PNG, over connections that stay open. First as many as the server bears, then at fixed rates: there a
request's time counts from when it should have been sent, so that a server that falls behind shows it. Both share
the machine: their shares of the processor are printed, and the processor time of an image, which depends least on
what else runs. A run of the network `fast` is made by `digitrec train --network fast --epochs 3 --name fast`.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import socket
import sys
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import psutil
from PIL import Image

from digitrec.data import loading

WARM_UP = 2.0  # seconds


class Result(NamedTuple):
    """What came of one load."""

    seconds: list[float]  # of each request
    failed: int
    elapsed: float


def main() -> None:
    """Print images a second, percentiles of the time, and the shares of the processor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="draw", help="name of the run (default: draw)")
    parser.add_argument("--seconds", type=float, default=10, help="of each load (default: 10)")
    parser.add_argument("--connections", type=int, default=32, help="open at the same time (default: 32)")
    parser.add_argument("--rates", type=int, nargs="*", default=[250, 500], help="images a second to try")
    parser.add_argument("--workers", type=int, default=2, help="processes of the server (default: 2)")
    parser.add_argument("--json", action="store_true", help="send arrays in JSON in place of PNG files")
    options = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "digitrec", "serve", "--port", str(port), "--model", options.model]
    command += ["--workers", str(options.workers)]
    environment = os.environ | {"DIGITREC_API_RATE": "0"}
    server = psutil.Popen(command, env=environment)
    try:
        asyncio.run(measure(port, server, options))
    finally:
        if server.poll() is None:
            server.terminate()
        server.wait()


async def measure(port: int, server: psutil.Popen, options: argparse.Namespace) -> None:
    """All loads one after the other."""
    requests = make_requests(is_json=options.json)
    await wait_for(port, server)
    await load(port, requests, options.connections, WARM_UP, None)
    for rate in (None, *options.rates):
        families = ([server, *server.children(recursive=True)], [psutil.Process()])
        before = [sum(sum(each.cpu_times()[:2]) for each in family) for family in families]
        result = await load(port, requests, options.connections, options.seconds, rate)
        after = [sum(sum(each.cpu_times()[:2]) for each in family) for family in families]
        used = [now - was for now, was in zip(after, before, strict=True)]
        report(rate, result, used)


def report(rate: int | None, result: Result, used: Sequence[float]) -> None:
    """Print one load."""
    median, late, last = np.percentile(result.seconds, [50, 95, 99]) * 1000
    what = "as many as it bears" if rate is None else f"{rate} a second"
    server, generator = (1000 * each / len(result.seconds) for each in used)
    print(
        f"{what}: {len(result.seconds) / result.elapsed:.0f} images a second; median {median:.1f} ms, 95th "
        f"percentile {late:.1f} ms, 99th {last:.1f} ms; {result.failed} failed; cores: server "
        f"{used[0] / result.elapsed:.2f}, load generator {used[1] / result.elapsed:.2f}; processor time an image: "
        f"server {server:.2f} ms, load generator {generator:.2f} ms; load of the machine {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def make_requests(*, is_json: bool) -> list[bytes]:
    """Requests with one image each, ready to be sent."""
    found = []
    for image in loading.load("digits").test.images[:200]:
        if is_json:
            kind, body = "application/json", str(image.tolist()).encode()
        else:
            buffer = io.BytesIO()
            Image.fromarray(image).save(buffer, "PNG")
            kind, body = "image/png", buffer.getvalue()
        fields = f"Host: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}"
        head = f"POST /api/v1/predict HTTP/1.1\r\n{fields}\r\n\r\n"
        found.append(head.encode() + body)
    return found


async def wait_for(port: int, server: psutil.Popen) -> None:
    """Wait until the server listens; where it ends instead, it has said why."""
    while server.poll() is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise SystemExit("the server does not start.")


async def load(port: int, requests: list[bytes], connections: int, seconds: float, rate: int | None) -> Result:
    """Send requests for so many seconds, as fast as answers come, or at a rate."""
    began = time.perf_counter()
    times: list[float] = []
    failed, number = 0, 0

    async def client() -> None:
        nonlocal failed, number
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            mine, number = number, number + 1
            due = time.perf_counter() if rate is None else began + mine / rate
            if due - began > seconds:
                break
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            writer.write(requests[mine % len(requests)])
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            times.append(time.perf_counter() - due)
            failed += not head.startswith(b"HTTP/1.1 200")
        writer.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    return Result(times, failed, time.perf_counter() - began)


if __name__ == "__main__":
    main()
