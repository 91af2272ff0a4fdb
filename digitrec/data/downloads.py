"""Downloads a data set: tries one mirror after another, verifies each file, and renames it at the end."""

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

from digitrec.data import idx_files, public
from digitrec.data.catalogue import DatasetError, Description, IdxFile, Mirror, Progress
from digitrec.data.public import TransferError

_MAX_NPZ_HEADER_BYTES = 1 << 16  # of all headers in an .npz
_STALE_SECONDS = 3600.0  # after this time no process writes to a temporary folder any more
_TEMPORARY_SUFFIX = ".part"


def fetch(description: Description, cache: Path, progress: Progress | None = None) -> tuple[Path, ...]:
    """Download a data set into `cache/<name>` as unpacked IDX files: all of them or none.

    Args:
        description: of a data set with mirrors and files.
        cache: the folder of all data sets; created if needed.
        progress: receives title and mirror, and the fraction done, 0 to 1.

    Returns:
        Paths of the files, as `idx_files.read` takes them.

    Raises:
        DatasetError: every mirror failed, or the files cannot be stored.
    """
    failures: list[str] = []
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _remove_stale(cache)
        place = tempfile.TemporaryDirectory(
            _TEMPORARY_SUFFIX, f"{description.name}.", cache, ignore_cleanup_errors=True
        )
        with place as temporary:
            for mirror in description.mirrors:
                try:
                    _fetch_from(
                        mirror, description, Path(temporary), _make_reporter(mirror, description, progress)
                    )
                    return _publish(Path(temporary), cache / description.name, description)
                except TransferError as error:
                    failures.append(f"- {mirror.url}: {error}")
    except OSError as error:
        raise DatasetError(
            f"{description.title} cannot be stored in {cache}: {error.strerror or error}. It needs "
            f"{description.stored_size / 1e6:.0f} MB there: make room, or set DIGITREC_CACHE to another folder."
        ) from error
    raise DatasetError(f"{description.title} could not be downloaded.\n" + "\n".join(failures))


def _fetch_from(mirror: Mirror, description: Description, folder: Path, report: Callable[[int], None]) -> None:
    """Fetch from a mirror those files that the folder does not have yet."""
    if mirror.npz_sha256:
        return _fetch_npz(mirror, description, folder, report)
    done = 0
    for file in description.files:
        if not (folder / file.name).exists():
            _fetch_idx(f"{mirror.url}{file.name}.gz", file, folder, _add(report, done))
        done += file.size
    return None


def _add(report: Callable[[int], None], done: int) -> Callable[[int], None]:
    return lambda size: report(done + size)


def _fetch_idx(url: str, file: IdxFile, folder: Path, report: Callable[[int], None]) -> None:
    temporary = folder / f"{file.name}{_TEMPORARY_SUFFIX}"
    try:
        sha256 = _store(_unpack(public.receive(url)), temporary, file.size, report)
    except TransferError as error:
        raise TransferError(f"{file.name}.gz {error}") from error
    if sha256 != file.sha256:
        raise TransferError(f"{file.name}.gz is not the published one (SHA-256 {sha256}, expected {file.sha256})")
    temporary.replace(folder / file.name)


def _fetch_npz(mirror: Mirror, description: Description, folder: Path, report: Callable[[int], None]) -> None:
    path = folder / f"{description.name}.npz"
    sha256 = _store(public.receive(mirror.url), path, description.stored_size + _MAX_NPZ_HEADER_BYTES, report)
    if sha256 != mirror.npz_sha256:
        raise TransferError(f"is not the published one (SHA-256 {sha256}, expected {mirror.npz_sha256})")
    try:
        arrays = idx_files.read((path,), description)
    except DatasetError as error:
        raise TransferError(str(error)) from error
    for file, array in zip(description.files, arrays, strict=True):
        (folder / file.name).write_bytes(file.header + array.tobytes())


def _unpack(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack the chunks if they are gzipped; some servers unpack them before sending."""
    first = next(chunks, b"")
    everything = itertools.chain((first,), chunks)
    if not first.startswith(b"\x1f\x8b"):
        yield from everything
        return
    unpacker = zlib.decompressobj(wbits=31)  # 31: with gzip's header
    try:
        for chunk in everything:
            yield unpacker.decompress(chunk)
    except zlib.error as error:
        raise TransferError(f"is damaged ({error})") from error
    if not unpacker.eof:
        raise TransferError("was cut off")


def _store(chunks: Iterator[bytes], path: Path, limit: int, report: Callable[[int], None]) -> str:
    """Write the chunks to a file, and return their SHA-256."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise TransferError(f"is longer than the expected {limit:,} bytes")
            file.write(chunk)
            digest.update(chunk)
            report(size)
    return digest.hexdigest()


def _make_reporter(mirror: Mirror, description: Description, progress: Progress | None) -> Callable[[int], None]:
    """A function that takes the number of bytes stored so far, and reports each new percent."""
    total = description.size if mirror.npz_sha256 else description.stored_size
    what = f"{description.title} from {urlsplit(mirror.url).hostname}"
    shown = -1

    def report(size: int) -> None:
        nonlocal shown
        percent = min(100, size * 100 // total)
        if progress and percent != shown:
            shown = percent
            progress(what, percent / 100)

    return report


def _publish(temporary: Path, folder: Path, description: Description) -> tuple[Path, ...]:
    """Move the verified files to their final names. A second process replaces them with equal files."""
    folder.mkdir(exist_ok=True)
    return tuple((temporary / file.name).replace(folder / file.name) for file in description.files)


def _remove_stale(cache: Path) -> None:
    """Delete the temporary folders of processes that were killed."""
    for folder in cache.glob(f"*{_TEMPORARY_SUFFIX}"):
        with contextlib.suppress(OSError):
            changed = max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
            if time.time() - changed > _STALE_SECONDS:
                shutil.rmtree(folder)
