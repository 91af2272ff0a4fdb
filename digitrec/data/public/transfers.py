"""Downloads over HTTP: in chunks, resumed after a cut, refused when slow, cancelled by whoever is told of them.

A file is downloaded under another name, `NAME.part`, with a note `NAME.part.json` of which file at which address
it is (RFC 9110: ETag or Last-Modified, sent back as If-Range). What a cut, a cancelled or a killed download left
is continued by the next one, if the server still has the same file. Else it begins anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from digitrec import files
from digitrec.data.descriptions import DatasetError, PublicFile

if TYPE_CHECKING:
    import requests

TIMEOUT_SECONDS = (10.0, 20.0)  # to connect, and between two chunks of data
MIN_BYTES_PER_SECOND = 1024  # a slower server is given up
GRACE_SECONDS = 30.0  # before the speed counts
MAX_CUTS = 5  # in a row, each after some bytes, before a server is given up
MAX_FILE_BYTES = 2_000_000_000
CHUNK_BYTES = 1 << 14
PART_SUFFIX = ".part"

Report = Callable[[int, int], None]  # receives the bytes done so far and those of the whole file, 0: not known


class TransferError(Exception):
    """A server failed. The message says why."""


class CutError(TransferError):
    """A transfer ended in its midst: it may be continued."""


class Cancelled(DatasetError):
    """A person has cancelled a download. What is downloaded stays, and the next download continues it."""


class _Body(NamedTuple):
    """What a server sends."""

    start: int  # the place of its first byte in the file
    total: int  # bytes of the whole file; 0: not said
    tag: str  # identifies this version of the file; "": it cannot be continued
    chunks: Iterator[bytes]


def receive(url: str) -> Iterator[bytes]:
    """The body of a URL, in chunks. After a cut the rest is asked for, where the server can do that.

    Raises:
        TransferError: the server does not answer, answers with an error, or is too slow.
    """
    done, tag = 0, ""
    for cuts in range(MAX_CUTS + 1):
        before = done
        try:
            with _open_body(url, done, tag) as body:
                if body.start != done:
                    raise TransferError("was cut off")
                tag = body.tag
                for chunk in body.chunks:
                    done += len(chunk)
                    yield chunk
                return
        except CutError:
            if not tag or done == before or cuts == MAX_CUTS:
                raise


def fetch_file(file: PublicFile, folder: Path, report: Report, check_room: Callable[[int], None]) -> Path:
    """Download a file into a folder, continuing what is there of it, and check it.

    Args:
        file: which one.
        folder: an existing folder.
        report: receives the progress; what it raises ends the download, which can be continued later.
        check_room: receives how many bytes are still to come, and raises if there is no room for them.

    Raises:
        TransferError: every address failed: the message has a line for each.
        OSError: it cannot be stored.
    """
    with _alone(folder / f"{file.name}.lock"):
        if (folder / file.name).is_file():  # another process has downloaded it meanwhile
            return folder / file.name
        return _fetch_alone(file, folder, report, check_room)


def _fetch_alone(file: PublicFile, folder: Path, report: Report, check_room: Callable[[int], None]) -> Path:
    failures = []
    for url in file.urls:
        try:
            part = _fetch_part(url, file, folder, report, check_room)
            _check(part, file)
        except TransferError as error:
            failures.append(f"- {url} {error}")
            continue
        _note_path(part).unlink(missing_ok=True)
        return part.replace(folder / file.name)
    raise TransferError("\n".join(failures))


def hash_file(path: Path, kind: str) -> str:
    """The "md5" or "sha256" of a file, in hexadecimal digits.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()


def remove_part(folder: Path, name: str) -> None:
    """Delete what is there of a file."""
    part = folder / (name + PART_SUFFIX)
    for path in (part, _note_path(part)):
        path.unlink(missing_ok=True)


def _fetch_part(
    url: str, file: PublicFile, folder: Path, report: Report, check_room: Callable[[int], None]
) -> Path:
    """The whole file under its other name."""
    part = folder / (file.name + PART_SUFFIX)
    for cuts in range(MAX_CUTS + 1):
        start, tag = _stored(part, url)
        try:
            _append(url, part, (start, tag), report, check_room)
        except CutError:
            if _stored(part, url)[0] <= start or cuts == MAX_CUTS:
                raise
        else:
            return part
    raise AssertionError  # the last cut was raised


