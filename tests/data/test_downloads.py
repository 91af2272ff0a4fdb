"""Downloads over real HTTP from a server on loopback: whole ones end in the cache, all others in words."""

import gzip
import hashlib
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from digitrec.data import idx_files, loading
from digitrec.data.catalogue import DATASETS, DatasetError, Mirror
from digitrec.data.public import transfers
from support.homes import Reply
from support.places import ROOT

IMAGES = "train-images-idx3-ubyte"


def at_home(monkeypatch, tiny, *homes):
    """Let the tiny data set live at these homes."""
    monkeypatch.setitem(DATASETS, "tiny", tiny.known._replace(mirrors=homes))


def is_tiny(dataset, tiny):
    found = (*dataset.train, *dataset.test)
    return all(np.array_equal(array, made) for array, made in zip(found, tiny.arrays.values(), strict=True))


def cached(cache: Path) -> dict[str, bytes]:
    return {str(path.relative_to(cache)): path.read_bytes() for path in cache.rglob("*") if path.is_file()}


def npz_home(home, tiny):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **tiny.arrays)
    return Mirror(
        home.serve({"tiny.npz": buffer.getvalue()}).url + "tiny.npz", hashlib.sha256(buffer.getvalue()).hexdigest()
    )


def whole(tiny):
    return {f"tiny/{name}": data for name, data in tiny.raw.items()}


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(transfers, "TIMEOUT_SECONDS", (2.0, 0.2))


def test_a_whole_download_ends_in_the_cache_and_is_loaded(tiny, home, folders, monkeypatch):
    at_home(monkeypatch, tiny, home.serve(tiny.packed))
    assert loading.find_folder("tiny") is None
    assert is_tiny(loading.load("tiny"), tiny)
    assert cached(folders[1]) == whole(tiny)
    assert loading.find_folder("tiny") == folders[1] / "tiny"
    assert len(home.asked) == 4 and loading.load("tiny") and len(home.asked) == 4


def test_a_home_may_be_an_npz(tiny, home, folders, monkeypatch):
    at_home(monkeypatch, tiny, npz_home(home, tiny))
    assert is_tiny(loading.load("tiny"), tiny)
    assert cached(folders[1]) == whole(tiny)


def test_a_server_may_unpack_on_the_way(tiny, home, folders, monkeypatch):
    at_home(monkeypatch, tiny, home.serve(tiny.packed))
    for reply in home.pages.values():
        reply.encoding = "gzip"  # so requests unpacks it
    assert is_tiny(loading.load("tiny"), tiny)


def test_progress_tells_what_comes_from_where_and_rises_to_one(tiny, home, folders, monkeypatch):
    at_home(monkeypatch, tiny, home.serve(tiny.packed))
    told = []
    loading.download("tiny", lambda what, share: told.append((what, share)))
    shares = [share for _, share in told]
    assert {what for what, _ in told} == {"Tiny from 127.0.0.1"}
    assert shares == sorted(set(shares)) and 0 <= shares[0] < 1 and shares[-1] == 1


def cut_off(body):
    return Reply(body[:-100], promised=len(body))


# What the server answers instead of the images, and words of the message.
BAD_REPLIES = {
    "the transfer is cut off": (cut_off, "was cut off"),
    "the gzip is cut off": (lambda body: Reply(body[:-100]), "was cut off"),
    "the gzip is damaged": (lambda body: Reply(body[:50] + bytes(50) + body[100:]), "is damaged"),
    "the values are altered": (lambda body: Reply(gzip.compress(gzip.decompress(body)[:-1] + b"\7")), "expected"),
    "it is longer": (
        lambda body: Reply(gzip.compress(gzip.decompress(body) + b"\0")),
        "is longer than the expected 9,424 bytes",
    ),
    "it is a bomb": (lambda body: Reply(gzip.compress(bytes(10**7))), "is longer than the expected 9,424 bytes"),
    "it is a web page": (lambda body: Reply(b"<html>Please log in"), "is not the published one (SHA-256"),
    "it is empty": (lambda body: Reply(b""), "is not the published one (SHA-256"),
    "it is not there": (lambda body: Reply(b"gone", 404), "failed: 404 Not Found"),
    "the server is ill": (lambda body: Reply(b"", 503), "failed: 503 Service Unavailable"),
    "it stalls": (lambda body: Reply(body, stalls=True), "no answer in time"),
}


