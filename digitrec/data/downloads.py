"""Downloads a data set: from one public home after the other, to temporary names, verified, then renamed."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from digitrec.data import idx_files
from digitrec.data.catalogue import DatasetError, Description, IdxFile, Mirror

Progress = Callable[[str, float], None]

TIMEOUT_SECONDS = (10.0, 20.0)  # seconds to connect, and between two pieces of data
MIN_BYTES_PER_SECOND, GRACE_SECONDS = (
    1024,
    30.0,
)  # bytes a second that a home must bring, once so many seconds have passed
_CHUNK_BYTES = 1 << 14  # bytes received at a time
_MAX_NPZ_HEADER_BYTES = 1 << 16  # bytes that an npz may need for headers of its own
_STALE_SECONDS = 3600.0  # seconds after which nobody writes to a temporary folder any more
_TEMPORARY_SUFFIX = ".part"


class _MirrorError(Exception):
    """A home does not give what it should: the message says why."""


def fetch(known: Description, cache: Path, progress: Progress | None = None) -> tuple[Path, ...]:
    """Download the data set into `cache/<name>`, as unpacked IDX files: there whole, or not there.

    Args:
        known: what to download, and from where.
        cache: the folder of all data sets; made if need be.
        progress: called with what is being fetched and the fraction done, 0 to 1.

    Returns:
        The files, as `idx_files.read` wants them.

    Raises:
        DatasetError: no home gave it whole, or it cannot be stored.
    """
    failures: list[str] = []
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _remove_stale(cache)
        place = tempfile.TemporaryDirectory(
            f"{_TEMPORARY_SUFFIX}", f"{known.name}.", cache, ignore_cleanup_errors=True
        )
        with place as temporary:
            for home in known.mirrors:
                try:
                    _fetch_from(home, known, Path(temporary), _make_reporter(home, known, progress))
                    return _publish(Path(temporary), cache / known.name, known)
                except _MirrorError as error:
                    failures.append(f"- {home.url}: {error}")
    except OSError as error:
        raise DatasetError(
            f"{known.title} cannot be stored in {cache}: {error.strerror or error}. It needs "
            f"{known.stored_size / 1e6:.0f} MB there: make room, or name another folder in DIGITREC_CACHE."
        ) from error
    raise DatasetError(f"{known.title} could not be downloaded.\n" + "\n".join(failures))


def _fetch_from(home: Mirror, known: Description, folder: Path, report: Callable[[int], None]) -> None:
    """Fetch from a home what the folder does not hold yet."""
    if home.npz_sha256:
        return _fetch_npz(home, known, folder, report)
    done = 0
    for file in known.files:
        if not (folder / file.name).exists():
            _fetch_idx(f"{home.url}{file.name}.gz", file, folder, lambda size, done=done: report(done + size))
        done += file.size
    return None


def _fetch_idx(url: str, file: IdxFile, folder: Path, report: Callable[[int], None]) -> None:
    temporary = folder / f"{file.name}{_TEMPORARY_SUFFIX}"
    try:
        sha256 = _store(_unpack(_receive(url)), temporary, file.size, report)
    except _MirrorError as error:
        raise _MirrorError(f"{file.name}.gz {error}") from error
    if sha256 != file.sha256:
        raise _MirrorError(f"{file.name}.gz is not the published one (SHA-256 {sha256}, expected {file.sha256})")
    temporary.replace(folder / file.name)


def _fetch_npz(home: Mirror, known: Description, folder: Path, report: Callable[[int], None]) -> None:
    path = folder / f"{known.name}.npz"
    sha256 = _store(_receive(home.url), path, known.stored_size + _MAX_NPZ_HEADER_BYTES, report)
    if sha256 != home.npz_sha256:
        raise _MirrorError(f"is not the published one (SHA-256 {sha256}, expected {home.npz_sha256})")
    try:
        arrays = idx_files.read((path,), known)
    except DatasetError as error:
        raise _MirrorError(str(error)) from error
    for file, array in zip(known.files, arrays, strict=True):
        (folder / file.name).write_bytes(file.header + array.tobytes())


def _receive(url: str) -> Iterator[bytes]:
    """The body of what lies at the address, as it comes."""
    import requests  # 0.1 s, needed only where something is downloaded

    received, start = 0, time.monotonic()
    try:
        with requests.get(url, stream=True, timeout=TIMEOUT_SECONDS) as response:
            if response.status_code != requests.codes.ok:
                raise _MirrorError(f"is not there ({response.status_code} {response.reason})")
            for piece in response.iter_content(_CHUNK_BYTES):
                received += len(piece)
                seconds = time.monotonic() - start
                if seconds > GRACE_SECONDS and received < MIN_BYTES_PER_SECOND * seconds:
                    raise _MirrorError(f"comes too slowly ({received:,} bytes in {seconds:.0f} seconds)")
                yield piece
    except OSError as error:  # whatever requests raises is one
        raise _MirrorError(_explain(error)) from error


def _explain(error: OSError) -> str:
    import requests

    if "timed out" in str(error):  # while a body is read, requests has no type of its own for it
        return "did not come: no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "did not come: the connection is not trusted (TLS)"
    if isinstance(error, requests.ConnectionError):
        return "did not come: no connection"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "was cut off"
    return f"did not come ({error})"


def _unpack(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, unpacked if they are gzipped (some servers unpack on the way)."""
    first = next(pieces, b"")
    everything = itertools.chain((first,), pieces)
    if not first.startswith(b"\x1f\x8b"):
        yield from everything
        return
    unpacker = zlib.decompressobj(wbits=31)  # 31: with gzip's header
    try:
        for piece in everything:
            yield unpacker.decompress(piece)
    except zlib.error as error:
        raise _MirrorError(f"is damaged ({error})") from error
    if not unpacker.eof:
        raise _MirrorError("was cut off")


def _store(pieces: Iterator[bytes], path: Path, limit: int, report: Callable[[int], None]) -> str:
    """Write the pieces to a file and return their SHA-256."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        for piece in pieces:
            size += len(piece)
            if size > limit:
                raise _MirrorError(f"is longer than the {limit:,} bytes it should have")
            file.write(piece)
            digest.update(piece)
            report(size)
    return digest.hexdigest()


def _make_reporter(home: Mirror, known: Description, progress: Progress | None) -> Callable[[int], None]:
    """What to call with the bytes stored so far; passes on each new whole percent."""
    total = known.size if home.npz_sha256 else known.stored_size
    what = f"{known.title} from {urlsplit(home.url).hostname}"
    shown = -1

    def report(size: int) -> None:
        nonlocal shown
        percent = min(100, size * 100 // total)
        if progress and percent != shown:
            shown = percent
            progress(what, percent / 100)

    return report


def _publish(temporary: Path, folder: Path, known: Description) -> tuple[Path, ...]:
    """Give the verified files their names. Another process that does the same replaces them by the same."""
    folder.mkdir(exist_ok=True)
    return tuple((temporary / file.name).replace(folder / file.name) for file in known.files)


def _remove_stale(cache: Path) -> None:
    """Remove the temporary folders that killed processes left."""
    for folder in cache.glob(f"*{_TEMPORARY_SUFFIX}"):
        with contextlib.suppress(OSError):
            changed = max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
            if time.time() - changed > _STALE_SECONDS:
                shutil.rmtree(folder)
