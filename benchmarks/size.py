"""814,255 images: memory and waits: `python -m benchmarks.size [--only import train explore]`.

Makes a file as EMNIST's home has it, with as many images as its largest set, "by class": MNIST's training images,
shifted, with 62 classes. It is imported, explored in a browser, and trained on for a while, each in a process
whose memory is watched (the resident set, by psutil). Needs MNIST and Chromium.
"""

from __future__ import annotations

import argparse
import gzip
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from playwright.sync_api import Page, expect, sync_playwright  # noqa: E402

from digitrec.data import loading  # noqa: E402
from support.visitor import Server, settle, start  # noqa: E402

NAME, CLASSES = "emnist-byclass", 62
COUNTS = {"train": 697_932, "test": 116_323}
CHUNK = 20_000  # images written together
TRAINED_SECONDS = 25  # of epochs, before the training is asked to stop
MEASURING_SECONDS = 300  # that the strokes of all images may take beside the page
SECTIONS = ("Images", "Classes", "Compare", "Strokes")
# The made file is declared the published one: another one is refused.
LOAD = f"""
import hashlib, pathlib, sys
from digitrec.data import DATASETS, loading
known, path = DATASETS[{NAME!r}], pathlib.Path(sys.argv[1])
with path.open("rb") as file:
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
DATASETS[{NAME!r}] = known._replace(published=(known.published[0]._replace(checksum="sha256:" + sha256),))
print(len(loading.load({NAME!r}).train.labels))
"""
STOP = "from digitrec.runs import jobs, open_run; jobs.stop(open_run('size'))"


class Watch:
    """Watches the resident set of a process: its highest, in MB."""

    def __init__(self, process: psutil.Process) -> None:
        self.highest, self._process, self._ended = 0.0, process, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> float:
        """Stop watching, and give the highest."""
        self._ended.set()
        self._thread.join()
        return self.highest

    def now(self) -> float:
        """The resident set, in MB."""
        return self._process.memory_info().rss / 1e6

    def _run(self) -> None:
        while not self._ended.wait(0.05):
            try:
                self.highest = max(self.highest, self.now())
            except psutil.NoSuchProcess:
                return


def main() -> None:
    """Print memory and seconds of each step."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="path of the browser")
    parser.add_argument("--folder", type=Path, help="keep the made files here, for another time")
    steps = ("import", "train", "explore")
    parser.add_argument("--only", choices=steps, nargs="+", default=list(steps), help="the steps to take")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        (folder / "models").mkdir(parents=True, exist_ok=True)
        make_file(folder / "data" / "emnist" / "gzip.zip")
        link = folder / "data" / "mnist"
        if not link.is_symlink():  # else the server would download it
            link.symlink_to(loading.find_folder("mnist"))
        os.environ |= {
            "DIGITREC_DATA": str(folder / "data"),
            "DIGITREC_CACHE": str(folder / "cache"),
            "DIGITREC_MODELS": str(folder / "models"),
        }
        if "import" in options.only:
            measure("import", "-c", LOAD, str(folder / "data" / "emnist" / "gzip.zip"))
        if "train" in options.only:
            train(folder)
        if "explore" in options.only:
            explore(options.chromium, Path(temporary), folder)


def make_file(path: Path) -> None:
    """Write the ZIP of gzipped IDX files, if it is not there."""
    if path.is_file():
        return
    path.parent.mkdir(parents=True)
    began = time.perf_counter()
    mnist = loading.load("mnist").train
    with zipfile.ZipFile(path, "w") as archive:
        for part, count in COUNTS.items():
            labels = (np.arange(count) % CLASSES).astype(np.uint8)
            for kind, header, chunks in (
                (
                    "images-idx3",
                    struct.pack(">BBBB3I", 0, 0, 8, 3, count, 28, 28),
                    make_images(mnist.images, count),
                ),
                ("labels-idx1", struct.pack(">BBBBI", 0, 0, 8, 1, count), iter([labels.tobytes()])),
            ):
                with (
                    archive.open(f"gzip/{NAME}-{part}-{kind}-ubyte.gz", "w", force_zip64=True) as member,
                    gzip.GzipFile(fileobj=member, mode="wb", compresslevel=1) as packed,
                ):
                    packed.write(header)
                    for chunk in chunks:
                        packed.write(chunk)
    print(f"made: {path.stat().st_size / 1e6:.0f} MB in {time.perf_counter() - began:.0f} s", flush=True)


def make_images(images: np.ndarray, count: int) -> Iterator[bytes]:
    """So many images as EMNIST has them, rows and columns swapped; each time around shifted by another pixel."""
    for first in range(0, count, CHUNK):
        rows = np.arange(first, min(first + CHUNK, count))
        shift = first // len(images) % 5 - 2
        yield np.roll(images[rows % len(images)], shift, axis=2).transpose(0, 2, 1).tobytes()


def measure(name: str, *arguments: str) -> None:
    """Run Python in a process, and print its seconds and its memory."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    watch = Watch(psutil.Process(process.pid))
    process.wait()
    print(f"{name}: {time.perf_counter() - began:.0f} s, at most {watch.end():,.0f} MB", flush=True)