@pytest.mark.parametrize("bad", BAD_REPLIES)
def test_a_bad_download_leaves_nothing_and_says_what_failed_and_what_to_do(
    tiny, home, folders, monkeypatch, impatient, bad
):
    at_home(monkeypatch, tiny, home.serve(tiny.packed))
    make, words = BAD_REPLIES[bad]
    home.pages[f"/{IMAGES}.gz"] = make(tiny.packed[f"{IMAGES}.gz"])
    with pytest.raises(DatasetError) as raised:
        loading.load("tiny")
    message = str(raised.value)
    assert message.startswith(f"Tiny could not be downloaded.\n- {home.url}: {IMAGES}.gz ") and words in message
    assert f"Put {IMAGES}.gz, " in message and f"(or tiny.npz) into {folders[0] / 'tiny'}" in message
    assert list(folders[1].iterdir()) == []


@pytest.mark.parametrize("bad", BAD_REPLIES)
def test_after_a_bad_home_comes_the_next(tiny, home, folders, monkeypatch, impatient, bad):
    at_home(monkeypatch, tiny, home.serve(tiny.packed, "first/"), home.serve(tiny.packed, "second/"))
    home.pages[f"/first/{IMAGES}.gz"] = BAD_REPLIES[bad][0](tiny.packed[f"{IMAGES}.gz"])
    assert is_tiny(loading.load("tiny"), tiny)
    assert cached(folders[1]) == whole(tiny)


def test_what_a_home_gave_whole_is_not_fetched_again_from_the_next(tiny, home, folders, monkeypatch):
    at_home(monkeypatch, tiny, home.serve(tiny.packed, "first/"), home.serve(tiny.packed, "second/"))
    del home.pages["/first/t10k-labels-idx1-ubyte.gz"]
    assert is_tiny(loading.load("tiny"), tiny)
    assert home.asked[-1] == "/second/t10k-labels-idx1-ubyte.gz" and len(home.asked) == 5


@pytest.mark.parametrize("bad", ["cut", "altered", "foreign"])
def test_a_bad_npz_is_refused(tiny, home, folders, monkeypatch, bad):
    at_home(monkeypatch, tiny, npz_home(home, tiny))
    reply = home.pages["/tiny.npz"]
    change = {"cut": cut_off, "altered": lambda b: Reply(b[:-1] + b"\7"), "foreign": lambda b: Reply(b"<html>")}
    home.pages["/tiny.npz"] = change[bad](reply.body)
    with pytest.raises(DatasetError, match="was cut off" if bad == "cut" else "is not the published one"):
        loading.load("tiny")
    assert list(folders[1].iterdir()) == []


