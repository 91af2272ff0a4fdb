"""The example for nginx, on loopback with TLS: the API and the dashboard below a path."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from support.image_files import DIGITS, png
from support.places import ROOT

pytestmark = pytest.mark.slow


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def nginx():
    found = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if found is None or shutil.which("openssl") is None:
        if os.environ.get("DIGITREC_REQUIRE") == "1":
            pytest.fail("nginx or openssl is missing, and DIGITREC_REQUIRE=1 demands both")
        pytest.skip("nginx or openssl is not on this machine")
    return found


@pytest.fixture
def proxy(nginx, tmp_path):
    """The dashboard behind nginx: its address, and what opens it."""
    port, behind = free_port(), free_port()
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", tmp_path / "key", "-out", tmp_path / "pem", "-subj", "/CN=localhost"]
    subprocess.run(["openssl", "req", "-x509", *key, *files], check=True, capture_output=True)
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    text = text.replace("listen 443", f"listen 127.0.0.1:{port}").replace("127.0.0.1:8501", f"127.0.0.1:{behind}")
    text = re.sub(r"/etc/ssl/digits\.(key|pem)", lambda found: str(tmp_path / found[1]), text)
    places = "".join(
        f"{name}_temp_path {tmp_path}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = f"daemon off; pid {tmp_path}/pid; events {{}}\nhttp {{ access_log off;\n{places}{text} }}"
    (tmp_path / "nginx.conf").write_text(whole, encoding="utf-8")
    options = [f"--server.port={behind}", "--server.headless=true", "--server.baseUrlPath=digitrec"]
    app = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
    commands = [app, [nginx, "-e", str(tmp_path / "errors"), "-c", str(tmp_path / "nginx.conf")]]
    started = [subprocess.Popen(command, cwd=ROOT) for command in commands]
    trusted = urllib.request.HTTPSHandler(context=ssl._create_unverified_context())
    yield (
        f"https://localhost:{port}/digitrec",
        urllib.request.build_opener(urllib.request.ProxyHandler({}), trusted),
    )
    for process in started:
        process.terminate()
        process.wait(timeout=30)


def answer(opener, request):
    """What is there, once both servers are; 60 s at most."""
    end = time.monotonic() + 60
    while True:
        try:
            with opener.open(request, timeout=30) as reply:
                return reply.status, reply.read()
        except OSError as error:
            code = getattr(error, "code", 502)
            if code not in (502, 504) or time.monotonic() > end:
                return code, b""
            time.sleep(0.2)


def test_nginx_shows_the_dashboard_and_its_api_below_a_path(proxy):
    home, opener = proxy
    assert answer(opener, f"{home}/_stcore/health") == (200, b"ok")
    assert b"<title>" in answer(opener, f"{home}/")[1]
    request = urllib.request.Request(
        f"{home}/api/v1/predict", png(DIGITS.images[0]), {"Content-Type": "image/png"}
    )
    status, body = answer(opener, request)
    assert status == 200 and f'"answer":"{DIGITS.labels[0]}"'.encode() in body
    assert b"docs.js" in answer(opener, f"{home}/api/v1/docs")[1]
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    upgrade |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": home.removesuffix("/digitrec")}
    assert answer(opener, urllib.request.Request(f"{home}/_stcore/stream", headers=upgrade))[0] == 101
    upgrade["Origin"] = "https://elsewhere.example"
    assert answer(opener, urllib.request.Request(f"{home}/_stcore/stream", headers=upgrade))[0] == 403