def _append(
    url: str, part: Path, stored: tuple[int, str], report: Report, check_room: Callable[[int], None]
) -> None:
    with _open_body(url, *stored) as body:
        check_room(max(0, body.total - body.start))
        _note_path(part).write_text(json.dumps({"url": url, "tag": body.tag}), encoding="utf-8")
        done = body.start
        with part.open("r+b" if body.start else "wb") as stream:
            stream.seek(body.start)
            stream.truncate()
            for chunk in body.chunks:
                stream.write(chunk)
                done += len(chunk)
                if done > MAX_FILE_BYTES:
                    raise TransferError(f"is larger than {MAX_FILE_BYTES / 1e9:.0f} GB")
                report(done, body.total)


def _check(part: Path, file: PublicFile) -> None:
    """Compare a file with its published checksum; another file is deleted."""
    if file.checksum is None:
        return
    kind, _, expected = file.checksum.partition(":")
    if (found := hash_file(part, kind)) != expected:
        remove_part(part.parent, file.name)
        raise TransferError(f"is not the published one ({kind.upper()} {found}, expected {expected})")


def _stored(part: Path, url: str) -> tuple[int, str]:
    """How much of a file is there, bytes, and the tag of its version; nothing if it cannot be continued."""
    note = files.read_json(_note_path(part)) or {}
    if not part.is_file() or note.get("url") != url or not isinstance(note.get("tag"), str) or not note["tag"]:
        return 0, ""
    return part.stat().st_size, note["tag"]


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one thread of all processes at a time do something; where the system has no such locks, do it anyway."""
    try:
        import fcntl  # not on Windows
    except ImportError:
        yield
        return
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # given back when the file is closed
        yield


def _note_path(part: Path) -> Path:
    return part.with_name(part.name + ".json")


@contextlib.contextmanager
def _open_body(url: str, start: int, tag: str) -> Iterator[_Body]:
    """Ask for a file from a byte on. The server may send it whole instead.

    Raises:
        TransferError: the server does not answer, or answers with an error.
    """
    import requests  # 0.1 s to import, and needed only for a download

    # Some servers would pack the body once more, and its bytes could not be counted.
    headers = {"Accept-Encoding": "identity"}
    if start and tag:
        headers |= {"Range": f"bytes={start}-", "If-Range": tag}
    try:
        with requests.get(url, stream=True, timeout=TIMEOUT_SECONDS, headers=headers) as response:
            yield _read_answer(response)
    except OSError as error:  # the base class of all errors of requests
        if not isinstance(error, requests.RequestException):
            raise  # of the disk, while a chunk was stored
        raise _explain(error) from error


def _read_answer(response: requests.Response) -> _Body:
    code, headers = response.status_code, response.headers
    encoded = "Content-Encoding" in headers
    length = 0 if encoded else int(headers.get("Content-Length") or 0)
    etag = headers.get("ETag", "")
    tag = "" if encoded else etag if etag and not etag.startswith("W/") else headers.get("Last-Modified", "")
    place = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("Content-Range", ""))
    if code == 206 and place:
        total = int(place[2]) if place[2] != "*" else int(place[1]) + length
        return _Body(int(place[1]), total, tag, _chunks(response))
    if code == 416 and (size := re.fullmatch(r"bytes \*/(\d+)", headers.get("Content-Range", ""))):
        return _Body(
            int(size[1]), int(size[1]), tag, iter(())
        )  # a download was killed between its end and its check
    if code != 200:
        raise TransferError(f"failed: {code} {response.reason}")
    return _Body(0, length, tag, _chunks(response))


def _chunks(response: requests.Response) -> Iterator[bytes]:
    received, start = 0, time.monotonic()
    for chunk in response.iter_content(CHUNK_BYTES):
        received += len(chunk)
        seconds = time.monotonic() - start
        if seconds > GRACE_SECONDS and received < MIN_BYTES_PER_SECOND * seconds:
            raise TransferError(f"is too slow ({received:,} bytes in {seconds:.0f} seconds)")
        yield chunk


def _explain(error: OSError) -> TransferError:
    import requests

    if "timed out" in str(error):  # requests has no type of its own for a timeout within a body
        return CutError("failed: no answer in time")
    if isinstance(error, requests.exceptions.SSLError):
        return TransferError("failed: the TLS certificate is not trusted")
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return CutError("was cut off")
    if isinstance(error, requests.ConnectionError):
        return TransferError("failed: no connection")
    return TransferError(f"failed ({error})")