def test_without_a_network_every_home_is_named(tiny, folders, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        at_home(monkeypatch, tiny, Mirror(f"{url}/one/"), Mirror(f"{url}/two.npz", "00"))
        with pytest.raises(DatasetError) as raised:
            loading.load("tiny")
    assert f"- {url}/one/: {IMAGES}.gz failed: no connection\n" in str(raised.value)
    assert f"- {url}/two.npz: failed: no connection\n" in str(raised.value)


def test_a_home_that_drips_is_given_up(tiny, home, folders, monkeypatch):
    monkeypatch.setattr(transfers, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(transfers, "MIN_BYTES_PER_SECOND", 10**12)
    at_home(monkeypatch, tiny, home.serve(tiny.packed))
    with pytest.raises(DatasetError, match="is too slow"):
        loading.load("tiny")


def test_a_failure_is_not_remembered(tiny, home, folders, monkeypatch):
    at_home(monkeypatch, tiny, Mirror(home.url))
    with pytest.raises(DatasetError, match="404"):
        loading.load("tiny")
    home.serve(tiny.packed)
    assert is_tiny(loading.load("tiny"), tiny)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("files", [0, 1, 3])
def test_a_disk_that_is_full_after_some_files_leaves_nothing_and_says_so(tiny, home, folders, monkeypatch, files):
    at_home(monkeypatch, tiny, home.serve(tiny.packed))
    opened, room = Path.open, iter(range(files))

    def fills(path, mode="r", **options):
        if "w" in mode and next(room, None) is None:
            return opened(Path("/dev/full"), mode, buffering=0)
        return opened(path, mode, **options)

    monkeypatch.setattr(Path, "open", fills)
    with pytest.raises(DatasetError, match=r"cannot be stored in .*: No space left on device\. It needs 0 MB"):
        loading.load("tiny")
    assert list(folders[1].iterdir()) == []


def test_a_cache_folder_that_cannot_be_made_is_named(tiny, home, folders, monkeypatch):
    folders[1].write_text("a file where the folder should be")
    at_home(monkeypatch, tiny, home.serve(tiny.packed))
    with pytest.raises(DatasetError, match=r"cannot be stored in .*cache: File exists.*DIGITREC_CACHE"):
        loading.load("tiny")


def test_an_interrupted_download_leaves_nothing(tiny, home, folders, monkeypatch):
    at_home(monkeypatch, tiny, home.serve(tiny.packed))

    def interrupt(what, share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loading.load("tiny", interrupt)
    assert list(folders[1].iterdir()) == []


def test_what_a_killed_download_left_is_removed_once_it_is_old(tiny, home, folders, monkeypatch):
    at_home(monkeypatch, tiny, home.serve(tiny.packed))
    fresh, old = (folders[1] / f"tiny.{name}.part" for name in ("fresh", "old"))
    for folder in (fresh, old):
        folder.mkdir(parents=True)
        (folder / "half").write_bytes(b"half")
    for path in (old, old / "half"):
        os.utime(path, (time.time() - 2 * 3600,) * 2)
    loading.load("tiny")
    assert fresh.exists() and not old.exists()


def test_a_damaged_cache_is_downloaded_again(tiny, home, folders, monkeypatch):
    at_home(monkeypatch, tiny, home.serve(tiny.packed))
    tiny.write(folders[1], tiny.raw | {IMAGES: tiny.raw[IMAGES][:-1]})
    assert is_tiny(loading.load("tiny"), tiny)
    assert cached(folders[1]) == whole(tiny)


def test_a_damaged_cache_without_a_network_tells_both(tiny, home, folders, monkeypatch):
    at_home(monkeypatch, tiny, Mirror(home.url))
    tiny.write(folders[1], tiny.raw | {IMAGES: tiny.raw[IMAGES][:-1]})
    with pytest.raises(DatasetError, match=rf"(?s){IMAGES} is not a complete .*could not be downloaded"):
        loading.load("tiny")


DOWNLOADER = """
import sys
sys.path[:0] = [{tests!r}]
from support.homes import Tiny
from digitrec.data import loading
from digitrec.data import catalogue
from digitrec.data.catalogue import Mirror
catalogue.DATASETS["tiny"] = Tiny().known._replace(mirrors=(Mirror({url!r}),))
loading.load("tiny")
"""


def download_in_a_process(home):
    script = DOWNLOADER.format(tests=str(ROOT / "tests"), url=home.url)
    return subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)


def test_two_processes_that_download_at_once_do_no_harm(tiny, home, folders):
    home.serve(tiny.packed)
    home.gate = threading.Barrier(2)  # neither gets its first file before both have asked for it
    both = [download_in_a_process(home) for _ in range(2)]
    assert [process.wait(timeout=240) for process in both] == [0, 0]
    assert len(home.asked) == 8
    assert cached(folders[1]) == whole(tiny)


def test_a_download_that_is_killed_leaves_no_data_set_and_the_next_one_works(tiny, home, folders, monkeypatch):
    at_home(monkeypatch, tiny, home.serve(tiny.packed))
    last = "/t10k-labels-idx1-ubyte.gz"
    home.pages[last].stalls = True
    process = download_in_a_process(home)
    assert home.stalled.wait(timeout=240)
    process.kill()
    assert process.wait(timeout=60) == -signal.SIGKILL
    assert loading.find_folder("tiny") is None and not (folders[1] / "tiny").exists()
    home.pages[last].stalls = False
    assert is_tiny(loading.load("tiny"), tiny)


def test_mnist_comes_over_http_as_published(mnist, mnist_folder, home, folders, monkeypatch):
    known = DATASETS["mnist"]
    paths = idx_files.locate(mnist_folder, known)
    files = {f"{file.name}.gz": path.read_bytes() for file, path in zip(known.files, paths, strict=True)}
    monkeypatch.setitem(DATASETS, "mnist", known._replace(mirrors=(home.serve(files),)))
    assert np.array_equal(loading.load("mnist").train.images, mnist.train.images)
    sizes = {path.name: path.stat().st_size for path in (folders[1] / "mnist").iterdir()}
    assert sizes == {file.name: file.size for file in known.files}
