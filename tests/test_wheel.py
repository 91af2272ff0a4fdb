"""The wheel, installed outside the checkout without the extra `train`: it predicts, evaluates and serves."""

import os
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent.parent
IN_APP = ("app.py", "pages/", ".streamlit/", "models/")  # what lies under digitrec/_app in the wheel
EXTRA = ("tensorflow", "keras")  # what the extra `train` brings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def scripts(wheel, tmp_path_factory):
    """The commands of a fresh environment: the wheel, and links to this one's packages without the extra's."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    install = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--offline",
        "--no-deps",
        "--python",
        python,
    ]
    subprocess.run([*install, wheel], check=True)
    lent = _lend_packages(folder / "site-packages")
    purelib = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    (Path(purelib) / "lent.pth").write_text(f"{lent}\n")
    return python.parent


def _lend_packages(folder):
    """Links to the packages of this environment, without digitrec and the extra `train`.

    Streamlit is a development version to itself where its folder is not called site-packages.
    """
    folder.mkdir()
    for site in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for path in Path(site).iterdir():
            if not path.name.lower().startswith((*EXTRA, "digitrec", "_digitrec", "__editable__")):
                (folder / path.name).symlink_to(path)
    return folder


@pytest.fixture
def environment(tmp_path):
    """Variables for a command that knows nothing of this checkout and of the user's own folders."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DIGITREC_", "PYTHON"))}
    return kept | {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path)}


@pytest.fixture
def digitrec(scripts, environment, tmp_path):
    def run(*arguments):
        command = [scripts / "digitrec", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=180)

    return run


def test_the_wheel_holds_what_the_checkout_holds(wheel):
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "digitrec", *IN_APP]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    expected = {f"digitrec/_app/{name}" if name.startswith(IN_APP) else name for name in names}
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == {name for name in expected if (ROOT / name.removeprefix("digitrec/_app/")).exists()}


def test_the_command_is_on_the_path(digitrec):
    done = digitrec("--help")
    assert done.returncode == 0 and done.stdout.startswith("usage: digitrec")


def test_a_picture_is_read_by_the_shipped_model(digitrec, tmp_path):
    paper = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(paper).line([(85, 75), (195, 72), (180, 120), (150, 175), (130, 225)], fill=0, width=18)
    paper.save(tmp_path / "seven.png")
    done = digitrec("predict", "seven.png")
    assert done.returncode == 0, done.stderr
    assert "7" in done.stdout.replace("seven.png", "")


def test_evaluating_needs_no_tensorflow(digitrec):
    done = digitrec("evaluate", "mnist", "--dataset", "digits")
    assert done.returncode == 0, done.stderr


def test_training_says_what_to_install(digitrec):
    done = digitrec("train", "--dataset", "digits", "--name", "mine")
    assert done.returncode == 1
    assert 'pip install "digitrec[train]"' in done.stderr


def test_a_run_without_tensorflow_is_not_begun(digitrec, tmp_path):
    digitrec("train", "--dataset", "digits", "--name", "mine")
    assert not list(tmp_path.rglob("mine"))


def test_the_dashboard_opens(scripts, environment, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [scripts / "digitrec", "dashboard", "--port", str(port), "--no-browser"]
    server = subprocess.Popen(command, cwd=tmp_path, env=environment)
    try:
        assert _answer(f"http://127.0.0.1:{port}/_stcore/health") == "ok"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _answer(address):
    """What is at the address, once there is something; 30 s at most."""
    end = time.monotonic() + 30
    while True:
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=5) as reply:
                return reply.read().decode()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
