"""The real processes: the API alone, and mounted in the dashboard's server."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from digitrec.rest import keys
from support.image_files import DIGITS, png
from support.places import ROOT

pytestmark = pytest.mark.slow
OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def ask(address, data=None, **headers):
    """Status and JSON of the answer, once there is a server; 60 s at most."""
    end = time.monotonic() + 60
    while True:
        try:
            request = urllib.request.Request(address, data, headers)
            with OPEN(request, timeout=30) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.1)


@pytest.fixture
def start(tmp_path):
    """Starts a process on a port, whose standard error goes to a file."""
    started = []

    def begin(*command, **variables):
        with (tmp_path / "errors").open("w") as errors:
            environment = os.environ | variables
            started.append(
                subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=environment, stderr=errors)
            )
        return started[-1]

    yield begin
    for process in started:
        process.terminate()
        process.wait(timeout=30)


def test_the_api_alone(start, tmp_path):
    port, key = free_port(), keys.make_key()
    keys.add_hash(tmp_path / "keys", key)
    process = start("digitrec", "serve", "--port", str(port), DIGITREC_API_KEYS=str(tmp_path / "keys"))
    home = f"http://127.0.0.1:{port}"
    assert ask(f"{home}/api/v1/health")[0] == 200
    picture, kind = png(DIGITS.images[0]), {"Content-type": "image/png"}
    assert ask(f"{home}/api/v1/predict", picture, **kind)[0] == 401
    status, body = ask(f"{home}/api/v1/predict", picture, Authorization=f"Bearer {key}", **kind)
    assert status == 200 and json.loads(body)["results"][0]["answer"] == str(DIGITS.labels[0])
    process.terminate()
    assert process.wait(timeout=30) in (0, -15)
    lines = [json.loads(line) for line in (tmp_path / "errors").read_text().splitlines()]
    assert [line["status"] for line in lines if line["message"] == "request"][-2:] == [401, 200]
    assert key not in str(lines)


def test_the_calls_of_the_documentation(start, tmp_path):
    """Each curl of the page, against a server that asks for no key."""
    port = free_port()
    start("digitrec", "serve", "--port", str(port), "--workers", "2", DIGITREC_API_KEYS="", DIGITREC_API_RATE="0")
    assert ask(f"http://127.0.0.1:{port}/api/v1/health")[0] == 200
    for name in ("digit.png", "photo.png"):
        (tmp_path / name).write_bytes(png(DIGITS.images[0], 8))
    text = (ROOT / "docs" / "how-to" / "serve.md").read_text(encoding="utf-8")
    calls = [line for line in text.splitlines() if line.startswith("curl ")]
    for call in calls:
        command = call.replace("localhost:8000", f"127.0.0.1:{port}").replace(
            "curl ", "curl -sS --fail-with-body "
        )
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=os.environ | {"NO_PROXY": "*", "KEY": "any"},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, (call, done.stdout, done.stderr)
        found = json.loads(done.stdout)
        assert "models" in found or len(found["results"]) == call.count("digit.png") + call.count("photo.png")
    assert len(calls) == 6


def test_the_api_in_the_dashboard_under_a_prefix(start):
    port = free_port()
    options = ("--server.port", str(port), "--server.headless", "true", "--server.baseUrlPath", "digits/here")
    start("streamlit", "run", "app.py", *options)
    home = f"http://127.0.0.1:{port}/digits/here"
    assert ask(f"{home}/_stcore/health") == (200, b"ok")
    assert ask(f"{home}/api/v1/health")[0] == 200
    status, body = ask(f"{home}/api/v1/predict", png(DIGITS.images[0]), **{"Content-type": "image/png"})
    assert status == 200 and json.loads(body)["results"][0]["answer"] == str(DIGITS.labels[0])
    assert b"digitrec_requests_total" in ask(f"{home}/metrics")[1]
    assert ask(f"{home}/train/_stcore/health")[0] == 300
    assert b"<title>" in ask(f"{home}/train")[1]