def explore(chromium: str, temporary: Path, folder: Path) -> None:
    """Open each section of Explore twice, and print the seconds until it rests, and the server's memory."""
    (temporary / "server").mkdir()
    server = start(temporary / "server")
    (temporary / "server" / "cache").rmdir()
    (temporary / "server" / "cache").symlink_to(folder / "cache")
    watch = Watch(psutil.Process(server.process.pid))
    expect.set_options(timeout=120_000)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"{server.url}/explore?data={NAME}")
            expect(page.get_by_text(f"{COUNTS['train']:,}").first).to_be_visible()
            settle(page)
            for turn in ("first", "second"):
                for section in SECTIONS:
                    seconds = open_section(page, section)
                    print(
                        f"Explore, {section}, {turn} time: {seconds:.1f} s, server {watch.now():,.0f} MB",
                        flush=True,
                    )
                if turn == "first":
                    wait_for_measures(page, server)
            browser.close()
    finally:
        print(f"server: at most {watch.end():,.0f} MB", flush=True)
        server.end()


def open_section(page: Page, section: str) -> float:
    """Click on a section, and wait until the script behind the page has run to its end: seconds."""
    button = page.get_by_test_id("stButtonGroup").get_by_text(section, exact=True).first
    began = time.perf_counter()
    button.click()
    page.wait_for_timeout(100)
    settle(page)
    return time.perf_counter() - began


def wait_for_measures(page: Page, server: Server) -> None:
    """The strokes of all images are measured beside the page, once."""
    began = time.perf_counter()
    while page.get_by_text("Measuring ink").count() and time.perf_counter() - began < MEASURING_SECONDS:
        page.wait_for_timeout(1000)
    settle(page)
    ended = "measured" if not page.get_by_text("Measuring ink").count() else "still being measured"
    print(f"strokes {ended} beside the page after {time.perf_counter() - began:.0f} s", flush=True)


def train(folder: Path) -> None:
    """Train for a while, then stop; print the worker's memory."""
    settings = ["--network=strided", "--epochs=20", "--batch-size=256", "--learning-rate=0.005"]
    command = [sys.executable, "-m", "digitrec", "train", "--dataset", NAME, "--name", "size", *settings]
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    watch = Watch(psutil.Process(process.pid))
    history = folder / "models" / "size" / "history.jsonl"
    while process.poll() is None and '"batch"' not in (history.read_text() if history.is_file() else ""):
        time.sleep(0.5)
    print(f"training: first batches after {time.perf_counter() - began:.0f} s", flush=True)
    time.sleep(TRAINED_SECONDS)
    print(f"training: {watch.now():,.0f} MB while it trains, at most {watch.highest:,.0f} MB so far", flush=True)
    subprocess.run([sys.executable, "-c", STOP], cwd=ROOT, check=True)
    process.wait()
    print(f"worker: at most {watch.end():,.0f} MB", flush=True)


if __name__ == "__main__":
    main()
